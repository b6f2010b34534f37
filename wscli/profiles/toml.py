"""The configuration file as checked values: `[defaults]`, `[profiles.NAME]`, each with its lines.

A key is an option's long name, with dashes or underscores. What the options are is the caller's to say; what
their values mean is checked where flags are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Final

from ..errors import InputFailed, UsageError
from ..sinks.secrets import is_secret_header
from .location import expanded
from .secrets import SecretSource

_MOST: Final = 1024**2
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
_CREDENTIALS: Final = frozenset({"user", "bearer", "cookie"})
_POINTER_HINT: Final = 'write {env = "NAME"} or {command = ["PROGRAM", "ARGUMENT"]}'


class Kind(Enum):
    """What an option takes."""

    TEXT = "text in quotes"
    FLAG = "true or false"
    NUMBER = "a whole number"
    TEXTS = 'a list of texts: ["…", "…"]'
    NUMBERS = "a list of whole numbers"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value of the file, and where it stands; `line` is None when it could not be found."""

    value: Any = field(repr=False)
    where: str
    line: int | None


Section = dict[str, Setting]


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The whole file; the names of options have underscores."""

    path: Path
    defaults: Section
    profiles: Mapping[str, Section]

    def profile(self, name: str) -> Section:
        """Raises: UsageError, with the nearest name there is."""
        if name in self.profiles:
            return self.profiles[name]
        known = ", ".join(f"@{each}" for each in self.profiles) or "none"
        nearest = get_close_matches(name, self.profiles, n=1)
        hint = f"did you mean @{nearest[0]}?" if nearest else f"the profiles there are: {known}"
        raise UsageError(f"there is no profile {name!r} in {self.path}", hint=hint)

    @property
    def holds_secrets(self) -> bool:
        """Whether a password, a token or a cookie stands in the file itself."""
        return any(
            name in _CREDENTIALS and isinstance(setting.value, str) and not setting.value.startswith("@")
            for section in self.profiles.values()
            for name, setting in section.items()
        )


def load_file(path: Path, options: Mapping[str, Kind]) -> ConfigFile:
    """The checked content of `path`; `options` are the names that may be set, with underscores.

    Raises: InputFailed when it cannot be read; UsageError, which names file, line and key.
    """
    import tomllib

    text = _read(path)
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise _not_toml(path, str(failure)) from None
    return _Reader(path, text, options).read(tables)


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_MOST + 1)
    except OSError as failure:
        raise InputFailed(f"cannot read {str(path)!r}: {failure.strerror}") from None
    if len(content) > _MOST:
        raise UsageError(f"{path} is over 1 MiB", hint="is it the right file?")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8 text") from None


def _not_toml(path: Path, complaint: str) -> UsageError:
    found = re.search(r"\(at line (\d+), column \d+\)", complaint)
    where = f", line {found[1]}" if found else ", at its end"
    reason = re.sub(r"\s*\(at [^)]*\)$", "", complaint)
    return UsageError(
        f"{path}{where}: this is not TOML: {reason}", hint='texts stand in quotes: key = "value"'
    )


class _Reader:
    """Checks the tables of one file."""

    def __init__(self, path: Path, text: str, options: Mapping[str, Kind]) -> None:
        self._path = path
        self._lines = text.splitlines()
        self._options = options

    def read(self, tables: dict[str, Any]) -> ConfigFile:
        for key in tables:
            if key not in {"defaults", "profiles"}:
                raise self._unknown((), key, ["defaults", "profiles"], "table")
        defaults = self._section(("defaults",), tables.get("defaults", {}), self._options)
        profiles = tables.get("profiles", {})
        if not isinstance(profiles, dict):
            raise self._wrong((), "profiles", "write [profiles.NAME]")
        with_url = {**self._options, "url": Kind.TEXT}
        sections = {}
        for name, table in profiles.items():
            if not _NAME.fullmatch(name):
                raise self._wrong(("profiles",), name, "a profile's name has letters, digits, _ and -")
            sections[name] = self._section(("profiles", name), table, with_url)
        self._refuse_credentials(defaults)
        return ConfigFile(self._path, defaults, sections)

    def _section(self, place: tuple[str, ...], table: object, options: Mapping[str, Kind]) -> Section:
        if not isinstance(table, dict):
            raise self._wrong(place[:-1], place[-1], f"write [{'.'.join(place)}] and options below it")
        section: Section = {}
        for key, value in table.items():
            name = key.replace("-", "_")
            if name not in options:
                raise self._unknown(place, key, [each.replace("_", "-") for each in options], "option")
            if name in section:
                raise self._wrong(place, key, "it is there twice, with - and with _")
            line = self._line(place, key)
            section[name] = Setting(self._value(place, key, options[name], value), self._where(line), line)
        return section

    def _value(self, place: tuple[str, ...], key: str, kind: Kind, value: object) -> object:
        fits: object = None
        if type(value) is {Kind.FLAG: bool, Kind.NUMBER: int}.get(kind):
            fits = value
        elif kind is Kind.TEXT:
            fits = self._text(place, key, value)
        elif kind in {Kind.TEXTS, Kind.NUMBERS}:
            listed = value if isinstance(value, list) else [value]
            if kind is Kind.TEXTS:
                fits = [self._text(place, key, each) for each in listed]
            elif all(type(each) is int for each in listed):
                fits = listed
        if fits is None or (isinstance(fits, list) and None in fits):
            raise self._wrong(place, key, f"it takes {kind.value}")
        return fits

    def _text(self, place: tuple[str, ...], key: str, value: object) -> str | SecretSource | None:
        """A text; a number is one, too (`timeout = 5`); a table is where a secret comes from."""
        if isinstance(value, dict):
            return self._secret(place, key, value)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return str(value)

    def _secret(self, place: tuple[str, ...], key: str, table: dict[str, Any]) -> SecretSource:
        env, command, name = table.get("env", ""), table.get("command", []), table.get("name", "")
        right = (
            set(table) <= ({"env", "command", "name"} if key == "header" else {"env", "command"})
            and (key == "header") == bool(name)
            and all(isinstance(each, str) for each in (env, name, *command))
            and isinstance(command, list)
            and bool(env) != bool(command)
        )
        if not right:
            hint = _POINTER_HINT.replace("{", '{name = "HEADER", ') if key == "header" else _POINTER_HINT
            raise self._wrong(place, key, hint)
        return SecretSource(env, tuple(command), name)

    def _refuse_credentials(self, defaults: Section) -> None:
        """What stands in [defaults] goes to every host."""
        for name, setting in defaults.items():
            lines = setting.value if name == "header" else []
            names = [name for each in lines for name in self._header_names(each)]
            if name in _CREDENTIALS or any(map(is_secret_header, names)):
                raise UsageError(
                    f"{setting.where}: {name.replace('_', '-')} in [defaults] would go to every host",
                    hint="put it into [profiles.NAME], and use that as @NAME",
                )

    def _header_names(self, line: str | SecretSource) -> list[str]:
        """The headers that one text stands for: `@FILE` has one in each of its lines."""
        if isinstance(line, SecretSource):
            return [line.name]
        lines = [line.removeprefix("@")]
        if line.startswith("@") and not line.startswith("@@"):
            try:
                with (self._path.parent / expanded(line[1:])).open("rb") as file:
                    lines = file.read(_MOST).decode("utf-8", "replace").splitlines()
            except (OSError, ValueError):
                # Where the header is used, that is told.
                return []
        return [each.partition(":")[0].strip() for each in lines]

    def _unknown(self, place: tuple[str, ...], key: str, known: list[str], what: str) -> UsageError:
        nearest = get_close_matches(key.lower().replace("_", "-"), known, n=1)
        hint = f"did you mean {nearest[0]}?" if nearest else "wscli config lists what there is"
        if not place and key.replace("_", "-") in {each.replace("_", "-") for each in self._options}:
            hint = "options stand below [defaults] or [profiles.NAME]"
        return UsageError(
            f"{self._where(self._line(place, key))}: there is no {what} {key[:40]!r}", hint=hint
        )

    def _wrong(self, place: tuple[str, ...], key: str, hint: str) -> UsageError:
        where = self._where(self._line(place, key))
        return UsageError(f"{where}: {key[:40]!r} is not as it should be", hint=hint)

    def _where(self, line: int | None) -> str:
        return str(self._path) if line is None else f"{self._path}, line {line}"

    def _line(self, place: tuple[str, ...], key: str) -> int | None:
        """Where `key` of the table `place` stands; tomllib does not say."""
        quoted = rf"[\"']?{re.escape(key)}[\"']?"
        current: tuple[str, ...] = ()
        elsewhere = None
        for number, line in enumerate(self._lines, 1):
            header = re.match(r"\s*\[+([^\[\]]+)\]", line)
            if header:
                current = tuple(part.strip(" \t\"'") for part in header[1].split("."))
                if current == (*place, key):
                    return number
            elif re.match(rf"\s*{quoted}\s*[=.]", line) and current == place:
                return number
            elif elsewhere is None and re.search(rf"(^|[\s{{,.]){quoted}\s*=", line):
                elsewhere = number  # a dotted key, or a table in one line
        return elsewhere
