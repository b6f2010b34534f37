"""Sec-WebSocket-Extensions: its grammar (RFC 6455 §9.1), permessage-deflate's parameters (RFC 7692 §7.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from ..events import Extension
from .headers import TOKEN
from .rules import quoted

DEFLATE: Final = "permessage-deflate"
MAX_WINDOW_BITS: Final = 15

# One lexeme: a token, a quoted string (its quotes escaped by backslashes), a separator, or a stray character.
_LEXEME: Final = re.compile(
    r"""[ \t]*(?:(?P<token>[!#$%&'*+\-.^_`|~0-9A-Za-z]+)|"(?P<quoted>(?:[^"\\]|\\.)*)"
    |(?P<separator>[,;=])|(?P<stray>[^ \t]))""",
    re.VERBOSE | re.DOTALL,
)
# RFC 7692 §7.1.2: a decimal integer without leading zeroes, from 8 to 15.
_WINDOW_BITS: Final = re.compile(r"8|9|1[0-5]")


class ParsedExtensions(msgspec.Struct, frozen=True):
    """The extensions that a header lists, and what in it does not follow the grammar."""

    extensions: tuple[Extension, ...]
    problems: tuple[str, ...]


class DeflateParams(msgspec.Struct, frozen=True):
    """permessage-deflate as it was agreed on; window bits from 8 to 15 (RFC 7692 §7.1)."""

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int = MAX_WINDOW_BITS
    client_max_window_bits: int = MAX_WINDOW_BITS


def extension_text(extension: Extension) -> str:
    """An extension with its parameters, as Sec-WebSocket-Extensions writes them (RFC 6455 §9.1)."""
    params = (name if value is None else f"{name}={value}" for name, value in extension.params)
    return "; ".join([extension.name, *params])


def parse_extensions(values: Iterable[str]) -> ParsedExtensions:
    """The extensions in the header's values, in order; never raises.

    What cannot be read is left out and named in `problems`; what can be read around it is kept.
    """
    extensions: list[Extension] = []
    problems: list[str] = []
    for value in values:
        elements = _split(_lexemes(value))
        if not any(elements):
            problems.append("the header is empty")
        for element in filter(None, elements):
            extension = _extension(element, problems)
            if extension is not None:
                extensions.append(extension)
    return ParsedExtensions(tuple(extensions), tuple(problems))


def window_bits(value: str | None) -> int | None:
    """The number of window bits that a parameter's value says, None if it is not a legal one (§7.1.2)."""
    return int(value) if value is not None and _WINDOW_BITS.fullmatch(value) else None


def deflate_params(extensions: Sequence[Extension]) -> DeflateParams | None:
    """What the first permessage-deflate among `extensions` agrees on, or None without one.

    An illegal window size counts as 15, which inflates whatever the peer does; naming it is lint's job.
    """
    params = next((dict(each.params) for each in extensions if each.name == DEFLATE), None)
    if params is None:
        return None
    return DeflateParams(
        server_no_context_takeover="server_no_context_takeover" in params,
        client_no_context_takeover="client_no_context_takeover" in params,
        server_max_window_bits=window_bits(params.get("server_max_window_bits")) or MAX_WINDOW_BITS,
        client_max_window_bits=window_bits(params.get("client_max_window_bits")) or MAX_WINDOW_BITS,
    )


def opaque_rsv(extensions: Sequence[Extension]) -> int:
    """The RSV bits (of 0x70) to which an extension that wscli does not know may give a meaning."""
    unknown = any(extension.name != DEFLATE for extension in extensions)
    known = any(extension.name == DEFLATE for extension in extensions)
    return (0x30 if known else 0x70) if unknown else 0


class _Lexeme(msgspec.Struct, frozen=True):
    kind: str
    text: str


def _lexemes(value: str) -> list[_Lexeme]:
    lexemes = []
    for match in _LEXEME.finditer(value):
        kind = match.lastgroup or "stray"
        text = match[kind]
        if kind == "stray" and text == '"':
            # No quote closes it: all that follows is one unreadable piece.
            lexemes.append(_Lexeme("stray", value[match.start("stray") :]))
            break
        if kind == "quoted":
            text = re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)
        lexemes.append(_Lexeme(kind, text))
    return lexemes


def _split(lexemes: Sequence[_Lexeme], separator: str = ",") -> list[list[_Lexeme]]:
    parts: list[list[_Lexeme]] = [[]]
    for lexeme in lexemes:
        if lexeme.kind == "separator" and lexeme.text == separator:
            parts.append([])
        else:
            parts[-1].append(lexeme)
    return parts


def _extension(element: Sequence[_Lexeme], problems: list[str]) -> Extension | None:
    name, *params = _split(element, ";")
    if len(name) != 1 or name[0].kind != "token":
        problems.append(f"{_shown(name)} is not the name of an extension")
        return None
    parsed = [_param(param, problems) for param in params]
    return Extension(name=name[0].text, params=tuple(param for param in parsed if param is not None))


def _param(param: Sequence[_Lexeme], problems: list[str]) -> tuple[str, str | None] | None:
    match [(lexeme.kind, lexeme.text) for lexeme in param]:
        case [("token", name)]:
            return name, None
        case [("token", name), ("separator", "="), ("token", value)]:
            return name, value
        case [("token", name), ("separator", "="), ("quoted", value)]:
            # RFC 6455 §9.1: the value after quoted-string unescaping conforms to the token grammar.
            if not TOKEN.fullmatch(value):
                problems.append(f"the quoted value {quoted(value)} of {quoted(name)} is not a token")
            return name, value
    problems.append(f"{_shown(param)} is not a parameter")
    return None


def _shown(lexemes: Sequence[_Lexeme]) -> str:
    return quoted("".join(lexeme.text for lexeme in lexemes))
