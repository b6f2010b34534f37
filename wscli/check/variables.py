"""`${NAME}` in the texts of a suite: from the matrix, the file, the environment, or an earlier reply."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import UsageError

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^}]*)\}")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?", re.DOTALL)

Lookup = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Captured:
    """A variable whose value an earlier reply brings."""

    name: str


@dataclass(frozen=True, slots=True)
class Template:
    """A text with places for what is captured; pieces are texts and `Captured`."""

    pieces: tuple[str | Captured, ...]

    def fill(self, captured: Mapping[str, object]) -> str:
        """The text."""
        return "".join(
            piece if isinstance(piece, str) else text_of(captured[piece.name]) for piece in self.pieces
        )


@dataclass(frozen=True, slots=True)
class Variables:
    """Where names get their values: `values` first (matrix over file), then the environment.

    `later` are names that a reply brings; they hide the others.
    """

    values: Mapping[str, object]
    environment: Mapping[str, str]
    later: frozenset[str] = frozenset()

    def template(self, text: str) -> Template:
        """`text` with everything put in that is known by now; `$${` stands for `${`.

        Raises: UsageError for a name that has no value.
        """
        pieces: list[str | Captured] = []
        end = 0
        for found in _REFERENCE.finditer(text):
            pieces += [text[end : found.start()], "${" if found[1] is None else self._value(found[1])]
            end = found.end()
        return Template(tuple(piece for piece in [*pieces, text[end:]] if piece != ""))

    def expand(self, text: str) -> str:
        """`text`, for where nothing captured can stand. Raises: UsageError."""
        template = self.template(text)
        for piece in template.pieces:
            if isinstance(piece, Captured):
                raise UsageError(
                    f"${{{piece.name}}} comes from a reply, and there is none yet",
                    hint="captured values can be used in later steps of the same check",
                )
        return template.fill({})

    def _value(self, reference: str) -> str | Captured:
        found = _NAME.fullmatch(reference)
        if found is None:
            raise UsageError(
                "what stands in ${…} is no name", hint="write ${NAME} or ${NAME:-default}; $${ is a plain ${"
            )
        name, default = found[1], found[3]
        if name in self.later:
            return Captured(name)
        if name in self.values:
            return text_of(self.values[name])
        # As in a shell: an empty variable takes the default, too.
        value = self.environment.get(name, "") or (default if found[2] else self.environment.get(name))
        if value is None:
            raise UsageError(
                f"${{{name}}} has no value",
                hint=f"set it in the environment or in [variables], or write ${{{name}:-default}}",
            )
        return value


def text_of(value: object) -> str:
    """A value as it stands in a text: a text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def json_text(value: Any, captured: Mapping[str, object]) -> str:
    """`value`, in which texts are templates, as JSON."""
    return json.dumps(_filled(value, captured), ensure_ascii=False, separators=(",", ":"))


def _filled(value: Any, captured: Mapping[str, object]) -> Any:
    """A JSON value with its templates filled; a text that is one variable and no more keeps its type."""
    if isinstance(value, Template):
        if len(value.pieces) == 1 and isinstance(value.pieces[0], Captured):
            return captured[value.pieces[0].name]
        return value.fill(captured)
    if isinstance(value, list):
        return [_filled(each, captured) for each in value]
    if isinstance(value, dict):
        return {key: _filled(each, captured) for key, each in value.items()}
    return value
