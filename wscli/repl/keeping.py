"""Kept events on their way out of the REPL, a few at a time: to a file, or to whatever reads a pipe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from io import FileIO
from pathlib import Path
from typing import Final

from ..config import Format, OutputOptions
from ..errors import OutputFailed
from ..events import Event, FrameSeen, MessageSeen
from ..sinks.make import Redacting
from ..sinks.ndjson import NdjsonSink
from ..sinks.output import Output
from ..sinks.plain import PlainSink
from ..sinks.redact import Redactor
from .ring import Ring

# What is formatted in one turn of the event loop: about 2 ms, so that keys are drawn meanwhile.
_MOST_EVENTS: Final = 128
_MOST_BYTES: Final = 64 * 1024


async def write_events(ring: Ring, redactor: Redactor, output: Output, *, plain: bool = False) -> int:
    """Write every event that is kept now to `output`, as NDJSON or as plain text, without secrets; how many.

    It ends early when nobody reads any more (`output.broken`). Raises: OutputFailed.
    """
    options = OutputOptions(Format.PLAIN if plain else Format.JSON, width=100, frames=True)
    sink = Redacting(PlainSink(options, output) if plain else NdjsonSink(options, output), redactor)
    count = 0
    for batch in _portions(ring.events()):
        sink.feed(batch)
        count += len(batch)
        await output.ready()
        await asyncio.sleep(0)
        if output.broken:
            break
    sink.finish()
    return count


def _portions(events: Iterable[Event]) -> Iterator[list[Event]]:
    portion: list[Event] = []
    size = 0
    for event in events:
        portion.append(event)
        size += event.length if isinstance(event, FrameSeen | MessageSeen) else 0
        if len(portion) == _MOST_EVENTS or size > _MOST_BYTES:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


async def save(ring: Ring, redactor: Redactor, name: str) -> int:
    """Write the kept events to a new file (`.txt`: plain text, otherwise NDJSON); how many there were.

    Raises: OutputFailed when it exists already or cannot be written.
    """
    try:
        with _create(name) as file:
            output = Output(file.fileno(), name=repr(name))
            try:
                count = await write_events(ring, redactor, output, plain=name.endswith(".txt"))
                await output.close()
            except asyncio.CancelledError:
                # The thread still writes to the file, which is closed after this.
                await output.close(timeout=1.0)
                raise
            return count
    except FileExistsError:
        raise OutputFailed(f"/save: {name!r} exists already", hint="name a file that does not") from None
    except OutputFailed as failure:
        raise OutputFailed(f"/save: {failure.message}; what is in it is not all", hint=failure.hint) from None
    except (OSError, ValueError, RuntimeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else "not a file name"
        raise OutputFailed(f"/save: cannot write {name!r}: {reason}") from None


def _create(name: str) -> FileIO:
    return Path(name).expanduser().open("xb", buffering=0)
