"""The view: what of the stream a person sees, and how much of it; everything else is left to the ring."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec
from msgspec.structs import replace

from ..config import Format, OutputOptions
from ..events import Event, FrameSeen, MessageSeen, PongReceived, ViolationFound
from ..expect.pattern import SECONDS, TooSlow
from ..session.journal import Batch
from ..sinks.escape import escape
from ..sinks.human import HumanSink
from ..sinks.human_budget import Budget
from ..sinks.human_payload import highlight_json
from ..sinks.human_style import cut, palette_for, plural, wrap
from ..sinks.output import Output
from ..sinks.plain import PlainSink
from ..sinks.redact import Redactor
from ..wire.runs import MessageRun
from .filters import ADVICE, Filter

LINES_PER_SECOND: Final = 40
"""What a person can follow while it scrolls."""

_SETTLE_AFTER: Final = 0.3
_PRETTY_LINES: Final = 200
_PRETTY_BYTES: Final = 256 * 1024


class Lines(Output):
    """An Output for sinks whose bytes go to `take` instead of a descriptor."""

    def __init__(self, take: Callable[[bytes], None]) -> None:
        super().__init__(-1, name="the screen")
        self._take = take

    def write(self, chunk: bytes) -> None:
        self._take(chunk)

    def write_pieces(self, pieces: Iterable[bytes], size: int) -> None:  # noqa: ARG002 (nothing waits here)
        for piece in pieces:
            self._take(piece)


class View:
    """Shows batches as `human` or `plain` says: filtered, paused, as many lines a second as can be read.

    `hidden` counts the incoming frames that came since `paused` was set.
    """

    def __init__(
        self,
        options: OutputOptions,
        write: Callable[[bytes], None],
        redactor: Redactor,
        width: Callable[[], int],
    ) -> None:
        self._options = options
        self._output = Lines(write)
        self._redactor = redactor
        self._width = width
        self._palette = palette_for(options.color)
        self._timer: asyncio.TimerHandle | None = None
        self._left_out = LeftOut()
        self._make_sink = PlainSink if options.format is Format.PLAIN else HumanSink
        self._sink: HumanSink | PlainSink
        self._frame_shown = True
        self._lines_per_second = LINES_PER_SECOND
        self.filter = Filter()
        self.paused = False
        self.hidden = 0
        self.pretty = False
        self._rebuild()

    @property
    def lines_per_second(self) -> int:
        """How much of a flood is shown."""
        return self._lines_per_second

    @lines_per_second.setter
    def lines_per_second(self, lines: int) -> None:
        self._lines_per_second = lines
        self._budget = Budget(lines)

    @property
    def verbose(self) -> bool:
        """Whether header bytes, masks and phases are shown."""
        return self._options.verbose

    @verbose.setter
    def verbose(self, on: bool) -> None:
        self._options = replace(self._options, verbose=on)
        self._rebuild()

    def _rebuild(self) -> None:
        options = self._options = replace(self._options, width=self._width())
        self._sink = self._make_sink(options, self._output)
        self._budget = Budget(self._lines_per_second)

    def feed(self, batch: Batch, /) -> None:
        """Show what fits."""
        if self._width() != self._options.width:
            self._rebuild()
        self.filter.begin()
        for item in self._redactor.batch(batch):
            if isinstance(item, MessageRun):
                self._feed_run(item)
            elif isinstance(item, FrameSeen):
                self._frame_shown = self._admits(item)
                if self._frame_shown:
                    self._show(item)
            elif isinstance(item, MessageSeen) and item.fragments == 1:
                if self._frame_shown:
                    self._show(item)
            elif isinstance(item, MessageSeen | ViolationFound | PongReceived):
                if self._admits(item):
                    self._show(item)
            else:
                self._tell_left_out()
                self._sink.feed((item,))
        self._settle_later()

    def pause(self) -> None:
        """Show nothing of what the peer sends."""
        self.paused, self.hidden = True, 0

    def resume(self) -> int:
        """Show again; how many frames came meanwhile."""
        self.paused, hidden, self.hidden = False, self.hidden, 0
        return hidden

    def finish(self) -> None:
        """Say what was left out, if that was not said yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._tell_left_out()

    def _admits(self, event: FrameSeen | MessageSeen | ViolationFound | PongReceived) -> bool:
        if not self._fits(event):
            return False
        incoming = isinstance(event, FrameSeen | MessageSeen) and event.direction == "in"
        if incoming and self.paused:
            self.hidden += isinstance(event, FrameSeen)
            return False
        if self._budget.take(1, event.t):
            self._tell_left_out()
            return True
        self._budget.left_out += 1
        if isinstance(event, FrameSeen):
            self._left_out.add(event.n, event.n, 1)
        return False

    def _feed_run(self, run: MessageRun) -> None:
        if run.direction == "in" and self.paused:
            self.hidden += len(run)
            return
        fitting = self._fitting(run)
        if fitting is None:
            granted = self._grant(len(run), run.stamp.t)
            self._skip(run.frame_n + granted, run.frame_n + len(run) - 1, len(run) - granted)
            shown = [run.part(0, granted)] if granted else []
        else:
            granted = self._grant(len(fitting), run.stamp.t)
            if left := fitting[granted:]:
                self._skip(run.frame_n + left[0], run.frame_n + left[-1], len(left))
            shown = [run.part(index) for index in fitting[:granted]]
        for part in shown:
            for frame, message in zip(part.frames(), part.messages(), strict=True):
                self._show(frame)
                self._show(message)

    def _fits(self, event: Event) -> bool:
        try:
            return self.filter.fits(event)
        except TooSlow:
            self._take_filter_off()
            return True

    def _fitting(self, run: MessageRun) -> list[int] | None:
        """The indexes of the messages that fit; None when there is no filter."""
        try:
            return self.filter.in_run(run) if self.filter else None
        except TooSlow:
            self._take_filter_off()
            return None

    def _take_filter_off(self) -> None:
        """A peer must not be able to hold up whoever looks at it."""
        self._tell_left_out()
        text = f"the filter took over {SECONDS:g} s and was taken off, all is shown: {ADVICE}"
        self.filter = Filter()
        pieces = wrap(text, self._width() - 2)
        lines = [f"{'  ' if number else '! '}{piece}" for number, piece in enumerate(pieces)]
        self._write([self._palette.paint(self._palette.warning, line) for line in lines])

    def _grant(self, wanted: int, t: float) -> int:
        granted = self._budget.take(wanted, t) if wanted else 0
        if granted:
            self._tell_left_out()
        return granted

    def _skip(self, first: int, last: int, count: int) -> None:
        if count:
            self._budget.left_out += count
            self._left_out.add(first, last, count)

    def _show(self, event: Event) -> None:
        self._sink.feed((event,))
        if self.pretty and isinstance(event, MessageSeen):
            lines = list(self._pretty(event))
            self._budget.take(len(lines), event.t)
            self._write(lines)

    def _pretty(self, event: MessageSeen) -> Iterator[str]:
        """The message on many lines, when it is JSON; no digit of it changes."""
        text = event.text
        if not isinstance(text, str) or not text.lstrip().startswith(("{", "[")) or len(text) > _PRETTY_BYTES:
            return
        try:
            lines = msgspec.json.format(text, indent=2).split("\n")
        except (msgspec.DecodeError, RecursionError, UnicodeError):
            return
        for line in lines[:_PRETTY_LINES]:
            yield "    " + highlight_json(cut(escape(line), self._width() - 4), self._palette)
        if len(lines) > _PRETTY_LINES:
            yield f"    … {plural(len(lines) - _PRETTY_LINES, 'more line')} (/show {event.n})"

    def _write(self, lines: list[str]) -> None:
        if lines:
            self._output.write("".join(f"{line}\n" for line in lines).encode("utf-8", "backslashreplace"))

    def _tell_left_out(self) -> None:
        left_out, self._left_out = self._left_out, LeftOut()
        self._budget.left_out = 0
        if left_out.count:
            text = cut(left_out.text(), self._width())
            self._write([self._palette.paint(self._palette.warning, text)])

    def _settle_later(self) -> None:
        """A flood that stops leaves a count to be told, though no event comes to tell it with."""
        if self._left_out.count and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SETTLE_AFTER, self._settle)

    def _settle(self) -> None:
        self._timer = None
        self._tell_left_out()


class LeftOut:
    """Frames that were not shown: how many, from which number to which."""

    __slots__ = ("count", "first", "last")

    def __init__(self) -> None:
        self.count = 0
        self.first = 0
        self.last = 0

    def add(self, first: int, last: int, count: int) -> None:
        """Count `count` frames with numbers between `first` and `last`."""
        self.first = self.first if self.count else first
        self.last = last
        self.count += count

    def text(self) -> str:
        """The line that tells of them."""
        where = f"{self.first:,} to {self.last:,}" if self.count > 1 else f"number {self.first:,}"
        return f"… {plural(self.count, 'frame')} not shown: {where} (/show N, /find, /save)"
