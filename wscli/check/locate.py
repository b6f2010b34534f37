"""Where in a TOML text each key stands: tomllib tells no line, and an error without one is half an error.

The text is known to be valid TOML; this reads only its structure: table headers, keys, brackets, strings.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import Final

Path = tuple[str | int, ...]

_BLANK: Final = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACE: Final = re.compile(r"[ \t]*")
_KEY: Final = re.compile(r"""[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""")
# The longest first: three quotes are no empty string. What is left is numbers, dates and booleans.
_VALUE: Final = re.compile(
    r'"""(?:[^\\]|\\.)*?"""+|' + r"'''.*?'''+|" + r""""(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^,\]}#\n]+""", re.DOTALL
)


class Locator:
    """The line (from 1) of every key and element of a TOML text."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._at = 0
        # Counting anew for each key would take a minute for a file of some MiB.
        self._newlines = [found.start() for found in re.finditer("\n", self._text)]
        self._lines: dict[Path, int] = {}
        self._arrays: dict[Path, int] = {}
        self._read()

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest thing around it; 1 for the whole."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def _read(self) -> None:
        table: Path = ()
        while self._skip(_BLANK) < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> Path:
        line = self._line()
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        path: Path = ()
        keys = self._keys()
        for position, key in enumerate(keys, 1):
            path = (*path, key)
            if array and position == len(keys):
                self._note(path, line)
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, self._arrays[path])
        self._at += 2 if array else 1
        self._note(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for key in self._keys():
            path = (*path, key)
            self._note(path, line)
        self._at += 1  # the equals sign
        self._value(path)

    def _keys(self) -> list[str]:
        keys = []
        while True:
            self._skip(_SPACE)
            found = _KEY.match(self._text, self._at)
            if found is None:
                raise ValueError("not a key")
            self._at = found.end()
            keys.append(found[0][1:-1] if found[0][0] in "\"'" else found[0])
            if not self._text.startswith(".", self._skip(_SPACE)):
                return keys
            self._at += 1

    def _value(self, path: Path) -> None:
        self._skip(_SPACE)
        self._note(path, self._line())
        if self._text.startswith("[", self._at):
            self._sequence(path)
        elif self._text.startswith("{", self._at):
            self._inline(path)
        else:
            found = _VALUE.match(self._text, self._at)
            if found is None:
                raise ValueError("not a value")
            self._at = found.end()

    def _sequence(self, path: Path) -> None:
        self._at += 1
        index = 0
        while not self._ends("]"):
            self._value((*path, index))
            index += 1
            if self._text.startswith(",", self._skip(_BLANK)):
                self._at += 1

    def _inline(self, path: Path) -> None:
        self._at += 1
        while not self._ends("}"):
            self._pair(path)
            if self._text.startswith(",", self._skip(_BLANK)):
                self._at += 1

    def _ends(self, bracket: str) -> bool:
        if not self._text.startswith(bracket, self._skip(_BLANK)):
            return False
        self._at += 1
        return True

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found is not None else self._at
        return self._at

    def _note(self, path: Path, line: int) -> None:
        self._lines.setdefault(path, line)

    def _line(self) -> int:
        return bisect_left(self._newlines, self._at) + 1
