"""The dissector: bytes of one direction after the opening handshake in, runs and events out.

Here the decoder, lint and the assembler meet. Whether the connection still stands is not decided here but
by `admit`, which session/ gives: after it said no, frames are still shown, and messages are not made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec
from msgspec import UNSET, UnsetType

from ..events import (
    Direction,
    Event,
    FrameSeen,
    FrameType,
    MessageSeen,
    Stamp,
)
from ..longtext import text_field
from .extensions import DeflateParams
from .frames import Frame, FrameDecoder, Opcode
from .inflate import Inflater
from .lint import FrameLint, frame_truncated, message_unfinished
from .messages import Fault, Message, MessageAssembler
from .runs import MessageRun

FRAME_TYPES: tuple[FrameType, ...] = (
    "continuation",
    "text",
    "binary",
    *("reserved",) * 5,
    "close",
    "ping",
    "pong",
    *("reserved",) * 5,
)


class Numbering(msgspec.Struct):
    """The numbers given so far, over both directions and on through reconnects (contract §4)."""

    frames: int = 0
    messages: int = 0


def _always(_consumed: int) -> bool:
    return True


class Dissector:
    """One direction of an open connection; see the module.

    `admit(consumed)` is called before a frame's payload is interpreted, with the offset in the fed bytes up
    to which the connection's judge has to have seen them. `lint` is left out for our own frames: they may
    be wrong on purpose, and are never at fault. `opaque_rsv` are the RSV bits of extensions that wscli does
    not know (messages.py).
    """

    def __init__(
        self,
        direction: Direction,
        numbering: Numbering,
        *,
        max_size: int,
        deflate: DeflateParams | None = None,
        lint: FrameLint | None = None,
        admit: Callable[[int], bool] = _always,
        fast: bool = True,
        opaque_rsv: int = 0,
    ) -> None:
        self._direction = direction
        self._numbering = numbering
        self._lint = lint
        self._admit = admit
        self._text_open = False
        # Why this side must fail the connection, from the event on that tells of the frame at fault.
        self.fault: Fault | None = None
        self._decoder = FrameDecoder(
            masked=direction == "out",
            limit=max_size,
            deflate=deflate is not None,
            fast=fast and not opaque_rsv,
        )
        self._assembler = MessageAssembler(
            max_size=max_size, inflater=_inflater(direction, deflate), opaque_rsv=opaque_rsv
        )

    @property
    def in_frame(self) -> bool:
        """Whether a frame's payload has begun to come and is not whole yet."""
        return self._decoder.pending is not None

    def stop(self) -> None:
        """From here on frames are shown, and nothing is made of them (RFC 6455 §7.1.7)."""
        self._decoder.fast = False
        self._admit = _never

    def feed(self, chunk: bytes, stamp: Stamp) -> Iterator[Event | MessageRun]:
        """What these bytes complete, in wire order."""
        decoder = self._decoder
        for item in decoder.feed(chunk):
            if isinstance(item, MessageRun):
                yield from self._run(item, stamp, in_one_read=item.buffer is chunk)
            else:
                yield from self._frame(item, stamp, decoder.consumed)

    @property
    def consumed(self) -> int:
        """Where in the bytes that were fed last the newest item ends."""
        return self._decoder.consumed

    @property
    def expected(self) -> int:
        """Bytes that are nothing but the rest of a plain frame; 0 when none is in work."""
        return self._decoder.expected

    def held_back(self, size: int) -> int:
        """How many of the `size` bytes that were fed last the judge need not see: the begin of a run."""
        return self._decoder.held_back(size)

    def look_ahead(self, stamp: Stamp, *, alive: bool) -> Iterator[Event]:
        """Judge the part of a frame that is here already: the verdict does not wait for its end.

        `alive` says whether the connection's judge accepts that part. When it does not, or a fault shows,
        the frame is told at once, as a truncated one.
        """
        pending = self._decoder.pending
        if pending is None or self.fault is not None:
            return
        if alive:
            self._assembler.look_ahead(pending)
            self.fault = self._assembler.fault
            if self.fault is None:
                return
        frame = self._decoder.abandon()
        if frame is not None:
            yield from self._unfinished(frame, stamp)
            yield from self._violations_of_fault(stamp, self._numbering.frames)

    def eof(self, stamp: Stamp, *, left: bool = False) -> Iterator[Event]:
        """The frame that the end of the stream cut short, if one, and what is unfinished by it.

        `left`: the sender did not end it; nobody waited for the rest, which is no violation.
        """
        unfinished = self._assembler.unfinished and self.fault is None and self._admit is not _never
        frame = self._decoder.eof()
        if frame is not None:
            yield from self._unfinished(frame, stamp)
        if self._lint is None or left:
            return
        if frame is not None:
            detail = f"the stream ended inside frame {self._numbering.frames}"
            yield frame_truncated(detail).event(stamp, self._numbering.frames)
        if unfinished:
            detail = "the stream ended inside a fragmented message"
            yield message_unfinished(detail).event(stamp, self._numbering.frames)

    def _unfinished(self, frame: Frame, stamp: Stamp) -> Iterator[Event]:
        self._numbering.frames += 1
        yield self._frame_event(frame, frame.payload, stamp)
        if self._lint is not None and frame.header_complete:
            for violation in self._lint.check(frame):
                yield violation.event(stamp, self._numbering.frames)

    def _run(self, run: MessageRun, stamp: Stamp, *, in_one_read: bool) -> Iterator[Event | MessageRun]:
        numbering = self._numbering
        faulty_before = self.fault is not None
        good = self._assembler.check_run(run)
        if good:
            part = run if good == len(run) else run.head(good)
            part.direction, part.stamp = self._direction, stamp
            part.frame_n, part.message_n = numbering.frames + 1, numbering.messages + 1
            numbering.frames += good
            numbering.messages += good
            yield part
        if good < len(run):
            # What began in an earlier read was held back from the judge, who must not see the end alone.
            seen = run.ends if in_one_read else [0] * len(run)
            yield from self._rest_of_run(run, good, stamp, seen, culprit=None if faulty_before else good)

    def _rest_of_run(
        self, run: MessageRun, good: int, stamp: Stamp, seen: list[int], culprit: int | None
    ) -> Iterator[Event]:
        """The frame that broke the rules, and those after it, one by one; `seen` is what to admit."""
        for index in range(good, len(run)):
            frame = run.frame(index)
            if self._lint is None and index != culprit:
                yield from self._frame(frame, stamp, seen[index])
                continue
            broken = self._admit(seen[index]) and index == culprit
            content = self._assembler.refused if broken else frame.payload
            self._numbering.frames += 1
            if broken:
                self.fault = self._assembler.fault
            yield self._frame_event(frame, content, stamp)
            if broken:
                yield from self._violations_of_fault(stamp, self._numbering.frames)

    def _frame(self, frame: Frame, stamp: Stamp, consumed: int) -> Iterator[Event]:
        violations = self._lint.check(frame) if self._lint is not None else []
        faulty_before = self.fault is not None
        message: Message | None = None
        content = frame.payload
        if self._admit(consumed):
            content, message = self._assembler.add(frame)
        self.fault = self._assembler.fault
        self._numbering.frames += 1
        seen = self._frame_event(frame, content, stamp)
        # Let go of what the event holds too: a message may be as long as the limit.
        whole = message is not None and message.payload is content
        del frame, content
        yield seen
        for violation in violations:
            yield violation.event(stamp, self._numbering.frames)
        if not faulty_before:
            yield from self._violations_of_fault(stamp, self._numbering.frames)
        if message is not None:
            yield self._message_event(message, stamp, seen if whole else None)

    def _violations_of_fault(self, stamp: Stamp, n: int) -> Iterator[Event]:
        if self._lint is None:
            # Our own frames may be wrong on purpose; what follows them is told as ever.
            self._assembler.forgive()
            self.fault = None
        elif self.fault is not None and self.fault.violation is not None:
            yield self.fault.violation.event(stamp, n)

    def _frame_event(self, frame: Frame, content: bytes, stamp: Stamp) -> FrameSeen:
        opcode = frame.opcode
        mask = frame.mask
        of_text = opcode == Opcode.TEXT or (opcode == Opcode.CONTINUATION and self._text_open)
        if opcode <= Opcode.BINARY:
            self._text_open = of_text and not frame.fin
        as_text = of_text or opcode in (Opcode.PING, Opcode.PONG)
        text, base64 = text_or_base64(content, as_text=as_text)
        return FrameSeen(
            t=stamp.t,
            time=stamp.time,
            n=self._numbering.frames,
            direction=self._direction,
            opcode=opcode,
            type=FRAME_TYPES[opcode],
            fin=frame.fin,
            rsv1=frame.rsv1,
            rsv2=frame.rsv2,
            rsv3=frame.rsv3,
            masked=frame.masked,
            mask=None if mask is None else mask.hex(),
            wire_length=frame.length,
            length=len(content),
            header=frame.header.hex(),
            truncated=frame.truncated,
            text=text,
            base64=base64,
        )

    def _message_event(self, message: Message, stamp: Stamp, same: FrameSeen | None) -> MessageSeen:
        """The event; `same` is the one frame that was the whole message, whose content it shares."""
        self._numbering.messages += 1
        if same is not None:
            text, base64 = same.text, same.base64
        else:
            text, base64 = text_or_base64(message.payload, as_text=message.type == "text")
        return MessageSeen(
            t=stamp.t,
            time=stamp.time,
            n=self._numbering.messages,
            direction=self._direction,
            type=message.type,
            length=len(message.payload),
            wire_length=message.wire_length,
            fragments=message.fragments,
            compressed=message.compressed,
            text=text,
            base64=base64,
        )


def text_or_base64(content: bytes, *, as_text: bool) -> tuple[str | UnsetType, bytes | UnsetType]:
    """The event fields `text` and `base64` for these bytes: the first when they are text, else the second."""
    if as_text:
        try:
            return text_field(content), UNSET
        except UnicodeDecodeError:
            pass
    return UNSET, content


def _never(_consumed: int) -> bool:
    return False


def _inflater(direction: Direction, deflate: DeflateParams | None) -> Inflater | None:
    if deflate is None:
        return None
    if direction == "in":
        return Inflater(
            window_bits=deflate.server_max_window_bits, takeover=not deflate.server_no_context_takeover
        )
    return Inflater(
        window_bits=deflate.client_max_window_bits, takeover=not deflate.client_no_context_takeover
    )
