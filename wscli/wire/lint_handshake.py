"""Lint of the opening handshake: what a client checks in the server's reply (RFC 6455 §4.1, RFC 7692 §7.1).

What was offered is read from the request head itself, so that headers which the user gave count too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from ..events import Extension, Headers
from .extensions import DEFLATE, MAX_WINDOW_BITS, parse_extensions, window_bits
from .head import RequestHead, ResponseHead, accept_for, header_value, header_values, list_items
from .headers import TOKEN
from .rules import Violation, quoted, violation

_MAX_OF_A_RULE: Final = 5
_SINGLE: Final = ("Date", "Server", "Location", "Content-Length", "Content-Type", "Sec-WebSocket-Key")
_FLAGS: Final = ("server_no_context_takeover", "client_no_context_takeover")
_WINDOWS: Final = ("server_max_window_bits", "client_max_window_bits")


def lint_handshake(
    request: RequestHead, response: ResponseHead, *, expected_status: int | None = None
) -> list[Violation]:
    """Every rule that the reply breaks; for a status other than 101 only that, and what is wrong in HTTP.

    A refusal with `expected_status` is what the server should answer.
    """
    found = [*response.problems]
    if response.status != 101:
        if response.status == expected_status:
            return found
        detail = f"expected status 101, received {f'{response.status} {response.reason}'.strip()}"
        return [*found, violation("status", detail)]
    if response.version != "HTTP/1.1":
        found.append(
            violation("http-version", f"expected HTTP/1.1, received a 101 with {quoted(response.version)}")
        )
    for check in _CHECKS:
        found += _first_of_each(check(request.headers, response.headers))
    return found


def negotiated_subprotocol(response: ResponseHead) -> str | None:
    """The subprotocol that the server chose (RFC 6455 §4.2.2), as it stands in its reply."""
    return header_value(response.headers, "Sec-WebSocket-Protocol")


def negotiated_extensions(response: ResponseHead) -> tuple[Extension, ...]:
    """The extensions that the server agreed to, in order (RFC 6455 §9.1); what is malformed is left out."""
    return _extensions(response.headers)


def _extensions(headers: Headers) -> tuple[Extension, ...]:
    return parse_extensions(header_values(headers, "Sec-WebSocket-Extensions")).extensions


def _check_upgrade(_: Headers, received: Headers) -> Iterable[Violation]:
    values = header_values(received, "Upgrade")
    if [value.lower() for value in values] != ["websocket"]:
        yield violation("upgrade", f"expected Upgrade: websocket, received {_listed(values)}")


def _check_connection(_: Headers, received: Headers) -> Iterable[Violation]:
    values = header_values(received, "Connection")
    items = [item.lower() for item in list_items(values)]
    if "upgrade" not in items or "" in values or not all(map(TOKEN.fullmatch, items)):
        yield violation("connection", f"expected Connection: Upgrade, received {_listed(values)}")


def _check_accept(sent: Headers, received: Headers) -> Iterable[Violation]:
    values = header_values(received, "Sec-WebSocket-Accept")
    key = header_value(sent, "Sec-WebSocket-Key")
    expected = None if key is None else accept_for(key)
    if not values:
        wanted = "a Sec-WebSocket-Accept" if expected is None else f"Sec-WebSocket-Accept: {expected}"
        yield violation("accept-missing", f"expected {wanted}, received none")
    if len(values) > 1:
        yield violation(
            "accept-repeated", f"Sec-WebSocket-Accept came {len(values)} times: {_listed(values)}"
        )
    if wrong := [value for value in values if expected is not None and value != expected]:
        yield violation(
            "accept-mismatch", f"expected Sec-WebSocket-Accept: {expected}, received {_listed(wrong[:1])}"
        )


def _check_subprotocol(sent: Headers, received: Headers) -> Iterable[Violation]:
    values = header_values(received, "Sec-WebSocket-Protocol")
    offered = list_items(header_values(sent, "Sec-WebSocket-Protocol"))
    chosen = list_items(values)
    if len(values) > 1 or len(chosen) > 1:
        yield violation("subprotocol-repeated", f"one subprotocol at most, received {_listed(values)}")
    # What was offered is not listed: a subprotocol may carry a token.
    among = f"the {len(offered)} offered" if offered else "those offered: none was"
    if offered and not values:
        yield violation(
            "subprotocol-not-chosen",
            f"the server chose none of the {len(offered)} offered; browsers then fail the connection",
        )
    if values and not chosen:
        yield violation("subprotocol-not-offered", f"the empty subprotocol is not among {among}")
    for subprotocol in chosen:
        if subprotocol not in offered:
            yield violation("subprotocol-not-offered", f"{quoted(subprotocol)} is not among {among}")


def _check_extensions(sent: Headers, received: Headers) -> Iterable[Violation]:
    values = header_values(received, "Sec-WebSocket-Extensions")
    if len(values) > 1:
        yield violation("extensions-repeated", f"Sec-WebSocket-Extensions came {len(values)} times")
    parsed = parse_extensions(values)
    if parsed.problems:
        yield violation("extensions-malformed", "; ".join(parsed.problems[:3]))
    offers = _extensions(sent)
    for name in dict.fromkeys(extension.name for extension in parsed.extensions):
        if name not in {offer.name for offer in offers}:
            yield violation("extension-not-offered", f"{quoted(name)} was not offered")
    yield from _check_deflate(offers, [each for each in parsed.extensions if each.name == DEFLATE])


def _check_deflate(offers: Sequence[Extension], agreed: Sequence[Extension]) -> Iterable[Violation]:
    if len(agreed) > 1:
        yield violation("extension-agreed-twice", f"{DEFLATE} was agreed to {len(agreed)} times")
    for extension in agreed[:1]:
        yield from _check_params(extension)
        ours = [dict(offer.params) for offer in offers if offer.name == DEFLATE]
        # The reply answers one of several offers and does not say which: the one that it fits best.
        yield from min(
            (list(_check_answer(offer, dict(extension.params))) for offer in ours), key=len, default=[]
        )


def _check_params(agreed: Extension) -> Iterable[Violation]:
    for name, count in Counter(name for name, _ in agreed.params).items():
        if count > 1:
            yield violation("deflate-parameter-repeated", f"{quoted(name)} is given {count} times")
    for name, value in dict.fromkeys(agreed.params):
        if name in _FLAGS and value is not None:
            yield violation("deflate-parameter-value", f"{name} takes no value, received {quoted(value)}")
        elif name in _WINDOWS and window_bits(value) is None:
            seen = "none" if value is None else quoted(value)
            yield violation("deflate-parameter-value", f"{name} is a number from 8 to 15, received {seen}")
        elif name not in _FLAGS + _WINDOWS:
            yield violation("deflate-parameter-unknown", f"{DEFLATE} has no parameter {quoted(name)}")


def _check_answer(offer: dict[str, str | None], answer: dict[str, str | None]) -> Iterable[Violation]:
    wanted = window_bits(offer.get("server_max_window_bits")) or MAX_WINDOW_BITS
    size = window_bits(answer.get("server_max_window_bits", str(MAX_WINDOW_BITS)))
    if size is not None and size > wanted:
        yield violation(
            "deflate-window-too-large", f"server_max_window_bits: offered {wanted}, received {size}"
        )
    if "client_max_window_bits" in answer and "client_max_window_bits" not in offer:
        yield violation("deflate-client-window", "client_max_window_bits was not offered")
    if "server_no_context_takeover" in offer and "server_no_context_takeover" not in answer:
        yield violation("deflate-context-takeover", "server_no_context_takeover was offered, not agreed to")


def _check_repeated(_: Headers, received: Headers) -> Iterable[Violation]:
    for name in _SINGLE:
        if (count := len(header_values(received, name))) > 1:
            yield violation("header-repeated", f"{name} came {count} times")


def _check_body(_: Headers, received: Headers) -> Iterable[Violation]:
    for name in ("Content-Length", "Transfer-Encoding"):
        if values := header_values(received, name):
            yield violation("body-in-101", f"the 101 has {name}: {_listed(values)}")


def _first_of_each(violations: Iterable[Violation]) -> Iterable[Violation]:
    """At most a few of each rule: a hostile reply must not yield thousands."""
    seen: Counter[str] = Counter()
    for each in violations:
        seen[each.rule] += 1
        if seen[each.rule] <= _MAX_OF_A_RULE:
            yield each


def _listed(values: Sequence[str]) -> str:
    return quoted(", ".join(values)) if values else "none"


_CHECKS: Final[tuple[Callable[[Headers, Headers], Iterable[Violation]], ...]] = (
    _check_upgrade,
    _check_connection,
    _check_accept,
    _check_subprotocol,
    _check_extensions,
    _check_repeated,
    _check_body,
)
