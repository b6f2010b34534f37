"""Where the facts of one dial go: events, phases, and the clock that times both."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..events import Clock, Event


class Progress(msgspec.Struct, frozen=True):
    """`emit` takes each event, `enter` is told the phase that begins."""

    emit: Callable[[Event], None]
    clock: Clock
    enter: Callable[[str], None]

    def since(self, started: float) -> float:
        """Milliseconds since `started`, a moment of the clock, to the microsecond."""
        return milliseconds(self.clock.now() - started)

    def muted(self) -> Progress:
        """The same clock for something that nobody shall hear of."""
        return Progress(lambda _: None, self.clock, lambda _: None)


def milliseconds(seconds: float) -> float:
    """Milliseconds to the microsecond, as events give durations."""
    return round(seconds * 1000, 3)
