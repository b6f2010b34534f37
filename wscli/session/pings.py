"""Pings of ours and their answers (RFC 6455 §5.5.2, §5.5.3)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque

import msgspec

from ..events import PongReceived, Stamp

# Pings without an answer that are remembered; older ones count as lost for good.
_MOST = 4096


class Ping(msgspec.Struct, frozen=True):
    """A ping on the wire: its number, and when it was handed to the socket (`t` on the run's clock).

    `messages` of ours were on the wire before it.
    """

    n: int
    payload: bytes
    t: float
    messages: int = 0


class Pings:
    """The pings that are on the wire, by number from 1, and what their pongs say."""

    def __init__(self) -> None:
        self.sent = 0
        # How many of our messages the peer has read for certain: its pong came to a ping behind them.
        self.messages_read = 0
        # The same pings twice, so that no pong has to search: by number, and by payload in the order sent.
        self._waiting: OrderedDict[int, Ping] = OrderedDict()
        self._alike: dict[bytes, deque[Ping]] = {}
        self._expected: dict[bytes, asyncio.Event] = {}

    def expect(self, payload: bytes) -> asyncio.Event:
        """Set once a ping with this payload is answered, or a later one is (RFC 6455 §5.5.3)."""
        return self._expected.setdefault(payload, asyncio.Event())

    @property
    def expecting(self) -> int:
        """How many answers are expected, at most as many as pings are remembered."""
        return len(self._expected)

    def waiting(self, payload: bytes) -> Ping | None:
        """The newest ping with this payload that waits for its pong; None also while it is only queued."""
        alike = self._alike.get(payload)
        return alike[-1] if alike else None

    def note_sent(self, payload: bytes, t: float, messages: int = 0) -> int:
        """A ping was handed to the socket at `t`, behind so many messages; its number."""
        self.sent += 1
        ping = Ping(self.sent, payload, t, messages)
        self._waiting[ping.n] = ping
        self._alike.setdefault(payload, deque()).append(ping)
        if len(self._waiting) > _MOST:
            self._forget(next(iter(self._waiting.values())))
        return self.sent

    def answer(self, payload: bytes, stamp: Stamp) -> PongReceived | None:
        """The event for this pong, or nothing when no ping of ours has this payload."""
        alike = self._alike.get(payload)
        if not alike:
            return None
        ping = alike[0]
        self.messages_read = max(self.messages_read, ping.messages)
        self._tell_expected(ping)
        self._forget(ping)
        rtt = round((stamp.t - ping.t) * 1000, 3)
        return PongReceived(t=stamp.t, time=stamp.time, n=ping.n, rtt_ms=rtt, length=len(payload))

    def _tell_expected(self, answered: Ping) -> None:
        """Who expects this answer, or that of an older ping, need not wait longer."""
        for payload in list(self._expected):
            alike = self._alike.get(payload)
            if alike and alike[0].n <= answered.n:
                self._expected.pop(payload).set()

    def _forget(self, ping: Ping) -> None:
        """Drop the oldest ping with its payload."""
        del self._waiting[ping.n]
        alike = self._alike[ping.payload]
        alike.popleft()
        if not alike:
            del self._alike[ping.payload]
            self._expected.pop(ping.payload, None)
