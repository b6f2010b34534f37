"""The handshake probe: opens, times each phase, closes with 1000."""

from __future__ import annotations

from typing import Final

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
CLOSE_SECONDS: Final = 1.0


# What the last phases of an opening are to whoever looks at its times; a refusal's body is in none.
_NAMES: Final = {"request": "upgrade", "reply": "upgrade", "body": ""}
# Seconds; the `t` of events is rounded.
_RESOLUTION: Final = 1e-6


class _Phases:
    """Adds up how long each phase of the opening took, in milliseconds."""

    def __init__(self) -> None:
        self.milliseconds: dict[str, float] = {}
        self.opened = False
        # When an event told of each phase last (`t`).
        self._told: dict[str, float] = {}
        # Whether what is asked for is a proxy's tunnel, whose time `proxy` tells.
        self._tunnel = False

    def feed(self, batch: Batch, /) -> None:
        for item in batch:
            match item:
                case Resolved():
                    self._note("resolve", item)
                case Connected():
                    self._note("connect", item)
                case Proxied():
                    self._note("proxy", item)
                case TlsEstablished():
                    self._note("tls", item)
                case RequestSent():
                    self._tunnel = item.method == "CONNECT"
                case ResponseReceived() if not self._tunnel:
                    # Interim responses (1xx) are timed from the same request: the last one tells.
                    self.milliseconds.pop("upgrade", None)
                    self._note("upgrade", item)
                case Redirected(followed=True):
                    self._add("redirects", self.milliseconds.pop("upgrade", 0))
                case Opened():
                    self.opened = True
                    # What wscli itself does before, between and after them: so they come to the open's total.
                    self._add("other", max(item.total_ms - sum(self.milliseconds.values()), 0.0))
                case _:
                    continue

    def _note(
        self, phase: str, event: Resolved | Connected | Proxied | TlsEstablished | ResponseReceived
    ) -> None:
        self._add(phase, event.duration_ms)
        self._told[phase] = event.t

    def add_unfinished(self, session: Session) -> None:
        """What the phase took that did not come to its end: nothing tells of it but the failure."""
        if self.opened or (unfinished := session.handshake.unfinished()) is None:
            return
        phase, began, ended = unfinished
        name = _NAMES.get(phase, phase)
        # A proxy's refusal is told, and ends its phase.
        if name and self._told.get(name, -1.0) < began - _RESOLUTION:
            self._add(name, (ended - began) * 1000)

    def _add(self, phase: str, milliseconds: float) -> None:
        self.milliseconds[phase] = round(self.milliseconds.get(phase, 0) + milliseconds, 3)


async def probe(
    target: Target, journal: Journal, stop: Stop, *, ok_close: frozenset[int] = frozenset()
) -> Report:
    """Performs the opening handshake and closes; everything that there is to see goes to the journal."""
    phases = _Phases()
    journal.listeners.append(phases)
    try:
        return await _open_and_close(target, journal, stop, ok_close, phases)
    except WscliError as failure:
        return Report(failure)
    finally:
        journal.listeners.remove(phases)
        summarize("handshake", journal, phases_ms=phases.milliseconds)


async def _open_and_close(
    target: Target, journal: Journal, stop: Stop, ok_close: frozenset[int], phases: _Phases
) -> Report:
    async with Session(target, journal, ok_close=ok_close, strict_close=False) as session:
        try:
            if not await open_unless_stopped(session, stop):
                return Report(stop.cause)
        finally:
            phases.add_unfinished(session)
        stop.found = lambda: session.failure
        stop.phase = lambda: "closing"
        seconds = min(CLOSE_SECONDS, target.close_timeout)
        await close_in_time(session, stop, session.close(1000, seconds=seconds))
        return Report(cause_of_end(session, stop), close_warning(session))
