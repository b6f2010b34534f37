"""The `json` format: one event a line (contract §4), in bytes 0x20–0x7E and newlines.

What one read brought is handed over at once; so lines leave one by one unless the reader lags.
"""

from __future__ import annotations

from typing import Final

import msgspec

from ..config import OutputOptions
from ..events import Event, FrameSeen
from ..longtext import LONG
from ..wire.runs import MessageRun
from .base import Batch, events_of, is_long
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
        long = False
        for item in batch:
            if isinstance(item, MessageRun):
                events.extend(events_of(item, frames=self._frames))
                long = long or item.payload_bytes > LONG
            elif self._frames or not isinstance(item, FrameSeen):
                events.append(item)
                long = long or is_long(item)
        if long:
            self._write_apart(events)
        elif events:
            self._output.write(encode_lines(events))

    def finish(self) -> None:
        """Nothing is held back."""

    def _write_apart(self, events: list[Event]) -> None:
        """A line at a time: those of long payloads are made while they are written."""
        from .long_lines import json_line

        for event in events:
            if is_long(event):
                self._output.write_pieces(json_line(event), event.length)
            else:
                self._output.write(encode_lines([event]))


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
