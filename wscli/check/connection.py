"""How a check connects: its own keys over its profile's over the defaults, as options of `wscli connect`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from .suite import Source
from .tables import TargetTable
from .trouble import Places
from .variables import Variables

Place = tuple[str | int, ...]

# Files that are named relative to the suite, not to where wscli was started.
_FILES: Final = frozenset({"cacert", "cert", "key", "unix-socket", "cookie-jar"})
# Where a value may be `@file`.
_AT_FILES: Final = frozenset({"user", "bearer", "cookie"})
_LISTS: Final = frozenset({"subprotocol", "resolve"})


def merged(
    layers: Sequence[tuple[Any, Place]], name: str, kind: type[msgspec.Struct]
) -> Iterator[tuple[str, Any, Place]]:
    """Field, value and place of each key of the sub-table `name`; the first layer that has a key decides."""
    tables = [(getattr(table, name), (*place, name)) for table, place in layers]
    yield from first_of([(table, place) for table, place in tables if table is not None], kind)


def first_of(
    layers: Sequence[tuple[Any, Place]], kind: type[msgspec.Struct]
) -> Iterator[tuple[str, Any, Place]]:
    """Field, value and place of each key that a layer has, the first layer before the others."""
    for field, key in zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True):
        for table, place in layers:
            value = getattr(table, field)
            if value is not None:
                yield field, value, (*place, key)
                break


def connection_of(
    layers: Sequence[tuple[TargetTable, Place]], variables: Variables, places: Places, folder: Path
) -> tuple[str | None, dict[str, Any], dict[str, Source]]:
    """The URL, the options by the names of their fields, and where each was said. Raises: UsageError."""
    url: str | None = None
    options: dict[str, Any] = {}
    sources: dict[str, Source] = {}
    for field, value, path in first_of(layers, TargetTable):
        with places.at(*path):
            sources[field] = places.source(path)
            if field == "url":
                url = variables.expand(value)
            elif field != "headers":
                options[field] = _option(str(path[-1]), value, variables, folder)
    headers = _headers(layers, variables, places)
    if headers:
        options["header"] = [line for line, _ in headers]
        sources |= {f"header {index}": source for index, (_, source) in enumerate(headers)}
    return url, options, sources


def _option(key: str, value: Any, variables: Variables, folder: Path) -> Any:
    if isinstance(value, bool) or key == "ok-close":
        return value
    if key in _LISTS:
        return [variables.expand(each) for each in ([value] if isinstance(value, str) else value)]
    if not isinstance(value, str):
        return f"{value:f}" if isinstance(value, float) else str(value)
    text = variables.expand(value)
    if key in _FILES:
        return str(folder / text) if text else text
    if key in _AT_FILES and text.startswith("@") and not text.startswith("@@"):
        return f"@{folder / text[1:]}"
    return text


def _headers(
    layers: Sequence[tuple[TargetTable, Place]], variables: Variables, places: Places
) -> list[tuple[str, Source]]:
    """Every layer's headers, and where each was said; a name that two have is the first one's."""
    found: dict[str, tuple[str, Source]] = {}
    for table, place in layers:
        for name, value in (table.headers or {}).items():
            with places.at(*place, "headers", name):
                expanded = variables.expand(value)
                # `Name;` is how an empty value is written, as in curl.
                line = f"{name}: {expanded}" if expanded.strip() else f"{name};"
                found.setdefault(name.lower(), (line, places.source((*place, "headers", name))))
    return list(found.values())
