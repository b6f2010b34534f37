"""Kept events on their way out of the REPL: to a file, or as bytes for a shell command."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..config import Format, OutputOptions
from ..errors import OutputFailed
from ..sinks.make import Redacting
from ..sinks.ndjson import NdjsonSink
from ..sinks.plain import PlainSink
from ..sinks.redact import Redactor
from .ring import Ring
from .view import Lines

_BATCH = 512


def write_events(
    ring: Ring, redactor: Redactor, take: Callable[[bytes], None], *, plain: bool = False
) -> int:
    """Hand every kept event to `take`, as NDJSON or as plain text, without secrets; how many there were."""
    options = OutputOptions(Format.PLAIN if plain else Format.JSON, width=100, frames=True)
    output = Lines(take)
    sink = Redacting(PlainSink(options, output) if plain else NdjsonSink(options, output), redactor)
    count, batch = 0, []
    for event in ring.events():
        batch.append(event)
        count += 1
        if len(batch) == _BATCH:
            sink.feed(batch)
            batch = []
    sink.feed(batch)
    sink.finish()
    return count


def save(ring: Ring, redactor: Redactor, name: str) -> int:
    """Write the kept events to a new file (`.txt`: plain text, otherwise NDJSON); how many there were.

    Raises: OutputFailed when it exists already or cannot be written.
    """
    try:
        path = Path(name).expanduser()
        with path.open("xb") as file:

            def take(chunk: bytes) -> None:
                file.write(chunk)

            return write_events(ring, redactor, take, plain=path.suffix == ".txt")
    except FileExistsError:
        raise OutputFailed(f"/save: {name!r} exists already", hint="name a file that does not") from None
    except (OSError, ValueError, RuntimeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else "not a file name"
        raise OutputFailed(f"/save: cannot write {name!r}: {reason}") from None


def as_ndjson(ring: Ring, redactor: Redactor) -> bytes:
    """The kept events as NDJSON."""
    chunks: list[bytes] = []
    write_events(ring, redactor, chunks.append)
    return b"".join(chunks)
