"""What a one-shot run carries over from one connection to the next (`--reconnect`)."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Sequence

from ..errors import Unsent, WscliError
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
        # Messages of stdin that the last session was given, and how many may be lost with those before it.
        self._given = 0
        self._doubtful = 0
        self._lost_connections = 0

    def note_queued(self, batch: Sequence[bytes], session: Session) -> None:
        """These messages of stdin are about to be queued on `session`."""
        self._given += len(batch)
        self._queued.extend(batch)
        while len(self._queued) > session.unsent + len(batch):
            self._queued.popleft()

    def take_back(self, session: Session) -> list[bytes]:
        """The messages of stdin that `session` was given and never handed to the socket, in order."""
        count = min(session.unsent, len(self._queued))
        left = list(self._queued)[len(self._queued) - count :]
        self._queued.clear()
        self._given = 0
        return left

    def note_lost(self, failure: WscliError | None, session: Session) -> None:
        """`session` ended for `failure`, and the run goes on: what its peer may not have read is counted.

        An end that is no failure by itself is none here either (contract §3).
        """
        sent = self._given - min(session.unsent, len(self._queued))
        doubtful = min(sent, session.unconfirmed)
        if failure is not None and doubtful > 0:
            self._doubtful += doubtful
            self._lost_connections += 1

    @property
    def doubt(self) -> Unsent | None:
        """What of stdin may be lost with an earlier connection, or None: it is not sent again."""
        if not self._doubtful:
            return None
        lost = self._lost_connections
        connections = "connection" if lost == 1 else "connections"
        return Unsent(
            f"up to {self._doubtful:,} of the messages sent may not have reached the peer before the"
            f" connection was lost ({lost:,} {connections})",
            hint="lines of stdin are not sent again; with --ping-interval a pong tells what has arrived",
        )

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
