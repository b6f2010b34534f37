"""The `raw` format: the payload of each incoming message and the delimiter, nothing else, bytes unchanged."""

from __future__ import annotations

from ..config import OutputOptions
from ..events import MessageSeen
from ..wire.runs import MessageRun
from .base import Batch, payload_of
from .output import Output


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
                    # The lines were made already, to check them for UTF-8.
                    whole = item.lines if delimiter == b"\n" else delimiter.join([*item.payloads, b""])
                    self._output.write(whole)
            elif isinstance(item, MessageSeen) and item.direction == "in":
                # One by one: to join them would be one more copy of what may be long.
                self._output.write(payload_of(item))
                self._output.write(delimiter)

    def finish(self) -> None:
        """Nothing is held back."""
