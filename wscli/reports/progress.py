"""How far a run is, for whoever waits for it: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from ..check.result import CheckResult
from ..check.suite import Check
from ..sinks.escape import escape
from ..sinks.human_style import Palette, cells, cut

_MOST_ROWS: Final = 8
FRAME_SECONDS: Final = 0.1
"""How long a table stands before it is drawn anew."""
# Elsewhere: no more lines than a person would read in a log, yet one before a CI takes silence for a hang.
_LINE_SECONDS: Final = 5.0
_MOST_LINE_SECONDS: Final = 60.0

Size = Callable[[], tuple[int, int]]


class LiveTable:
    """The checks that run at the moment, under the lines that stay; whoever has the clock calls `draw`.

    `write` puts text on the terminal, `size` tells its columns and lines.
    """

    def __init__(self, write: Callable[[str], None], total: int, size: Size, palette: Palette) -> None:
        self._write = write
        self._total = total
        self._size = size
        self._palette = palette
        self._running: dict[int, tuple[str, float]] = {}
        self._done = self._failed = 0
        # The columns that each line of the table takes.
        self._drawn: list[int] = []
        self._held: list[str] = []

    def began(self, check: Check) -> None:
        """A check begins, or begins again."""
        self._running[id(check)] = (check.name, time.monotonic())

    def ended(self, check: Check, result: CheckResult, stays: str) -> None:
        """`stays` is what the terminal keeps of it."""
        self._running.pop(id(check), None)
        self._done += 1
        self._failed += result.verdict == "failed"
        self._held.append(stays)

    def finish(self) -> None:
        """Leaves only what stays."""
        self._write(self._erased() + "".join(self._held))
        self._held.clear()
        self._drawn = []

    def draw(self) -> None:
        """Writes what stays above the table, and the table as it is now."""
        text = self._erased() + "".join(self._held)
        self._held.clear()
        *rows, last = self._rows(time.monotonic())
        text += "".join(f"{self._palette.paint(self._palette.faint, row)}\n" for row in rows)
        self._drawn = [cells(row) for row in (*rows, last)]
        self._write(f"{text}{last}\n")

    def _erased(self) -> str:
        # A terminal that was made narrower meanwhile shows a line as several.
        columns = max(1, self._size()[0])
        lines = sum(max(1, -(-width // columns)) for width in self._drawn)
        # To the first column: a Ctrl-C has been echoed where the cursor was.
        return f"\r\x1b[{lines}A\x1b[J" if lines else ""

    def _rows(self, now: float) -> list[str]:
        columns, height = self._size()
        most = max(0, min(_MOST_ROWS, height - 2))
        oldest = sorted(self._running.values(), key=lambda each: each[1])[:most]
        rows = [_row(name, now - began, columns - 1) for name, began in oldest]
        more = len(self._running) - len(oldest)
        running = f", {len(self._running):,} running" + (" (the oldest are shown)" if more else "")
        failed = f", {self._failed:,} failed" if self._failed else ""
        return [*rows, cut(f"{self._done:,} of {self._total:,} checked{failed}{running}", columns - 1)]


def _row(name: str, seconds: float, width: int) -> str:
    """The name cut short, rather than the time that tells whether it hangs."""
    took = f"  {seconds:.1f} s"
    return cut(f"{cut(f'  …   {escape(name, inside=True)}', max(8, width - len(took)))}{took}", width)


class Progress:
    """A line on stderr now and then, where it is no terminal; whoever has the clock calls `tick`."""

    def __init__(
        self, write: Callable[[str], None], total: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._total = total
        self._clock = clock
        self._done = self._failed = 0
        self._running: dict[int, tuple[str, float]] = {}
        self._pause = _LINE_SECONDS
        self._next = clock() + _LINE_SECONDS

    def began(self, check: Check) -> None:
        """A check begins, or begins again."""
        self._running.setdefault(id(check), (check.name, self._clock()))

    def ended(self, check: Check, result: CheckResult) -> None:
        """A check has its result."""
        self._running.pop(id(check), None)
        self._done += 1
        self._failed += result.verdict == "failed"

    def tick(self) -> None:
        """Writes the line when it is time: after 5 seconds, then ever more seldom, at last each minute."""
        now = self._clock()
        if now < self._next:
            return
        self._pause = min(_MOST_LINE_SECONDS, self._pause * 2)
        self._next = now + self._pause
        sums = f"{self._done:,} of {self._total:,} checked, {self._failed:,} failed"
        self._write(f"wscli: {sums}{_longest(self._running, now)}\n")


def _longest(running: Mapping[int, tuple[str, float]], now: float) -> str:
    if not running:
        return ""
    name, began = min(running.values(), key=lambda each: each[1])
    return f", {len(running):,} running, longest {escape(name, inside=True)} ({now - began:.0f} s)"
