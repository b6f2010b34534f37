"""The journal: where everything that happens is stamped, numbered, counted and handed to the listeners."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from ..events import Clock, Event, FrameSeen, MessageSeen, Stamp, ViolationFound
from ..wire.dissect import Numbering
from ..wire.runs import MessageRun

Batch = Sequence[Event | MessageRun]


class Listener(Protocol):
    """Whoever takes batches: a sink, a gate, a probe."""

    def feed(self, batch: Batch, /) -> None:
        """Take what happened; must not wait."""


async def _at_once() -> None:
    """The back-pressure of listeners that never lag."""


class Totals(msgspec.Struct):
    """What went by so far, both ways; bytes are those of messages, after inflation."""

    frames_in: int = 0
    frames_out: int = 0
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    errors: int = 0
    warnings: int = 0

    def count(self, batch: Batch) -> None:
        """Add what this batch holds."""
        for item in batch:
            if isinstance(item, MessageRun):
                self._add(item.direction, frames=len(item), messages=len(item), size=item.payload_bytes)
            elif isinstance(item, MessageSeen):
                self._add(item.direction, messages=1, size=item.length)
            elif isinstance(item, FrameSeen):
                self._add(item.direction, frames=1)
            elif isinstance(item, ViolationFound):
                self.errors += item.severity == "error"
                self.warnings += item.severity == "warning"

    def _add(self, direction: str, *, frames: int = 0, messages: int = 0, size: int = 0) -> None:
        if direction == "in":
            self.frames_in += frames
            self.messages_in += messages
            self.bytes_in += size
        else:
            self.frames_out += frames
            self.messages_out += messages
            self.bytes_out += size


class Journal(msgspec.Struct):
    """One for a run, kept through reconnects: the clock, the numbers, the totals and the listeners.

    `ready` waits while a listener's reader lags; the session stops reading meanwhile, and so TCP slows the
    peer down.
    """

    clock: Clock = msgspec.field(default_factory=Clock)
    listeners: list[Listener] = msgspec.field(default_factory=list)
    ready: Callable[[], Awaitable[None]] = _at_once
    numbering: Numbering = msgspec.field(default_factory=Numbering)
    totals: Totals = msgspec.field(default_factory=Totals)

    def deliver(self, batch: Batch) -> None:
        """Hand a batch on to every listener, in order."""
        if batch:
            self.totals.count(batch)
            for listener in self.listeners:
                listener.feed(batch)

    def record(self, event: Event) -> None:
        """Deliver one event."""
        self.deliver((event,))

    def stamp(self) -> Stamp:
        """The stamp for this moment."""
        return self.clock.stamp()
