"""What `check` shows while it runs: results on stdout as they come, and how far it is."""

from __future__ import annotations

import asyncio
import os
import traceback
from typing import TYPE_CHECKING

from ..config import Format
from ..reports import lines
from ..reports.progress import FRAME_SECONDS, LiveTable, Progress
from ..sinks.escape import escape_lines
from ..sinks.human_style import PLAIN, palette_for
from .report import write_stderr
from .run import Runtime

if TYPE_CHECKING:
    from ..check.result import CheckResult, RunResult
    from ..check.suite import Check
    from ..sinks.redact import Redactor


class View:
    """Writes results to stdout; a terminal also gets a live table, others a line on stderr at times."""

    def __init__(self, runtime: Runtime, total: int) -> None:
        self._runtime = runtime
        options, environment = runtime.options, runtime.environment
        human = options.format is Format.HUMAN
        self._palette = palette_for(options.color) if human else PLAIN
        self._table: LiveTable | None = None
        self._progress: Progress | None = None
        if human and environment.stdout_tty and environment.environ.get("TERM") != "dumb":
            self._table = LiveTable(self._write, total, self._size, self._palette)
        elif not options.quiet:
            # Left out when it would have to wait: the loop waits for nobody.
            self._progress = Progress(lambda text: write_stderr(text, environment, 0.0), total)

    async def keep_drawing(self) -> None:
        """Draws the table, or writes how far it is, until it is cancelled."""
        while self._table is not None or self._progress is not None:
            if self._table is not None:
                self._table.draw()
            if self._progress is not None:
                self._progress.tick()
            await asyncio.sleep(FRAME_SECONDS)

    def began(self, check: Check) -> None:
        """A check begins."""
        for shown in (self._table, self._progress):
            if shown is not None:
                shown.began(check)

    def ended(self, check: Check, result: CheckResult) -> None:
        """A check has its result."""
        options = self._runtime.options
        if options.format is Format.JSON:
            self._runtime.output.write(lines.event(result, self._runtime.journal.stamp()))
        shown = not options.quiet or result.verdict == "failed"
        text = ""
        if shown and options.format is not Format.JSON:
            width = self._size()[0] if self._table is not None else None
            text = lines.line(result, self._palette, verbose=options.verbose, width=width)
        if self._table is not None:
            self._table.ended(check, result, text)
        else:
            self._write(text)
        if self._progress is not None:
            self._progress.ended(check, result)

    def broke(self, bug: Exception, redactor: Redactor) -> None:
        """wscli itself failed in a check; the traceback is for those who asked for more."""
        if self._runtime.options.verbose:
            told = redactor.scrub("".join(traceback.format_exception(bug)))
            write_stderr(escape_lines(told), self._runtime.environment, 0.0)

    def finish(self, result: RunResult) -> None:
        """All have theirs; those that were not run are told now."""
        if self._table is not None:
            self._table.finish()
        if self._runtime.options.format is Format.JSON:
            for check in result.checks:
                if check.verdict == "skipped":
                    self._runtime.output.write(lines.event(check, self._runtime.journal.stamp()))
            self._runtime.output.write(lines.summary(result, self._runtime.journal.stamp()))
        elif not self._runtime.options.quiet:
            self._write(lines.sums(result, self._palette))

    def _size(self) -> tuple[int, int]:
        """Columns and lines of the terminal now: whoever waits may resize it."""
        environment = self._runtime.environment
        try:
            columns, height = os.get_terminal_size(environment.stdout or 1)
        except OSError:
            columns = height = 0
        return columns or environment.width, height or environment.height

    def _write(self, text: str) -> None:
        self._runtime.output.write(text.encode("utf-8", "backslashreplace"))
