"""The `raw` format: the payload of each incoming message and the delimiter, nothing else, bytes unchanged."""

from __future__ import annotations

from ..config import OutputOptions
from ..events import MessageSeen
from ..wire.runs import MessageRun
from .base import Batch, payload_of
from .output import Output

# Bytes of payload in a batch, above which copying costs more than single writes.
_LARGE = 4 * 1024 * 1024


class RawSink:
    """Writes payloads."""

    def __init__(self, options: OutputOptions, output: Output) -> None:
        self._delimiter = options.delimiter
        self._output = output

    def feed(self, batch: Batch) -> None:
        delimiter = self._delimiter
        payloads: list[bytes] = []
        for item in batch:
            if isinstance(item, MessageRun):
                if item.direction == "in":
                    payloads += item.payloads
            elif isinstance(item, MessageSeen) and item.direction == "in":
                payloads.append(payload_of(item))
        if sum(map(len, payloads)) > _LARGE:
            # Handed over as they are: to join them would be a copy of each.
            for payload in payloads:
                self._output.write(payload)
                self._output.write(delimiter)
        elif payloads:
            payloads.append(b"")
            self._output.write(delimiter.join(payloads))

    def finish(self) -> None:
        """Nothing is held back."""
