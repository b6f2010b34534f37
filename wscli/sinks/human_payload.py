"""Payloads for eyes: a text in what is left of a line, JSON highlighted, bytes as a hexdump."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .escape import escape
from .human_style import Palette, chop, cut

HEXDUMP_ROWS: Final = 4
TEXT_ROWS: Final = 8
_INLINE_BYTES: Final = 12
_BEGINS_LIKE_JSON: Final = re.compile(r'\s*[\[{]\s*[\[{"\]}\dtfn-]')
_JSON_TOKEN: Final = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)'
    r'|(?P<string>"(?:[^"\\]|\\.)*"?)'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\b(?:true|false|null)\b)"
)


def text_in(text: str, width: int, palette: Palette) -> str:
    """`text` (of a peer) in at most `width` cells, coloured when it is JSON."""
    # Escaping makes text longer, never shorter: what is beyond this cannot show.
    shown = cut(escape(text if len(text) <= 4 * width else text[: 4 * width + 1]), width)
    if not palette.reset or not _BEGINS_LIKE_JSON.match(shown):
        return shown
    return highlight_json(shown, palette)


def text_rows(text: str, width: int, palette: Palette, rows: int = TEXT_ROWS) -> Iterator[str]:
    """`text` (of a peer) in lines of at most `width` cells; after `rows` of them only how much there is."""
    beginning = text[: rows * width]
    lines = chop(escape(beginning), width)
    if len(lines) == 1:
        # Short enough to be read at a glance: coloured like one that stands beside its frame.
        lines = [text_in(text, width, palette)]
    yield from lines[:rows]
    if len(lines) > rows or len(beginning) < len(text):
        yield f"… {len(text):,} characters in all"


def highlight_json(text: str, palette: Palette) -> str:
    """JSON (escaped, whole or cut) with keys, strings and numbers coloured."""

    def painted(match: re.Match[str]) -> str:
        return palette.paint(getattr(palette, match.lastgroup or "string"), match[0])

    return _JSON_TOKEN.sub(painted, text)


def inline_hex(payload: bytes, width: int) -> str:
    """The first bytes in hexadecimal, with their ASCII when there is room."""
    shown = payload[: max(min(_INLINE_BYTES, (width - 2) // 3), 1)]
    text = shown.hex(" ")
    if len(shown) < len(payload):
        return cut(f"{text} …", width)
    with_ascii = f"{text}  {_ascii_of(shown)}" if shown else ""
    return with_ascii if len(with_ascii) <= width else cut(text, width)


def fits_inline(payload: bytes) -> bool:
    """Whether `inline_hex` shows all of it on a line that is wide enough."""
    return len(payload) <= _INLINE_BYTES


def hexdump(payload: bytes, width: int, rows: int = HEXDUMP_ROWS) -> Iterator[str]:
    """Lines of offset, bytes and ASCII, at most `width` wide; after `rows` lines only how much is left."""
    per_row = 16 if width >= 75 else 8 if width >= 43 else 4
    for at in range(0, min(len(payload), rows * per_row), per_row):
        row = payload[at : at + per_row]
        left, right = row[:8].hex(" "), row[8:].hex(" ")
        both = f"{left:<23} {right:<23}" if per_row == 16 else f"{left:<{per_row * 3 - 1}}"
        yield f"{at:06x}  {both}  {_ascii_of(row)}"
    if (rest := len(payload) - rows * per_row) > 0:
        yield f"… {rest:,} more bytes"


def _ascii_of(row: bytes) -> str:
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
    return f"|{escape(text)}|"
