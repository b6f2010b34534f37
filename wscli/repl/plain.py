"""A terminal that can do nothing (TERM=dumb): lines in, lines out, the terminal's own editing.

What the prompt does with keys is done here with lines: those of a paste are one message, unfinished JSON goes
on, Ctrl-C drops what was begun, and a line that cannot be sent yet is kept until it can.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from ..oneshot.source import Source
from ..oneshot.split import DelimitedSplitter
from ..probes.stop import Stop
from ..sinks.human_style import plural
from ..sinks.output import Output
from .paste import as_it_stands, is_unfinished
from .terminal import Handlers

# Seconds: lines that follow one another faster were pasted.
_PASTE_GAP: Final = 0.05


class PlainTerminal:
    """A Terminal without a prompt of its own; Ctrl-C comes through `stop`, Ctrl-D is the end of the input."""

    echoes = True

    def __init__(self, stdin: int, output: Output, handlers: Handlers, width: int, stop: Stop) -> None:
        self._source = Source(stdin, DelimitedSplitter(), text=False)
        self._output = output
        self._handlers = handlers
        self._width = width
        self._stop = stop
        self._lines: list[str] = []
        self._draft: list[str] = []
        self._pasted = False
        self._kept: list[str] = []
        self._interrupted = False
        self._changed = asyncio.Event()
        self._left = asyncio.Event()

    def write(self, chunk: bytes) -> None:
        """Show lines."""
        self._output.write(chunk)

    def width(self) -> int:
        """Columns."""
        return self._width

    def refresh(self) -> None:
        """There is no bar; but what could not be sent may go now."""
        self._changed.set()

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
        self._stop.takes_interrupt = self._on_interrupt
        reading = asyncio.create_task(self._read())
        sending = asyncio.create_task(self._send_kept())
        leaving = asyncio.create_task(self._left.wait())
        try:
            await asyncio.wait({reading, sending, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                reading.result()
                self._end()
                await leaving
        finally:
            self._stop.takes_interrupt = lambda: False
            for task in (reading, sending, leaving):
                task.cancel()
            await asyncio.gather(reading, sending, leaving, return_exceptions=True)

    def leave(self) -> None:
        """End `run`."""
        self._left.set()

    async def _read(self) -> None:
        while lines := await self._lines_at_once():
            self._interrupted = False
            self._enter(lines)

    async def _lines_at_once(self) -> list[str]:
        """The next line, with those that come on its heels; none at the end of the input."""
        raw = await self._source.take() or []
        try:
            while raw:
                async with asyncio.timeout(_PASTE_GAP):
                    more = await self._source.take()
                if more is None:
                    break
                raw += more
        except TimeoutError:
            # Nothing more came with it.
            pass
        return [line.decode("utf-8", "surrogateescape").removesuffix("\r") for line in raw]

    def _enter(self, lines: list[str]) -> None:
        """An Enter by itself ends what was begun; so does the rest of a paste's last line."""
        text = "\n".join([*self._draft, *lines])
        if len(lines) == 1 and self._draft and (not lines[0] or self._pasted):
            self._submit(as_it_stands(text) or text)
        elif len(lines) > 1:
            self._draft, self._pasted = text.split("\n"), True
            count = plural(len(self._draft), "line")
            self._handlers.note(f"{count} of one message: Enter sends it, Ctrl-C drops it")
        elif is_unfinished(text):
            if not self._draft:
                self._handlers.note("JSON goes on: an empty line sends it as it is, Ctrl-C drops it")
            self._draft = text.split("\n")
        else:
            self._submit(text)

    def _submit(self, text: str) -> None:
        self._draft, self._pasted = [], False
        self._lines = [*self._lines[-999:], text]
        if not self._handlers.line(text):
            self._kept.append(text)
            self._handlers.note("not open yet: it is sent once the connection is")

    async def _send_kept(self) -> None:
        while await self._changed.wait():
            self._changed.clear()
            while self._kept and self._handlers.line(self._kept[0]):
                del self._kept[0]

    def _on_interrupt(self) -> bool:
        # The terminal has dropped what stood in its line, and written ^C there.
        self.write(b"\n")
        if self._draft:
            self._draft, self._pasted = [], False
            self._handlers.note("dropped: nothing of it was sent")
        elif self._interrupted:
            self._handlers.end()
        elif not self._handlers.interrupt():
            self._interrupted = True
            self._handlers.stays()
        return True

    def _end(self) -> None:
        unsent = len(self._kept) + bool(self._draft)
        if unsent:
            self._handlers.note(f"{plural(unsent, 'message')} that you typed was not sent")
        # From now on a Ctrl-C is one more wish to end.
        self._interrupted = True
        self._handlers.end()
