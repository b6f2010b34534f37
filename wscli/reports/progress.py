"""How far a run is, for whoever waits for it: a live table on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from ..check.result import CheckResult
from ..check.suite import Check
from ..sinks.escape import escape
from ..sinks.human_style import Palette, cut

_MOST_ROWS: Final = 8
FRAME_SECONDS: Final = 0.1
"""How long a table stands before it is drawn anew."""
# Elsewhere: no more lines than a person would read in a log.
_LINE_SECONDS: Final = 5.0


class LiveTable:
    """The checks that run at the moment, under the lines that stay; whoever has the clock calls `draw`.

    `write` puts text on the terminal.
    """

    def __init__(self, write: Callable[[str], None], total: int, width: int, palette: Palette) -> None:
        self._write = write
        self._total = total
        self._width = width
        self._palette = palette
        self._running: dict[int, tuple[str, float]] = {}
        self._done = self._failed = self._drawn = 0
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
        self._drawn = 0

    def draw(self) -> None:
        """Writes what stays above the table, and the table as it is now."""
        rows = self._rows(time.monotonic())
        text = self._erased() + "".join(self._held) + "".join(f"{row}\n" for row in rows)
        self._held.clear()
        self._drawn = len(rows)
        self._write(text)

    def _erased(self) -> str:
        return f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""

    def _rows(self, now: float) -> list[str]:
        faint = self._palette.faint
        oldest = sorted(self._running.values(), key=lambda each: each[1])[:_MOST_ROWS]
        rows = [
            self._palette.paint(
                faint, cut(f"  …   {escape(name, inside=True)}  {now - began:.1f} s", self._width - 1)
            )
            for name, began in oldest
        ]
        more = len(self._running) - len(oldest)
        running = f", {len(self._running):,} running" + (" (the oldest are shown)" if more else "")
        failed = f", {self._failed:,} failed" if self._failed else ""
        return [*rows, cut(f"{self._done:,} of {self._total:,} checked{failed}{running}", self._width - 1)]


class Progress:
    """A line on stderr every five seconds, where it is no terminal."""

    def __init__(self, write: Callable[[str], None], total: int) -> None:
        self._write = write
        self._total = total
        self._done = self._failed = 0
        self._next = time.monotonic() + _LINE_SECONDS

    def ended(self, result: CheckResult) -> None:
        """A check has its result."""
        self._done += 1
        self._failed += result.verdict == "failed"
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _LINE_SECONDS
            self._write(f"wscli: {self._done:,} of {self._total:,} checked, {self._failed:,} failed\n")
