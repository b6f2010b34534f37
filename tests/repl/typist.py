"""The prompt on prompt_toolkit's pipe input, its output on a pyte screen: one process, no terminal."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pyte
from prompt_toolkit.input import create_pipe_input

from tests.support import until
from wscli.repl.history import LineHistory
from wscli.repl.prompt import Prompt
from wscli.repl.settings import Preferences
from wscli.repl.terminal import Handlers
from wscli.sinks.output import Output
from wscli.sinks.redact import Redactor

COLUMNS, ROWS = 80, 24

Press = Callable[[str], None]
"""Types keys as they come from a terminal: Enter is `\\r`, Ctrl-C is `\\x03`, Alt-x is `\\x1bx`."""


class _ToScreen(Output):
    def __init__(self, screen: pyte.Screen) -> None:
        super().__init__(-1, name="the screen")
        self._stream = pyte.ByteStream(screen)
        self.written = bytearray()

    def write(self, chunk: bytes) -> None:
        # A terminal's driver makes two of a newline; there is none here.
        self._stream.feed(chunk.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        self.written += chunk


class Typist:
    """Types at a prompt and sees what becomes of it.

    `lines`, `notes` and `ends` are what the prompt reported; a line is refused while `takes` is False, and
    there is something to interrupt while `busy` is True.
    """

    def __init__(self, keyboard_fd: int, preferences: Preferences, history: Path | None) -> None:
        self.lines: list[str] = []
        self.refused: list[str] = []
        self.notes: list[str] = []
        self.ends = 0
        self.takes = True
        self.busy = False
        self.preferences = preferences
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.output = _ToScreen(self.screen)
        handlers = Handlers(
            self._line,
            self._end,
            lambda: self.busy,
            lambda: self.notes.append("stays"),
            self.notes.append,
            self._bar,
        )
        self.prompt = Prompt(
            keyboard_fd,
            self.output,
            handlers,
            preferences,
            LineHistory(history, Redactor()),
            color=True,
            term="xterm-256color",
        )

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).rstrip()

    @property
    def buffer(self) -> str:
        """The line that is being edited."""
        return self.prompt._session.default_buffer.text

    async def sees(self, text: str) -> None:
        """Waits until `text` is on the screen."""
        await until(lambda: text in self.text)

    async def holds(self, line: str) -> None:
        """Waits until `line` is being edited."""
        await until(lambda: self.buffer == line)

    async def took(self, *lines: str) -> None:
        """Waits until these, and no other, lines were taken."""
        await until(lambda: len(self.lines) >= len(lines))
        assert self.lines == list(lines)

    def _line(self, line: str) -> bool:
        (self.lines if self.takes else self.refused).append(line)
        return self.takes

    def _end(self) -> None:
        self.ends += 1

    def _bar(self, _width: int) -> list[tuple[str, str]]:
        return [("bar.state.open", " THE BAR")]


@contextlib.asynccontextmanager
async def typing(
    *, editing: str = "emacs", theme: str = "dark", history: Path | None = None
) -> AsyncIterator[tuple[Typist, Press]]:
    """A prompt that runs, and the keys that are pressed at it."""
    preferences = Preferences()
    preferences.change("editing", editing)
    preferences.change("theme", theme)
    with create_pipe_input() as keyboard:
        typist = Typist(keyboard.fileno(), preferences, history)
        running = asyncio.create_task(typist.prompt.run())
        try:
            await typist.sees("THE BAR")
            yield typist, keyboard.send_text
        finally:
            typist.prompt.leave()
            await running
