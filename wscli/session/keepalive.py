"""Keepalive: pings in the background, and the verdict that the peer is dead (RFC 6455 §5.5.2)."""

from __future__ import annotations

import asyncio
import itertools
from typing import Protocol

from ..errors import DeadlineExceeded, Unsent
from ..events import PingLost
from .journal import Journal
from .pings import Pings

# Less than this in which a reader was waited for is no time that the peer lacked.
_LEAST_SECONDS = 0.001


class Kept(Protocol):
    """What is kept alive: an open session.

    `bytes_received` counts what came; `in_frame`: a frame has begun that is not whole yet;
    `waited_for_readers`: seconds in which the peer was not read, for a reader of ours was waited for.
    """

    journal: Journal
    pings: Pings

    @property
    def is_open(self) -> bool: ...
    @property
    def queued_bytes(self) -> int: ...
    @property
    def bytes_received(self) -> int: ...
    @property
    def in_frame(self) -> bool: ...
    @property
    def waited_for_readers(self) -> float: ...
    def send_ping(self, payload: bytes = b"") -> None: ...
    def give_up(self, failure: DeadlineExceeded) -> None: ...


class Keepalive:
    """Pings every `interval` seconds; no pong within `timeout` (None: whenever it comes) is the end."""

    def __init__(self, session: Kept, interval: float, timeout: float | None) -> None:
        self._session = session
        self._interval = interval
        self._timeout = timeout

    async def run(self) -> None:
        """Ping until the connection is over or the peer is dead."""
        session = self._session
        pause = self._interval
        loop = asyncio.get_running_loop()
        for n in itertools.count(1):
            await asyncio.sleep(pause)
            if not session.is_open:
                return
            began = loop.time()
            payload = f"keepalive {n}".encode()
            answered = session.pings.expect(payload)
            try:
                session.send_ping(payload)
            except Unsent:
                return
            if self._timeout is not None and not await self._alive(answered, payload, self._timeout):
                self._pronounce_dead(payload, self._timeout)
                return
            pause = max(0.0, self._interval - (loop.time() - began))

    async def _alive(self, answered: asyncio.Event, payload: bytes, seconds: float) -> bool:
        """Whether a pong comes in time, or the peer is not the one that keeps it from coming."""
        session = self._session
        left, excused = seconds, None
        while True:
            received, queued = session.bytes_received, session.queued_bytes
            waited = session.waited_for_readers
            if await self._answered(answered, payload, left):
                return True
            # A frame that was begun before the ping was read is in the way, but not each that comes after it:
            # a read of many nearly always ends inside one.
            number = session.journal.totals.frames_in
            growing = session.in_frame and session.bytes_received != received
            # Ours is in the way: what was queued before the ping still leaves.
            still_leaving = 0 < session.queued_bytes != queued
            left = session.waited_for_readers - waited
            if growing and excused in (None, number):
                left, excused = seconds, number
            elif still_leaving:
                left = seconds
            elif left < _LEAST_SECONDS:
                return False

    async def _answered(self, answered: asyncio.Event, payload: bytes, seconds: float) -> bool:
        """Wait so long; a ping that leaves only meanwhile, behind what was queued, has as long from then."""
        left = seconds
        while left > 0:
            try:
                async with asyncio.timeout(left):
                    await answered.wait()
                    return True
            except TimeoutError:
                ping = self._session.pings.waiting(payload)
                left = 0.0 if ping is None else ping.t + seconds - self._session.journal.clock.now()
        return False

    def _pronounce_dead(self, payload: bytes, seconds: float) -> None:
        session = self._session
        if not session.is_open:
            return
        ping = session.pings.waiting(payload)
        if ping is not None:
            t, time = session.journal.stamp()
            waited = round((t - ping.t) * 1000, 3)
            session.journal.record(PingLost(t=t, time=time, n=ping.n, waited_ms=waited))
        session.give_up(
            DeadlineExceeded(
                f"keepalive: the peer did not answer a ping within {seconds:g} s (--ping-timeout)",
                hint="the peer is gone, or something between swallows pings; allow more, or leave it out",
            )
        )
