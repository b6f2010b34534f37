"""The REPL as a whole: one terminal, one journal, connections one after another, until the user leaves."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..config import DemoUrl, OutputOptions, Target, Url, parse_url
from ..errors import ClosedByPeer, ConnectionLost, UsageError, WscliError
from ..oneshot.run import Send
from ..probes.conduct import summarize
from ..probes.report import Report
from ..probes.stop import Stop
from ..recent import remember, state_folder
from ..session.journal import Journal
from ..session.reconnect import Reconnector, ReconnectPolicy
from ..session.session import Session
from ..sinks.human_style import palette_for
from ..sinks.output import Output
from ..sinks.redact import Redactor
from .actions import Actions
from .bar import Standing, bar
from .commands import Command, SendText
from .destination import target_for
from .facts import Facts
from .link import Link, State
from .parse import parse_line
from .ring import Ring
from .sending import SENDING
from .settings import ReplOptions, initial_preferences
from .showing import Showing
from .terminal import Handlers, Terminal
from .view import View
from .voice import Voice

DemoServer = Callable[[DemoUrl], Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """What the REPL is given: where it runs, where to, and how.

    `stdin` is the terminal's descriptor. `name` is what the history and the bar call the peer;
    `demo_server` makes the embedded server for `/connect demo:`.
    """

    target: Target
    name: str
    options: ReplOptions
    output_options: OutputOptions
    stdin: int
    environ: Mapping[str, str] = field(repr=False)
    demo_server: DemoServer
    sends: tuple[Send, ...] = ()
    ok_close: frozenset[int] = frozenset()
    reconnect: ReconnectPolicy | None = None


class Repl:
    """Runs until the user leaves, the run is told to stop, or the first connection fails."""

    def __init__(
        self, setting: Setting, journal: Journal, output: Output, redactor: Redactor, stop: Stop
    ) -> None:
        self._setting = setting
        self._journal = journal
        self._redactor = redactor
        self._stop = stop
        self._target = setting.target
        self._name = setting.name
        self._leaving = False
        self._over = asyncio.Event()
        self._bug: Exception | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._demo = contextlib.AsyncExitStack()
        color, verbose = setting.output_options.color, setting.output_options.verbose
        self._preferences = initial_preferences(setting.environ, verbose=verbose)
        handlers = Handlers(self._on_line, self._on_end, self._on_interrupt, self._on_note, self._bar)
        self._terminal = self._make_terminal(output, handlers)
        self._voice = Voice(self._terminal.write, palette_for(color), redactor, self._terminal.width)
        self._ring = Ring(setting.options.ring_bytes)
        self._facts = Facts()
        self._view = View(setting.output_options, self._terminal.write, redactor, self._terminal.width)
        self._link = Link(journal, setting.ok_close, self._on_ended, self._terminal.refresh)
        policy = setting.reconnect
        self._reconnector = None if policy is None else Reconnector(policy, journal)
        self._actions = Actions(
            self._link,
            self._ring,
            self._view,
            self._voice,
            Showing(self._voice, self._ring, self._facts, journal, redactor),
            self._preferences,
            redactor,
            reach=self._reach,
            leave=self._on_end,
            apply=self._apply,
            typed=self._terminal.lines,
        )
        journal.listeners[:] = [self._facts, self._ring, self._view, _Refresher(self._terminal)]

    def _make_terminal(self, output: Output, handlers: Handlers) -> Terminal:
        setting = self._setting
        term = setting.environ.get("TERM") or None
        if term in (None, "dumb", "unknown"):
            from .plain import PlainTerminal

            return PlainTerminal(setting.stdin, output, handlers, setting.output_options.width)
        from .history import LineHistory, history_file
        from .prompt import Prompt

        path = history_file(state_folder(setting.environ), self._name) if setting.options.history else None
        history = LineHistory(path, self._redactor)
        color = setting.output_options.color
        return Prompt(setting.stdin, output, handlers, self._preferences, history, color=color, term=term)

    async def perform(self) -> Report:
        """Run to the end; the newest connection's failure decides the exit status."""
        terminal = asyncio.create_task(self._terminal.run())
        watching = [asyncio.create_task(self._watch_stop()), asyncio.create_task(self._begin())]
        over = asyncio.create_task(self._over.wait())
        try:
            # The terminal's own end, too: a prompt that fails must not leave a REPL without one.
            await asyncio.wait({terminal, over}, return_when=asyncio.FIRST_COMPLETED)
            await self._actions.finish()
            await self._link.abandon()
            self._view.finish()
            if any(self._facts.tallies):
                summarize("connect", self._journal)
            self._terminal.leave()
            await terminal
        finally:
            await _end([*watching, *self._tasks, over, terminal])
            await self._link.abandon()
            await self._demo.aclose()
        if self._bug is not None:
            raise self._bug
        return Report(self._link.failure or self._stop.cause)

    async def _begin(self) -> None:
        self._stop.phase = lambda: f"opening the connection ({self._link.phase})"
        if await self._connect(self._target):
            self._stop.phase = lambda: "in the REPL"
        elif not self._leaving:
            # Nothing was ever open: the failure is the result, as without a terminal.
            self._over.set()

    async def _connect(self, target: Target) -> bool:
        self._facts.begin()
        while not await self._link.connect(target):
            session = self._link.session
            delay = self._next_delay(session)
            if delay is None:
                return False
            await asyncio.sleep(delay)
            if session is not self._link.session or self._leaving:
                return False
        if self._reconnector is not None:
            self._reconnector.note_open()
        # A demo's port is another one each time.
        if self._setting.options.history and not self._name.startswith("demo:"):
            remember(str(target.url), state_folder(self._setting.environ))
        session = self._link.session
        # What --send says, a token perhaps, is meant for the first server.
        same = target.url.origin == self._setting.target.url.origin
        if session is not None and session.is_open and same:
            for message in self._setting.sends:
                session.send_messages(message.opcode, [message.payload])
        return True

    def _next_delay(self, session: Session | None) -> float | None:
        """Seconds until `session` gets a successor by itself (`--reconnect`); None when it gets none."""
        if self._reconnector is None or session is None or self._leaving:
            return None
        return self._reconnector.next_delay(session.failure, session.closed)

    async def _connect_again(self, session: Session, delay: float) -> None:
        await asyncio.sleep(delay)
        # Meanwhile the user may have done it, or gone elsewhere.
        if session is not self._link.session or self._leaving:
            return
        if not await self._connect(self._target) and self._link.failure is not None:
            self._voice.error(self._link.failure)

    async def _reach(self, url: str | None) -> None:
        """`/reconnect`, and with a URL `/connect`: close what is open, then open the other."""
        target = self._target
        if url is not None:
            target = await self._resolve(url)
        await self._link.close()
        self._target = target
        if not await self._connect(target) and self._link.failure is not None:
            self._voice.error(self._link.failure)

    async def _resolve(self, text: str) -> Target:
        where = parse_url(text)
        if isinstance(where, DemoUrl):
            server = await self._demo.enter_async_context(self._setting.demo_server(where))
            address = parse_url(server.url)
            if not isinstance(address, Url):
                raise UsageError(f"/connect: {text!r} leads nowhere")
            where, self._name = address, text
        else:
            self._name = where.authority
        target, left_behind = target_for(where, self._target, self._redactor)
        if left_behind:
            self._voice.note("another origin: credentials and headers of the command line stay behind")
        return target

    async def _watch_stop(self) -> None:
        await self._stop.wait()
        self._leaving = True
        await self._close()
        self._over.set()

    async def _close(self) -> None:
        self._stop.phase = lambda: "closing"
        with contextlib.suppress(WscliError):
            await self._link.close()

    # What the terminal reports.

    def _on_line(self, line: str) -> bool:
        try:
            command = parse_line(line)
            if isinstance(command, SENDING) and self._link.state is State.CONNECTING:
                self._voice.note("not open yet: nothing was sent; press Enter again once it is")
                return False
            self._echo(line, command)
            self._actions.perform(command)
        except WscliError as failure:
            self._voice.error(failure)
        except Exception as bug:  # noqa: BLE001 # told where every bug is told, not by the event loop
            self._bug = bug
            self._over.set()
        self._terminal.refresh()
        return True

    def _echo(self, line: str, command: Command) -> None:
        """A message shows as the frame that it becomes; a command would be gone without a trace."""
        if not self._terminal.echoes and line and not isinstance(command, SendText):
            self._voice.echo(self._redactor.scrub(line))

    def _on_end(self) -> None:
        if self._leaving:
            self._spawn(self._link.give_up())
            return
        self._leaving = True
        if self._link.state is State.OPEN:
            self._voice.note("closing; again to leave without waiting for the peer")
        self._spawn(self._close_and_leave())

    async def _close_and_leave(self) -> None:
        await self._close()
        self._over.set()

    def _on_interrupt(self) -> bool:
        return self._actions.interrupt()

    def _on_note(self, text: str) -> None:
        self._voice.note(text)

    def _on_ended(self, session: Session) -> None:
        """A connection has ended; its Close was shown as an event."""
        failure = session.failure
        if (
            session.was_open
            and failure is not None
            and not isinstance(failure, ClosedByPeer | ConnectionLost)
        ):
            self._voice.error(failure)
        if self._setting.options.exit_on_close and session.was_open and session is self._link.session:
            self._over.set()
        elif session.was_open and not self._leaving and self._link.state is State.CLOSED:
            delay = self._next_delay(session) if session is self._link.session else None
            if delay is not None:
                self._spawn(self._connect_again(session, delay))
                return
            self._voice.note("/reconnect opens it again; /show, /find and /save still work; Ctrl-D leaves")
        self._terminal.refresh()

    def _apply(self) -> None:
        preferences, view = self._preferences, self._view
        view.pretty = preferences.pretty
        if view.lines_per_second != preferences.lines:
            view.lines_per_second = preferences.lines
        if view.verbose != preferences.verbose:
            view.verbose = preferences.verbose
        self._terminal.apply()

    def _bar(self, width: int) -> list[tuple[str, str]]:
        totals, trips, opened = self._journal.totals, self._facts.round_trips, self._facts.opened
        standing = Standing(
            state=self._link.state,
            where=self._name,
            subprotocol=None if opened is None else opened.subprotocol,
            rtt_ms=trips.last if trips.count else None,
            received=totals.messages_in,
            sent=totals.messages_out,
            unsent_bytes=self._link.unsent_bytes,
            paused=self._view.paused,
            hidden=self._view.hidden,
            filter=self._view.filter.text if self._view.filter else "",
        )
        if standing.subprotocol:
            standing = replace(standing, subprotocol=self._redactor.scrub(standing.subprotocol))
        return bar(standing, width)

    def _spawn(self, work: Any) -> None:
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.create_task(work))


class _Refresher:
    """A listener that lets the bar follow what happens."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def feed(self, _batch: object, /) -> None:
        self._terminal.refresh()


async def _end(tasks: list[asyncio.Task[None]] | list[Any]) -> None:
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
