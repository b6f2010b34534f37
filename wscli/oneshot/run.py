"""A one-shot run: open, send, receive, end for the first reason there is, close (contract §6)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from ..errors import Unsent, WscliError
from ..events import MessageSeen
from ..probes.conduct import Watch, open_unless_stopped, summarize, watching
from ..probes.report import Report
from ..probes.stop import Stop
from ..session.journal import Batch
from ..session.session import Session
from ..wire.frame import Opcode
from ..wire.runs import MessageRun
from .gate import Gate
from .source import Source


@dataclass(frozen=True, slots=True)
class Send:
    """A message of `--send` or `--send-binary`."""

    opcode: Opcode
    payload: bytes


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run sends and when it ends; times in seconds, None for no such limit.

    `input_opcode` is what stdin's messages are sent as. `wait` is how long silence lasts, once all was
    sent, before the run ends; None when that does not end it.
    """

    sends: tuple[Send, ...] = ()
    input_opcode: Opcode = Opcode.TEXT
    wait: float | None = 1.0
    duration: float | None = None
    echo: bool = False


class Echo:
    """Returns each message as it came: text as text, binary as binary."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def feed(self, batch: Batch, /) -> None:
        """Queue the answers."""
        for item in batch:
            if (
                isinstance(item, MessageRun | MessageSeen)
                and item.direction == "in"
                and self._session.is_open
            ):
                payloads = item.payloads if isinstance(item, MessageRun) else [item.payload]
                opcode = Opcode.TEXT if item.type == "text" else Opcode.BINARY
                self._session.send_messages(opcode, payloads)


class OneShot:
    """One run of `plan` over `session`; `source` is None when stdin is not read."""

    def __init__(self, session: Session, plan: Plan, source: Source | None, gate: Gate, stop: Stop) -> None:
        self._session = session
        self._plan = plan
        self._source = source
        self._gate = gate
        self._stop = stop

    async def perform(self) -> Report:
        """Run to the end; whatever ends it, the closing handshake follows and nothing unsent is hidden."""
        if self._source is not None:
            self._source.start()
        failure = await self._connected()
        unsent = await self._count_unsent()
        if not unsent:
            return Report(failure)
        if failure is None:
            return Report(Unsent(f"messages that were not sent when the connection ended: {unsent}"))
        return Report(failure, f"messages that were not sent: {unsent}")

    async def _connected(self) -> WscliError | None:
        session = self._session
        try:
            async with session:
                if not await open_unless_stopped(session, self._stop):
                    return self._stop.cause
                if self._plan.echo:
                    self._echo_at_the_pace_of_the_peer()
                self._stop.phase = lambda: "receiving"
                failure = await self._until_the_end()
                self._stop.phase = lambda: "closing"
                await session.close()
                summarize("connect", session.journal)
                return failure or session.failure or self._stop.cause
        except WscliError as failure:
            return failure

    def _echo_at_the_pace_of_the_peer(self) -> None:
        journal, session = self._session.journal, self._session
        shown = journal.ready

        async def ready() -> None:
            await shown()
            await session.room()

        journal.ready = ready
        journal.listeners.append(Echo(session))

    async def _until_the_end(self) -> WscliError | None:
        async with watching(self._session, self._stop) as watch:
            tasks = [
                asyncio.create_task(self._feed()),
                asyncio.create_task(self._gate.reached.wait()),
                asyncio.create_task(watch.pause(self._plan.duration)),
            ]
            feeding, counted, _ = tasks
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            if counted.done() and not counted.cancelled():
                await self._send_what_is_here(watch)
        if feeding.cancelled():
            return None
        failure = feeding.exception()
        if failure is not None and not isinstance(failure, WscliError):
            raise failure
        return failure

    async def _feed(self) -> None:
        """Send everything there is to send; return once silence has lasted long enough after it.

        Raises: InputFailed.
        """
        session, source, plan = self._session, self._source, self._plan
        try:
            for send in plan.sends:
                await session.room()
                session.send_messages(send.opcode, [send.payload])
            while source is not None and (batch := await source.take()) is not None:
                # Counted as to be sent before it can wait: a batch in hand is never lost from sight.
                session.send_messages(plan.input_opcode, batch)
                await session.room()
        except Unsent:
            # The connection has ended; why is the session's to say.
            await _for_ever()
        if plan.wait is None:
            await _for_ever()
        await session.flushed()
        await self._silence(plan.wait or 0.0)

    async def _silence(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time()
        while (left := max(since, self._gate.last_message) + seconds - loop.time()) > 0:  # noqa: ASYNC110 (time must pass)
            await asyncio.sleep(left)

    async def _send_what_is_here(self, watch: Watch) -> None:
        """`--count` was reached: what stdin held by now still goes out before our Close."""
        source = self._source
        if source is None or watch.over or not await source.holds_more():
            return
        left = source.waiting
        while left > 0 and not watch.over and (batch := await source.take()) is not None:
            left -= len(batch)
            self._session.send_messages(self._plan.input_opcode, batch)
            await self._session.room()

    async def _count_unsent(self) -> str:
        """How many messages the end of the connection left behind; empty for none."""
        source = self._source
        more = source is not None and await source.holds_more()
        count = self._session.unsent + (source.waiting if source is not None else 0)
        count += len(self._plan.sends) if not self._session.was_open else 0
        if not count:
            return ""
        return f"at least {count:,}" if more and source is not None and not source.ended else f"{count:,}"


async def _for_ever() -> None:
    await asyncio.Event().wait()
