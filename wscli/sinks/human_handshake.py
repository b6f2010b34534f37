"""The opening for eyes: heads as they went over the wire, refused bodies, TLS facts, what was negotiated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec import UNSET

from ..events import (
    Certificate,
    Connected,
    Headers,
    Opened,
    Proxied,
    Redirected,
    RequestSent,
    Resolved,
    ResponseReceived,
    TlsEstablished,
)
from ..wire.extensions import DEFLATE, extension_text
from .escape import escape
from .human_payload import hexdump, highlight_json
from .human_style import Palette, cut, milliseconds, plural, wrap

_BODY_ROWS: Final = 40
_PRETTY_LIMIT: Final = 16_384


class HandshakeLines:
    """Renders what happens before the first frame."""

    def __init__(self, width: int, palette: Palette) -> None:
        self._width = width
        self._palette = palette

    def resolved(self, event: Resolved) -> Iterator[str]:
        addresses = ", ".join(event.addresses)
        yield from self.fact(f"resolved {event.host} → {addresses} in {milliseconds(event.duration_ms)}")

    def connected(self, event: Connected) -> Iterator[str]:
        for attempt in event.attempts:
            if attempt.error is not None:
                took = milliseconds(attempt.duration_ms)
                yield from self.fact(f"tried {attempt.address}: {attempt.error} ({took})")
        where = f"{event.address} port {event.port}" if event.port else event.address
        origin = f" from {event.local_address}" if event.local_address else ""
        yield from self.fact(f"connected to {where}{origin} in {milliseconds(event.duration_ms)}")

    def proxied(self, event: Proxied) -> Iterator[str]:
        answer = "agreed" if event.status is None else f"answered {event.status}"
        yield from self.fact(f"proxy {event.url} {answer} in {milliseconds(event.duration_ms)}")

    def tls(self, event: TlsEstablished, *, certificate: bool) -> Iterator[str]:
        """One line, and with `certificate` what the certificate says."""
        trust = "verified" if event.verified else "NOT VERIFIED (-k)"
        facts = [event.version, event.cipher, trust, milliseconds(event.duration_ms)]
        if event.alpn:
            facts.insert(2, f"ALPN {event.alpn}")
        yield from self.fact(" · ".join(facts))
        for problem in event.problems or ():
            yield from self._marked("!", self._palette.warning, f"not trusted: {problem}")
        if not event.verified and event.problems == ():
            yield from self.fact("  without -k  it would be trusted, too")
        if event.certificate is not None and certificate:
            for label, value in _certificate_facts(event.certificate, event.server_name, event.time):
                yield from self.fact(f"  {label:<11} {value}")
            for number, issuer in enumerate(event.chain, 1):
                yield from self.fact(f"  chain {number:<5} {_issuer_text(issuer, event.time)}")

    def request(self, event: RequestSent) -> Iterator[str]:
        first = f"{event.method} {event.target} {event.version}"
        yield from self._head(">", self._palette.outgoing, first, event.headers)

    def response(self, event: ResponseReceived) -> Iterator[str]:
        first = f"{event.version} {event.status} {event.reason}".rstrip(" ")
        style = self._palette.incoming if event.status == 101 else self._palette.bad
        yield from self._head("<", style, first, event.headers)
        yield from self._body(event)

    def redirected(self, event: Redirected) -> Iterator[str]:
        verdict = "followed" if event.followed else "not followed"
        yield from self.fact(f"redirect {event.status} → {event.location} ({verdict})")

    def opened(self, event: Opened) -> Iterator[str]:
        paint, palette = self._palette.paint, self._palette
        took = f" in {milliseconds(event.total_ms)}"
        url = cut(escape(event.url), self._width - len("* open ") - len(took))
        yield f"{paint(palette.faint, '*')} {paint(palette.good, 'open')} {url}{took}"
        yield from self.fact(f"subprotocol  {event.subprotocol or 'none'}")
        agreed = {each.name for each in event.extensions}
        for offer in event.offered:
            verdict = "" if offer.name in agreed else " (not agreed to)"
            yield from self.fact(f"offered      {escape(extension_text(offer))}{verdict}")
        for extension in event.extensions:
            known = "" if extension.name == DEFLATE else " (unknown to wscli: shown as it is on the wire)"
            yield from self.fact(f"extension    {escape(extension_text(extension))}{known}")
        if not event.extensions:
            yield from self.fact("extension    none")

    def fact(self, text: str) -> Iterator[str]:
        """`text` (not escaped yet) behind the `*` of what wscli saw, on as many lines as it needs."""
        yield from self._marked("*", self._palette.faint, text)

    def _marked(self, mark: str, style: str, text: str) -> Iterator[str]:
        first, *more = wrap(escape(text), self._width - 2, rest=self._width - 4)
        gutter = self._palette.paint(style, mark)
        yield f"{gutter} {first}"
        yield from (f"{gutter}   {line}" for line in more)

    def _head(self, mark: str, style: str, first: str, headers: Headers) -> Iterator[str]:
        gutter = self._palette.paint(style, mark)
        strong = self._palette.strong
        for piece in wrap(escape(first), self._width - 2):
            yield f"{gutter} {self._palette.paint(strong, piece)}"
        for name, value in headers:
            name, value = escape(name), escape(value)
            start, *more = wrap(f"{name}: {value}", self._width - 2, rest=self._width - 6)
            if start.startswith(f"{name}:"):
                start = self._palette.paint(style, f"{name}:") + start[len(name) + 1 :]
            yield f"{gutter} {start}"
            # The gutter goes on: a line may not begin with white space and the peer's text.
            yield from (f"{gutter}     {line}" for line in more)
        yield gutter

    def _body(self, event: ResponseReceived) -> Iterator[str]:
        gutter = self._palette.paint(self._palette.incoming, "<")
        if event.base64 is not UNSET and event.base64:
            yield from (f"{gutter} {line}" for line in hexdump(event.base64, self._width - 2))
        if event.body is not UNSET and event.body:
            is_json, text = _pretty(event.body)
            yield from (f"{gutter} {row}" for row in self._body_rows(text, is_json))
        if event.body_truncated:
            yield from self.fact("the body is longer: its rest was not read")

    def _body_rows(self, text: str, is_json: bool) -> Iterator[str]:
        width, room = self._width - 2, _BODY_ROWS
        for line in text.removesuffix("\n").split("\n"):
            # Escaping makes text longer, never shorter: what is beyond this cannot show.
            begins = escape(line.removesuffix("\r").replace("\t", "    ")[: room * width])
            indent = " " * min(len(begins) - len(begins.lstrip(" ")) + 2, width // 2)
            first, *more = wrap(begins, width, rest=width - len(indent))
            rows = [highlight_json(first, self._palette) if is_json else first]
            rows += [f"{indent}{row}" for row in more]
            yield from rows[: max(room, 0)]
            room -= len(rows)
            if room < 0 or len(line) > _BODY_ROWS * width:
                yield f"… {len(text):,} characters in all"
                return


def _pretty(body: str) -> tuple[bool, str]:
    """Whether `body` is JSON, and if so with line breaks and indents; no digit of it changes."""
    import msgspec

    if len(body) > _PRETTY_LIMIT or not body.lstrip().startswith(("{", "[")):
        return False, body
    try:
        return True, msgspec.json.format(body, indent=2)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return False, body


def _certificate_facts(
    certificate: Certificate, server_name: str | None, today: str
) -> Iterator[tuple[str, str]]:
    if server_name:
        yield "server name", server_name
    for label, value in (("subject", certificate.subject), ("issuer", certificate.issuer)):
        if value:
            yield label, value
    if certificate.not_before and certificate.not_after:
        yield "valid", _validity(certificate.not_before, certificate.not_after, today)
    if certificate.san:
        yield "names", ", ".join(certificate.san)
    yield "sha256", certificate.sha256


def _issuer_text(certificate: Certificate, today: str) -> str:
    """One line for a certificate above the leaf."""
    facts = [certificate.subject or "unreadable", f"issued by {certificate.issuer or 'unknown'}"]
    if certificate.not_before and certificate.not_after:
        facts.append(_validity(certificate.not_before, certificate.not_after, today))
    return " · ".join([*facts, f"sha256 {certificate.sha256}"])


def _validity(not_before: str, not_after: str, now: str) -> str:
    """Both days and how far the end is; all three are RFC 3339, and what is not is shown as it is."""
    try:
        first, last, today = map(datetime.fromisoformat, (not_before, not_after, now))
        return f"{first.date()} – {last.date()} ({_distance(first, last, today)})"
    except (ValueError, TypeError):
        return f"{not_before} – {not_after}"


def _distance(first: datetime, last: datetime, now: datetime) -> str:
    if now < first:
        return f"not valid yet, in {_span(first - now)}"
    return f"{_span(last - now)} left" if now <= last else f"expired {_span(now - last)} ago"


def _span(length: timedelta) -> str:
    """In the largest unit of which there is one, rounded down."""
    seconds = int(length.total_seconds())
    for unit, size in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            return plural(seconds // size, unit)
    return "less than a minute"
