"""The ring: the newest events of a session, kept for `/show`, `/find` and `/save`; bounded.

Runs are kept as runs; events are made of them only when somebody asks.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final

from ..events import Event, FrameSeen, MessageSeen, ViolationFound
from ..session.journal import Batch
from ..sinks.base import events_of, payload_of
from ..wire.runs import MessageRun

DEFAULT_BYTES: Final = 32 * 1024**2
MOST_ITEMS: Final = 200_000

# What an event or a message of a run costs beside its payload: objects, offsets, list slots.
_EVENT_BYTES: Final = 600
_MESSAGE_BYTES: Final = 80
_INFLATED_BYTES: Final = 48

Item = Event | MessageRun


class Ring:
    """Takes every batch; what no longer fits falls out at the old end, whole reads of a flood at a time.

    `limit` is in bytes of memory, about. `lost_frames` and `lost_events` count what fell out.
    """

    def __init__(self, limit: int = DEFAULT_BYTES, most: int = MOST_ITEMS) -> None:
        self._limit = limit
        self._most = most
        self._items: deque[tuple[Item, int]] = deque()
        self._last_buffer: bytes | None = None
        self.bytes = 0
        self.frames = 0
        self.lost_frames = 0
        self.lost_events = 0

    def feed(self, batch: Batch, /) -> None:
        """Keep what came."""
        for item in batch:
            kept = item.head(len(item)) if isinstance(item, MessageRun) else item
            cost = self._cost(kept)
            self._items.append((kept, cost))
            self.bytes += cost
            self.frames += _frames_in(kept)
        while len(self._items) > 1 and (self.bytes > self._limit or len(self._items) > self._most):
            self._drop_oldest()

    def _drop_oldest(self) -> None:
        item, cost = self._items.popleft()
        self.bytes -= cost
        frames = _frames_in(item)
        self.frames -= frames
        self.lost_frames += frames
        self.lost_events += 2 * len(item) if isinstance(item, MessageRun) else 1

    def _cost(self, item: Item) -> int:
        if not isinstance(item, MessageRun):
            size = len(payload_of(item)) if isinstance(item, FrameSeen | MessageSeen) else 0
            return _EVENT_BYTES + size
        cost = _EVENT_BYTES + _MESSAGE_BYTES * len(item)
        if item.inflated is not None:
            cost += item.payload_bytes + _INFLATED_BYTES * len(item)
        # Runs of one read share its buffer, which stays as long as one of them does.
        if item.buffer is not self._last_buffer:
            self._last_buffer = item.buffer
            cost += sys.getsizeof(item.buffer)
        return cost

    @property
    def first_frame(self) -> int | None:
        """The number of the oldest frame that is kept."""
        return next(filter(None, (_first_number(item) for item, _ in self._items)), None)

    @property
    def last_frame(self) -> int | None:
        """The number of the newest frame that is kept."""
        for item, _ in reversed(self._items):
            if (first := _first_number(item)) is not None:
                return first + len(item) - 1 if isinstance(item, MessageRun) else first
        return None

    def frame(self, n: int) -> FrameSeen | None:
        """Frame number `n`, when it is kept."""
        for item, _ in self._items:
            if isinstance(item, FrameSeen) and item.n == n:
                return item
            if isinstance(item, MessageRun) and 0 <= n - item.frame_n < len(item):
                return next(item.part(n - item.frame_n).frames())
        return None

    def violations(self, n: int) -> list[ViolationFound]:
        """What lint said of frame `n`."""
        return [item for item, _ in self._items if isinstance(item, ViolationFound) and item.frame == n]

    def message_of(self, n: int) -> MessageSeen | None:
        """The message whose last frame is frame `n`; its event follows that frame's."""
        found = False
        for item, _ in self._items:
            if found and isinstance(item, MessageSeen):
                return item
            if isinstance(item, FrameSeen):
                found = item.n == n
        return None

    def events(self) -> Iterator[Event]:
        """Everything that is kept, in order, each frame before its message."""
        for item, _ in list(self._items):
            if isinstance(item, MessageRun):
                yield from events_of(item.head(len(item)), frames=True)
            else:
                yield item

    def find(self, found_in: Callable[[bytes], bool]) -> Iterator[FrameSeen]:
        """The frames of whose payload that is true, newest first."""
        for item, _ in reversed(self._items):
            if isinstance(item, FrameSeen) and found_in(payload_of(item)):
                yield item
            elif isinstance(item, MessageRun):
                payloads = item.wire_payloads if item.inflated is None else item.inflated
                for index in range(len(payloads) - 1, -1, -1):
                    if found_in(payloads[index]):
                        yield next(item.part(index).frames())


def _frames_in(item: Item) -> int:
    return len(item) if isinstance(item, MessageRun) else int(isinstance(item, FrameSeen))


def _first_number(item: Item) -> int | None:
    if isinstance(item, MessageRun):
        return item.frame_n
    return item.n if isinstance(item, FrameSeen) else None
