"""Headers: how header lines are read, looked up and derived (RFC 9110 §5, RFC 6455 §4.2.2)."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ..events import Headers
from .rules import Violation, quoted, violation

# RFC 9110 §5.6.2: header names, and subprotocols by RFC 6455 §4.1.
TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9110 §5.5: what a field value may not hold; TAB is allowed.
CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")

_LONGEST_PLAIN_SUBPROTOCOL: Final = 32
# A pattern that few runs use is compiled with its first use.
_JWT: Final = r"eyJ[\w-]*\.[\w-]+\.[\w-]*"
_BEFORE_TOKEN: Final = frozenset({"bearer", "token", "access_token"})
# What is secret in a URL's query and in an extension's parameters (contract §2), and plain variants.
SECRET_NAMES: Final = frozenset(
    {
        "token",
        "key",
        "sig",
        "password",
        "access_token",
        "api_key",
        "apikey",
        "auth_token",
        "client_secret",
        "id_token",
        "refresh_token",
        "secret",
        "signature",
    }
)
_PARAMETER: Final = r""";\s*([^\s;,="]+)\s*=\s*(?:"([^"]*)"|([^\s;,"]+))"""
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Problems:
    """What was read leniently, one violation of each rule: a hostile head must not yield thousands."""

    __slots__ = ("_first",)

    def __init__(self) -> None:
        self._first: dict[str, Violation] = {}

    def note(self, rule: str, detail: str) -> None:
        """Keep the first `detail` for `rule`."""
        self._first.setdefault(rule, violation(rule, detail))

    def __iter__(self) -> Iterator[Violation]:
        return iter(self._first.values())


def header_values(headers: Headers, name: str) -> list[str]:
    """Every value of the header `name`, in wire order; names match in any case (RFC 9110 §5.1)."""
    wanted = name.lower()
    return [value for key, value in headers if key.lower() == wanted]


def header_value(headers: Headers, name: str) -> str | None:
    """The first value of the header `name`, or None; names match in any case (RFC 9110 §5.1)."""
    return next(iter(header_values(headers, name)), None)


def list_items(values: Iterable[str]) -> list[str]:
    """The members of a comma-separated header that may be given several times (RFC 9110 §5.6.1)."""
    return [item for value in values for part in value.split(",") if (item := part.strip(" \t"))]


def accept_for(key: str) -> str:
    """The Sec-WebSocket-Accept that answers a Sec-WebSocket-Key (RFC 6455 §4.2.2)."""
    # SHA-1 is what the RFC says; nothing rests on its strength.
    digest = hashlib.sha1(key.strip().encode("latin-1", "replace") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def parse_header_lines(lines: Iterable[str], problems: Problems) -> Headers:
    """Names and values of header lines, line ends removed (RFC 9112 §5), read leniently; never raises."""
    headers: list[tuple[str, list[str]]] = []
    for line in lines:
        if headers and line[:1] in (" ", "\t"):
            problems.note("head-obs-fold", f"the value of {quoted(headers[-1][0])} goes on in the next line")
            headers[-1][1].append(line.strip(" \t"))
            continue
        name, colon, value = line.partition(":")
        if not colon:
            problems.note("head-header-line", f"a header line has no colon: {quoted(line)}")
            continue
        if not TOKEN.fullmatch(name):
            problems.note("head-header-name", f"a header's name is not a token: {quoted(name)}")
        if CONTROL.search(value):
            problems.note("head-header-value", f"the value of {quoted(name)} holds a control character")
        headers.append((name.strip(" \t"), [value.strip(" \t")]))
    return tuple((name, " ".join(filter(None, parts))) for name, parts in headers)


def secret_subprotocols(names: Sequence[str]) -> list[bool]:
    """Which subprotocols, in the order offered, carry a token: a JWT, a long one, one after `bearer`.

    Such a one is a secret (contract §2).
    """
    return [
        bool(name)
        and (
            len(name) > _LONGEST_PLAIN_SUBPROTOCOL
            or re.fullmatch(_JWT, name) is not None
            or (index > 0 and names[index - 1].lower() in _BEFORE_TOKEN)
        )
        for index, name in enumerate(names)
    ]


def secret_parameters(extensions: str) -> list[tuple[int, int]]:
    """Where Sec-WebSocket-Extensions has parameters with secret names: (start, end) of their values."""
    return [
        match.span(2 if match[2] is not None else 3)
        for match in re.finditer(_PARAMETER, extensions)
        if match[1].lower() in SECRET_NAMES
    ]


def without_secret_subprotocols(names: Sequence[str]) -> tuple[str, ...]:
    """The subprotocols that carry no token; a `bearer` that announces one goes with it."""
    hidden = [*secret_subprotocols(names), False]
    return tuple(
        name
        for index, name in enumerate(names)
        if not (hidden[index] or (hidden[index + 1] and name.lower() in _BEFORE_TOKEN))
    )
