"""Lint: names each rule that a server breaks, in its frames here and in its handshake (lint_handshake).

Lint only names. It never raises, never stops, and goes on sensibly after an error; what happens to the
connection is decided elsewhere. The rules themselves are in rules.py.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from .closecodes import parse_close
from .extensions import DeflateParams, deflate_params, opaque_rsv
from .frame import Frame, Opcode
from .lint_handshake import lint_handshake, negotiated_extensions, negotiated_subprotocol
from .rules import (
    RULES,
    Rule,
    Violation,
    frame_truncated,
    inflate_failed,
    invalid_utf8,
    message_unfinished,
    quoted,
    violation,
)

__all__ = [
    "RULES",
    "DeflateParams",
    "FrameLint",
    "Rule",
    "Violation",
    "deflate_params",
    "frame_truncated",
    "inflate_failed",
    "invalid_utf8",
    "lint_handshake",
    "message_unfinished",
    "negotiated_extensions",
    "negotiated_subprotocol",
    "opaque_rsv",
    "violation",
]

_NAMES: Final[dict[int, str]] = {
    Opcode.CONTINUATION: "a continuation",
    Opcode.TEXT: "a text frame",
    Opcode.BINARY: "a binary frame",
    Opcode.CLOSE: "a Close",
    Opcode.PING: "a ping",
    Opcode.PONG: "a pong",
}
_RSV: Final = ((0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3"))
_MAX_CONTROL: Final = 125
# Pings of ours that wait for their pong; 125 bytes each at most.
_MAX_OUTSTANDING: Final = 1024


class FrameLint:
    """Judges the frames that a server sends, one after another (RFC 6455 §5, RFC 7692 §6).

    `deflate`: permessage-deflate was agreed on. `opaque_rsv`: RSV bits (of 0x70) that an agreed extension
    may use in a way that wscli does not know, and that are therefore not judged.
    """

    __slots__ = ("_closed", "_deflate", "_forgotten", "_in_message", "_judged_rsv", "_outstanding")

    def __init__(self, deflate: bool, opaque_rsv: int = 0) -> None:
        self._deflate = deflate
        self._judged_rsv = 0x70 & ~opaque_rsv
        self._in_message = False
        self._closed = False
        self._outstanding: deque[bytes] = deque()
        self._forgotten = False

    def expect_pong(self, payload: bytes) -> None:
        """A ping of ours with this payload was sent; its pong is no surprise."""
        if len(self._outstanding) == _MAX_OUTSTANDING:
            self._outstanding.popleft()
            self._forgotten = True
        self._outstanding.append(payload)

    def check(self, frame: Frame) -> list[Violation]:
        """The rules that the next frame breaks; a frame after a Close breaks that one alone."""
        if not frame.header:
            return []
        if self._closed:
            size = "1 byte" if frame.length == 1 else f"{frame.length} bytes"
            return [violation("after-close", f"{_named(frame)} of {size} follows a Close")]
        found = [*_check_length(frame), *self._check_bits(frame)]
        found += self._check_control(frame) if frame.is_control else self._check_data(frame)
        return found

    def _check_bits(self, frame: Frame) -> list[Violation]:
        found = []
        if frame.masked:
            found.append(violation("masked-by-server", f"{_named(frame)} is masked"))
        if frame.opcode not in _NAMES:
            found.append(violation("reserved-opcode", f"opcode {frame.opcode} is reserved"))
        rsv = frame.header[0] & self._judged_rsv
        if self._deflate and rsv & 0x40:
            rsv &= ~0x40
            if frame.is_control:
                found.append(violation("rsv1-on-control", f"{_named(frame)} has RSV1 set"))
            elif frame.opcode == Opcode.CONTINUATION:
                found.append(violation("rsv1-on-continuation", f"{_named(frame)} has RSV1 set"))
            elif frame.opcode not in _NAMES:
                rsv |= 0x40
        if rsv:
            bits = ", ".join(name for bit, name in _RSV if rsv & bit)
            found.append(
                violation("rsv-without-extension", f"{_named(frame)} has {bits} set; no extension says why")
            )
        return found

    def _check_data(self, frame: Frame) -> list[Violation]:
        if frame.opcode == Opcode.CONTINUATION:
            if not self._in_message:
                return [violation("continuation-without-start", "a continuation, but no message was begun")]
            self._in_message = not frame.fin
        elif frame.opcode in _NAMES:
            interleaved = self._in_message
            self._in_message = not frame.fin
            if interleaved:
                detail = f"{_named(frame)} begins a message inside another one that is unfinished"
                return [violation("message-interleaved", detail)]
        return []

    def _check_control(self, frame: Frame) -> list[Violation]:
        found = []
        if not frame.fin:
            found.append(violation("control-fragmented", f"{_named(frame)} has FIN 0"))
        if frame.length > _MAX_CONTROL:
            found.append(violation("control-too-long", f"{_named(frame)} has {frame.length} bytes"))
        if frame.opcode == Opcode.CLOSE:
            found += self._check_close(frame)
        elif frame.opcode == Opcode.PONG and not frame.truncated and not self._answers(frame.payload):
            payload = quoted(frame.payload.decode("latin-1"))
            found.append(violation("pong-unsolicited", f"no ping of ours has the pong's payload {payload}"))
        return found

    def _check_close(self, frame: Frame) -> list[Violation]:
        self._closed = True
        found = [] if frame.truncated else list(parse_close(frame.payload).problems)
        if self._in_message:
            found.append(violation("close-inside-message", "a Close inside a message that is unfinished"))
        return found

    def _answers(self, payload: bytes) -> bool:
        """Whether a ping of ours waits for this pong; it answers older ones too (RFC 6455 §5.5.3)."""
        if payload not in self._outstanding:
            # A ping that we no longer remember may be what it answers: no false accusation.
            return self._forgotten
        while self._outstanding.popleft() != payload:
            pass
        self._forgotten = False
        return True


def _named(frame: Frame) -> str:
    return _NAMES.get(frame.opcode, f"a frame with opcode {frame.opcode}")


def _check_length(frame: Frame) -> list[Violation]:
    if not frame.header_complete:
        return []
    code, length = frame.length_code, frame.length
    if code == 127 and frame.header[2] & 0x80:
        return [
            violation("length-top-bit", f"{_named(frame)} claims a length of 0x{frame.header[2:10].hex()}")
        ]
    if (code == 126 and length < 126) or (code == 127 and length <= 0xFFFF):
        used, enough = (2 if code == 126 else 8), (7 if length < 126 else 16)
        detail = f"{_named(frame)} writes its length {length} in {used * 8} bits; {enough} are enough"
        return [violation("length-not-minimal", detail)]
    return []
