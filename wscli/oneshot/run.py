"""A one-shot run: open, send, receive, end for the first reason there is, close (contract §6)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import ExpectationFailed, Unsent, WscliError
from ..probes.conduct import (
    close_in_time,
    open_unless_stopped,
    summarize,
    until_one_is_done,
    watching,
)
from ..probes.report import Report
from ..probes.stop import Stop
from ..session.session import Session
from .feed import Echo, Feed
from .gate import Gate
from .plan import Plan
from .source import Source

if TYPE_CHECKING:
    from ..session.ending import Ending
    from .expecting import Expecting
    from .renewal import Renewal

# How long our Close may take to be answered once all expectations are met, in seconds.
_CLOSE_SECONDS = 1.0
# How long silence lasts, where nothing limits it, before a run says what it waits for.
SILENT_SECONDS = 5.0


class OneShot:
    """One run of `plan` over `session`; `source` is None when stdin is not read.

    `note`, for a run without a limit of time, is told once what a silent peer is waited for.
    """

    def __init__(
        self,
        session: Session,
        plan: Plan,
        source: Source | None,
        gate: Gate,
        stop: Stop,
        expecting: Expecting | None = None,
        renewal: Renewal | None = None,
        note: Callable[[str], None] | None = None,
    ) -> None:
        self._session = session
        self._note = note
        self._renewal = renewal
        self._plan = plan
        self._feed = Feed(session, plan, source, renewal)
        self._gate = gate
        gate.on_reached = self._conclude
        self._stop = stop
        # A reader of the output that has gone is no reason to lose what is on its way to the peer.
        stop.patience = session.target.close_timeout
        self._expecting = expecting
        self._warning = ""
        # When the first connection stood (the loop's clock), and why the last one ended or never stood.
        self._began: float | None = None
        self._cause: WscliError | None = None

    async def perform(self) -> Report:
        """Run to the end; whatever ends it, the closing handshake follows and nothing unsent is hidden."""
        self._feed.start()
        try:
            failure = await self._connections()
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._stop.requested or task is None:
                raise
            # Cut off, for it did not end in time; what it leaves unsent is told nevertheless.
            task.uncancel()
            failure = self._stop.earlier or self._stop.cause
        finally:
            summarize("connect", self._session.journal)
        unsent = await self._feed.count_unsent(at_once=self._stop.requested)
        doubt = self._doubt()
        lost = "" if doubt is None else doubt.message
        if failure is not None:
            left = f"messages that were not sent: {unsent}" if unsent else ""
            return Report(failure, "; ".join(filter(None, (self._unmet(failure), left, lost))))
        if unsent:
            return Report(Unsent(f"messages that were not sent when the connection ended: {unsent}"), lost)
        if doubt is not None:
            # Expectations that are met give 0 (contract §3).
            return Report(doubt) if self._expecting is None else Report(None, doubt.message)
        return Report(None, self._warning)

    def _doubt(self) -> Unsent | None:
        """What was sent, and may not have reached a peer: that of an earlier connection, or the last one."""
        earlier = None if self._renewal is None else self._renewal.doubt
        return earlier or (_in_doubt(self._session.ending) if self._session.in_doubt else None)

    def _unmet(self, failure: WscliError) -> str:
        """What was not met either, where something else came first and decides (contract §3)."""
        if self._expecting is None or isinstance(failure, ExpectationFailed) or not self._session.was_open:
            return ""
        unmet = self._expecting.unmet()
        return f"an expectation was not met either: {unmet}" if unmet else ""

    async def _connections(self) -> WscliError | None:
        """One connection, and with `--reconnect` those after it."""
        while True:
            listeners = list(self._gate.listeners)
            failure = await self._connected()
            self._gate.listeners[:] = listeners
            renewal, delay = self._renewal, self._next_delay()
            if renewal is None:
                break
            cut_short = self._stop.requested and renewal.would_go_on(self._cause, self._session)
            if delay is not None or cut_short:
                renewal.note_lost(self._cause, self._session)
            if delay is None:
                # What would have been tried again is not why the run ended.
                failure = self._judged(self._stop.cause) if cut_short else failure
                break
            left = self._left(self._plan.duration)
            in_time = left is None or delay < left
            if not await renewal.pause(delay if left is None else min(delay, left)) or not in_time:
                failure = self._judged(self._stop.cause)
                break
            self._begin_again(renewal)
        return failure

    @property
    def _has_its_end(self) -> bool:
        """Whether `--count` is reached, or the expectations have their verdict."""
        decided = self._expecting is not None and self._expecting.decided.is_set()
        return decided or self._gate.reached.is_set()

    def _next_delay(self) -> float | None:
        """Seconds until the connection is opened again; None when it is not."""
        if self._renewal is None or self._stop.requested or self._has_its_end:
            return None
        return self._renewal.next_delay(self._cause, self._session)

    def _begin_again(self, renewal: Renewal) -> None:
        self._session = renewal.make()
        self._feed.begin_again(self._session, renewal)
        if self._expecting is not None:
            self._expecting.follow(self._session)

    def _left(self, seconds: float | None) -> float | None:
        """What is left of a limit that counts from the first opening."""
        if seconds is None or self._began is None:
            return seconds
        return max(0.0, self._began + seconds - asyncio.get_running_loop().time())

    async def _connected(self) -> WscliError | None:
        session = self._session
        self._cause = None
        try:
            async with session:
                if self._plan.echo:
                    # Before it is open: a message may come right behind the reply.
                    session.paced = True
                    self._gate.listeners.append(Echo(session))
                if not await open_unless_stopped(session, self._stop):
                    return self._judged(self._stop.cause)
                self._note_open()
                self._stop.phase = lambda: "receiving"
                self._stop.found = lambda: self._session.failure
                failure = await self._until_the_end()
                self._cause = failure or session.failure
                self._stop.phase = lambda: "closing"
                if self._expecting is not None:
                    return await self._close_with_verdict(failure, self._expecting)
                failure = failure or session.failure
                await self._close()
                # A Close for which there was no time is no cause of its own.
                return failure or (self._stop.cause if self._stop.requested else session.failure)
        except WscliError as failure:
            self._cause = failure
            return self._judged(failure)

    def _note_open(self) -> None:
        if self._began is None:
            self._began = asyncio.get_running_loop().time()
        if self._renewal is not None:
            self._renewal.reconnector.note_open()

    def _conclude(self) -> None:
        """The Nth message ends the run: what the peer says behind it is no cause (contract §3)."""
        self._session.conclude()

    def _judged(self, failure: WscliError | None) -> WscliError | None:
        return failure if self._expecting is None else self._expecting.judge(failure)

    async def _close_with_verdict(
        self, failure: WscliError | None, expecting: Expecting
    ) -> WscliError | None:
        """The verdict stands before our Close: its answer is no expectation, only worth a warning."""
        session = self._session
        verdict = failure or expecting.judge(session.failure or self._stop.cause)
        before = session.failure
        close_timeout = session.target.close_timeout
        await self._close(min(_CLOSE_SECONDS, close_timeout), patience=close_timeout)
        if verdict is None and before is None and session.failure is not None:
            self._warning = session.failure.message
        return verdict

    async def _close(self, seconds: float | None = None, patience: float = 0.0) -> None:
        session = self._session
        await close_in_time(session, self._stop, session.close(seconds=seconds, patience=patience))

    async def _until_the_end(self) -> WscliError | None:
        within = None if self._expecting is None else self._expecting.within
        async with watching(self._session, self._stop) as watch:
            tasks = [
                asyncio.create_task(self._send_all()),
                asyncio.create_task(self._received_enough()),
                asyncio.create_task(watch.pause(self._left(self._plan.duration))),
                asyncio.create_task(watch.pause(self._left(within))),
            ]
            feeding, counted, _, late = tasks
            tasks.append(asyncio.create_task(self._tell_of_silence()))
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            if self._expecting is not None and not late.cancelled() and late.result() is False:
                self._expecting.time_is_up()
            if counted.done() and not counted.cancelled():
                await self._feed.send_what_is_here(watch)
        if feeding.cancelled():
            return None
        failure = feeding.exception()
        if failure is not None and not isinstance(failure, WscliError):
            raise failure
        return failure

    async def _received_enough(self) -> None:
        """Return when `--count` is reached, or the expectations have their verdict."""
        decided = [] if self._expecting is None else [self._expecting.decided.wait()]
        await until_one_is_done(self._gate.reached.wait(), *decided)

    async def _send_all(self) -> None:
        """Send everything there is to send; return once silence has lasted long enough after it.

        Raises: InputFailed.
        """
        try:
            await self._feed.send_all()
        except Unsent:
            # The connection has ended; why is the session's to say.
            await _for_ever()
        if self._plan.wait is None:
            await _for_ever()
        await self._session.flushed()
        await self._silence(self._plan.wait or 0.0)

    async def _tell_of_silence(self) -> None:
        """Say once what is waited for, and which option ends it; never returns, for that ends nothing."""
        expected = "" if self._expecting is None else self._expecting.expected.awaited
        if self._note is not None and (expected or self._gate.awaited):
            await self._silence(SILENT_SECONDS)
            if self._has_its_end:
                # It came in the turn of the event loop in which the time was over.
                await _for_ever()
            note, self._note = self._note, None
            # Anew: some may have been met meanwhile.
            expected = "" if self._expecting is None else self._expecting.expected.awaited
            limit = "--within" if expected else "--timeout or --duration"
            note(
                f"no message for {SILENT_SECONDS:g} s; still waiting for {expected or self._gate.awaited}:"
                f" {limit} sets a limit"
            )
        await _for_ever()

    async def _silence(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        while (left := max(since, self._gate.last_message) + seconds - loop.time()) > 0:  # noqa: ASYNC110 (time must pass)
            await asyncio.sleep(left)


def _in_doubt(ending: Ending) -> Unsent:
    # A Close may still wait behind what the peer does not take, or was never to be sent.
    unanswered = "" if ending.sent is None else ", and had not answered our Close"
    return Unsent(
        f"what was sent last may not have reached the peer: it was still busy{unanswered}",
        hint="allow more with --close-timeout",
    )


async def _for_ever() -> None:
    await asyncio.Event().wait()
