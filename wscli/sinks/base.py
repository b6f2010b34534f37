"""What every sink is: something that is fed batches of events and shows or keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol, TypeAlias, TypeGuard

from ..events import Event, FrameSeen, MessageSeen
from ..longtext import LONG
from ..wire.runs import MessageRun

Batch: TypeAlias = Sequence[Event | MessageRun]


class Sink(Protocol):
    """Shows events. `feed` never blocks: it formats, and hands bytes to an `Output` that has a queue."""

    def feed(self, batch: Batch, /) -> None:
        """Take what one read, or one step of ours, brought; in order, each thing once."""

    def finish(self) -> None:
        """Nothing more will come: hand over what was held back."""


def payload_of(event: FrameSeen | MessageSeen) -> bytes:
    """The content of a frame or message as bytes, unmasked and inflated."""
    return event.payload


def is_long(event: Event) -> TypeGuard[FrameSeen | MessageSeen]:
    """Whether this is a frame or message with so long a payload that it is written piece by piece."""
    return isinstance(event, FrameSeen | MessageSeen) and event.length > LONG


def events_of(run: MessageRun, *, frames: bool) -> Iterator[Event]:
    """The events that a run stands for: each frame (when asked for), then its message."""
    if not frames:
        return iter(run.messages())
    return chain.from_iterable(zip(run.frames(), run.messages(), strict=True))
