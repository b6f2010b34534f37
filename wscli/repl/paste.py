"""Pastes: input that arrives as one, kept as one, however long and whatever the terminal can do; pure."""

from __future__ import annotations

from typing import Final

import msgspec

MOST_PASTE: Final = 1 << 20
"""Characters of a paste that are taken; a longer one is refused whole."""

FOLD_CHARACTERS: Final = 4000
FOLD_LINES: Final = 12


def as_text(pasted: str) -> str:
    """Terminals send CR for each line end; and the newline after the last line belongs to the copying."""
    text = pasted.replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n")


class Folds:
    """Long pastes, shown as a short mark in the line and put back when it is sent."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._count = 0

    def fold(self, text: str) -> str:
        """`text` itself when it is short, otherwise the mark that stands for it."""
        lines = text.count("\n") + 1
        if len(text) <= FOLD_CHARACTERS and lines <= FOLD_LINES:
            return text
        self._count += 1
        mark = f"⟨paste {self._count}: {lines:,} lines, {len(text):,} characters⟩"
        self._texts[mark] = text
        return mark

    def take_back(self, before: str) -> tuple[int, str]:
        """The newest paste, if its mark and perhaps newlines are the end of `before`: their length, its text.

        The mark is not valid any more: it has to be taken out of the line.
        """
        mark, line = next(reversed(self._texts), ""), before.rstrip("\n")
        if not mark or not line.endswith(mark):
            return 0, ""
        self._count -= 1
        newlines = before[len(line) :]
        return len(mark) + len(newlines), self._texts.pop(mark) + newlines

    def unfold(self, line: str) -> str:
        """The line with every mark replaced by what was pasted."""
        if self._texts and "⟨paste " in line:
            for mark, text in self._texts.items():
                line = line.replace(mark, text)
        return line

    def forget(self) -> None:
        """The line was sent or cleared."""
        self._texts.clear()


def is_unfinished(line: str) -> bool:
    """Whether a line (also after `/json`) is the beginning of a JSON object or array, and no more than that.

    Enter then goes on, until an empty last line says that it is meant as it stands (`as_it_stands`).
    """
    text = line.removeprefix("/json ").lstrip()
    if not text.startswith(("{", "[")):
        return False
    try:
        msgspec.json.decode(text.encode(), type=msgspec.Raw)
    except msgspec.DecodeError as wrong:
        # The one way of being no JSON that more text can mend; "JSON is malformed" are the others.
        return "truncated" in str(wrong)
    except (UnicodeEncodeError, RecursionError):
        return False
    return False


def as_it_stands(line: str) -> str | None:
    """The line without its empty last line; None when it has none, or nothing else."""
    before, newline, last = line.rpartition("\n")
    return before if newline and not last.strip() and before.strip() else None
