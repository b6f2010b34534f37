"""What a frame is, and its encoder (RFC 6455 §5.2)."""

from __future__ import annotations

from enum import IntEnum

import msgspec

from .masking import apply_mask


class Opcode(IntEnum):
    """The opcodes that RFC 6455 §5.2 defines; the others are reserved."""

    CONTINUATION = 0x0
    TEXT = 0x1
    BINARY = 0x2
    CLOSE = 0x8
    PING = 0x9
    PONG = 0xA


# A Struct, not a dataclass: made once a frame on the slow path, and fifteen times cheaper to make.
class Frame(msgspec.Struct, frozen=True):
    """One frame: its header bytes as they stood, and its payload unmasked but not inflated.

    `length` is what the header declares, in bytes; `payload` is shorter when `truncated`: the stream
    ended, or the frame is over the limit and its payload was let go by.
    """

    header: bytes
    payload: bytes
    length: int
    truncated: bool = False

    @property
    def fin(self) -> bool:
        return bool(self.header[0] & 0x80)

    @property
    def rsv1(self) -> bool:
        return bool(self.header[0] & 0x40)

    @property
    def rsv2(self) -> bool:
        return bool(self.header[0] & 0x20)

    @property
    def rsv3(self) -> bool:
        return bool(self.header[0] & 0x10)

    @property
    def opcode(self) -> int:
        return self.header[0] & 0x0F

    @property
    def is_control(self) -> bool:
        return bool(self.header[0] & 0x08)

    @property
    def masked(self) -> bool:
        return len(self.header) > 1 and bool(self.header[1] & 0x80)

    @property
    def mask(self) -> bytes | None:
        return self.header[-4:] if self.masked else None

    @property
    def header_complete(self) -> bool:
        """False for a frame of which the stream ended within the header."""
        return header_missing(self.header) == 0

    @property
    def length_code(self) -> int:
        """The 7-bit length field: the length itself, or 126 or 127 for an extended one."""
        return self.header[1] & 0x7F


def header_missing(header: bytes | bytearray) -> int:
    """How many more bytes the header needs, as far as can be told from these (RFC 6455 §5.2)."""
    if len(header) < 2:
        return 2 - len(header)
    code = header[1] & 0x7F
    extended = 2 if code == 126 else 8 if code == 127 else 0
    return 2 + extended + (4 if header[1] & 0x80 else 0) - len(header)


def encode_frame(
    opcode: int,
    payload: bytes = b"",
    *,
    fin: bool = True,
    rsv1: bool = False,
    rsv2: bool = False,
    rsv3: bool = False,
    mask: bytes | None = None,
    length_bytes: int | None = None,
    declared_length: int | None = None,
) -> bytes:
    """The bytes of one frame, also of one that is wrong on purpose (RFC 6455 §5.2).

    `opcode` is 0 to 15; `mask` four bytes or none. `length_bytes` forces the size of the extended length
    field (0, 2 or 8; a length that needs more is cut to what fits), `declared_length` the length that the
    header claims.

    Raises: ValueError for an opcode or mask that no header can hold.
    """
    if not 0 <= opcode <= 15:
        raise ValueError(f"an opcode is a number from 0 to 15, not {opcode}")
    if mask is not None and len(mask) != 4:
        raise ValueError("a masking key has four bytes")
    length = len(payload) if declared_length is None else declared_length
    if length_bytes is None:
        length_bytes = 0 if length < 126 else 2 if length < 65536 else 8
    code = {0: length & 0x7F, 2: 126, 8: 127}[length_bytes]
    first = fin << 7 | rsv1 << 6 | rsv2 << 5 | rsv3 << 4 | opcode
    head = bytes((first, (0x80 if mask is not None else 0) | code))
    if length_bytes:
        head += (length & ((1 << 8 * length_bytes) - 1)).to_bytes(length_bytes, "big")
    return head + payload if mask is None else head + mask + apply_mask(payload, mask)
