"""Pings of ours and their answers (RFC 6455 §5.5.2, §5.5.3)."""

from __future__ import annotations

import asyncio

import msgspec

from ..events import PongReceived, Stamp

# Pings without an answer that are remembered; older ones count as lost for good.
_MOST = 4096


class _Ping(msgspec.Struct, frozen=True):
    n: int
    payload: bytes
    t: float


class Pings:
    """The pings that are on the wire, by number from 1, and what their pongs say."""

    def __init__(self) -> None:
        self.sent = 0
        self._waiting: list[_Ping] = []
        self._expected: dict[bytes, asyncio.Event] = {}

    def expect(self, payload: bytes) -> asyncio.Event:
        """Set once a ping with this payload is answered, or a later one is (RFC 6455 §5.5.3)."""
        return self._expected.setdefault(payload, asyncio.Event())

    def number_of(self, payload: bytes) -> int | None:
        """The number of the newest ping with this payload that waits for its pong."""
        return next((ping.n for ping in reversed(self._waiting) if ping.payload == payload), None)

    def note_sent(self, payload: bytes, t: float) -> int:
        """A ping was handed to the socket at `t`; its number."""
        self.sent += 1
        self._waiting.append(_Ping(self.sent, payload, t))
        del self._waiting[:-_MOST]
        return self.sent

    def answer(self, payload: bytes, stamp: Stamp) -> PongReceived | None:
        """The event for this pong, or nothing when no ping of ours has this payload."""
        for index, ping in enumerate(self._waiting):
            if ping.payload == payload:
                for older in self._waiting[: index + 1]:
                    if older.payload in self._expected:
                        self._expected.pop(older.payload).set()
                del self._waiting[index]
                rtt = round((stamp.t - ping.t) * 1000, 3)
                return PongReceived(t=stamp.t, time=stamp.time, n=ping.n, rtt_ms=rtt, length=len(payload))
        return None
