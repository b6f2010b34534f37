"""From a suite file to a `Suite`: read, checked, its matrix spread, its variables put in.

Everything that can be wrong in a file is said here, before anything is sent, with file, line and key.
"""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from ..errors import UsageError
from ..sinks.redact import Redactor
from .connection import connection_of, merged
from .expectations import check_expectations
from .steps import StepReader
from .suite import Check, Limits, Source, Suite, seconds_of, without_secrets
from .tables import CheckTable, DefaultsTable, LimitsTable, ProfileTable, SuiteTable
from .trouble import Places, toml_hint
from .variables import Unresolved, Variables, names_in, secrets_in

_LARGEST_FILE: Final = 16 * 1024 * 1024
_MOST_CHECKS: Final = 100_000


def load_suite(file: Path, environment: Mapping[str, str], *, show_secrets: bool = False) -> Suite:
    """The suite in `file`; names and messages are without its secrets, unless these are to be shown.

    Raises: UsageError when it cannot be read, and for what is wrong in it.
    """
    text = _read(file)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(wrong))
        line, said = (found[1], str(wrong)[: found.start()].strip()) if found else (_lines(text), str(wrong))
        raise UsageError(
            f"{file}:{line}: not TOML: {said[:1].lower()}{said[1:]}", hint=toml_hint(said)
        ) from None
    except RecursionError:
        raise UsageError(f"{file}:1: not TOML that can be read: it nests too deep") from None
    places = Places(str(file), text)
    try:
        table = msgspec.convert(document, SuiteTable)
    except msgspec.ValidationError as wrong:
        raise places.misshapen(wrong, document) from None
    loader = _Loader(table, places, file, environment, secrets_in(text, environment))
    try:
        suite = loader.suite()
    except UsageError as wrong:
        redactor = Redactor(loader.secrets, show=show_secrets)
        raise UsageError(redactor.scrub(wrong.message), hint=redactor.scrub(wrong.hint)) from None
    return suite if show_secrets else without_secrets(suite)


def _lines(text: str) -> int:
    return text.count("\n") + 1


def _read(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            content = opened.read(_LARGEST_FILE + 1)
    except OSError as failure:
        raise UsageError(
            f"cannot read the suite {str(file)!r}: {failure.strerror or failure}",
            hint="wscli check --init writes a starter file",
        ) from None
    if len(content) > _LARGEST_FILE:
        raise UsageError(f"{file}: the file is over 16 MiB", hint="is it the right file?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        line = content.count(b"\n", 0, wrong.start) + 1
        raise UsageError(f"{file}:{line}: not UTF-8 text") from None


class _Loader:
    def __init__(
        self,
        table: SuiteTable,
        places: Places,
        file: Path,
        environment: Mapping[str, str],
        secrets: tuple[str, ...],
    ) -> None:
        self._table = table
        self._places = places
        self._file = file
        self._environment = environment
        # All that are known by now, and those of the whole file.
        self.secrets = dict.fromkeys(secrets)
        self._secrets = secrets
        self._names: dict[str, int] = {}

    def suite(self) -> Suite:
        table = self._table
        self._places.check_names(table.variables or {}, ("variables",))
        checks: list[Check] = []
        for index, each in enumerate(table.check):
            for values in self._combinations(each, index):
                checks.append(self._check(each, index, values))
                if len(checks) > _MOST_CHECKS:
                    raise self._places.error(
                        ("check", index), f"more than {_MOST_CHECKS:,} checks in one file"
                    )
        return Suite(self._suite_name(), tuple(checks), table.jobs)

    def _suite_name(self) -> str:
        name = self._table.name or ""
        # Others may need a matrix, which the suite has none of.
        variables = self._variables(
            {}, [each for each in names_in(name) if each in (self._table.variables or {})]
        )
        with self._places.at("name"):
            return variables.expand(name) or self._file.stem

    def _combinations(self, table: CheckTable, index: int) -> Iterator[dict[str, object]]:
        matrix = table.matrix or {}
        self._places.check_names(matrix, ("check", index, "matrix"))
        for name, values in matrix.items():
            if not values:
                raise self._places.error(("check", index, "matrix", name), "the list is empty")
        for combination in itertools.product(*matrix.values()):
            yield dict(zip(matrix, combination, strict=True))

    def _check(self, table: CheckTable, index: int, matrix: Mapping[str, object]) -> Check:
        place = ("check", index)
        variables = self._variables(matrix)
        layers = self._layers(table, place)
        name = self._name(table, place, variables, matrix)
        url, connection, sources = connection_of(layers, variables, self._places, self._file.parent)
        if url is None:
            raise self._places.error(
                place, "the check has no url", "give it a url, or a profile that has one"
            )
        steps = StepReader(self._places, (*place, "steps"), variables, self._file.parent)
        return Check(
            name=name,
            url=url,
            source=Source(str(self._file), self._places.line((*place, "name"))),
            connection=connection,
            sources=sources,
            tags=self._tags(table, place, variables),
            retries=_first([layer.retries for layer, _ in layers], 0),
            retry_seconds=self._retry_seconds(layers),
            steps=steps.read(table.steps or []),
            limits=self._limits(layers),
            expect=check_expectations(layers, variables, self._places),
            secrets=self._secrets_of(variables),
        )

    def _secrets_of(self, variables: Variables) -> tuple[str, ...]:
        own = [secret for secret in variables.secrets() if secret not in self._secrets]
        return (*self._secrets, *own) if own else self._secrets

    def _tags(self, table: CheckTable, place: tuple[str | int, ...], variables: Variables) -> tuple[str, ...]:
        with self._places.at(*place, "tags"):
            return tuple(map(variables.expand, _texts(table.tags)))

    def _variables(self, matrix: Mapping[str, object], wanted: Iterable[str] | None = None) -> Variables:
        base = Variables(matrix, self._environment)
        try:
            table = self._table.variables or {}
            variables = base.with_table(table, table if wanted is None else wanted)
        except Unresolved as wrong:
            raise self._places.error(("variables", wrong.name), wrong.message, wrong.hint) from None
        self.secrets |= dict.fromkeys(variables.secrets())
        return variables

    def _layers(self, table: CheckTable, place: tuple[str | int, ...]) -> list[Layer]:
        layers: list[Layer] = [(table, place)]
        profiles = self._table.profile or {}
        if table.profile is not None:
            if table.profile not in profiles:
                known = ", ".join(profiles) or "none"
                raise self._places.error(
                    (*place, "profile"),
                    f"there is no profile {table.profile!r}",
                    f'the profiles of this file are: {known}; one of your configuration is a url: "@NAME"',
                )
            layers.append((profiles[table.profile], ("profile", table.profile)))
        if self._table.defaults is not None:
            layers.append((self._table.defaults, ("defaults",)))
        return layers

    def _name(
        self,
        table: CheckTable,
        place: tuple[str | int, ...],
        variables: Variables,
        matrix: Mapping[str, object],
    ) -> str:
        with self._places.at(*place, "name"):
            name = variables.expand(table.name)
        if matrix and name == table.name:
            # A name of its own for each combination, without the author's having to say how.
            name += f" [{', '.join(f'{key}={value}' for key, value in matrix.items())}]"
        if name in self._names:
            raise self._places.error(
                (*place, "name"),
                f"the name {name!r} is taken by the check on line {self._names[name]}",
                "every check needs a name of its own",
            )
        self._names[name] = self._places.line((*place, "name"))
        return name

    def _retry_seconds(self, layers: list[Layer]) -> float:
        for table, place in layers:
            if table.retry_delay is not None:
                with self._places.at(*place, "retry-delay"):
                    return seconds_of(table.retry_delay)
        return 1.0

    def _limits(self, layers: list[Layer]) -> Limits:
        found: dict[str, float] = {}
        for name, value, path in merged(layers, "limits", LimitsTable):
            with self._places.at(*path):
                found[name] = seconds_of(value)
        return Limits(**found)


Layer = tuple[CheckTable | ProfileTable | DefaultsTable, tuple[str | int, ...]]


def _texts(value: str | list[str] | None) -> tuple[str, ...]:
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)


def _first(values: list[Any], default: Any) -> Any:
    return next((value for value in values if value is not None), default)
