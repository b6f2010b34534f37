"""One attempt at one check: opens, performs the steps, holds the limits, closes, judges."""

from __future__ import annotations

import asyncio
import contextlib

from msgspec.structs import replace

from ..config import Target
from ..errors import (
    ClosedByPeer,
    ConnectionLost,
    DeadlineExceeded,
    ExpectationFailed,
    Unsent,
    WscliError,
)
from ..expect.closing import CloseCode
from ..expect.expectation import Expectation, State
from ..expect.expected import Expected
from ..probes.conduct import Watch, close_warning, open_unless_stopped, watching
from ..probes.stop import Stop
from ..session.journal import Journal
from ..session.session import Session
from .captures import Captures
from .facts import Facts, Inbox
from .failing import CutOff, told_with
from .limits import judge_first_message, judge_opening, judge_pong, late_opening, not_over, opening_within
from .steps import DEFAULT_WITHIN
from .suite import Await, Check, Close, Ping, Send, Step, Wait
from .waiting import briefly, either, room, until

# Contract §3: how long our own Close may take to be answered, where no step is about that.
_CLOSE_SECONDS = 1.0


class Attempt:
    """One attempt; `place` says where it failed, in words of ours alone.

    `ok_close` are close codes of the peer that are no failure.
    """

    def __init__(
        self, check: Check, target: Target, stop: Stop, ok_close: frozenset[int] = frozenset()
    ) -> None:
        self.facts = Facts()
        self.place = self._waiting = ""
        self.failure: WscliError | None = None
        self.journal = Journal()
        self._check = check
        self._stop = stop
        self._expected = Expected([make() for make in check.expect], to_the_end=True)
        self._target = replace(target, expected_status=self._expected.status)
        to_open = opening_within(self._target, check.limits)
        self._session = Session(to_open, self.journal, ok_close=ok_close, strict_close=False)
        looks = any(isinstance(step.action, Await) for step in check.steps)
        self._inbox = Inbox(self._session.give_up, keep=looks)
        self.journal.listeners += [self.facts, self._inbox]
        if self._expected:
            self.journal.listeners.append(self._expected)
        self.journal.ready = self._inbox.ready
        self._captures = Captures()
        self._close_was_expected = False

    @property
    def doing(self) -> str:
        """What it is at, in words of ours."""
        if self.failure is not None and not isinstance(self.failure, CutOff):
            return "closing the connection"
        if self.facts.opened is None:
            return f"opening the connection ({self._session.handshake.phase})"
        return f"at {self.place}" if self.place else self._waiting

    @property
    def secrets(self) -> tuple[str, ...]:
        """What was captured under a name that says that it is secret."""
        return self._captures.secrets

    @property
    def warning(self) -> str:
        """What was not as it should be, and is no failure."""
        return close_warning(self._session)

    async def perform(self) -> WscliError | None:
        """What it came to; None when all went well. `failure` has it before the connection is closed."""
        async with self._session:
            self.failure = self._judge(await self._within_the_limit())
            if self._session.is_open:
                await self._part()
        return self.failure

    def _judge(self, failure: WscliError | None) -> WscliError | None:
        if failure is None and self._session.failure is not None and not self._is_expected_end():
            failure = self._session.failure
        if isinstance(failure, ExpectationFailed | CutOff):
            return failure
        verdict = self._expected.judge(failure)
        if verdict is not None and verdict is not failure:
            self.place = "expect"
        elif verdict is not None and self.facts.opened is not None:
            return told_with(verdict, self._expected.failure())
        return verdict

    def _is_expected_end(self) -> bool:
        return self._close_was_expected and isinstance(self._session.failure, ClosedByPeer | ConnectionLost)

    async def _within_the_limit(self) -> WscliError | None:
        try:
            async with asyncio.timeout(self._check.limits.total):
                await self._run()
        except TimeoutError:
            return not_over(self._check.limits, "" if self.place else self.doing)
        except WscliError as failure:
            return failure
        return None

    async def _run(self) -> None:
        await self._open()
        async with watching(self._session, self._stop) as watch:
            await self._play(watch)
        await self._close()

    async def _play(self, watch: Watch) -> None:
        for number, step in enumerate(self._check.steps, 1):
            self.place = f"step {number} ({step.title})"
            await self._step(step, watch)
            self._heed_expectations()
            self._heed_stop()
        self.place, self._waiting = "", "waiting for the first message"
        await self._first_message(watch)
        self._waiting = "waiting for the peer's Close"
        await self._awaited_close(watch)
        self._waiting = "closing the connection"
        self._heed_stop()

    def _heed_stop(self) -> None:
        if self._stop.requested and self.facts.closed is None:
            raise CutOff("the run was told to end")

    async def _open(self) -> None:
        opened = False
        try:
            opened = await open_unless_stopped(self._session, self._stop)
            if self.facts.opened is not None:
                judge_opening(self.facts.opened.total_ms, self._check.limits)
        except DeadlineExceeded as late:
            self.place = "open"
            raise late_opening(late, self._target, self._check.limits) from None
        if not opened:
            raise CutOff("the run was told to end")
        self._heed_expectations()

    def _heed_expectations(self) -> None:
        if self._expected.state is State.FAILED:
            failure = self._expected.failure()
            if failure is not None:
                raise failure

    async def _step(self, step: Step, watch: Watch) -> None:
        match step.action:
            case Send() as action:
                await self._send(action, watch)
            case Wait() as action:
                await watch.pause(action.seconds)
            case Ping() as action:
                await self._ping(action, watch)
            case Await() as action:
                await self._await(action, watch)
            case Close() as action:
                await self._close_as_told(action)

    async def _send(self, action: Send, watch: Watch) -> None:
        session = self._session
        try:
            if action.binary is not None:
                session.send_binary(action.binary)
            elif action.text is not None:
                session.send_text(self._captures.text(action.text))
            else:
                session.send_text(self._captures.json(action.json))
            with self._inbox.holding_nobody_up():
                await room(session.outbox, watch)
        except Unsent as failure:
            raise self._why_over(failure) from None

    def _why_over(self, otherwise: WscliError) -> WscliError:
        """Why nothing more can come of the connection."""
        if self._session.failure is not None:
            return self._session.failure
        closed = self.facts.closed
        if closed is None:
            self._heed_stop()
            return otherwise
        return type(otherwise)(
            f"{otherwise.message}: the connection had ended with {closed.code} ({closed.name})"
        )

    async def _ping(self, action: Ping, watch: Watch) -> None:
        facts, before = self.facts, len(self.facts.pongs)
        try:
            self._session.send_ping(action.payload)
        except Unsent as failure:
            raise self._why_over(failure) from None
        with self._inbox.holding_nobody_up():
            came = await until(lambda: len(facts.pongs) > before, facts.changed, watch, action.seconds)
        if not came:
            late = DeadlineExceeded(
                f"no pong came within {action.seconds:g} s",
                hint="the peer must answer pings (RFC 6455 §5.5.2)",
            )
            raise self._why_over(late) if watch.over else late
        judge_pong(facts.pongs[-1].rtt_ms, self._check.limits)

    async def _await(self, action: Await, watch: Watch) -> None:
        expectation = action.make(self._captures.values)
        if action.closing:
            await self._await_close(expectation, action.seconds, watch)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(action.seconds):
                await self._look(expectation, watch)
        if expectation.state is State.FAILED:
            raise ExpectationFailed(expectation.story())
        if expectation.state is not State.MET:
            expectation.end()
            raise self._unmet(expectation, action.seconds, watch)
        self._captures.take(expectation, action)

    async def _look(self, expectation: Expectation, watch: Watch) -> None:
        """Show the expectation one message after the other; what it does not want is passed over."""
        inbox = self._inbox
        while expectation.state is State.PENDING:
            message = inbox.take()
            if message is not None:
                payload, text = message
                expectation.message(payload, text=text)
                continue
            self._heed_expectations()
            if watch.over:
                return
            await either(inbox.fed(), watch)

    def _unmet(self, expectation: Expectation, seconds: float, watch: Watch) -> WscliError:
        if watch.over:
            unmet = ExpectationFailed(expectation.story())
            return told_with(self._why_over(unmet), unmet)
        return ExpectationFailed(expectation.story(f" within {seconds:g} s"))

    async def _await_close(self, expectation: Expectation, seconds: float, watch: Watch) -> None:
        self._inbox.discard()
        over = await watch.pause(seconds)
        self._heed_stop()
        if self.facts.closed is not None:
            expectation.event(self.facts.closed)
        if expectation.state is not State.MET:
            expectation.end()
            within = "" if over else f" within {seconds:g} s"
            raise ExpectationFailed(expectation.story(within))
        self._close_was_expected = True

    async def _close_as_told(self, action: Close) -> None:
        session = self._session
        self._inbox.discard()
        seconds = action.seconds if action.seconds is not None else session.target.close_timeout
        await session.close(action.code, self._captures.reason(action.reason), seconds=seconds)
        if warning := close_warning(session):
            raise DeadlineExceeded(warning) if session.ending.tcp == "open" else ConnectionLost(warning)

    async def _first_message(self, watch: Watch) -> None:
        limit, opened, facts = self._check.limits.first_message, self.facts.opened, self.facts
        if limit is None or opened is None:
            return
        left = max(0.0, opened.t + limit - self.journal.clock.now())
        await until(lambda: facts.first_message is not None, facts.changed, watch, left)
        self._heed_stop()
        first = facts.first_message
        judge_first_message(None if first is None else first - opened.t, limit)

    async def _awaited_close(self, watch: Watch) -> None:
        """With an expected close code it is the peer that closes; ours would be answered with our own."""
        if any(isinstance(one, CloseCode) for one in self._expected.all) and not watch.over:
            self._inbox.discard()
            if not await watch.pause(DEFAULT_WITHIN):
                self._expected.end()

    async def _close(self) -> None:
        self._inbox.discard()
        session = self._session
        await session.close(seconds=min(_CLOSE_SECONDS, session.target.close_timeout))
        if session.failure is None and session.unsent:
            raise Unsent(f"messages that were not sent when the connection ended: {session.unsent}")

    async def _part(self) -> None:
        """Close what a failure left open, so that the peer sees no loss; nothing depends on how that goes."""
        self._inbox.discard()
        seconds = min(_CLOSE_SECONDS, self._session.target.close_timeout)
        await briefly(self._session.close(seconds=seconds), self._stop, seconds)
