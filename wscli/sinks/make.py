"""Which sink for which format; only the module of the format that is wanted is imported."""

from __future__ import annotations

import os

from ..config import Format, OutputOptions
from .base import Batch, Sink
from .output import Output
from .redact import Redactor


class Redacting:
    """Takes secrets out of what a sink is fed."""

    def __init__(self, sink: Sink, redactor: Redactor) -> None:
        self._sink = sink
        self._redactor = redactor

    def feed(self, batch: Batch) -> None:
        self._sink.feed(self._redactor.batch(batch))

    def finish(self) -> None:
        self._sink.finish()


def make_sink(
    options: OutputOptions, output: Output, redactor: Redactor, *, command: str = "connect"
) -> Sink:
    """The sink for `options.format`, which writes to `output` and shows no secret.

    `command` is the command that runs: `human` and `plain` show what fits it. On a terminal `human` leaves
    out most of a flood, and says so; into a file or a pipe nothing is left out.
    """
    return Redacting(_bare(options, output, command), redactor)


def _bare(options: OutputOptions, output: Output, command: str) -> Sink:
    match options.format:
        case Format.JSON:
            from .ndjson import NdjsonSink

            return NdjsonSink(options, output)
        case Format.RAW:
            from .raw import RawSink

            return RawSink(options, output)
        case Format.PLAIN:
            from .plain import PlainSink

            return PlainSink(options, output, command=command)
        case Format.HUMAN:
            from .human import HumanSink
            from .human_budget import LINES_PER_SECOND

            bound = LINES_PER_SECOND if os.isatty(output.fd) else None
            return HumanSink(options, output, command=command, lines_per_second=bound)
