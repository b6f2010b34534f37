"""The `human` format: everything for eyes, live. This module says what is shown when; the others say how.

Lines are rendered to strings with ready SGR codes and fit the terminal's width; nothing wraps by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ..config import OutputOptions
from ..events import (
    Closed,
    Connected,
    Event,
    FrameSeen,
    MessageSeen,
    Opened,
    PingLost,
    PongReceived,
    Proxied,
    Reconnecting,
    Redirected,
    RequestSent,
    Resolved,
    ResponseReceived,
    Summarized,
    TlsEstablished,
    ViolationFound,
)
from ..wire.runs import MessageRun
from .base import Batch, events_of
from .human_budget import Budget
from .human_ending import EndingLines
from .human_frames import FrameLines
from .human_handshake import HandshakeLines
from .human_style import palette_for, plural
from .output import Output

_SETTLE_AFTER: Final = 0.3
_BUDGETED: Final = (FrameSeen, MessageSeen, PongReceived, PingLost, ViolationFound)


class HumanSink:
    """Shows events to a person.

    `command` is the command that runs: `ping` shows no heads and no frames unless asked to, `handshake`
    shows the certificate. `lines_per_second` bounds what a flood shows of frames, messages and violations;
    what is left out is counted. None shows everything.
    """

    def __init__(
        self,
        options: OutputOptions,
        output: Output,
        *,
        command: str = "connect",
        lines_per_second: float | None = None,
    ) -> None:
        palette = palette_for(options.color)
        width = max(options.width, 20)
        self._output = output
        self._palette = palette
        self._verbose = options.verbose
        self._command = command
        self._show_frames = options.frames or options.verbose or command != "ping"
        self._handshake = HandshakeLines(width, palette)
        self._frames = FrameLines(width, palette, verbose=options.verbose)
        self._ending = EndingLines(width, palette)
        self._budget = None if lines_per_second is None else Budget(lines_per_second)
        self._timer: asyncio.TimerHandle | None = None
        self._renderers = self._make_renderers()

    def feed(self, batch: Batch) -> None:
        lines: list[str] = []
        for item in batch:
            if isinstance(item, MessageRun):
                self._feed_run(item, lines)
            elif not isinstance(item, _BUDGETED):
                lines += self._left_out()
                lines += self._lines(item)
            elif self._granted(1, item.t, lines):
                lines += self._lines(item)
        self._write(lines)
        if self._budget is not None and self._budget.left_out and self._timer is None:
            self._settle_later()

    def finish(self) -> None:
        """Say what was left out, if that was not said yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._write(self._left_out())

    def _feed_run(self, run: MessageRun, lines: list[str]) -> None:
        granted = self._granted(len(run), run.stamp.t, lines)
        if not granted:
            return
        shown = run if granted == len(run) else run.head(granted)
        for event in events_of(shown, frames=self._show_frames):
            lines += self._lines(event)

    def _granted(self, wanted: int, t: float, lines: list[str]) -> int:
        budget = self._budget
        if budget is None:
            return wanted
        granted = budget.take(wanted, t)
        if granted:
            lines += self._left_out()
        budget.left_out += wanted - granted
        return granted

    def _left_out(self) -> list[str]:
        if self._budget is None or not self._budget.left_out:
            return []
        count, self._budget.left_out = self._budget.left_out, 0
        return [self._palette.paint(self._palette.warning, f"… {plural(count, 'event')} not shown")]

    def _settle_later(self) -> None:
        """A flood that stops leaves a count to be told, though no event comes to tell it with."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            # Fed outside an event loop: `finish` tells it.
            return
        self._timer = loop.call_later(_SETTLE_AFTER, self._settle)

    def _settle(self) -> None:
        self._timer = None
        self._write(self._left_out())

    def _write(self, lines: list[str]) -> None:
        if lines:
            lines.append("")
            self._output.write("\n".join(lines).encode("utf-8", "backslashreplace"))

    def _lines(self, event: Event) -> Iterable[str]:
        render = self._renderers.get(type(event))
        return () if render is None else render(event)

    def _make_renderers(self) -> dict[type, Callable[[Any], Iterable[str]]]:
        """What is shown, by type of event; stderr shows errors, so errors are not here."""
        handshake, ending = self._handshake, self._ending
        shown: dict[type, Callable[[Any], Iterable[str]]] = {
            Redirected: handshake.redirected,
            Proxied: handshake.proxied,
            Opened: self._opened,
            TlsEstablished: self._tls,
            ResponseReceived: self._response,
            MessageSeen: self._message,
            PongReceived: ending.pong,
            PingLost: ending.lost,
            ViolationFound: ending.violation,
            Closed: ending.closed,
            Reconnecting: ending.reconnecting,
            Summarized: ending.summarized,
        }
        if self._show_frames:
            shown |= {FrameSeen: self._frames.frame, RequestSent: handshake.request}
        if self._verbose:
            shown |= {Resolved: handshake.resolved, Connected: handshake.connected}
        return shown

    def _opened(self, event: Opened) -> Iterator[str]:
        self._frames.set_compressed(any(one.name == "permessage-deflate" for one in event.extensions))
        yield from self._handshake.opened(event)

    def _tls(self, event: TlsEstablished) -> Iterable[str]:
        if self._command == "ping" and not self._verbose:
            return ()
        certificate = self._verbose or self._command == "handshake" or not event.verified
        return self._handshake.tls(event, certificate=certificate)

    def _response(self, event: ResponseReceived) -> Iterable[str]:
        # A refusal is always shown: it is the answer to "why not?".
        return self._handshake.response(event) if self._show_frames or event.status != 101 else ()

    def _message(self, event: MessageSeen) -> Iterable[str]:
        return self._frames.message(event, frames=self._show_frames)
