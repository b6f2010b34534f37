"""When a connection that ended is opened again, and after how long; whoever runs sessions asks here."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from ..errors import (
    ClosedByPeer,
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    ProxyFailed,
    Refused,
    ResolveFailed,
    WscliError,
)
from ..events import Closed, Reconnecting
from .journal import Journal

STABLE_SECONDS = 10.0
_FIRST_BACKOFF = 0.5
_NORMAL_CLOSURE = 1000
# RFC 9110 §15.5: client errors that may pass by themselves (timeout, too early, too many requests).
_PASSING = frozenset({408, 425, 429})
_TRANSIENT = (ClosedByPeer, ConnectFailed, ConnectionLost, DeadlineExceeded, ResolveFailed)


class ReconnectPolicy(msgspec.Struct, frozen=True):
    """`max_retries` bounds the attempts in a row (0: no bound), `max_backoff` the pause, in seconds.

    A connection that stood for `STABLE_SECONDS` begins a new row; one that drops at once does not.
    """

    max_retries: int = 10
    max_backoff: float = 30.0

    def ceiling(self, attempt: int) -> float:
        """The longest pause before `attempt` (from 1), in seconds: it doubles each time."""
        return min(self.max_backoff, _FIRST_BACKOFF * 2.0 ** min(attempt - 1, 32))


def may_pass(failure: WscliError) -> bool:
    """Whether another attempt may fare better: not after a refusal, a reply or a mistrust that will stay."""
    if isinstance(failure, Refused):
        return failure.status >= 500 or failure.status in _PASSING
    if isinstance(failure, ProxyFailed):
        # A proxy that answered has said no; one that was not reached may come back.
        return isinstance(failure.__cause__, _TRANSIENT)
    return isinstance(failure, _TRANSIENT)


def why_again(failure: WscliError | None, closed: Closed | None) -> str | None:
    """Why the connection may be opened again, in a few words; None when it may not be.

    `closed` is how it ended, None when it never stood. What we closed ourselves stays closed, and so does
    what the peer closed with 1000.
    """
    if closed is not None and (closed.initiator == "local" or closed.code == _NORMAL_CLOSURE):
        return None
    if failure is not None:
        return failure.message if may_pass(failure) else None
    if closed is None:
        return None
    return f"the peer closed the connection with {closed.code} ({closed.name})"


class Reconnector:
    """Decides and tells each reconnect of a run: full jitter, from nothing up to a ceiling that doubles.

    A server that asks for a pause (Retry-After) has it, up to the largest backoff.
    `draw(low, high)` gives a number between the two.
    """

    def __init__(
        self,
        policy: ReconnectPolicy,
        journal: Journal,
        draw: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._policy = policy
        self._journal = journal
        self._draw = draw
        self._attempt = 0
        self._opened = 0.0

    @property
    def attempts(self) -> int:
        """How many there were in this row."""
        return self._attempt

    @property
    def exhausted(self) -> bool:
        """Whether no attempt is left."""
        return 0 < self._policy.max_retries <= self._attempt

    def note_open(self) -> None:
        """A connection stands from now on; once it has stood a while, its end begins a new count."""
        self._opened = self._journal.clock.now()

    def next_delay(self, failure: WscliError | None, closed: Closed | None) -> float | None:
        """Seconds to wait before the next attempt, which is then an event; None when there is to be none."""
        reason = why_again(failure, closed)
        if closed is not None and self._journal.clock.now() - self._opened >= STABLE_SECONDS:
            self._attempt = 0
        if reason is None or self.exhausted:
            return None
        self._attempt += 1
        delay = self._draw(0.0, self._policy.ceiling(self._attempt))
        asked = failure.retry_after if isinstance(failure, Refused) else None
        if asked is not None and asked > delay:
            delay = min(asked, self._policy.max_backoff)
            bounded = f", cut to {delay:g} s by --max-backoff" if delay < asked else ""
            reason = f"{reason} (Retry-After: {asked:.0f} s{bounded})"
        t, time = self._journal.stamp()
        milliseconds = round(delay * 1000, 3)
        self._journal.record(
            Reconnecting(t=t, time=time, attempt=self._attempt, delay_ms=milliseconds, reason=reason)
        )
        return delay
