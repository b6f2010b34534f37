"""The handshake probe: opens, times each phase, closes with 1000."""

from __future__ import annotations

from ..config import Target
from ..errors import WscliError
from ..events import (
    Connected,
    Opened,
    Proxied,
    Redirected,
    RequestSent,
    Resolved,
    ResponseReceived,
    TlsEstablished,
)
from ..session.journal import Batch, Journal
from ..session.session import Session
from .conduct import cause_of_end, close_in_time, close_warning, open_unless_stopped, summarize
from .report import Report
from .stop import Stop

# Contract §3: how long its own Close may take to be answered.
CLOSE_SECONDS = 1.0


class _Phases:
    """Adds up how long each phase of the opening took, in milliseconds."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        # Whether what is asked for is a proxy's tunnel, whose time `proxy` tells.
        self._tunnel = False

    def feed(self, batch: Batch, /) -> None:
        for item in batch:
            match item:
                case Resolved():
                    self._add("resolve", item.duration_ms)
                case Connected():
                    self._add("connect", item.duration_ms)
                case Proxied():
                    self._add("proxy", item.duration_ms)
                case TlsEstablished():
                    self._add("tls", item.duration_ms)
                case RequestSent():
                    self._tunnel = item.method == "CONNECT"
                case ResponseReceived() if not self._tunnel:
                    # Interim responses (1xx) are timed from the same request: the last one tells.
                    self.milliseconds["upgrade"] = item.duration_ms
                case Redirected(followed=True):
                    self._add("redirects", self.milliseconds.pop("upgrade", 0))
                case Opened():
                    # What wscli itself does before, between and after them: so they come to the open's total.
                    self._add("other", max(item.total_ms - sum(self.milliseconds.values()), 0.0))
                case _:
                    continue

    def _add(self, phase: str, milliseconds: float) -> None:
        self.milliseconds[phase] = round(self.milliseconds.get(phase, 0) + milliseconds, 3)


async def probe(
    target: Target, journal: Journal, stop: Stop, *, ok_close: frozenset[int] = frozenset()
) -> Report:
    """Performs the opening handshake and closes; everything that there is to see goes to the journal."""
    phases = _Phases()
    journal.listeners.append(phases)
    try:
        return await _open_and_close(target, journal, stop, ok_close)
    except WscliError as failure:
        return Report(failure)
    finally:
        journal.listeners.remove(phases)
        summarize("handshake", journal, phases_ms=phases.milliseconds)


async def _open_and_close(target: Target, journal: Journal, stop: Stop, ok_close: frozenset[int]) -> Report:
    async with Session(target, journal, ok_close=ok_close, strict_close=False) as session:
        if not await open_unless_stopped(session, stop):
            return Report(stop.cause)
        stop.found = lambda: session.failure
        stop.phase = lambda: "closing"
        seconds = min(CLOSE_SECONDS, target.close_timeout)
        await close_in_time(session, stop, session.close(1000, seconds=seconds))
        return Report(cause_of_end(session, stop), close_warning(session))
