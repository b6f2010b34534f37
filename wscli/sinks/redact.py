"""The one place for secrets: what counts as one (contract §2), and how it is put out of sight.

Two ways, used together. By structure: credentials in headers, cookies, userinfo, query values and
subprotocols of an event, its `raw` bytes included. By value: secrets that are known (typed by the user, or
seen in a request) are replaced wherever they appear in a message or an event, but for payloads: these
are what the user came to see.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypeGuard, TypeVar

import msgspec
from msgspec import UNSET

from ..config import Target
from ..events import (
    Closed,
    Connected,
    Event,
    Extension,
    Failed,
    FrameSeen,
    Headers,
    Opened,
    Proxied,
    Reconnecting,
    Redirected,
    RequestSent,
    ResponseReceived,
    ViolationFound,
)
from ..wire.frame import Opcode
from ..wire.headers import SECRET_NAMES, secret_parameters, secret_subprotocols
from .base import Batch
from .secrets import (
    authentication_scheme,
    credentials_in,
    forms_of,
    is_secret_header,
    secret_spans,
)

MARKER: Final = "‹redacted›"
# The marker's UTF-8 bytes, seen as ISO-8859-1: what stands in for a secret inside raw bytes.
_RAW_MARKER: Final = MARKER.encode().decode("latin-1")

_SHORTEST_SECRET: Final = 4
_SHORTEST_LEARNED: Final = 8
S = TypeVar("S", bound=msgspec.Struct)

_HEAD_LINE: Final = re.compile(r"([^\r\n]*)(\r?\n|\r|$)")


def redacted_url(url: str) -> str:
    """`url` (or a request target, or any text that holds URLs) without userinfo and secret query values."""
    return _redact_urls(url, MARKER)


def redacted_extensions(value: str) -> str:
    """A Sec-WebSocket-Extensions value without its secret parameters."""
    return _cut_out(value, secret_parameters(value), MARKER)


class Redactor:
    """Knows the secrets of a run; with `show` it leaves everything as it is (`--show-secrets`).

    `secrets` are literal values; those under four characters are passed over, for they would be found
    everywhere. Each is also looked for percent-encoded, and as base64 (of `user:password`, for Basic).
    """

    def __init__(self, secrets: Iterable[str] = (), *, show: bool = False) -> None:
        self._show = show
        self._forms: set[str] = set()
        self._subprotocols: set[str] = set()
        self._literal: re.Pattern[str] | None = None
        self.learn(secrets)

    @classmethod
    def for_target(cls, target: Target, secrets: Iterable[str] = (), *, show: bool = False) -> Redactor:
        """A redactor that knows the secrets in `target`: userinfo, headers, query, subprotocols."""
        redactor = cls(secrets, show=show)
        redactor.learn_target(target)
        return redactor

    def learn_target(self, target: Target) -> None:
        """Take the secrets of another target as well."""
        user, password = target.url.username, target.url.password
        if password:
            self.learn([password, f"{user or ''}:{password}"])
        stored = () if target.cookies is None else (("Cookie", target.cookies(target.url)),)
        offered = [("Sec-WebSocket-Extensions", each) for each in target.extensions]
        origin = [("Origin", target.origin or "")]
        self.learn_request(target.url.resource, (*target.headers, *stored, *offered, *origin))
        self._learn_subprotocols(target.subprotocols)

    def learn(self, secrets: Iterable[str]) -> None:
        """Take more literal secrets."""
        forms = {form for secret in secrets if len(secret) >= _SHORTEST_SECRET for form in forms_of(secret)}
        if not forms <= self._forms:
            self._forms |= forms
            longest_first = sorted(self._forms, key=lambda form: (-len(form), form))
            self._literal = re.compile("|".join(map(re.escape, longest_first)))

    def learn_request(self, target: str, headers: Headers) -> None:
        """Take what is secret in a request as a literal secret, so that an echo of it is found too."""
        found = [target[start:end] for start, end in secret_spans(target)]
        for name, value in headers:
            if is_secret_header(name):
                found += credentials_in(value)
            elif name.lower() == "sec-websocket-protocol":
                self._learn_subprotocols(part.strip() for part in value.split(","))
            elif name.lower() == "sec-websocket-extensions":
                found += [value[start:end] for start, end in secret_parameters(value)]
            elif "@" in value:
                # Origin and Referer are URLs, and may hold userinfo.
                for start, end in secret_spans(value):
                    found += [value[start:end], value[start:end].partition(":")[2]]
        self.learn(secret for secret in found if len(secret) >= _SHORTEST_LEARNED)

    def _learn_subprotocols(self, offered: Iterable[str]) -> None:
        offered = list(offered)
        secret = {name for name, hidden in zip(offered, secret_subprotocols(offered), strict=True) if hidden}
        self._subprotocols |= secret
        self.learn(name for name in secret if len(name) >= _SHORTEST_LEARNED)

    def scrub(self, text: str) -> str:
        """`text` without known secrets, userinfo and secret query values: for every message on stderr."""
        return text if self._show else self._without_beginnings(self._scrub(text, MARKER))

    def _without_beginnings(self, text: str) -> str:
        """A message cuts short what is long: a secret's beginning may stand before an ellipsis."""
        if "…" not in text:
            return text
        *pieces, last = text.split("…")
        for index, piece in enumerate(pieces):
            size = max((_overlap(piece, form) for form in self._forms), default=0)
            if size >= _SHORTEST_SECRET:
                pieces[index] = piece[:-size] + MARKER
        return "…".join([*pieces, last])

    def batch(self, batch: Batch) -> Batch:
        """The batch with its events redacted; the same object where nothing had to change."""
        if self._show or not any(type(item) in _REDACTED or _is_close(item) for item in batch):
            return batch
        return [
            self.event(item) if isinstance(item, _REDACTED_TYPES) or _is_close(item) else item
            for item in batch
        ]

    def event(self, event: Event) -> Event:
        """The event without secrets; `redacted` is set where the event has such a field."""
        if self._show:
            return event
        match event:
            case RequestSent():
                return self._request(event)
            case ResponseReceived():
                return self._response(event)
            case Opened():
                return self.opened(event)
            case Redirected():
                return _replace(event, location=self.scrub(event.location))
            case Proxied():
                return _replace(event, url=self.scrub(event.url))
            case ViolationFound():
                return _replace(event, detail=self.scrub(event.detail))
            case Reconnecting():
                return _replace(event, reason=self.scrub(event.reason))
            case Failed():
                return _replace(event, message=self.scrub(event.message), hint=self.scrub(event.hint))
            case Closed() | FrameSeen():
                return self._closed(event) if isinstance(event, Closed) else self._close_frame(event)
            case Connected():
                tried = event.attempts
                attempts = tuple(_replace(one, error=one.error and self.scrub(one.error)) for one in tried)
                return _replace(event, attempts=attempts)
            case _:
                return event

    def _request(self, event: RequestSent) -> RequestSent:
        self.learn_request(event.target, event.headers)
        shown = _replace(
            event,
            target=self.scrub(event.target),
            headers=self._headers(event.headers),
            raw=self._raw(event.raw),
        )
        return shown if shown == event else _replace(shown, redacted=True)

    def _response(self, event: ResponseReceived) -> ResponseReceived:
        shown = _replace(
            event,
            reason=self.scrub(event.reason),
            headers=self._headers(event.headers),
            raw=self._raw(event.raw),
        )
        # The body is the peer's word, not a message of ours: only what is known to be secret goes.
        if event.body is not UNSET:
            shown = _replace(shown, body=self._scrub_literal(event.body, MARKER))
        if event.base64 is not UNSET:
            body = self._scrub_literal(event.base64.decode("latin-1"), _RAW_MARKER)
            shown = _replace(shown, base64=body.encode("latin-1"))
        return shown if shown == event else _replace(shown, redacted=True)

    def _closed(self, event: Closed) -> Closed:
        sent = event.sent
        if sent is not None:
            # Our answer may repeat what the peer said.
            sent = _replace(sent, reason=self._scrub_literal(sent.reason, MARKER))
        return _replace(event, reason=self._scrub_literal(event.reason, MARKER), sent=sent)

    def _close_frame(self, event: FrameSeen) -> FrameSeen:
        """The reason as in the `close` event: all other payloads are what the user came to see."""
        reason = event.payload[2:].decode("latin-1") if event.opcode == Opcode.CLOSE else ""
        shown = self._scrub_literal(reason, _RAW_MARKER)
        if shown == reason:
            return event
        return _replace(event, text=UNSET, base64=event.payload[:2] + shown.encode("latin-1"))

    def opened(self, event: Opened) -> Opened:
        """Of what was agreed upon: no token among subprotocols, no secret parameter of an extension."""
        chosen = event.subprotocol
        if chosen is not None:
            chosen = self._subprotocol_list(chosen, MARKER)
        return _replace(
            event,
            url=self.scrub(event.url),
            subprotocol=chosen,
            extensions=tuple(map(_without_secrets, event.extensions)),
            offered=tuple(map(_without_secrets, event.offered)),
        )

    def _headers(self, headers: Headers) -> Headers:
        return tuple((name, self._value(name, value, MARKER)) for name, value in headers)

    def _raw(self, raw: bytes) -> bytes:
        lines: list[str] = []
        name = ""
        for match in _HEAD_LINE.finditer(raw.decode("latin-1")):
            line, newline = match.groups()
            if line.startswith((" ", "\t")) and name:
                folded = line.lstrip(" \t")  # the value of the line before goes on
                line = line[: len(line) - len(folded)] + self._value(name, folded, _RAW_MARKER)
            elif not lines or ":" not in line:
                line = self._scrub(line, _RAW_MARKER)
            else:
                name, _, value = line.partition(":")
                bare = value.lstrip(" \t")
                space = value[: len(value) - len(bare)]
                line = f"{name}:{space}{self._value(name.strip(), bare, _RAW_MARKER)}"
            lines += (line, newline)
        return "".join(lines).encode("latin-1")

    def _value(self, name: str, value: str, marker: str) -> str:
        if not value:
            return value
        if is_secret_header(name):
            return authentication_scheme(value) + marker
        if name.lower() == "sec-websocket-protocol":
            value = self._subprotocol_list(value, marker)
        elif name.lower() == "sec-websocket-extensions":
            value = _cut_out(value, secret_parameters(value), marker)
        return self._scrub(value, marker)

    def _subprotocol_list(self, value: str, marker: str) -> str:
        parts = value.split(",")
        hidden = secret_subprotocols([part.strip() for part in parts])
        return ",".join(
            part.replace(part.strip(), marker) if secret or part.strip() in self._subprotocols else part
            for part, secret in zip(parts, hidden, strict=True)
        )

    def _scrub(self, text: str, marker: str) -> str:
        return self._scrub_literal(_redact_urls(text, marker), marker)

    def _scrub_literal(self, text: str, marker: str) -> str:
        return text if self._literal is None else self._literal.sub(marker, text)


_REDACTED_TYPES: Final = (
    RequestSent,
    ResponseReceived,
    Opened,
    Redirected,
    Proxied,
    ViolationFound,
    Failed,
    Closed,
    Connected,
    Reconnecting,
)
_REDACTED: Final = frozenset(_REDACTED_TYPES)


def _overlap(text: str, secret: str) -> int:
    """How long the longest beginning of `secret` is that `text` ends with."""
    sizes = range(min(len(text), len(secret)), 0, -1)
    return next((size for size in sizes if text.endswith(secret[:size])), 0)


def _is_close(item: object) -> TypeGuard[FrameSeen]:
    return type(item) is FrameSeen and item.opcode == Opcode.CLOSE


def _replace(event: S, **changes: object) -> S:
    return msgspec.structs.replace(event, **changes)


def _without_secrets(extension: Extension) -> Extension:
    params = tuple(
        (name, MARKER if value and name.lower() in SECRET_NAMES else value)
        for name, value in extension.params
    )
    return extension if params == extension.params else _replace(extension, params=params)


def _redact_urls(text: str, marker: str) -> str:
    return _cut_out(text, secret_spans(text), marker) if "@" in text or "=" in text else text


def _cut_out(text: str, spans: Iterable[tuple[int, int]], marker: str) -> str:
    end = 0
    pieces: list[str] = []
    for start, stop in spans:
        pieces += (text[end:start], marker)
        end = stop
    return "".join(pieces) + text[end:]
