"""The wish that a run should end, told to whatever is running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..errors import WscliError


class Stop:
    """Asked for by a signal, a deadline, a reader that has gone; the first one counts.

    `cause` decides the exit status; it is None when the end is a quiet one (nobody reads it). That one
    may take `patience` seconds more, for what is under way to arrive; what asks after it ends this at once.
    `phase` says what is being done at this moment, for the message of a deadline; `found` what has gone
    wrong by now, kept as `earlier` for a run that has to be cut off: the first cause decides (contract §3).
    `takes_interrupt` is asked whether SIGINT is no wish to end: in the REPL Ctrl-C is a key.
    """

    def __init__(self) -> None:
        self.cause: WscliError | None = None
        self.phase: Callable[[], str] = lambda: "starting"
        self.found: Callable[[], WscliError | None] = lambda: None
        self.takes_interrupt: Callable[[], bool] = lambda: False
        self.earlier: WscliError | None = None
        self.asked_at: float | None = None
        self.patience = 0.0
        self._asked = asyncio.Event()
        self._urged = asyncio.Event()

    @property
    def requested(self) -> bool:
        return self._asked.is_set()

    @property
    def quiet(self) -> bool:
        """Whether the run was told to end, and nothing has gone wrong by that."""
        return self.requested and self.cause is None

    def request(self, cause: WscliError | None) -> None:
        """Asks the run to end; only the first cause counts."""
        if not self.requested:
            self.cause, self.earlier = cause, self.found()
            self.asked_at = time.monotonic()
            self._asked.set()
        elif self.quiet and cause is not None:
            self.cause = cause
            self._urged.set()

    def left(self, grace: float) -> float:
        """What is left, in seconds, of the `grace` that began when the run was told to end."""
        if self.asked_at is None:
            return grace
        allowed = grace + (self.patience if self.quiet else 0.0)
        return max(0.0, self.asked_at + allowed - time.monotonic())

    async def wait(self) -> None:
        """Returns once the run should end."""
        await self._asked.wait()

    async def urged(self) -> None:
        """Returns once there is no time for a quiet end any more."""
        await self._urged.wait()
