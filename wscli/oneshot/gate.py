"""The gate: before sinks and expectations, it counts incoming messages and lets no more than N through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from ..events import Event, MessageSeen
from ..session.journal import Batch, Listener
from ..wire.runs import MessageRun


class Gate:
    """Passes batches on to `listeners`; messages that come after the `limit`th are not for them.

    `reached` is set with that message, and `on_reached` called before anything that came behind it is judged;
    `last_message` is when the last one came (the loop's clock, seconds).
    """

    def __init__(self, *listeners: Listener, limit: int | None = None) -> None:
        self.listeners = list(listeners)
        self._limit = limit
        self.count = 0
        self.reached = asyncio.Event()
        self.on_reached: Callable[[], None] = lambda: None
        self.last_message = asyncio.get_running_loop().time()

    def feed(self, batch: Batch, /) -> None:
        """Count, cut, pass on."""
        before = self.count
        passed = self._cut(batch) if self._limit is not None else self._count(batch)
        if self.count != before:
            self.last_message = asyncio.get_running_loop().time()
        if passed:
            for listener in self.listeners:
                listener.feed(passed)
        if self._limit is not None and self.count >= self._limit and not self.reached.is_set():
            self.reached.set()
            self.on_reached()

    def _count(self, batch: Batch) -> Batch:
        self.count += sum(map(_incoming, batch))
        return batch

    def _cut(self, batch: Batch) -> Batch:
        passed: list[Event | MessageRun] = []
        for item in batch:
            size = _incoming(item)
            room = (self._limit or 0) - self.count
            if not size:
                passed.append(item)
            elif isinstance(item, MessageRun) and 0 < room < size:
                passed.append(item.head(room))
                self.count += room
            elif room > 0:
                passed.append(item)
                self.count += size
        return passed


def _incoming(item: Event | MessageRun) -> int:
    if isinstance(item, MessageRun):
        return len(item) if item.direction == "in" else 0
    return int(isinstance(item, MessageSeen) and item.direction == "in")
