"""The one choke point for text that a peer controls: nothing reaches a terminal or a CI log but through here.

`escape` and `escape_lines` are for eyes (`human`, `plain`, every message on stderr); `json_safe` is for
`json`. Escaped is what a terminal could take as a control or what makes text look like other text: C0, DEL,
C1, format characters (bidi, zero width), line and paragraph separators, surrogates, private and
unassigned code points; and what a CI runner would take as a command. A backslash stays as it is: the exact
bytes are what `json` is for.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import msgspec

from ..longtext import utf8_pieces

_NAMED: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
# The Actions runner takes `::command` after white space at the start of a line, and both it and Azure
# Pipelines take `##[command]` and `##vso[command]` anywhere in one.
_COMMAND_AT_START: Final = re.compile(r"^(\s*):(?=:)")
_COMMAND_ANYWHERE: Final = re.compile(r"##(?=\[|vso\[)", re.IGNORECASE)
_JSON_COMMAND: Final = re.compile(rb"##(?=\[|vso\[)", re.IGNORECASE)
_NOT_ASCII: Final = re.compile(r"[^\x00-\x7f]+")
_TABLE_LIMIT: Final = 4096
_MANY: Final = 64 * 1024


class _Table(dict[int, str]):
    """What `str.translate` puts for each code point; filled as text comes, so that import costs nothing."""

    def __missing__(self, code: int) -> str:
        shown = _shown(chr(code))
        if len(self) < _TABLE_LIMIT:  # a peer that sends every code point there is must not fill memory
            self[code] = shown
        return shown


def _shown(char: str) -> str:
    # Other spaces (Zs), such as U+3000, are not printable to Python, but harmless.
    if char.isprintable() or unicodedata.category(char) == "Zs":
        return char
    if char in _NAMED:
        return _NAMED[char]
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


_TABLE: Final = _Table()


def escape(text: str, *, inside: bool = False) -> str:
    """`text` as one line that is safe to show, with `\\n` `\\r` `\\t` `\\xNN` `\\uNNNN` and `\\UNNNNNNNN`.

    `inside` says that something of ours stands before it on the line, so that `::1` may begin it.
    """
    if not text.isprintable():
        text = text.translate(_TABLE)
    if "##" in text:
        text = _COMMAND_ANYWHERE.sub(r"#\\x23", text)
    if "::" in text and not inside:
        text = _COMMAND_AT_START.sub(r"\1\\x3a", text)
    return text


def escape_long(utf8: bytes) -> Iterator[str]:
    """`escape` for what stands inside a line, a long text piece by piece."""
    break_all = _holds_command(utf8)
    for piece in utf8_pieces(utf8):
        shown = escape(piece, inside=True)
        # A command may be cut by the end of a piece.
        yield shown.replace("#", r"\x23") if break_all else shown


def _holds_command(utf8: bytes) -> bool:
    return b"##" in utf8 and _JSON_COMMAND.search(utf8) is not None


def escape_lines(text: str) -> str:
    """Like `escape`, for text in which the newlines are ours."""
    return "\n".join(map(escape, text.split("\n")))


def json_safe(encoded: bytes) -> bytes:
    """JSON texts (UTF-8, any number of lines) with the same meaning in bytes 0x20–0x7E and newlines.

    `::` at the start of a line needs nothing: a line of JSON objects begins with a brace.
    """
    if not encoded.isascii():
        encoded = _ascii(encoded)
    if b"\x7f" in encoded:
        encoded = encoded.replace(b"\x7f", rb"\u007f")
    if b"##" in encoded:
        encoded = _without_commands(encoded)
    return encoded


def _without_commands(encoded: bytes) -> bytes:
    if len(encoded) > _MANY and _JSON_COMMAND.search(encoded):
        # Each substitution takes a hundred bytes while it is made, and a peer may send nothing else.
        return encoded.replace(b"##", rb"#\u0023")
    return _JSON_COMMAND.sub(rb"#\\u0023", encoded)


def json_long(utf8: bytes) -> Iterator[bytes]:
    """What stands between the quotes of a JSON string, safe as by `json_safe`: a long text piece by piece."""
    break_all = _holds_command(utf8)
    for piece in utf8_pieces(utf8):
        encoded = json_safe(msgspec.json.encode(piece)[1:-1])
        yield encoded.replace(b"#", rb"\u0023") if break_all else encoded


def _ascii(encoded: bytes) -> bytes:
    # The one part of the standard library's json that is in C and wanted here; 4 ms to import, so only now.
    from json.encoder import encode_basestring_ascii

    text = encoded.decode()
    return _NOT_ASCII.sub(lambda match: encode_basestring_ascii(match[0])[1:-1], text).encode("ascii")
