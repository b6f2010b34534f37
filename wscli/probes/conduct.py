"""What every operation on one connection shares: opening unless stopped, the end of things, the summary."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from typing import Any

from msgspec.structs import asdict

from ..errors import WscliError
from ..events import Summarized
from ..session.journal import Journal
from ..session.session import Session
from .stop import Stop

# Seconds for our Close once the run was told to end: within contract §3's one, with time to sum up.
_STOPPED_SECONDS = 0.7


async def until_one_is_done(*waits: Coroutine[Any, Any, object]) -> None:
    """Runs them together until one is done; the others are cancelled, and have ended when this returns."""
    tasks = [asyncio.create_task(each) for each in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def open_unless_stopped(session: Session, stop: Stop) -> bool:
    """Performs the opening handshake; False when the run was told to end before it was done.

    Raises: WscliError, as Session.open says.
    """
    stop.phase = lambda: f"opening the connection ({session.handshake.phase})"
    opening = asyncio.create_task(session.open())
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({opening, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if not opening.done():
            opening.cancel()
        # Waited for, so that a cancelled opening closes its socket before anybody goes on.
        await asyncio.wait({opening})
    if opening.cancelled():
        return False
    opening.result()
    return True


async def close_in_time(session: Session, stop: Stop, closing: Coroutine[Any, Any, None]) -> None:
    """Perform `closing`; from when the run is told to end there is little time for it (contract §3).

    When the end is a quiet one, a peer that is still at what it was sent has the stop's patience.
    """
    closings = {asyncio.create_task(closing)}
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*closings, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            hurried = min(_STOPPED_SECONDS, session.target.close_timeout)
            patience = stop.patience if stop.quiet else 0.0
            closings.add(asyncio.create_task(session.close(seconds=hurried, patience=patience)))
            # A reader that lags holds up the session, but not the end of the run.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_STOPPED_SECONDS + patience):
                    await until_one_is_done(asyncio.wait(closings), stop.urged())
    finally:
        for task in (stopped, *closings):
            task.cancel()
        await asyncio.gather(stopped, *closings, return_exceptions=True)
    for task in closings:
        if not task.cancelled():
            task.result()


def cause_of_end(session: Session, stop: Stop) -> WscliError | None:
    """Why the run is no success: the first cause decides; what follows a stop is none (contract §3)."""
    return stop.earlier or stop.cause if stop.requested else session.failure


class Watch:
    """Knows when there is nothing more to wait for: the connection has ended, or the run was told to end."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def end(self) -> None:
        """Makes it over."""
        self._over.set()

    async def pause(self, seconds: float | None = None) -> bool:
        """Waits until it is over, for `seconds` at most (none: for ever); whether it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()
        return self.over


@contextlib.asynccontextmanager
async def watching(session: Session, stop: Stop) -> AsyncIterator[Watch]:
    """A Watch over an open session."""
    watch = Watch()

    async def end_with(wait: Callable[[], Awaitable[None]]) -> None:
        try:
            await wait()
        finally:
            watch.end()

    tasks = [asyncio.create_task(end_with(session.wait_closed)), asyncio.create_task(end_with(stop.wait))]
    try:
        yield watch
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def close_warning(session: Session) -> str:
    """How our own Close was left unanswered, where that is no failure (contract §3); or nothing."""
    ending = session.ending
    if session.failure is not None or ending.sent is None or ending.received is not None:
        return ""
    how = {
        "open": "the peer did not answer our Close in time",
        "fin": "the peer ended the connection without answering our Close",
        "reset": "the peer reset the connection instead of answering our Close",
    }[ending.tcp]
    return f"{how} (RFC 6455 §5.5.1)"


def summarize(command: str, journal: Journal, **measured: Mapping[str, float] | float | None) -> None:
    """Records the summary: the totals of the journal, and what the command measured."""
    t, time = journal.stamp()
    totals = asdict(journal.totals)
    journal.record(Summarized(t=t, time=time, command=command, **(totals | measured)))
