"""What is wrong with a suite file, in words: file, line, key, and what to write instead."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

import msgspec

from ..errors import InputFailed, UsageError
from .locate import Locator, Path
from .suite import Source
from .tables import (
    CheckTable,
    DefaultsTable,
    ExpectTable,
    LimitsTable,
    ProfileTable,
    StepTable,
    SuiteTable,
)
from .variables import is_name

_AT: Final = re.compile(r"^(.*?)(?: - at `\$([^`]*)`)?$", re.DOTALL)
_PART: Final = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\[\.\.\.\]")
_FIELD: Final = re.compile(r"`([^`]*)`$")
# The slips that people make most; what tomllib says of each.
_TOML_HINTS: Final = {
    "Unescaped '\\'": "in single quotes a backslash is one: expect = '\\d+'",
    "Invalid initial character for a key part": "a table in braces stands on one line, no comma before the }",
    "Unclosed inline table": "a table in braces stands on one line, no comma before the }",
    "Invalid value": "a text stands in quotes",
    "Cannot overwrite a value": "a key stands once in its table",
    "Cannot declare": "a table is declared once; [[check]], in two brackets, begins another check",
}
# What other tools have as keys.
_MEANT: Final = {"skip": "put # before its lines, or give tags to the others and run those with --only TAG"}
_WORDS: Final = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "datetime": "a date",
    "date": "a date",
    "time": "a time",
}


class Places:
    """Makes errors that begin with `FILE:LINE:` and the key."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._locator = Locator(text)
        self._sources: dict[Path, Source] = {}

    def line(self, path: Path) -> int:
        """The line of what stands at `path`."""
        return self._locator.line(path)

    def source(self, path: Path) -> Source:
        """Where `path` is: one value for each, for what is said once may be meant by thousands of checks."""
        if path not in self._sources:
            self._sources[path] = Source(self.file, self.line(path), _key(path))
        return self._sources[path]

    def error(self, path: Path, message: str, hint: str = "") -> UsageError:
        """The error for what stands at `path`."""
        key = _key(path)
        return UsageError(f"{self.file}:{self.line(path)}: {f'{key}: ' if key else ''}{message}", hint=hint)

    @contextlib.contextmanager
    def at(self, *path: str | int) -> Iterator[None]:
        """Whatever is wrong inside is wrong at `path`."""
        try:
            yield
        except (UsageError, InputFailed) as wrong:
            named, _, rest = wrong.message.partition(": ")
            # Whoever knows the key has said it; the path says it, too.
            told = rest if rest and _key(path).endswith(named) else wrong.message
            raise self.error(path, told, wrong.hint) from None

    def check_names(self, names: Iterable[str], path: Path) -> None:
        """Variables at `path` have names that `${…}` can refer to. Raises: UsageError."""
        for name in names:
            if not is_name(name):
                raise self.error(
                    (*path, name),
                    f"{name!r} is no name for a variable",
                    "letters, digits and _, as in API_TOKEN",
                )

    def misshapen(self, wrong: msgspec.ValidationError, document: dict[str, Any]) -> UsageError:
        """The error for `document`, which does not have the shape of a suite."""
        found = _AT.match(str(wrong))
        message, where = (found[1], found[2] or "") if found else (str(wrong), "")
        path: Path = ()
        for part in _PART.finditer(where):
            if part[1] is None and part[2] is None:
                path = (*path, *_culprit(document, path, str(wrong)))
                continue
            path = (*path, part[1] if part[1] is not None else int(part[2]))
        named = _FIELD.search(message)
        if "unknown field" in message and named:
            return self._unknown(path, named[1])
        if "missing required field" in message and named:
            return self.error(path, f"the key {named[1]!r} is missing")
        hint = "write [[check]], in two brackets" if path == ("check",) and "got `object`" in message else ""
        return self.error(path, _in_words(message), hint)

    def _unknown(self, path: Path, name: str) -> UsageError:
        keys = sorted(_table_at(path).__struct_encode_fields__)
        nearest = get_close_matches(name.replace("_", "-"), keys, n=1)
        if nearest:
            hint = f"did you mean {nearest[0]!r}?"
        else:
            hint = _MEANT.get(name) or f"the keys here are {', '.join(keys)}"
        return self.error((*path, name), "there is no such key", hint)


def toml_hint(said: str) -> str:
    """What to try where tomllib `said` what is wrong: it speaks of the grammar, not of the slip."""
    return next((hint for part, hint in _TOML_HINTS.items() if part in said), "")


def _culprit(document: dict[str, Any], path: Path, complaint: str) -> Path:
    """The key of the table at `path` that `complaint` is about: msgspec does not tell such keys."""
    table: Any = document
    for part in path:
        table = table[part]
    others = dict(table)
    try:
        for key, value in others.items():
            table.clear()
            table[key] = value
            try:
                msgspec.convert(document, SuiteTable)
            except msgspec.ValidationError as wrong:
                if str(wrong) == complaint:
                    return (key,)
    finally:
        table.clear()
        table.update(others)
    return ()


def _key(path: Path) -> str:
    """`check[0].steps[2].within` counts as people do: the first is number 1."""
    parts = [f" {part + 1}" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).lstrip(".")


def _table_at(path: Path) -> type[msgspec.Struct]:
    names = [part for part in path if isinstance(part, str)]
    match names:
        case [*_, "limits"]:
            return LimitsTable
        case [*_, "expect"]:
            return ExpectTable
        case [*_, "steps"]:
            return StepTable
        case ["check"]:
            return CheckTable
        case ["profile", _]:
            return ProfileTable
        case ["defaults"]:
            return DefaultsTable
    return SuiteTable


def _in_words(message: str) -> str:
    """msgspec's message with TOML's words in place of Python's."""

    def words(found: re.Match[str]) -> str:
        kinds = [kind for kind in found[1].split(" | ") if kind != "null"]
        return " or ".join(_WORDS.get(kind, kind) for kind in kinds)

    text = re.sub(r"`([^`]*)`", words, message)
    return text[:1].lower() + text[1:]
