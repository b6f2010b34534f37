"""Runs: many whole, plain, alike data messages of one read, kept as one buffer with offsets.

This is what makes a flood affordable: a run costs one object however many messages it holds, a sink that
wants only payloads slices them, and events are made only for a sink that shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat

from msgspec import UNSET, UnsetType

from ..events import Direction, FrameSeen, MessageSeen, MessageType, Stamp
from ..longtext import LONG, text_field
from .frame import Frame
from .masking import apply_mask, repeated, xor


class MessageRun:
    """Unfragmented, legal data messages with the same first header byte, in wire order.

    `starts[i]` and `ends[i]` bound the payload of frame i in `buffer`; its header begins where the frame
    before it ended (`begin` for the first). `frame_n` and `message_n` are the numbers of the first one.
    `inflated` holds the payloads when the frames are compressed (RFC 7692 §7.2.2).
    """

    __slots__ = (
        "_clear",
        "_lines",
        "_payloads",
        "_texts",
        "begin",
        "buffer",
        "direction",
        "ends",
        "frame_n",
        "inflated",
        "message_n",
        "stamp",
        "starts",
    )

    def __init__(self, buffer: bytes, begin: int, starts: list[int], ends: list[int]) -> None:
        self.buffer = buffer
        self.begin = begin
        self.starts = starts
        self.ends = ends
        self.direction: Direction = "in"
        self.stamp = Stamp(0.0, "")
        self.frame_n = 1
        self.message_n = 1
        self.inflated: list[bytes] | None = None
        self._clear: bytes | None = None
        self._payloads: list[bytes] | None = None
        self._lines: bytes | None = None
        self._texts: list[str] | None = None

    def __len__(self) -> int:
        return len(self.ends)

    @property
    def end(self) -> int:
        """Where the last frame ends in `buffer`."""
        return self.ends[-1]

    @property
    def type(self) -> MessageType:
        return "text" if self.buffer[self.begin] & 0x0F == 1 else "binary"

    @property
    def compressed(self) -> bool:
        return bool(self.buffer[self.begin] & 0x40)

    @property
    def masked(self) -> bool:
        return bool(self.buffer[self.begin + 1] & 0x80)

    @property
    def wire_payloads(self) -> list[bytes]:
        """The payloads unmasked, but as compressed as they stood."""
        buffer = self.buffer
        if not self.masked:
            return [buffer[start:end] for start, end in zip(self.starts, self.ends, strict=True)]
        clear, begin = self.clear, self.begin
        return [clear[start - begin : end - begin] for start, end in zip(self.starts, self.ends, strict=True)]

    @property
    def clear(self) -> bytes:
        """The bytes of a masked run, payloads unmasked, headers blotted out with zeros; made once.

        One XOR for all: the headers with themselves, each payload with its repeated mask.
        """
        if self._clear is None:
            buffer, before = self.buffer, self.begin
            pieces: list[bytes] = []
            for start, end in zip(self.starts, self.ends, strict=True):
                pieces.append(buffer[before:start])
                pieces.append(repeated(buffer[start - 4 : start], end - start))
                before = end
            self._clear = xor(buffer[self.begin : self.end], b"".join(pieces))
        return self._clear

    @property
    def payloads(self) -> list[bytes]:
        """The messages' contents, unmasked and inflated; made once."""
        if self._payloads is None:
            self._payloads = self.inflated if self.inflated is not None else self.wire_payloads
            # Whoever wants payloads does not want lines: a long message is not kept in both forms.
            self._lines = None
        return self._payloads

    @property
    def texts(self) -> list[str]:
        """The contents of text messages; made once, so that a message shares it with its frame."""
        if self._texts is None:
            if len(self) == 1 and self.inflated is None and not self.masked and self.end <= LONG:
                # A long message, mostly: straight from the buffer, without a copy in between.
                self._lines = None
                self._texts = [str(memoryview(self.buffer)[self.starts[0] : self.end], "utf-8")]
            else:
                text = text_field if self.payload_bytes > LONG else bytes.decode
                self._texts = [text(payload) for payload in self.payloads]
        return self._texts

    @property
    def lines(self) -> bytes:
        """The payloads, each with a newline after it; made once, for checking and for writing."""
        if self._lines is None:
            if len(self) == 1 and self.inflated is None and not self.masked:
                # A long message, mostly: straight from the buffer, without a copy in between.
                self._lines = b"".join((memoryview(self.buffer)[self.starts[0] : self.end], b"\n"))
            else:
                self._lines = b"\n".join([*self.payloads, b""])
        return self._lines

    @property
    def payload_bytes(self) -> int:
        """Sum of the messages' lengths, after inflation."""
        if self.inflated is not None:
            return sum(map(len, self.inflated))
        return sum(self.ends) - sum(self.starts)

    def head(self, count: int) -> MessageRun:
        """The run of the first `count` messages (at least one)."""
        part = MessageRun(self.buffer, self.begin, self.starts[:count], self.ends[:count])
        part.direction, part.stamp = self.direction, self.stamp
        part.frame_n, part.message_n = self.frame_n, self.message_n
        part.inflated = None if self.inflated is None else self.inflated[:count]
        return part

    def part(self, index: int, count: int = 1) -> MessageRun:
        """The run of `count` messages from `index` (from 0) on."""
        end = index + count
        begin = self.ends[index - 1] if index else self.begin
        part = MessageRun(self.buffer, begin, self.starts[index:end], self.ends[index:end])
        part.direction, part.stamp = self.direction, self.stamp
        part.frame_n, part.message_n = self.frame_n + index, self.message_n + index
        part.inflated = None if self.inflated is None else self.inflated[index:end]
        return part

    def frame(self, index: int) -> Frame:
        """Frame `index` (from 0) as the slow way tells it."""
        begin = self.ends[index - 1] if index else self.begin
        header = self.buffer[begin : self.starts[index]]
        payload = self.buffer[self.starts[index] : self.ends[index]]
        return Frame(header, apply_mask(payload, header[-4:]) if self.masked else payload, len(payload))

    def messages(self) -> Iterator[MessageSeen]:
        """One event a message."""
        t, time = self.stamp
        kind, compressed, direction = self.type, self.compressed, self.direction
        for n, (text, payload, length, wire_length) in enumerate(self._contents(), start=self.message_n):
            yield MessageSeen(
                t=t,
                time=time,
                n=n,
                direction=direction,
                type=kind,
                length=length,
                wire_length=wire_length,
                fragments=1,
                compressed=compressed,
                text=text,
                base64=payload,
            )

    def frames(self) -> Iterator[FrameSeen]:
        """One event a frame."""
        t, time = self.stamp
        buffer = self.buffer
        kind, opcode, rsv1 = self.type, buffer[self.begin] & 0x0F, self.compressed
        direction, masked = self.direction, self.masked
        begins = [self.begin, *self.ends[:-1]]
        headers = [buffer[begin:start].hex() for begin, start in zip(begins, self.starts, strict=True)]
        columns = zip(headers, self._contents(), strict=True)
        for n, (header, (text, payload, length, wire_length)) in enumerate(columns, start=self.frame_n):
            yield FrameSeen(
                t=t,
                time=time,
                n=n,
                direction=direction,
                opcode=opcode,
                type=kind,
                fin=True,
                rsv1=rsv1,
                rsv2=False,
                rsv3=False,
                masked=masked,
                mask=header[-8:] if masked else None,
                wire_length=wire_length,
                length=length,
                header=header,
                text=text,
                base64=payload,
            )

    def _contents(self) -> Iterator[tuple[str | UnsetType, bytes | UnsetType, int, int]]:
        """Of each message the text or the payload, the length and that on the wire."""
        nothing = repeat(UNSET, len(self))
        text = self.type == "text"
        texts: Iterable[str | UnsetType] = self.texts if text else nothing
        payloads: Iterable[bytes | UnsetType] = nothing if text else self.payloads
        wire_lengths = list(map(int.__sub__, self.ends, self.starts))
        lengths = wire_lengths if self.inflated is None else map(len, self.inflated)
        return zip(texts, payloads, lengths, wire_lengths, strict=True)
