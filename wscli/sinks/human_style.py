"""How the human format looks: colours as ready strings, widths in terminal cells, cutting and wrapping.

The colours are those of the 256 that stand out from black and from white alike, at least 4 to 1: the
terminal's own green and cyan are hardly to be seen on white. What matters is never told by colour alone. Text
that comes in here is escaped already.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .escape import escape

ELLIPSIS: Final = "…"
RESET: Final = "\x1b[0m"
_GREEN: Final = "\x1b[38;5;28m"
_TEAL: Final = "\x1b[38;5;30m"
_PURPLE: Final = "\x1b[38;5;133m"


class Palette(msgspec.Struct, frozen=True):
    """SGR sequences, each empty when nothing is coloured."""

    reset: str = ""
    strong: str = ""
    faint: str = ""
    incoming: str = ""
    outgoing: str = ""
    control: str = ""
    good: str = ""
    bad: str = ""
    warning: str = ""
    key: str = ""
    string: str = ""
    number: str = ""

    def paint(self, style: str, text: str) -> str:
        """`text` in one of this palette's styles."""
        return f"{style}{text}{self.reset}" if style and text else text


PLAIN: Final = Palette()
COLORED: Final = Palette(
    reset=RESET,
    strong="\x1b[1m",
    faint="\x1b[2m",
    incoming=_GREEN,
    outgoing=_TEAL,
    control=_PURPLE,
    good=_GREEN,
    bad="\x1b[1;38;5;160m",
    warning="\x1b[1;38;5;130m",
    key=_TEAL,
    string=_GREEN,
    number=_PURPLE,
)


def palette_for(color: bool) -> Palette:
    """The palette of a terminal with or without colour."""
    return COLORED if color else PLAIN


def cells(text: str) -> int:
    """How many terminal cells `text` (escaped, without SGR) takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def chop(text: str, width: int) -> list[str]:
    """`text` (escaped) in pieces of at most `width` cells, nothing left out; never empty."""
    width = max(width, 2)
    pieces = []
    while cells(text) > width:
        at = max(_fitting(text, width), 1)
        pieces.append(text[:at])
        text = _at_start(text[at:])
    return [*pieces, text]


def _at_start(rest: str) -> str:
    # What stood inside a line was no command to a CI runner; at the start of one it would be.
    return escape(rest)


def cut(text: str, width: int) -> str:
    """`text` in at most `width` cells, an ellipsis in its last where something was left out."""
    if text.isascii() and len(text) <= width:
        return text
    if width <= 0:
        return ""
    # A character may take no cell at all; what is longer than this is no text, and must not cost time.
    bounded = text[: 4 * width]
    if len(bounded) == len(text) and cells(text) <= width:
        return text
    return bounded[: _fitting(bounded, width - 1)] + ELLIPSIS


def wrap(text: str, width: int, *, rest: int | None = None) -> list[str]:
    """`text` (escaped) in pieces, broken at a space where there is one; never empty.

    The first takes at most `width` cells, the others `rest` (the same when left out), which leaves room for
    an indent.
    """
    width, rest = max(width, 8), max(width if rest is None else rest, 8)
    pieces = []
    while cells(text) > width:
        at = max(_fitting(text, width), 1)
        space = text.rfind(" ", at // 2, at + 1)
        at = space + 1 if space > 0 else at
        pieces.append(text[:at].rstrip(" "))
        text, width = _at_start(text[at:]), rest
    return [*pieces, text]


def _fitting(text: str, width: int) -> int:
    """How many characters of `text` fit in `width` cells."""
    if text.isascii():
        return width
    from rich.cells import get_character_cell_size

    for index, char in enumerate(text):
        width -= get_character_cell_size(char)
        if width < 0:
            return index
    return len(text)


def size_text(count: int) -> str:
    """A number of bytes for eyes: exact while that is short, then in KiB, MiB or GiB."""
    if count < 100_000:
        return f"{count:,} B"
    for unit in ("KiB", "MiB"):
        count_in_unit = count / 1024 if unit == "KiB" else count / 1024**2
        if count_in_unit < 1000:
            return f"{count_in_unit:.1f} {unit}"
    return f"{count / 1024**3:.1f} GiB"


def milliseconds(duration: float | None) -> str:
    """A duration for eyes, three digits that count: `0.123 ms`, `12.3 ms`, `1.23 s`."""
    if duration is None:
        return "—"
    if duration >= 1000:
        return f"{duration / 1000:.2f} s"
    digits = 3 if duration < 1 else 2 if duration < 10 else 1
    return f"{duration:.{digits}f} ms"


def plural(count: int, noun: str) -> str:
    """`1 message`, `4,812 messages`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
