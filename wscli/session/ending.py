"""How a connection ended: whose Close came first, what it said, what that means (RFC 6455 §7)."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from ..errors import ClosedByPeer, ConnectionLost, DeadlineExceeded, WscliError
from ..events import Closed, FrameSeen, SentClose, Stamp
from ..wire.closecodes import ABNORMAL, NO_STATUS, name_of, parse_close

GOOD_CLOSE_CODES = frozenset({1000, 1001, NO_STATUS})

# What the codes of RFC 6455 §7.4.1 (and of IANA's registry) let a user look for.
_WHAT_TO_TRY: Final = {
    1002: "the peer found fault with a frame of ours: -v --frames shows them",
    1003: "the peer does not take this kind of message: text or binary (--binary)?",
    1007: "the peer could not read a message of ours",
    1008: "a message, the credentials or the Origin may be against its rules",
    1009: "a message was too big for the peer",
    1011: "the server failed: its log may say why",
    1012: "the server restarts: --reconnect comes back",
    1013: "the server is busy: try again later",
    1014: "a gateway on the way could not reach the service: is it up?",
}


class Ending(msgspec.Struct):
    """Collects the two Close frames as they pass on the wire; `t` are seconds on the run's clock."""

    received: FrameSeen | None = None
    sent: FrameSeen | None = None
    tcp: Literal["fin", "reset", "open"] = "open"

    def note(self, frame: FrameSeen) -> None:
        """Keep the first Close of each direction."""
        if frame.direction == "in":
            self.received = self.received or frame
        else:
            self.sent = self.sent or frame

    @property
    def both_closed(self) -> bool:
        """Whether a Close went each way (RFC 6455 §7.1.4)."""
        return self.received is not None and self.sent is not None

    @property
    def initiator(self) -> Literal["local", "peer", "none"]:
        """Whose Close was on the wire first."""
        if self.sent is None and self.received is None:
            return "none"
        if self.sent is None:
            return "peer"
        if self.received is None:
            return "local"
        return "local" if self.sent.n < self.received.n else "peer"

    @property
    def code(self) -> int:
        """The peer's code: 1005 for an empty Close, 1006 for none (RFC 6455 §7.1.5)."""
        if self.received is None:
            return ABNORMAL
        code = self._wire_code
        return NO_STATUS if code is None else code

    @property
    def _wire_code(self) -> int | None:
        return None if self.received is None else parse_close(self.received.payload).code

    def event(self, stamp: Stamp) -> Closed:
        """The `close` event."""
        code = self.code
        sent = None if self.sent is None else parse_close(self.sent.payload)
        duration = None
        if self.received is not None and self.sent is not None:
            duration = round(abs(self.received.t - self.sent.t) * 1000, 3)
        return Closed(
            t=stamp.t,
            time=stamp.time,
            code=code,
            name=name_of(code),
            reason="" if self.received is None else parse_close(self.received.payload).reason,
            sent=None if sent is None else SentClose(code=sent.code, reason=sent.reason),
            initiator=self.initiator,
            clean=self.both_closed,
            tcp=self.tcp,
            duration_ms=duration,
            wire_code=self._wire_code,
        )

    def failure(self, ok_codes: frozenset[int]) -> WscliError | None:
        """Why this ending is none that a script may take for success, or nothing (contract §3)."""
        if self.received is None:
            return self._lost()
        if self.initiator == "peer" and self.code not in GOOD_CLOSE_CODES | ok_codes:
            closing = parse_close(self.received.payload)
            reason = f": {closing.reason}" if closing.reason else ""
            allowing = f"--ok-close {self.code} makes this a success"
            return ClosedByPeer(
                f"the peer closed the connection with {self.code} ({name_of(self.code)}){reason}",
                hint="; ".join(filter(None, (_WHAT_TO_TRY.get(self.code), allowing))),
            )
        return None

    def unanswered(self, granted: float, allowed: float, now: float) -> DeadlineExceeded:
        """Our Close had no answer in the `granted` seconds; `allowed` are those that --close-timeout says.

        `now` is on the run's clock, as the frames are.
        """
        if self.sent is None:
            return DeadlineExceeded("the closing handshake: the peer took nothing more, not even our Close")
        if granted >= allowed:
            return DeadlineExceeded(
                f"the closing handshake: the peer did not answer our Close within {granted:g} s",
                hint="allow more with --close-timeout",
            )
        waited = f"{now - self.sent.t:.1f} s"
        return DeadlineExceeded(
            f"the closing handshake: given up, for the peer had not answered our Close after {waited}"
        )

    def _lost(self) -> WscliError:
        how = {"reset": "was reset", "fin": "ended", "open": "was given up"}[self.tcp]
        after = " after our Close" if self.sent is not None else ""
        return ConnectionLost(
            f"the connection {how}{after} without a Close frame from the peer (1006, RFC 6455 §7.1.5)",
            hint="the server or something between may have crashed, restarted or timed out: see its log",
        )
