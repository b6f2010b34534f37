"""The steps of a check: from tables to values, each with its one action."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from msgspec import UNSET

from ..errors import UsageError
from ..expect.closing import CloseCode
from ..expect.expectation import Expectation
from ..expect.jsonpath import JsonPath, compiled, load, split_value
from ..expect.messages import Binary, Count, Json, Text
from ..expect.pattern import expression_of
from ..payloads import parse_binary
from ..wire.closecodes import why_not
from .suite import Await, Close, Ping, Send, Step, Wait, seconds_of
from .tables import ACTIONS, MODIFIERS, StepTable
from .trouble import Places
from .variables import Captured, Template, Variables, is_name, text_of

DEFAULT_WITHIN: Final = 10.0
_MOST_PING_BYTES: Final = 125
MOST_REASON_BYTES: Final = 123


class StepReader:
    """Reads the steps at `place`; what one captures the later ones may use."""

    def __init__(
        self, places: Places, place: tuple[str | int, ...], variables: Variables, folder: Path
    ) -> None:
        self._places = places
        self._place = place
        self._variables = variables
        self._folder = folder

    def read(self, tables: Sequence[StepTable]) -> tuple[Step, ...]:
        """The steps. Raises: UsageError."""
        return tuple(self._step(table, index) for index, table in enumerate(tables))

    def _step(self, table: StepTable, index: int) -> Step:
        path = (*self._place, index)
        given = {
            key: value
            for field, key in zip(table.__struct_fields__, table.__struct_encode_fields__, strict=True)
            if (value := getattr(table, field)) is not None and value is not UNSET
        }
        actions = [key for key in given if key in ACTIONS]
        if len(actions) != 1:
            which = f"there are {', '.join(actions)}" if actions else "there is none"
            raise self._places.error(
                path, f"a step has one action, and {which}", f"the actions are {', '.join(ACTIONS)}"
            )
        (key,) = actions
        for modifier, users in MODIFIERS.items():
            if modifier in given and key not in users:
                raise self._places.error((*path, modifier), f"{modifier!r} means nothing beside {key!r}")
        with self._places.at(*path, "within"):
            seconds = DEFAULT_WITHIN if table.within is None else seconds_of(table.within)
        with self._places.at(*path, key):
            action = self._action(key, table, seconds)
            captured = self._captured(table, action)
        self._variables = replace(self._variables, later=self._variables.later | captured)
        return Step(action, key)

    def _action(self, key: str, table: StepTable, seconds: float) -> Send | Ping | Wait | Await | Close:
        template = self._variables.template
        match key:
            case "send":
                return Send(text=template(table.send or ""))
            case "send-json":
                return Send(json=self._json(table.send_json))
            case "send-binary":
                return Send(binary=self._bytes(table.send_binary or ""))
            case "ping":
                return Ping(self._ping(table.ping), seconds)
            case "wait":
                return Wait(seconds_of(table.wait or 0))
            case "close":
                return self._close(table, seconds)
            case "expect-close":
                code = table.expect_close or 0
                CloseCode(code)
                return Await(lambda _: CloseCode(code, "expect-close"), seconds, closing=True)
        return Await(self._expectation(key, table), seconds, tuple((table.capture or {}).items()))

    def _expectation(self, key: str, table: StepTable) -> Callable[[Mapping[str, object]], Expectation]:
        match key:
            case "expect":
                return self._text(table.expect or "")
            case "expect-json":
                return self._json_path(table.expect_json or "")
            case "expect-binary":
                payload = self._bytes(table.expect_binary or "")
                return lambda _: Binary(payload, "expect-binary")
        count = table.expect_count or 1
        return lambda _: Count(count, "expect-count")

    def _text(self, source: str) -> Callable[[Mapping[str, object]], Expectation]:
        template = self._variables.template(source)

        def make(captured: Mapping[str, object]) -> Text:
            # What a peer sent stands for itself in a pattern, and for nothing else.
            escaped = {name: re.escape(text_of(value)) for name, value in captured.items()}
            return Text(template.fill(escaped), "expect", template.fill(captured))

        make(_placeholders(template))
        return make

    def _json_path(self, source: str) -> Callable[[Mapping[str, object]], Expectation]:
        path, value = split_value(source)
        path = self._variables.expand(path)
        if value is None:
            parsed = JsonPath.parse(path, "expect-json")
            return lambda _: Json(parsed, "expect-json")
        compiled_path, wanted = compiled(path, "expect-json"), self._wanted(value)
        return lambda captured: Json(
            JsonPath(path, compiled_path, valued=True, value=wanted(captured)), "expect-json"
        )

    def _wanted(self, source: str) -> Callable[[Mapping[str, object]], object]:
        """The value that an expect-json looks for; what is no JSON is a text."""
        template = self._variables.template(source)
        if len(template.pieces) == 1 and isinstance(template.pieces[0], Captured):
            name = template.pieces[0].name
            return lambda captured: captured[name]
        as_json = self._variables.json_template(source)
        if load(as_json.fill_json(dict.fromkeys(self._variables.later, 0))) is None:
            return template.fill

        def filled(captured: Mapping[str, object]) -> object:
            document = load(as_json.fill_json(captured))
            return template.fill(captured) if document is None else document.value

        return filled

    def _captured(self, table: StepTable, action: object) -> frozenset[str]:
        """The names that this step brings: of `capture`, or of the regex's named groups."""
        names = frozenset(table.capture or {})
        for name, path in (table.capture or {}).items():
            if not is_name(name):
                raise UsageError(f"capture: {name!r} is no name for a variable")
            compiled(path, "capture")
        if table.expect is not None and isinstance(action, Await):
            pattern = self._variables.template(table.expect)
            filled = pattern.fill(dict.fromkeys(self._variables.later, "x"))
            names |= frozenset(expression_of(filled).groupindex)
        return names

    def _json(self, value: Any) -> Any:
        """The value with its texts as templates, or a text alone when that is all there is."""
        if isinstance(value, str):
            return self._variables.template(value)
        if isinstance(value, list):
            return [self._json(each) for each in value]
        if isinstance(value, dict):
            return {key: self._json(each) for key, each in value.items()}
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, float) and value == value and abs(value) != float("inf"):
            return value
        raise UsageError("JSON has no dates, no times, no infinity and no nan", hint="write it as a text")

    def _bytes(self, source: str) -> bytes:
        text = self._variables.expand(source)
        if text.startswith("@") and not text.startswith("@@"):
            text = f"@{self._folder / text[1:]}"
        return parse_binary("the value", text)

    def _ping(self, payload: bool | str | None) -> bytes:
        if payload is False:
            raise UsageError("a step that does nothing", hint="write ping = true, or leave it out")
        octets = self._variables.expand(payload).encode() if isinstance(payload, str) else b""
        if len(octets) > _MOST_PING_BYTES:
            raise UsageError(f"a ping holds at most 125 bytes, not {len(octets)} (RFC 6455 §5.5)")
        return octets

    def _close(self, table: StepTable, seconds: float) -> Close:
        if table.close is False:
            raise UsageError("a step that does nothing", hint="write close = true, or leave it out")
        code = 1000 if table.close is True or table.close is None else int(table.close)
        if why := why_not(code):
            raise UsageError(why)
        reason = self._variables.template(table.reason or "")
        if len(reason.fill(_placeholders(reason)).encode()) > MOST_REASON_BYTES:
            raise UsageError("a close reason has at most 123 bytes of UTF-8 (RFC 6455 §5.5)")
        return Close(code, reason, None if table.within is None else seconds)


def _placeholders(template: Template) -> dict[str, object]:
    return {piece.name: "" for piece in template.pieces if isinstance(piece, Captured)}
