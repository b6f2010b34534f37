"""A terminal that can do nothing (TERM=dumb): lines in, lines out, the terminal's own editing."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ..oneshot.source import Source
from ..oneshot.split import DelimitedSplitter
from ..sinks.output import Output
from .terminal import Handlers


class PlainTerminal:
    """A Terminal without a prompt of its own; Ctrl-C is a signal here, Ctrl-D the end of the input."""

    echoes = True

    def __init__(self, stdin: int, output: Output, handlers: Handlers, width: int) -> None:
        self._source = Source(stdin, DelimitedSplitter(), text=False)
        self._output = output
        self._handlers = handlers
        self._width = width
        self._lines: list[str] = []
        self._left = asyncio.Event()

    def write(self, chunk: bytes) -> None:
        """Show lines."""
        self._output.write(chunk)

    def width(self) -> int:
        """Columns."""
        return self._width

    def refresh(self) -> None:
        """There is no bar."""

    def apply(self) -> None:
        """There is nothing that preferences change."""

    def lines(self) -> list[str]:
        """The lines that were typed."""
        return self._lines

    def keep_history_in(self, path: Path | None) -> None:
        """There is none but in memory."""

    async def run(self) -> None:
        """Read lines until `leave`, or the end of the input, which is a wish to end."""
        self._source.start()
        reading = asyncio.create_task(self._read())
        leaving = asyncio.create_task(self._left.wait())
        await asyncio.wait({reading, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if reading.done():
            reading.result()
            self._handlers.end()
            await leaving
        reading.cancel()
        await asyncio.gather(reading, leaving, return_exceptions=True)

    async def _read(self) -> None:
        while (batch := await self._source.take()) is not None:
            for raw in batch:
                line = raw.decode("utf-8", "surrogateescape").removesuffix("\r")
                self._lines = [*self._lines[-999:], line]
                self._handlers.line(line)

    def leave(self) -> None:
        """End `run`."""
        self._left.set()
