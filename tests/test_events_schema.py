from __future__ import annotations

from typing import get_args

import jsonschema

from wscli.events import Event
from wscli.events_schema import PATH, rendered, schema


def test_shipped_schema_is_what_the_event_types_say() -> None:
    assert PATH.read_text(encoding="ascii") == rendered(), "run python -m wscli.events_schema"


def test_schema_is_valid_and_knows_every_event() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert {cls.__name__ for cls in get_args(Event)} <= schema()["$defs"].keys()


def test_payload_as_text_and_as_base64_at_once_does_not_fit() -> None:
    event = {
        "event": "message",
        "t": 0.0,
        "time": "2026-11-21T10:00:00Z",
        "n": 1,
        "direction": "in",
        "type": "text",
        "length": 1,
        "wire_length": 1,
        "fragments": 1,
        "compressed": False,
        "text": "a",
    }
    validator = jsonschema.Draft202012Validator(schema())
    assert validator.is_valid(event)
    assert not validator.is_valid({**event, "base64": "YQ=="})
