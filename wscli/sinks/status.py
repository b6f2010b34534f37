"""Everything that goes to stderr: status, hints, errors; escaped and without secrets, like all output.

`Status` is a sink too: with `--format raw` stdout has room for payloads only, so what else a person must
know of the connection (a refusal's head and body, violations; with `-v` every other fact) comes here.
"""

from __future__ import annotations

from ..config import Format, OutputOptions
from ..errors import WscliError
from ..events import Event, MessageSeen, Reconnecting, ResponseReceived, Summarized, ViolationFound
from ..wire.runs import MessageRun
from .base import Batch, Sink
from .escape import escape, escape_lines
from .human_style import palette_for
from .output import Output
from .redact import Redactor

_ALWAYS = (ViolationFound, Reconnecting)
_NEVER = (MessageSeen, Summarized)


class Status:
    """Writes to stderr through `output`; `options.quiet` silences all but errors.

    `options.color` counts for stderr here: whether stderr (not stdout) is a terminal.
    """

    def __init__(self, options: OutputOptions, output: Output, redactor: Redactor) -> None:
        self._options = options
        self._output = output
        self._redactor = redactor
        self._palette = palette_for(options.color)
        self._facts: Sink | None = None

    def note(self, text: str) -> None:
        """What is going on; silent with `-q`."""
        if not self._options.quiet:
            self._say("", "wscli: ", text)

    def hint(self, text: str) -> None:
        """What to try; silent with `-q`."""
        if not self._options.quiet:
            self._say(self._palette.faint, "  hint: ", text)

    def warn(self, text: str) -> None:
        """What may be wrong, though the run goes on; silent with `-q`."""
        if not self._options.quiet:
            self._say(self._palette.warning, "wscli: warning: ", text)

    def detail(self, text: str) -> None:
        """What only `-v` shows."""
        if self._options.verbose and not self._options.quiet:
            self._say(self._palette.faint, "* ", text)

    def error(self, failure: WscliError) -> None:
        """`wscli: MESSAGE` and, where there is one, `  hint: HINT`; `-q` leaves errors."""
        self._say(self._palette.bad, "wscli: ", failure.message)
        if failure.hint:
            self._say(self._palette.faint, "  hint: ", failure.hint)

    def trace(self, text: str) -> None:
        """A traceback, which is the one text of many lines."""
        self._write(escape_lines(self._redactor.scrub(text.rstrip("\n"))) + "\n")

    def feed(self, batch: Batch) -> None:
        """Show the facts that the format of stdout has no room for."""
        if self._options.format is not Format.RAW or self._options.quiet:
            return
        shown = [item for item in batch if not isinstance(item, MessageRun) and self._is_told(item)]
        if shown:
            self._facts = self._facts or self._make_facts()
            self._facts.feed(shown)

    def finish(self) -> None:
        if self._facts is not None:
            self._facts.finish()

    def _is_told(self, event: Event) -> bool:
        if isinstance(event, ResponseReceived) and event.status != 101:
            return True
        if isinstance(event, _ALWAYS):
            return True
        return self._options.verbose and not isinstance(event, _NEVER)

    def _make_facts(self) -> Sink:
        from .human import HumanSink
        from .human_budget import LINES_PER_SECOND
        from .make import Redacting

        sink = HumanSink(self._options, self._output, lines_per_second=LINES_PER_SECOND)
        return Redacting(sink, self._redactor)

    def _say(self, style: str, label: str, text: str) -> None:
        # One line: a newline in it may be the peer's.
        line = self._palette.paint(style, label) + escape(self._redactor.scrub(text), inside=True) + "\n"
        self._write(line)

    def _write(self, text: str) -> None:
        self._output.write(text.encode("utf-8", "backslashreplace"))
