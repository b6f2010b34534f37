"""Expectations about the end of a connection."""

from __future__ import annotations

from ..errors import UsageError
from ..events import Closed, Event
from ..wire.closecodes import name_of
from .expectation import Expectation
from .quoting import quoted


class CloseCode(Expectation):
    """The peer's close code; 1005 stands for an empty Close, 1006 for none (RFC 6455 §7.1.5)."""

    def __init__(self, code: int, option: str = "--expect-close") -> None:
        if not 1000 <= code <= 4999:
            raise UsageError(
                f"{option}: {code} is not a close code", hint="they go from 1000 to 4999 (RFC 6455 §7.4.2)"
            )
        super().__init__(f"close code {code} ({name_of(code)})", option)
        self.code = code
        self._closed: Closed | None = None

    def event(self, event: Event) -> None:
        if isinstance(event, Closed):
            self._closed = event
            self._decide(event.code == self.code)

    def came(self) -> str:
        closed = self._closed
        if closed is None:
            return "the peer did not close the connection"
        reason = f" with the reason {quoted(closed.reason)}" if closed.reason else ""
        return f"the connection ended with {closed.code} ({closed.name}){reason}"
