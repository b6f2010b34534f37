"""Pings of ours and their answers (RFC 6455 §5.5.2, §5.5.3)."""

from __future__ import annotations

from dataclasses import dataclass

from ..events import PongReceived, Stamp

# Pings without an answer that are remembered; older ones count as lost for good.
_MOST = 4096


@dataclass(frozen=True, slots=True)
class _Ping:
    n: int
    payload: bytes
    t: float


class Pings:
    """The pings that are on the wire, by number from 1, and what their pongs say."""

    def __init__(self) -> None:
        self.sent = 0
        self._waiting: list[_Ping] = []

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
                del self._waiting[index]
                rtt = round((stamp.t - ping.t) * 1000, 3)
                return PongReceived(t=stamp.t, time=stamp.time, n=ping.n, rtt_ms=rtt, length=len(payload))
        return None
