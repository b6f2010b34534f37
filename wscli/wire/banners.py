"""What a stream that is no HTTP seems to be, from its first bytes."""

from __future__ import annotations

import re
from typing import Final

_BANNERS: Final = (
    (b"\x15\x03", "TLS"),
    (b"\x16\x03", "TLS"),
    (b"SSH-", "SSH"),
    (b"PRI * HTTP/2", "HTTP/2"),
    (b"<", "bare HTML"),
    (b"220", "SMTP or FTP"),
    (b"* OK", "IMAP"),
    (b"+OK", "POP3"),
    (b"-ERR", "Redis"),
    (b"RFB ", "VNC"),
)
# RFC 9113 §3.4: a server's connection preface is a SETTINGS frame on stream 0.
# A pattern that few runs use is compiled with its first use.
_HTTP2_SETTINGS: Final = rb"\x00[\x00-\xff]{2}\x04[\x00\x01]\x00{4}"


def likeness(seen: bytes) -> str:
    """The protocol that `seen` begins like (`TLS`, `SSH`, …); empty when it is none that we know."""
    if re.match(_HTTP2_SETTINGS, seen):
        return "HTTP/2"
    return next((name for banner, name in _BANNERS if seen.startswith(banner)), "")
