"""The `json` format: one event a line (contract §4), in bytes 0x20–0x7E and newlines.

What one read brought is handed over at once; so lines leave one by one unless the reader lags.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ..config import OutputOptions
from ..events import Event, FrameSeen
from ..wire.runs import MessageRun
from .base import Batch, events_of
from .escape import json_safe
from .output import Output

_ENCODER: Final = msgspec.json.Encoder()


class NdjsonSink:
    """Writes events as JSON lines; frames only when asked for."""

    def __init__(self, options: OutputOptions, output: Output) -> None:
        self._frames = options.frames or options.verbose
        self._output = output

    def feed(self, batch: Batch) -> None:
        events: list[Event] = []
        for item in batch:
            if isinstance(item, MessageRun):
                events.extend(events_of(item, frames=self._frames))
            elif self._frames or not isinstance(item, FrameSeen):
                events.append(item)
        if events:
            self._output.write(encode_lines(events))

    def finish(self) -> None:
        """Nothing is held back."""


def encode_lines(events: list[Event]) -> bytes:
    """The events as NDJSON, the last line ended too."""
    try:
        return json_safe(_ENCODER.encode_lines(events))
    except UnicodeEncodeError:
        return b"".join(map(_encode_with_surrogates, events))


def _encode_with_surrogates(event: Event) -> bytes:
    """For text from this side that is not UTF-8 (a file name, an argument), which msgspec cannot write."""
    import json

    return json_safe(json.dumps(msgspec.to_builtins(event), separators=(",", ":")).encode()) + b"\n"
