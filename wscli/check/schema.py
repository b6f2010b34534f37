"""The JSON Schema of a suite file, made from its tables: `python -m wscli.check.schema` writes it.

It ships as `suite.schema.json` beside this module, for editors to complete suites with; a test holds it to
the tables.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import msgspec

from .tables import ACTIONS, MODIFIERS, SuiteTable

PATH: Final = Path(__file__).with_name("suite.schema.json")


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of a suite, TOML's values taken as JSON's."""
    (root,), definitions = msgspec.json.schema_components([SuiteTable], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        _without_null(definition)
    # What `${…}` can refer to.
    names = {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
    definitions["SuiteTable"]["properties"]["variables"]["propertyNames"] = names
    definitions["CheckTable"]["properties"]["matrix"]["propertyNames"] = names
    definitions["StepTable"]["properties"]["capture"]["propertyNames"] = names
    definitions["StepTable"]["oneOf"] = [_step(action) for action in ACTIONS]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wscli check suite",
        "description": "A suite of WebSocket checks for `wscli check FILE`.",
        **root,
        "$defs": definitions,
    }


def _step(action: str) -> dict[str, Any]:
    """A step is exactly one of its actions, and what belongs to that."""
    foreign = {name: False for name, users in MODIFIERS.items() if action not in users}
    return {"required": [action], "properties": foreign} if foreign else {"required": [action]}


def _without_null(definition: dict[str, Any]) -> None:
    """TOML has no null: what may be left out is not required, and that is all there is to say."""
    for name, member in definition.get("properties", {}).items():
        member.pop("default", None)
        choices = [choice for choice in member.get("anyOf", []) if choice != {"type": "null"}]
        if len(choices) == 1:
            member.pop("anyOf")
            definition["properties"][name] = {**member, **choices[0]}
        elif choices:
            member["anyOf"] = choices


def rendered() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="ascii")
