"""The wish that a run should end, told to whatever is running."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ..errors import WscliError


class Stop:
    """Asked for at most once: by a signal, a deadline, a reader that has gone.

    `cause` decides the exit status; it is None when the end is a quiet one (nobody reads the output).
    `phase` says what is being done at this moment, for the message of a deadline; `found` what has gone
    wrong by now, kept as `earlier` for a run that has to be cut off: the first cause decides (contract §3).
    """

    def __init__(self) -> None:
        self.cause: WscliError | None = None
        self.phase: Callable[[], str] = lambda: "starting"
        self.found: Callable[[], WscliError | None] = lambda: None
        self.earlier: WscliError | None = None
        self.asked_at: float | None = None
        self._asked = asyncio.Event()

    @property
    def requested(self) -> bool:
        return self._asked.is_set()

    def request(self, cause: WscliError | None) -> None:
        """Asks the run to end; only the first cause counts."""
        if not self._asked.is_set():
            self.cause, self.earlier = cause, self.found()
            self.asked_at = time.monotonic()
            self._asked.set()

    def left(self, grace: float) -> float:
        """What is left, in seconds, of the `grace` that began when the run was told to end."""
        return grace if self.asked_at is None else max(0.0, self.asked_at + grace - time.monotonic())

    async def wait(self) -> None:
        """Returns once the run should end."""
        await self._asked.wait()
