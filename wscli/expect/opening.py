"""Expectations about the opening handshake: status, headers, what was negotiated, the certificate's days."""

from __future__ import annotations

from datetime import UTC, datetime

from ..errors import UsageError
from ..events import Event, Extension, Opened, RequestSent, ResponseReceived, TlsEstablished
from ..sinks.secrets import is_secret_header
from ..wire.extensions import extension_text, parse_extensions
from .expectation import Expectation, State, plural
from .messages import given_up
from .pattern import TooSlow, compiled
from .quoting import quoted

_SECONDS_A_DAY = 86400


class Status(Expectation):
    """The HTTP status of the reply (the last one, where redirects are followed)."""

    def __init__(self, status: int, option: str = "--expect-status") -> None:
        super().__init__(f"status {status}", option)
        self.status = status
        self._came: int | None = None

    def event(self, event: Event) -> None:
        if isinstance(event, ResponseReceived) and not _is_interim(event.status):
            self._came = event.status
            if event.status == 101:
                self._decide(self.status == 101)

    def end(self) -> None:
        if self.state is State.PENDING:
            self._decide(self._came == self.status)

    def came(self) -> str:
        return "no reply came" if self._came is None else f"the reply has status {self._came}"


class Header(Expectation):
    """A header of the reply whose value holds a match of a regular expression."""

    def __init__(self, text: str, option: str = "--expect-header") -> None:
        name, colon, pattern = text.partition(":")
        self._name, pattern = name.strip(), pattern.strip()
        if not colon or not self._name:
            raise UsageError(f"{option}: there is no 'Name: regex' in it", hint="for example 'Server: nginx'")
        super().__init__(f"a header {self._name} that matches {quoted(pattern)}", option)
        self._pattern = compiled(option, pattern)
        self._values: tuple[str, ...] | None = None
        self._given_up = ""

    def event(self, event: Event) -> None:
        if isinstance(event, ResponseReceived) and not _is_interim(event.status):
            wanted = self._name.lower()
            self._values = tuple(value for name, value in event.headers if name.lower() == wanted)
            if event.status == 101:
                self._decide(self._matches())

    def end(self) -> None:
        if self.state is State.PENDING:
            self._decide(self._matches())

    def _matches(self) -> bool:
        for value in self._values or ():
            try:
                if self._pattern.search(value):
                    return True
            except TooSlow:
                secret = is_secret_header(self._name)
                self._given_up = "searching the reply's value took too long" if secret else given_up(value)
        return False

    def came(self) -> str:
        if self._given_up:
            return self._given_up
        if self._values is None:
            return "no reply came"
        if not self._values:
            return f"the reply has no header {self._name}"
        if is_secret_header(self._name):
            return "the reply's value does not match"
        return f"the reply has {self._name}: {quoted(', '.join(self._values))}"


class NegotiatedSubprotocol(Expectation):
    """The subprotocol that the server chose; empty for none (RFC 6455 §4.2.2)."""

    def __init__(self, name: str, option: str = "--expect-subprotocol") -> None:
        super().__init__(f"the subprotocol {quoted(name)}" if name else "no subprotocol", option)
        self._wanted = name
        self._opened: Opened | None = None

    def event(self, event: Event) -> None:
        if isinstance(event, Opened):
            self._opened = event
            self._decide((event.subprotocol or "") == self._wanted)

    def came(self) -> str:
        if self._opened is None:
            return "no connection was established"
        if self._opened.subprotocol is None:
            return "the server chose none"
        return f"the server chose {quoted(self._opened.subprotocol)}"


class NegotiatedExtension(Expectation):
    """An extension that was agreed on, and those of its parameters that are named (RFC 6455 §9.1)."""

    def __init__(self, text: str, option: str = "--expect-extension") -> None:
        super().__init__(f"the extension {quoted(text)}", option)
        parsed = parse_extensions([text])
        if parsed.problems or len(parsed.extensions) != 1:
            raise UsageError(
                f"{option}: not one extension",
                hint="for example permessage-deflate, with '; PARAMETER=VALUE'",
            )
        (self._wanted,) = parsed.extensions
        self._opened: Opened | None = None

    def event(self, event: Event) -> None:
        if isinstance(event, Opened):
            self._opened = event
            self._decide(any(map(self._is_wanted, event.extensions)))

    def _is_wanted(self, agreed: Extension) -> bool:
        return agreed.name == self._wanted.name and set(self._wanted.params) <= set(agreed.params)

    def came(self) -> str:
        if self._opened is None:
            return "no connection was established"
        agreed = "; ".join(map(extension_text, self._opened.extensions))
        return f"agreed on was {quoted(agreed)}" if agreed else "none was agreed on"


class TlsDays(Expectation):
    """The certificate of every server that was asked is valid for at least this many days from now on."""

    def __init__(self, days: float, option: str = "--expect-tls-days") -> None:
        super().__init__(f"a certificate that is valid for {plural_days(days)} more", option)
        self._days = days
        self._came = "no TLS connection was made"
        self._last: TlsEstablished | None = None
        self._enough = False

    def event(self, event: Event) -> None:
        # A TLS proxy has a certificate, too: the one before a request is the server's.
        if isinstance(event, TlsEstablished):
            self._last = event
        elif isinstance(event, RequestSent):
            self._judge()
        elif isinstance(event, Opened):
            self._decide(self._enough)

    def _judge(self) -> None:
        if self._last is None:
            # What it redirects to may have TLS.
            self._came = "there was no TLS"
            return
        left = days_left(self._last)
        self._enough = left is not None and left >= self._days
        if left is None:
            self._came = "the certificate does not tell its end"
        else:
            self._came = f"it is valid for {plural_days(round(left, 1))}"
        if not self._enough:
            self.state = State.FAILED

    def end(self) -> None:
        if self.state is State.PENDING:
            self._decide(self._enough)

    def came(self) -> str:
        return self._came


def days_left(event: TlsEstablished) -> float | None:
    """For how many days the certificate was still valid when it was seen."""
    end = None if event.certificate is None else event.certificate.not_after
    if end is None:
        return None
    seconds = _utc(end) - _utc(event.time)
    return seconds / _SECONDS_A_DAY


def _utc(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def plural_days(days: float) -> str:
    """`1 day`, `2.5 days`."""
    return plural(int(days), "day") if days in (0, 1) else f"{days:g} days"


def _is_interim(status: int) -> bool:
    """1xx but 101 (RFC 9110 §15.2): the reply proper is still to come."""
    return 100 <= status < 200 and status != 101
