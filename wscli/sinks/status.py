"""What of a connection goes to stderr, where the format of stdout has no room for it.

With `--format raw` that is for payloads only: what else a person must know (a refusal's head and body,
violations; with `-v` every other fact) comes here. Errors, hints and warnings are cli/report.py's.
"""

from __future__ import annotations

from ..config import Format, OutputOptions
from ..events import Event, MessageSeen, Reconnecting, ResponseReceived, Summarized, ViolationFound
from ..wire.runs import MessageRun
from .base import Batch, Sink
from .output import Output
from .redact import Redactor

_ALWAYS = (ViolationFound, Reconnecting)
_NEVER = (MessageSeen, Summarized)


class Status:
    """A sink that writes to stderr through `output`; `options.quiet` silences it.

    `options.color` counts for stderr here: whether stderr (not stdout) is a terminal.
    """

    def __init__(self, options: OutputOptions, output: Output, redactor: Redactor) -> None:
        self._options = options
        self._output = output
        self._redactor = redactor
        self._facts: Sink | None = None

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
