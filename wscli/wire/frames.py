"""The decoder of frames, for either direction (RFC 6455 §5.2).

What it tells is a `Frame` as it stood on the wire, or, for many whole, plain, alike frames of one read, one
`MessageRun`.
"""

from __future__ import annotations

import io
from collections.abc import Iterator

from .frame import Frame, Opcode, encode_frame, header_missing
from .masking import apply_mask
from .runs import MessageRun

__all__ = ["Frame", "FrameDecoder", "MessageRun", "Opcode", "PendingFrame", "encode_frame"]


# A longer masked frame that comes in several reads is unmasked as it comes: a run takes five times as much.
_LONGEST_MASKED = 4 * 1024 * 1024


class PendingFrame:
    """A frame whose header is complete and whose payload is still coming; `plain` ones become a run."""

    __slots__ = ("_begin", "_mask", "_wire", "header", "length", "plain", "received")

    def __init__(self, header: bytes, length: int, *, plain: bool = False) -> None:
        self.header = header
        self.length = length
        self.plain = plain
        self.received = 0
        masked = bool(header[1] & 0x80)
        # A run is unmasked as a whole, once somebody wants its payloads.
        self._mask = header[-4:] if masked and not plain else None
        # Grows in place and gives its bytes away without a copy, in pieces of whatever size they come.
        self._wire = io.BytesIO()
        self._begin = self._wire.write(header) if plain else 0

    @property
    def missing(self) -> int:
        return self.length - self.received

    def add(self, chunk: bytes) -> None:
        if self._mask is not None:
            turn = self.received % 4
            chunk = apply_mask(chunk, self._mask[turn:] + self._mask[:turn])
        self.received += self._wire.write(chunk)

    def since(self, position: int) -> bytes:
        """The payload from `position` on, as far as it has come; that of a masked run is masked still."""
        with self._wire.getbuffer() as wire:
            return bytes(wire[self._begin + position :])

    def run(self) -> MessageRun:
        """The run of this frame alone, once it is whole."""
        wire = self._wire.getvalue()
        return MessageRun(wire, 0, [len(self.header)], [len(wire)])

    def frame(self) -> Frame:
        """The frame with what has come of its payload."""
        payload = self.since(0) if self.plain else self._wire.getvalue()
        if self.plain and self.header[1] & 0x80:
            payload = apply_mask(payload, self.header[-4:])
        return Frame(self.header, payload, self.length, truncated=self.received < self.length)


class FrameDecoder:
    """Frames of one direction, from bytes in reads of any size (RFC 6455 §5.2); it refuses nothing.

    `masked` says which way legal frames are masked: those alone travel in runs. `limit` bounds a message
    (bytes): of a frame that cannot be part of a smaller one the header is reported at once, as a truncated
    frame, and its payload is let go by. `fast` off sends every frame the slow way; both tell the same.
    """

    __slots__ = (
        "_fragmented",
        "_header",
        "_limit",
        "_plain_limit",
        "_run_bytes",
        "_seen_close",
        "_skip",
        "consumed",
        "fast",
        "masked",
        "pending",
    )

    def __init__(self, *, masked: bool, limit: int, deflate: bool = False, fast: bool = True) -> None:
        self.masked = masked
        # The hot loop looks at the length of longer frames alone.
        self.fast = fast and limit >= 125
        self.consumed = 0
        self.pending: PendingFrame | None = None
        self._run_bytes = b"\x81\x82\xc1\xc2" if deflate else b"\x81\x82"
        self._plain_limit = limit
        # Incompressible bytes grow a little when deflated: stored blocks cost five bytes in 16 KiB or more.
        self._limit = limit + (limit >> 10) + 64 if deflate else limit
        self._header = bytearray()
        self._skip = 0
        self._fragmented = False
        self._seen_close = False

    def feed(self, chunk: bytes) -> Iterator[Frame | MessageRun]:
        """What these bytes complete, in wire order; `consumed` is where the last item ended in `chunk`."""
        position, size = 0, len(chunk)
        self.consumed = 0
        while position < size:
            if self._skip:
                position = self._let_go_by(position, size)
                continue
            if self.fast and not (self._header or self.pending or self._fragmented or self._seen_close):
                run = self._run(chunk, position)
                if run is not None:
                    position = self.consumed = run.end
                    yield run
                    continue
            position, item = self._step(chunk, position, size)
            if item is not None:
                self.consumed = position
                yield item

    def eof(self) -> Frame | None:
        """The truncated frame that the end of the stream left, or nothing at a frame boundary."""
        if self.pending is not None:
            frame = self.pending.frame()
        elif self._header:
            frame = Frame(bytes(self._header), b"", 0, truncated=True)
        else:
            return None
        self.pending = None
        self._header.clear()
        return frame

    @property
    def expected(self) -> int:
        """Bytes that a plain frame still lacks; 0 when none is in work."""
        return self.pending.missing if self.pending is not None and self.pending.plain else 0

    def held_back(self, size: int) -> int:
        """How many of the `size` bytes that were fed last belong to a plain frame that is not whole yet."""
        pending = self.pending
        if pending is None or not pending.plain:
            return 0
        return min(size, len(pending.header) + pending.received)

    def abandon(self) -> Frame | None:
        """The frame in work with what has come of it; the rest of its payload is let go by."""
        if self.pending is None:
            return None
        frame, self._skip = self.pending.frame(), self.pending.missing
        self.pending = None
        self._remember(frame)
        return frame

    def _run(self, chunk: bytes, begin: int) -> MessageRun | None:
        """The hot loop: whole, plain, alike frames from `begin` on, noted as offsets.

        One pass over headers alone, nothing made for a frame but two integers. It stops at whatever is not
        plain (another first byte, a wrong mask bit, a length not minimal or over the limit) or not whole,
        and leaves that to `_step`. A header cut by the end of the read shows as IndexError, which costs
        nothing until then.
        """
        first = chunk[begin]
        if first not in self._run_bytes:
            return None
        size, limit = len(chunk), self._limit if first & 0x40 else self._plain_limit
        mask_bit, key = (0x80, 4) if self.masked else (0, 0)
        short, medium, long = 2 + key, 4 + key, 10 + key
        starts: list[int] = []
        ends: list[int] = []
        position = begin
        try:
            while chunk[position] == first:
                length = chunk[position + 1] ^ mask_bit
                if length < 126:
                    start = position + short
                elif length == 126:
                    length = chunk[position + 2] << 8 | chunk[position + 3]
                    if length < 126 or length > limit:
                        break
                    start = position + medium
                elif length == 127:
                    length = int.from_bytes(chunk[position + 2 : position + 10], "big")
                    if length < 65536 or length > limit:
                        break
                    start = position + long
                else:
                    break
                position = start + length
                if position > size:
                    break
                starts.append(start)
                ends.append(position)
        except IndexError:
            pass
        return MessageRun(chunk, begin, starts, ends) if ends else None

    def _step(self, chunk: bytes, position: int, size: int) -> tuple[int, Frame | MessageRun | None]:
        """One header, or one piece of payload; a frame when it is complete, a plain one as a run."""
        if self.pending is None:
            in_one_read = not self._header
            position = self._read_header(chunk, position, size)
            if header_missing(self._header) > 0:
                return position, None
            pending = self._begin_payload(plain=in_one_read and self._is_plain())
            if pending is None:
                return position, self._oversized()
            self.pending = pending
        pending = self.pending
        end = min(size, position + pending.missing)
        if end > position or pending.length == 0:
            pending.add(chunk[position:end])
        if pending.missing:
            return end, None
        self.pending = None
        if pending.plain:
            return end, pending.run()
        frame = pending.frame()
        self._remember(frame)
        return end, frame

    def _read_header(self, chunk: bytes, position: int, size: int) -> int:
        while position < size and (missing := header_missing(self._header)) > 0:
            end = min(size, position + missing)
            self._header += chunk[position:end]
            position = end
        return position

    def _declared_length(self) -> int:
        header = self._header
        code = header[1] & 0x7F
        if code < 126:
            return code
        return int.from_bytes(header[2:4] if code == 126 else header[2:10], "big")

    def _is_plain(self) -> bool:
        """Whether the frame of this header is what the hot loop takes, but for its end, and uncompressed."""
        if not self.fast or self._fragmented or self._seen_close:
            return False
        length, size = self._declared_length(), len(self._header) - (4 if self.masked else 0)
        minimal = size == (2 if length < 126 else 4 if length < 65536 else 10)
        masked = bool(self._header[1] & 0x80)
        return (
            self._header[0] in b"\x81\x82"
            and masked == self.masked
            and minimal
            and length <= (min(self._plain_limit, _LONGEST_MASKED) if masked else self._plain_limit)
        )

    def _begin_payload(self, *, plain: bool) -> PendingFrame | None:
        length = self._declared_length()
        # A control frame is shown whole at any limit that is legal for it (RFC 6455 §5.5).
        if length > self._limit and length > 125:
            return None
        pending = PendingFrame(bytes(self._header), length, plain=plain)
        self._header.clear()
        return pending

    def _oversized(self) -> Frame:
        frame = Frame(bytes(self._header), b"", self._declared_length(), truncated=True)
        self._skip = frame.length
        self._header.clear()
        self._remember(frame)
        return frame

    def _let_go_by(self, position: int, size: int) -> int:
        step = min(self._skip, size - position)
        self._skip -= step
        return position + step

    def _remember(self, frame: Frame) -> None:
        opcode = frame.opcode
        if opcode == Opcode.CLOSE:
            self._seen_close = True
        elif opcode <= Opcode.BINARY:
            self._fragmented = not frame.fin
