"""The JSON Schema of `--format json`, made from the event types: `python -m wscli.events_schema` writes it.

It ships as `events.schema.json` beside this module; a test holds it to the types.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any, Final

import msgspec

from .events import Event

PATH: Final = Path(__file__).with_name("events.schema.json")


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of one line of output."""
    (root,), definitions = msgspec.json.schema_components([Event], ref_template="#/$defs/{name}")
    for definition in definitions.values():
        # Python 3.13 takes the indentation of docstrings away itself.
        definition["description"] = inspect.cleandoc(definition["description"])
        if {"text", "base64"} <= definition["properties"].keys():
            # What holds a payload has it as text or as base64, never both.
            definition["oneOf"] = [{"required": ["text"]}, {"required": ["base64"]}]
        if {"body", "base64"} <= definition["properties"].keys():
            definition["not"] = {"required": ["body", "base64"]}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "wscli event",
        "description": "One line of `wscli --format json`: an event, told apart by its `event` field.",
        **root,
        "$defs": definitions,
    }


def rendered() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="ascii")
