"""Which source of an option wins: layers of values, merged from the highest to the lowest. Pure.

An option that stands higher also takes the place of what stands lower and cannot go with it: `-u` that of a
profile's `bearer`, `--proxy` that of its `no-proxy`. Headers are replaced one by one, by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from ..profiles.secrets import SecretSource


@dataclass(frozen=True, slots=True)
class Given:
    """A value, secrets not looked up yet, and who gave it."""

    value: Any = field(repr=False)
    source: str


Layer = dict[str, Given]

# The end that an option serves, where others serve it too: the header that it sets, or a name of ours.
_ENDS: Final = {
    "user": "authorization",
    "bearer": "authorization",
    "netrc": "authorization",
    "cookie": "cookie",
    "cookie_jar": "cookie",
    "origin": "origin",
    "user_agent": "user-agent",
    "subprotocol": "sec-websocket-protocol",
    "format": ":format",
    "json": ":format",
    "quiet": ":talk",
    "verbose": ":talk",
    "ipv4": ":family",
    "ipv6": ":family",
    "proxy": ":way",
    "no_proxy": ":way",
    "unix_socket": ":way",
    "cert": ":identity",
    "key": ":identity",
    "compression": ":deflate",
    "server_no_context_takeover": ":deflate",
    "client_no_context_takeover": ":deflate",
    "server_max_window_bits": ":deflate",
    "client_max_window_bits": ":deflate",
}
# Each of their values stands for itself.
_COLLECTED: Final = frozenset({"header", "resolve"})
_USERINFO: Final = re.compile(r"(?<=://)[^/?#]*@")


def merge(layers: Sequence[Layer]) -> Layer:
    """What holds; `url` is one of the names, its userinfo a credential like any other."""
    result: Layer = {}
    taken: set[str] = set()
    for layer in layers:
        for name, given in layer.items():
            left = _left_over(name, given, taken)
            if left is None or (name in result and name not in _COLLECTED):
                continue
            before = result.get(name)
            result[name] = left if before is None else _joined(before, left)
        taken |= {end for name, given in layer.items() for end in _ends(name, given)}
    return result


def _joined(higher: Given, lower: Given) -> Given:
    return Given([*higher.value, *lower.value], f"{higher.source}; {lower.source}")


def _left_over(name: str, given: Given, taken: set[str]) -> Given | None:
    """What of a value is not replaced by what stands higher."""
    if name == "header":
        lines = [line for line in given.value if header_name(line) not in taken]
        return replace(given, value=lines) if lines else None
    if name == "url":
        return replace(given, value=without_userinfo(given.value)) if "authorization" in taken else given
    return None if _ENDS.get(name) in taken else given


def _ends(name: str, given: Given) -> Iterator[str]:
    if name == "header":
        yield from map(header_name, given.value)
    elif name == "url":
        if without_userinfo(given.value) != given.value:
            yield "authorization"
    elif name in _ENDS and given.value is not False:
        yield _ENDS[name]


def header_name(line: str | SecretSource) -> str:
    """The lower-case name in a line of -H; `@FILE`, whose names are not known yet, is like no other."""
    name = line.name if isinstance(line, SecretSource) else re.split("[:;]", line, maxsplit=1)[0]
    return name.strip().lower()


def without_userinfo(url: str | SecretSource) -> str | SecretSource:
    """The URL without user and password."""
    return url if isinstance(url, SecretSource) else _USERINFO.sub("", url)
