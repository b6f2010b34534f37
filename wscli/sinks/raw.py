"""The `raw` format: the payload of each incoming message and the delimiter, nothing else, bytes unchanged."""

from __future__ import annotations

from typing import Final

from ..config import OutputOptions
from ..events import MessageSeen
from ..wire.runs import MessageRun
from .base import Batch, payload_of
from .output import Output

# Bytes of a run, which is one message then, above which a copy costs more than a second write.
_LARGE: Final = 4 * 1024 * 1024


class RawSink:
    """Writes payloads."""

    def __init__(self, options: OutputOptions, output: Output) -> None:
        self._delimiter = options.delimiter
        self._output = output

    def feed(self, batch: Batch) -> None:
        delimiter = self._delimiter
        for item in batch:
            if isinstance(item, MessageRun):
                if item.direction == "in":
                    self._write_run(item)
            elif isinstance(item, MessageSeen) and item.direction == "in":
                # One by one: to join them would be one more copy of what may be long.
                self._output.write(payload_of(item))
                self._output.write(delimiter)

    def _write_run(self, run: MessageRun) -> None:
        if run.payload_bytes > _LARGE:
            for payload in run.payloads:
                self._output.write(payload)
                self._output.write(self._delimiter)
        elif self._delimiter == b"\n":
            # The lines were made already, to check them for UTF-8.
            self._output.write(run.lines)
        else:
            self._output.write(self._delimiter.join([*run.payloads, b""]))

    def finish(self) -> None:
        """Nothing is held back."""
