"""Output above the prompt: many lines at once, in one write with the prompt's repaint."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from prompt_toolkit.application import Application

from ..sinks.output import Output
from .backlog import Backlog
from .screen import ScreenOutput

# At most so often (seconds): more cannot be read, and each costs a repaint.
_INTERVAL: Final = 0.05
MOST_QUEUED: Final = 1 << 18
"""Bytes that the terminal has not taken yet; over this nothing more is painted."""


class Above:
    """Shows what is written over the prompt of `app`, soon; a terminal that lags is waited for."""

    def __init__(self, app: Application[Any], screen: ScreenOutput, output: Output) -> None:
        self._app = app
        self._screen = screen
        self._output = output
        self._backlog = Backlog()
        self._timer: asyncio.TimerHandle | None = None
        self._flushed_at = 0.0

    def write(self, chunk: bytes) -> None:
        """Show whole lines."""
        self._backlog.add(chunk)
        if self._timer is None:
            self._flush_in(self._flushed_at + _INTERVAL - asyncio.get_running_loop().time())

    def flush(self) -> None:
        """Erase the prompt, write what waits, paint the prompt again: one write, raw mode all the while."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._backlog:
            return
        text = self._backlog.take()
        app = self._app
        self._flushed_at = asyncio.get_running_loop().time()
        if not app.is_running or app.is_done:
            self._screen.write_raw(text)
            self._screen.flush()
            return
        with self._screen.together():
            app.renderer.erase()
            self._screen.write_raw(text)
            app._redraw()

    def _flush_in(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(max(seconds, 0.0), self._flush_when_possible)

    def _flush_when_possible(self) -> None:
        in_another_program = self._app._running_in_terminal
        if in_another_program or self._output.queued > MOST_QUEUED:
            self._flush_in(2 * _INTERVAL)
        else:
            self.flush()
