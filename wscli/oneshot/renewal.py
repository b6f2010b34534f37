"""What a one-shot run carries over from one connection to the next (`--reconnect`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence

from ..errors import WscliError
from ..probes.stop import Stop
from ..session.reconnect import Reconnector, why_again
from ..session.session import Session


class Renewal:
    """Makes the next session; remembers stdin's messages that the last one could not send.

    A line of stdin reaches a socket once: what was handed to it whole is never sent again, what was not goes
    first on the next connection.
    """

    def __init__(self, reconnector: Reconnector, make: Callable[[], Session], stop: Stop) -> None:
        self.reconnector = reconnector
        self.make = make
        self._stop = stop
        self._queued: deque[bytes] = deque()

    def note_queued(self, batch: Sequence[bytes], session: Session) -> None:
        """These messages of stdin are about to be queued on `session`."""
        self._queued.extend(batch)
        while len(self._queued) > session.unsent + len(batch):
            self._queued.popleft()

    def take_back(self, session: Session) -> list[bytes]:
        """The messages of stdin that `session` was given and never handed to the socket, in order."""
        count = min(session.unsent, len(self._queued))
        left = list(self._queued)[len(self._queued) - count :]
        self._queued.clear()
        return left

    def next_delay(self, failure: WscliError | None, session: Session) -> float | None:
        """Seconds until the next attempt; None when there is none, which `failure` then says."""
        delay = self.reconnector.next_delay(failure, session.closed)
        if delay is None and failure is not None and self.reconnector.exhausted:
            attempts = self.reconnector.attempts
            gave_up = f"gave up after {attempts} {'retry' if attempts == 1 else 'retries'} (--max-retries)"
            failure.hint = f"{gave_up}; {failure.hint}" if failure.hint else gave_up
        return delay

    def would_go_on(self, failure: WscliError | None, session: Session) -> bool:
        """Whether this end of a connection is one after which there is another attempt."""
        return why_again(failure, session.closed) is not None and not self.reconnector.exhausted

    async def pause(self, seconds: float) -> bool:
        """Wait before the next attempt; False when the run was told to end meanwhile."""
        self._stop.phase = lambda: "waiting to reconnect"
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        return not self._stop.requested
