"""A second, independent reading of RFC 6455 §4 and §5.2, so that no codec is tested with itself."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass, field

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


@dataclass(frozen=True)
class RequestHead:
    """What the client asked for; `raw` ends with the blank line."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]
    raw: bytes = field(repr=False)

    def get(self, name: str) -> str | None:
        """The first value of the header `name`, whatever its case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def get_all(self, name: str) -> list[str]:
        """Every value of the header `name`, in wire order."""
        return [value for key, value in self.headers if key.lower() == name.lower()]


@dataclass(frozen=True)
class PeerFrame:
    """One frame that the client sent, its payload unmasked but not inflated; `rsv` is 0 to 7."""

    fin: bool
    rsv: int
    opcode: int
    mask: bytes | None
    payload: bytes
    raw: bytes = field(repr=False)

    @property
    def close_code(self) -> int | None:
        """The code of a Close frame, or None when it is empty."""
        return int.from_bytes(self.payload[:2], "big") if len(self.payload) >= 2 else None

    @property
    def close_reason(self) -> str:
        return self.payload[2:].decode()


def parse_request(raw: bytes) -> RequestHead:
    """The request head in `raw`, which ends with a blank line."""
    request_line, *lines = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    method, target, version = request_line.split(" ")
    pairs = (line.partition(":") for line in lines)
    return RequestHead(method, target, version, tuple((name, value.strip()) for name, _, value in pairs), raw)


def accept_for(key: str) -> str:
    """The Sec-WebSocket-Accept that answers `key` (RFC 6455 §4.2.2)."""
    return base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()


def mask_payload(payload: bytes, mask: bytes) -> bytes:
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)])
    return (int.from_bytes(payload) ^ key).to_bytes(len(payload))


def encode_frame(
    opcode: int,
    payload: bytes | str = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = None,
    length: int | None = None,
    length_code: int | None = None,
) -> bytes:
    """A frame as bytes, as wrong as the caller wants it.

    `rsv` is 0 to 7 (RSV1 is 4). `length` lies about the payload's length; `length_code` forces its 7-bit
    field (126 or 127 for a longer encoding than needed).
    """
    body = payload.encode() if isinstance(payload, str) else payload
    declared = len(body) if length is None else length
    if length_code is None:
        length_code = declared if declared < 126 else 126 if declared < 1 << 16 else 127
    extended = {126: struct.pack(">H", declared & 0xFFFF), 127: struct.pack(">Q", declared)}.get(
        length_code, b""
    )
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    second = (0x80 if mask is not None else 0) | length_code
    if mask is not None:
        body = mask + mask_payload(body, mask)
    return bytes((first, second)) + extended + body


def decode_frame(buffer: bytes) -> tuple[PeerFrame, int] | None:
    """The first frame of `buffer` and its size in bytes, or None when more bytes are needed."""
    if len(buffer) < 2:
        return None
    code = buffer[1] & 0x7F
    start = 2 + {126: 2, 127: 8}.get(code, 0)
    masked = bool(buffer[1] & 0x80)
    if len(buffer) < start + 4 * masked:
        return None
    length = int.from_bytes(buffer[2:start], "big") if code > 125 else code
    mask = buffer[start : start + 4] if masked else None
    start += 4 * masked
    end = start + length
    if len(buffer) < end:
        return None
    payload = buffer[start:end]
    if mask is not None:
        payload = mask_payload(payload, mask)
    first = buffer[0]
    frame = PeerFrame(bool(first & 0x80), first >> 4 & 7, first & 15, mask, payload, buffer[:end])
    return frame, end
