"""The REPL as a whole: one terminal, one journal, connections one after another, until the user leaves."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

from ..errors import ClosedByPeer, ConnectionLost, ExitCode, Interrupted, WscliError
from ..probes.conduct import summarize
from ..probes.report import Report
from ..probes.stop import Stop
from ..recent import remember, state_folder
from ..session.journal import Journal
from ..session.reconnect import Reconnector
from ..session.session import Session
from ..sinks.human_style import palette_for
from ..sinks.output import Output
from ..sinks.redact import Redactor
from .actions import Actions
from .bar import Standing, bar
from .commands import SendText
from .destination import Destination
from .facts import Facts
from .launch import Launch, history_of, make_terminal
from .link import Link, State
from .parse import parse_line
from .ring import Ring
from .route import Route
from .sending import SENDING
from .settings import initial_preferences
from .showing import Showing
from .terminal import Handlers, Refresher
from .view import View
from .voice import Voice


class Repl:
    """Runs until the user leaves, the run is told to stop, or the first connection fails."""

    def __init__(
        self, launch: Launch, journal: Journal, output: Output, redactor: Redactor, stop: Stop
    ) -> None:
        self._launch = launch
        self._journal = journal
        self._redactor = redactor
        self._stop = stop
        self._leaving = False
        self._echoed = ""
        self._over = asyncio.Event()
        self._bug: Exception | None = None
        self._tasks: list[asyncio.Task[None]] = []
        color, verbose = launch.output_options.color, launch.output_options.verbose
        self._preferences = initial_preferences(launch.environ, verbose=verbose)
        handlers = Handlers(
            self._on_line, self._on_end, self._on_interrupt, self._on_stay, self._on_note, self._bar
        )
        self._terminal = make_terminal(launch, output, handlers, self._preferences, redactor, stop)
        self._voice = Voice(self._terminal.write, palette_for(color), redactor, self._terminal.width)
        self._ring = Ring(launch.options.ring_bytes)
        self._facts = Facts()
        self._view = View(launch.output_options, self._terminal.write, redactor, self._terminal.width)
        begins = self._facts.begin
        self._link = Link(
            journal, launch.ok_close, begins, self._on_ended, self._terminal.refresh, self._on_bug
        )
        policy = launch.reconnect
        self._route = Route(
            Destination(launch.target, launch.name),
            self._link,
            self._voice,
            redactor,
            None if policy is None else Reconnector(policy, journal),
            launch.demo_server,
            launch.profiles,
        )
        self._actions = Actions(
            self._link,
            self._ring,
            self._view,
            self._voice,
            Showing(self._voice, self._ring, self._facts, journal, redactor),
            self._preferences,
            redactor,
            reach=self._reach,
            give_up=self._route.give_up,
            leave=self._on_end,
            apply=self._apply,
            typed=self._terminal.lines,
            broken=self._on_bug,
        )
        journal.listeners[:] = [self._facts, self._ring, self._view, Refresher(self._terminal)]

    async def perform(self) -> Report:
        """Run to the end; the newest connection's failure decides the exit status."""
        terminal = asyncio.create_task(self._terminal.run())
        watching = [asyncio.create_task(self._watch_stop()), asyncio.create_task(self._begin())]
        over = asyncio.create_task(self._over.wait())
        try:
            # The terminal's own end, too: a prompt that fails must not leave a REPL without one.
            await asyncio.wait({terminal, over}, return_when=asyncio.FIRST_COMPLETED)
            await self._actions.finish(self._stop)
            await self._link.abandon()
            self._view.finish()
            if any(self._facts.tallies):
                summarize("connect", self._journal)
            failure = self._failure()
            if isinstance(failure, Interrupted) and failure is not self._stop.cause:
                self._voice.error(failure)
            self._terminal.leave()
            await terminal
        finally:
            await _end([*watching, *self._tasks, over, terminal])
            await self._link.abandon()
            await self._route.aclose()
        if self._bug is not None:
            raise self._bug
        return Report(failure)

    def _failure(self) -> WscliError | None:
        """Why the newest connection is no success; who leaves before it stood has not had one either."""
        if self._link.failure is None and not self._stop.requested and not self._link.was_open:
            return Interrupted(f"left before a connection was open (exit code {ExitCode.INTERRUPTED:d})")
        return self._link.failure or self._stop.cause

    async def _begin(self) -> None:
        self._stop.phase = lambda: f"opening the connection ({self._link.phase})"
        self._stop.found = lambda: self._link.failure
        if await self._route.connect():
            self._greet()
        elif not self._leaving and not self._route.diverted:
            # Nothing was ever open: the failure is the result, as without a terminal.
            self._over.set()

    async def _connect_again(self, session: Session, delay: float) -> None:
        if await self._route.again(session, delay):
            self._greet()
        elif session is not self._link.session:
            self._tell_failure()

    async def _reach(self, where: str | None) -> None:
        """`/reconnect`, and with a URL `/connect`."""
        name = self._route.name
        connected = await self._route.reach(where)
        if self._route.name != name:
            self._terminal.keep_history_in(history_of(self._launch, self._route.name))
        if connected:
            self._greet()
        else:
            self._tell_failure()

    def _tell_failure(self) -> None:
        failure = self._link.failure
        if failure is not None and not self._leaving:
            self._voice.error(failure)
            self._voice.note("/reconnect tries again")

    def _greet(self) -> None:
        """A connection stands: remember the URL, and say what `--send` says."""
        self._stop.phase = lambda: "in the REPL"
        # A demo's port is another one each time.
        if self._launch.options.history and not self._route.name.startswith("demo:"):
            remember(str(self._route.target.url), state_folder(self._launch.environ))
        session = self._link.session
        # What --send says, a token perhaps, is meant for the first server.
        if session is not None and session.is_open and self._route.at_first:
            for message in self._launch.sends:
                session.send_messages(message.opcode, [message.payload])

    async def _watch_stop(self) -> None:
        await self._stop.wait()
        self._leaving = True
        self._route.stop()
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
                return False
            # A message shows as the frame that it becomes, unless a filter keeps that from sight.
            if not isinstance(command, SendText) or self._view.filter:
                self._echo(line)
            self._actions.perform(command)
        except WscliError as failure:
            self._echo(line)
            self._voice.error(failure)
        except Exception as bug:  # noqa: BLE001 # told where every bug is told, not by the event loop
            self._on_bug(bug)
        self._echoed = ""
        self._terminal.refresh()
        return True

    def _echo(self, line: str) -> None:
        """What was typed, once; a message that is sent shows as the frame that it becomes."""
        if line and line != self._echoed and not self._terminal.echoes:
            self._echoed = line
            self._voice.echo(self._redactor.scrub(line))

    def _on_end(self) -> None:
        if self._leaving:
            self._spawn(self._link.give_up())
            return
        self._leaving = True
        self._route.stop()
        if self._link.state is State.OPEN:
            self._voice.note("closing; again to leave without waiting for the peer")
        self._spawn(self._close_and_leave())

    async def _close_and_leave(self) -> None:
        await self._close()
        self._over.set()

    def _on_bug(self, bug: Exception) -> None:
        self._bug = bug
        self._over.set()

    def _on_note(self, text: str) -> None:
        self._voice.note(text)

    def _on_interrupt(self) -> bool:
        return self._actions.interrupt()

    def _on_stay(self) -> None:
        closes = "closes with 1000 and leaves" if self._link.state is State.OPEN else "leaves"
        self._voice.note(f"Ctrl-C again, or Ctrl-D, {closes}")

    def _on_ended(self, session: Session) -> None:
        """A connection has ended; its Close was shown as an event."""
        failure = session.failure
        if (
            session.was_open
            and failure is not None
            # It is the last thing that is told when the REPL ends for it.
            and not self._leaving
            and not isinstance(failure, ClosedByPeer | ConnectionLost)
        ):
            self._voice.error(failure)
        if self._route.busy:
            # The user's own wish: another connection follows, or an error does.
            pass
        elif self._launch.options.exit_on_close and session.was_open and session is self._link.session:
            self._over.set()
        elif session.was_open and not self._leaving and self._link.state is State.CLOSED:
            delay = self._route.next_delay(session) if session is self._link.session else None
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
            where=self._route.name,
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


async def _end(tasks: list[asyncio.Task[None]] | list[Any]) -> None:
    for task in tasks:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
