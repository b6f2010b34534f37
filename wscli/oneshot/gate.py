"""The gate: before sinks and expectations, it counts incoming messages and lets no more than N through."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from ..events import Event, MessageSeen
from ..session.journal import Batch, Journal, Listener
from ..wire.runs import MessageRun


class Gate:
    """Passes batches on to `listeners`; of messages that come after the `limit`th they get the frames alone.

    Nor are those messages numbered or counted in `journal`: with the `limit`th the run was at its end.
    `reached` is set with that one, and `on_reached` called before anything that came behind it is judged;
    `last_message` is when the last one came (the loop's clock, seconds).
    """

    def __init__(
        self, *listeners: Listener, limit: int | None = None, journal: Journal | None = None
    ) -> None:
        self.listeners = list(listeners)
        self._journal = journal
        self._limit = limit
        self.count = 0
        self.reached = asyncio.Event()
        self.on_reached: Callable[[], None] = lambda: None
        self.last_message = asyncio.get_running_loop().time()

    @property
    def awaited(self) -> str:
        """Which message is the next, of how many, in words; empty without a limit."""
        return "" if self._limit is None else f"message {self.count + 1:,} of {self._limit:,} (--count)"

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
            elif room >= size:
                passed.append(item)
                self.count += size
            else:
                passed += self._frames_behind(item, room)
                self.count += room
        return passed

    def _frames_behind(self, item: Event | MessageRun, room: int) -> Iterator[Event | MessageRun]:
        """What is left of messages of which only the first `room` are wanted."""
        if isinstance(item, MessageRun):
            if room:
                yield item.head(room)
            behind = item.part(room, len(item) - room)
            self._uncount(len(behind), behind.payload_bytes)
            yield from behind.frames()
        elif isinstance(item, MessageSeen):
            self._uncount(1, item.length)

    def _uncount(self, messages: int, size: int) -> None:
        if self._journal is not None:
            self._journal.numbering.messages -= messages
            self._journal.totals.messages_in -= messages
            self._journal.totals.bytes_in -= size


def _incoming(item: Event | MessageRun) -> int:
    if isinstance(item, MessageRun):
        return len(item) if item.direction == "in" else 0
    return int(isinstance(item, MessageSeen) and item.direction == "in")
