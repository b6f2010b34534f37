"""What every sink is: something that is fed batches of events and shows or keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from ..events import Event
from ..wire.runs import MessageRun

Batch: TypeAlias = Sequence[Event | MessageRun]


class Sink(Protocol):
    """Shows events. `feed` never blocks: it formats, and hands bytes to an `Output` that has a queue."""

    def feed(self, batch: Batch, /) -> None:
        """Take what one read, or one step of ours, brought; in order, each thing once."""

    def finish(self) -> None:
        """Nothing more will come: hand over what was held back."""
