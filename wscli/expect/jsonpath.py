"""`JMESPATH[=VALUE]`: what is looked for in a JSON message, and whether it is there."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..errors import UsageError
from .quoting import quoted

_HINT = "for example 'type', 'items[0].id=7' or 'status=ok'; see jmespath.org"


@dataclass(frozen=True, slots=True)
class Document:
    """A JSON text; the box tells the value null from no JSON at all."""

    value: object


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A compiled JMESPath and the value that it must have; without one it must be true to JMESPath."""

    source: str
    path: Any
    valued: bool
    value: object = None

    @classmethod
    def parse(cls, expression: str, option: str) -> JsonPath:
        """From `JMESPATH` or `JMESPATH=VALUE`; a VALUE that is not JSON is a string.

        Raises: UsageError.
        """
        source, value = split_value(expression)
        path = compiled(source, option)
        if value is None:
            return cls(source, path, valued=False)
        try:
            return cls(source, path, valued=True, value=json.loads(value))
        except (ValueError, RecursionError):
            return cls(source, path, valued=True, value=value)

    def __str__(self) -> str:
        return f"{self.source} = {_shown(self.value)}" if self.valued else self.source

    def load(self, payload: bytes) -> Document | None:
        """The JSON text that `payload` is, or nothing."""
        return load(payload)

    def search(self, document: object) -> object:
        """What the path finds; None also where it cannot be applied to what the peer sent."""
        return search(self.path, document)

    def holds(self, found: object) -> bool:
        """Whether what was found is what was looked for."""
        if self.valued:
            return same(found, self.value)
        # JMESPath, "Or Expressions": these are the values that count as false.
        return not (found is None or found is False or found in ("", [], {}))

    def describe(self, found: object) -> str:
        """The miss, in words."""
        if found is None:
            return f"{self.source} is null or not there"
        return f"{self.source} is {_shown(found)}"


def compiled(source: str, option: str) -> Any:
    """The JMESPath. Raises: UsageError."""
    # 17 ms to import: only for those who ask for it.
    import jmespath
    from jmespath.exceptions import JMESPathError

    if not source.strip():
        raise UsageError(f"{option}: the JMESPath is empty", hint=_HINT)
    try:
        return jmespath.compile(source)
    except JMESPathError:
        raise UsageError(f"{option}: {quoted(source)} is not a JMESPath", hint=_HINT) from None


def load(payload: bytes | str) -> Document | None:
    """The JSON text that `payload` is, or nothing; too deep a nesting is none."""
    try:
        return Document(json.loads(payload))
    except (ValueError, RecursionError):
        return None


def search(path: Any, document: object) -> object:
    """What a compiled path finds in what the peer sent; None where it cannot be applied to that."""
    from jmespath.exceptions import JMESPathError

    try:
        return path.search(document)
    except (JMESPathError, RecursionError, TypeError, ValueError):
        return None


def split_value(expression: str) -> tuple[str, str | None]:
    """Path and value, parted at the first `=` that is no comparison and stands in no quotes."""
    quote = ""
    index = 0
    while index < len(expression):
        char = expression[index]
        if quote:
            if char == "\\":
                index += 1
            elif char == quote:
                quote = ""
        elif char in "'\"`":
            quote = char
        elif expression[index : index + 2] in {"==", "!=", "<=", ">="}:
            index += 1
        elif char == "=":
            return expression[:index].strip(), expression[index + 1 :]
        index += 1
    return expression.strip(), None


def same(left: object, right: object) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and true are not."""
    # No recursion: how deep a value is, is for the peer to say.
    pairs = [(left, right)]
    while pairs:
        left, right = pairs.pop()
        if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
            pairs.extend((left[key], right[key]) for key in left)
        elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
            pairs.extend(zip(left, right, strict=True))
        elif not _same_scalar(left, right):
            return False
    return True


def _same_scalar(left: object, right: object) -> bool:
    if isinstance(left, bool | dict | list) or isinstance(right, bool | dict | list):
        return left is right
    return (type(left) is type(right) or _both_numbers(left, right)) and left == right


def _both_numbers(left: object, right: object) -> bool:
    return isinstance(left, int | float) and isinstance(right, int | float)


def _shown(value: object) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (RecursionError, ValueError, TypeError):
        text = "…"
    return text if len(text) <= 80 else text[:79] + "…"
