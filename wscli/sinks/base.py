"""What every sink is: something that is fed batches of events and shows or keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Protocol, TypeAlias

from msgspec import UNSET

from ..events import Event, FrameSeen, MessageSeen
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
    if event.text is not UNSET:
        return event.text.encode()
    return b"" if event.base64 is UNSET else event.base64


def events_of(run: MessageRun, *, frames: bool) -> Iterator[Event]:
    """The events that a run stands for: each frame (when asked for), then its message."""
    if not frames:
        return iter(run.messages())
    return chain.from_iterable(zip(run.frames(), run.messages(), strict=True))
