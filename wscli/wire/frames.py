"""Frames: what one is, the decoder for either direction, and the encoder (RFC 6455 §5.2).

`Frame` is one frame as it stood on the wire. `MessageRun` is the fast form: many whole, plain, alike
frames of one read, kept as a buffer with offsets; events are made from it only when a sink asks.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

import msgspec


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
    def length_code(self) -> int:
        """The 7-bit length field: the length itself, or 126 or 127 for an extended one."""
        return self.header[1] & 0x7F
