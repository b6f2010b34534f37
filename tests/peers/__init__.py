"""Real servers for the tests: one that does exactly what a script says, and those that others wrote."""

from .raw import Peer, PeerFrame, PeerGone, RawServer, RequestHead, encode_frame, raw_server
from .tls import authority, server_context

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
]
