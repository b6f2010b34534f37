"""`${NAME}` in the texts of a suite: from the matrix, the file, the environment, or an earlier reply."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ..errors import UsageError

_REFERENCE: Final = re.compile(r"\$\$\{|\$\{([^}]*)\}")
_NAME: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?", re.DOTALL)

# What variables that hold credentials are called, but for those that only tell of some: AUTH_URL.
_SECRET_NAME: Final = re.compile(
    r"(?:token|secret|password|passwd|api_?key|credential|auth|cookie)"
    r"(?!.*(?:url|uri|host|name|user|type|scheme|path|file|port)$)",
    re.IGNORECASE,
)
_LONGEST_TRAIL: Final = 50
# A quote, or what is no quote for the backslash before it.
_QUOTES: Final = re.compile(r'\\.|"', re.DOTALL)
_DEFAULT: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?")


def is_name(text: str) -> bool:
    """Whether `${…}` can refer to a variable of this name."""
    found = _NAME.fullmatch(text)
    return found is not None and found[2] is None


def is_secret_name(name: str) -> bool:
    """Whether a variable of this name holds what is out of sight in everything that is reported."""
    return _SECRET_NAME.search(name) is not None


def names_in(text: str) -> list[str]:
    """The variables that `text` refers to."""
    return [found[1] for found in _DEFAULT.finditer(text)]


def secrets_in(text: str, environment: Mapping[str, str]) -> tuple[str, ...]:
    """What the references in a suite's `text` may stand for that is secret by its name."""
    found: dict[str, None] = {}
    for reference in _DEFAULT.finditer(text):
        if is_secret_name(reference[1]):
            found |= dict.fromkeys([environment.get(reference[1], ""), reference[2] or ""])
    return tuple(value for value in found if value)


class Unresolved(UsageError):
    """The variable `name` of the file has no value that can be told."""

    def __init__(self, name: str, message: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.name = name


@dataclass(frozen=True, slots=True)
class Captured:
    """A variable whose value an earlier reply brings; `quoted` is for a place inside a string of JSON."""

    name: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """A text with places for what is captured; pieces are texts and `Captured`."""

    pieces: tuple[str | Captured, ...]

    def fill(self, captured: Mapping[str, object]) -> str:
        """The text."""
        return "".join(
            piece if isinstance(piece, str) else text_of(captured[piece.name]) for piece in self.pieces
        )

    def fill_json(self, captured: Mapping[str, object]) -> str:
        """The text, values in it as JSON; what stands inside a string of JSON becomes part of that string."""
        return "".join(
            piece
            if isinstance(piece, str)
            else _inside_string(text_of(captured[piece.name]))
            if piece.quoted
            else json.dumps(captured[piece.name])
            for piece in self.pieces
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

    def json_template(self, text: str) -> Template:
        """`text` is JSON, and stays that whatever the values are. Raises: UsageError, as `template`."""
        pieces: list[str | Captured] = []
        end, quoted = 0, False
        for found in _REFERENCE.finditer(text):
            literal = text[end : found.start()]
            quoted = _ends_in_string(literal, quoted)
            piece = "${" if found[1] is None else self._value(found[1])
            if quoted:
                piece = _inside_string(piece) if isinstance(piece, str) else Captured(piece.name, quoted=True)
            pieces += [literal, piece]
            end = found.end()
        return Template((*pieces, text[end:]))

    def expand(self, text: str) -> str:
        """`text`, for where nothing captured can stand. Raises: UsageError."""
        template = self.template(text)
        for piece in template.pieces:
            if isinstance(piece, Captured):
                raise UsageError(
                    f"${{{piece.name}}} comes from a reply, and cannot stand here",
                    hint="captured values can stand in later steps of the same check: in send, send-json,"
                    " expect, behind the = of expect-json, in the reason of close",
                )
        return template.fill({})

    def with_table(self, table: Mapping[str, object], wanted: Iterable[str]) -> Variables:
        """These, and those of the file that are `wanted`, which may refer to others. Raises: Unresolved."""
        values = dict(self.values)
        for name in wanted:
            self._resolve(name, table, values, ())
        return Variables(values, self.environment)

    def _resolve(
        self, name: str, table: Mapping[str, object], values: dict[str, object], trail: tuple[str, ...]
    ) -> None:
        if name in values:
            return
        if name in trail or len(trail) > _LONGEST_TRAIL:
            round_trip = " → ".join([*trail[trail.index(name) if name in trail else -3 :], name])
            raise Unresolved(trail[-1], f"these refer to each other without end: {round_trip}")
        value = table[name]
        if isinstance(value, str):
            for other in names_in(value):
                # A variable that names itself means the environment's.
                if other in table and other != name:
                    self._resolve(other, table, values, (*trail, name))
            try:
                value = Variables(values, self.environment).expand(value)
            except UsageError as wrong:
                raise Unresolved(name, wrong.message, hint=wrong.hint) from None
        values[name] = value

    def secrets(self) -> tuple[str, ...]:
        """The values whose names say that they are secret."""
        return tuple(text_of(value) for name, value in self.values.items() if is_secret_name(name))

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


def _inside_string(text: str) -> str:
    """`text` as it stands between the quotes of a JSON string (RFC 8259 §7)."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _ends_in_string(json_text: str, quoted: bool) -> bool:
    """Whether a string of JSON is open behind `json_text`; `quoted` says whether one was before it."""
    for quote in _QUOTES.finditer(json_text):
        quoted ^= quote[0] == '"'
    return quoted


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
