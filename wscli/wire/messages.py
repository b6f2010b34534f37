"""Messages out of frames: fragments joined, inflated, checked for UTF-8 and size (RFC 6455 §5.4, §5.6).

Every byte is looked at as soon as it is here, also in the middle of a frame: the verdict on invalid UTF-8
or on a message over the limit does not wait for the rest of it.
"""

from __future__ import annotations

import codecs
import io

import msgspec

from ..errors import ProtocolViolated, TooLarge, WscliError
from ..events import MessageType
from ..longtext import LONG, check_utf8
from . import rules
from .frames import Frame, Opcode, PendingFrame
from .inflate import InflatedTooLarge, InflateError, Inflater
from .runs import MessageRun


class Message(msgspec.Struct, frozen=True):
    """One whole message; `wire_length` and `length` are bytes before and after inflation."""

    type: MessageType
    payload: bytes
    wire_length: int
    fragments: int
    compressed: bool


class Fault(msgspec.Struct, frozen=True):
    """Why this side fails the connection (RFC 6455 §7.1.7): our Close code, the error, what was broken."""

    close_code: int
    error: WscliError
    violation: rules.Violation | None = None


class MessageAssembler:
    """Joins the frames of one direction; `fault` is set once, and nothing is assembled after it.

    It expects frames in a legal order, and forgives others: what is illegal about them is lint's to say.
    `opaque_rsv` are RSV bits (of 0x70) of an extension that wscli does not know: no text is expected in its
    messages to be UTF-8, and what it has marked is not inflated.
    """

    def __init__(self, *, max_size: int, inflater: Inflater | None = None, opaque_rsv: int = 0) -> None:
        self.fault: Fault | None = None
        # The content of the frame that set `fault`, inflated as far as that went.
        self.refused = b""
        self._max_size = max_size
        self._inflater = inflater
        self._opaque_rsv = opaque_rsv
        self._type: MessageType | None = None
        self._compressed = False
        # Grows in place and gives its bytes away without a copy, however many fragments there are.
        self._content = io.BytesIO()
        self._length = 0
        self._wire_length = 0
        self._fragments = 0
        self._utf8 = codecs.getincrementaldecoder("utf-8")()
        # Of the frame in work: how much of its payload was looked at, and where its content begins.
        self._looked_at: int | None = None
        self._frame_begin = 0

    @property
    def unfinished(self) -> bool:
        """Whether a message has begun and its last fragment has not come."""
        return self._type is not None and self._fragments > 0

    def forgive(self) -> None:
        """Drop the message that set `fault`, and go on with the next one."""
        if self.fault is not None:
            self.fault = self._type = self._looked_at = None

    def look_ahead(self, pending: PendingFrame) -> None:
        """Judge what has come of a frame that is not whole yet."""
        if self.fault is not None or pending.header[0] & 0x0F > Opcode.BINARY:
            return
        self._begin(pending.header[0])
        if self._type is None:
            return
        fresh = pending.since(self._looked_at or 0)
        self._looked_at = pending.received
        self._take(fresh, last=False)
        if not self._compressed:
            self._check_size(pending.missing)

    def add(self, frame: Frame) -> tuple[bytes, Message | None]:
        """The content of this frame, inflated, and the message that it completes."""
        if self.fault is not None or frame.is_control or frame.opcode > Opcode.BINARY:
            return frame.payload, None
        if frame.truncated:
            self._refuse_truncated(frame)
            return frame.payload, None
        self._begin(frame.header[0])
        if self._type is None:
            self._looked_at = None
            return frame.payload, None
        self._take(frame.payload[self._looked_at :] if self._looked_at else frame.payload, last=frame.fin)
        self._looked_at = None
        self._wire_length += frame.length
        self._fragments += 1
        if self._compressed:
            return self._add_compressed(frame)
        return frame.payload, self._add_plain(frame)

    def check_run(self, run: MessageRun) -> int:
        """How many of the run's messages are good; all, or those before the one that set `fault`."""
        if self.fault is not None:
            return 0
        if self._looked_at is not None:
            return self._check_rest(run, self._looked_at)
        if run.compressed:
            return self._inflate_run(run)
        if run.type == "text":
            return self._check_text(run)
        return len(run)

    def _check_rest(self, run: MessageRun, seen: int) -> int:
        """The same for a run of one frame, of which `seen` bytes were looked at while they came."""
        self._looked_at = self._type = None
        if run.type == "text":
            # No run that was looked at is masked: the buffer holds its text.
            self._check_utf8(run.buffer[run.starts[0] + seen : run.end], final=True)
        if self.fault is None:
            return 1
        self.refused = run.payloads[0]
        return 0

    def _begin(self, first: int) -> None:
        """Note the first sight of a frame, and of a message when its opcode says so."""
        if self._looked_at is not None:
            return
        self._looked_at = 0
        opcode = first & 0x0F
        if opcode != Opcode.CONTINUATION:
            self._type = "text" if opcode == Opcode.TEXT else "binary"
            compressed = bool(first & 0x40) and not first & self._opaque_rsv
            self._compressed = compressed and self._inflater is not None
            self._content = io.BytesIO()
            self._length = self._wire_length = self._fragments = 0
            self._utf8.reset()
        self._frame_begin = self._content.tell()

    def _take(self, chunk: bytes, *, last: bool) -> None:
        if self._compressed and self._inflater is not None:
            chunk = self._inflate(self._inflater, chunk, last=last)
            self._content.write(chunk)
        self._length += len(chunk)
        self._check_size(0)
        if self.fault is None and self._type == "text":
            self._check_utf8(chunk)

    def _check_size(self, coming: int) -> None:
        if self.fault is None and self._length + coming > self._max_size:
            self._too_large(f"{self._length + coming:,} bytes or more")

    def _add_plain(self, frame: Frame) -> Message | None:
        # The common whole frame: its payload is the message, and is not copied.
        if not frame.fin or self._fragments > 1:
            self._content.write(frame.payload)
        if not frame.fin or self.fault is not None:
            return None
        return self._finish(self._content.getvalue() if self._fragments > 1 else frame.payload)

    def _add_compressed(self, frame: Frame) -> tuple[bytes, Message | None]:
        message = None
        if frame.fin and self.fault is None:
            message = self._finish(self._content.getvalue())
            if message is not None and self._fragments == 1:
                return message.payload, message
        with self._content.getbuffer() as content:
            return bytes(content[self._frame_begin :]), message

    def _finish(self, payload: bytes) -> Message | None:
        if self._type == "text" and self.fault is None:
            self._check_utf8(b"", final=True)
        if self.fault is not None or self._type is None:
            return None
        message = Message(self._type, payload, self._wire_length, self._fragments, self._compressed)
        self._type = None
        return message

    def _inflate(self, inflater: Inflater, chunk: bytes, *, last: bool) -> bytes:
        """What these bytes inflate to, up to the fault if there is one; `last` ends the message."""
        inflated = b""
        room = self._max_size - self._length
        try:
            inflated = inflater.inflate(chunk, room)
            if last:
                inflated += inflater.finish(room - len(inflated))
        except InflatedTooLarge:
            self._too_large("larger once inflated")
        except InflateError as failure:
            self._not_deflate(failure)
        return inflated

    def _inflate_run(self, run: MessageRun) -> int:
        inflater, limit = self._inflater, self._max_size
        run.inflated = inflated = []
        if inflater is None:
            return 0
        text = run.type == "text"
        content = b""
        try:
            for payload in run.wire_payloads:
                content = b""
                content = inflater.inflate(payload, limit)
                content += inflater.finish(limit - len(content))
                if text:
                    check_utf8(content)
                inflated.append(content)
        except InflatedTooLarge:
            self._too_large("larger once inflated")
        except InflateError as failure:
            self._not_deflate(failure)
        except UnicodeDecodeError as failure:
            self._not_utf8(failure)
        self.refused = content
        return len(inflated)

    def _check_text(self, run: MessageRun) -> int:
        """The whole run at once: ASCII between two payloads (line ends, zeros) hides no broken sequence."""
        joined = run.clear if run.masked else run.lines
        if joined.isascii():
            return len(run)
        try:
            joined.decode()
        except UnicodeDecodeError:
            return self._first_bad_text(run)
        return len(run)

    def _first_bad_text(self, run: MessageRun) -> int:
        for index, payload in enumerate(run.payloads):
            try:
                payload.decode()
            except UnicodeDecodeError as failure:
                self._not_utf8(failure)
                self.refused = payload
                return index
        return len(run)

    def _check_utf8(self, chunk: bytes, *, final: bool = False) -> None:
        if chunk.isascii() and not self._utf8.getstate()[0]:
            return
        if self._opaque_rsv:
            return
        try:
            # In pieces: as a str, text may be four times as long, if only one character is.
            for begin in range(0, len(chunk) - LONG, LONG):
                self._utf8.decode(chunk[begin : begin + LONG])
            self._utf8.decode(chunk[(max(len(chunk), 1) - 1) // LONG * LONG :], final)
            # Python waits for the third byte of a surrogate, though the second one is wrong (RFC 3629 §4).
            begun = self._utf8.getstate()[0]
            if begun[:1] == b"\xed" and begun[1:] >= b"\xa0":
                raise UnicodeDecodeError("utf-8", begun, 0, 1, "invalid continuation byte")
        except UnicodeDecodeError as failure:
            self._not_utf8(failure)

    def _not_utf8(self, failure: UnicodeDecodeError) -> None:
        byte = failure.object[failure.start : failure.start + 1].hex()
        broken = rules.invalid_utf8(
            f"a text message holds byte 0x{byte} where UTF-8 has none: {failure.reason}"
        )
        self.fault = Fault(1007, _violated(broken), broken)

    def _not_deflate(self, failure: InflateError) -> None:
        broken = rules.inflate_failed(f"a compressed message does not inflate: {failure}")
        self.fault = Fault(1002, _violated(broken), broken)

    def _refuse_truncated(self, frame: Frame) -> None:
        if frame.length >> 63:
            # RFC 6455 §5.2: such a length is no length; lint names the rule.
            broken = rules.violation("length-top-bit", "a frame claims a length with the top bit set")
            self.fault = Fault(1002, _violated(broken))
        elif frame.length > self._max_size:
            self._too_large(f"a frame of {frame.length:,} bytes")

    def _too_large(self, what: str) -> None:
        message = f"a message is over the limit of {self._max_size:,} bytes: {what}"
        self.fault = Fault(1009, TooLarge(message, hint="raise the limit with --max-size"))


def _violated(broken: rules.Violation) -> ProtocolViolated:
    return ProtocolViolated.by_peer(broken.rfc, broken.detail, broken.rule)
