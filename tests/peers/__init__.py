"""Real servers for the tests: one that does exactly what a script says, and those that others wrote."""

from .framing import PeerFrame, RequestHead, encode_frame
from .raw import Peer, PeerGone, RawServer, raw_server
from .tls import authority, server_context, write_ca

__all__ = [
    "Peer",
    "PeerFrame",
    "PeerGone",
    "RawServer",
    "RequestHead",
    "authority",
    "encode_frame",
    "raw_server",
    "server_context",
    "write_ca",
]
