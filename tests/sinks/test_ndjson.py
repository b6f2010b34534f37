from __future__ import annotations

import base64
import json
from typing import Any

import jsonschema
import msgspec
from hypothesis import given, settings

from wscli.config import Format
from wscli.events import Event, Failed
from wscli.events_schema import schema
from wscli.sinks.base import Batch
from wscli.sinks.ndjson import NdjsonSink

from .samples import TIME, any_batch, any_event, closed, frame, message, opened, options, run_of, written_by

VALIDATOR = jsonschema.Draft202012Validator(schema())


def lines_of(batch: Batch, **changes: Any) -> list[dict[str, Any]]:
    written = written_by(lambda out: NdjsonSink(options(format=Format.JSON, **changes), out), batch)
    return [json.loads(line) for line in written.splitlines()]


def test_events_are_one_object_a_line() -> None:
    first, second = lines_of([opened(subprotocol="chat"), closed()])
    assert (first["event"], first["subprotocol"], first["t"], first["time"]) == ("open", "chat", 0.3, TIME)
    assert (second["event"], second["code"], second["sent"]) == ("close", 1000, {"code": 1000, "reason": ""})


def test_frames_appear_only_when_asked_for() -> None:
    batch: Batch = [frame(), message(), run_of([b"a", b"b"])]
    assert [line["event"] for line in lines_of(batch)] == ["message"] * 3
    everything = ["frame", "message"] * 3
    assert [line["event"] for line in lines_of(batch, frames=True)] == everything
    assert [line["event"] for line in lines_of(batch, verbose=True)] == everything


def test_run_says_the_same_as_its_events() -> None:
    run = run_of([b"one", "zw\u00f6lf".encode(), b""], n=7)
    events: list[Event] = [each for pair in zip(run.frames(), run.messages(), strict=True) for each in pair]
    assert lines_of([run], frames=True) == lines_of(events, frames=True)


def test_bytes_are_base64() -> None:
    payload = bytes(range(256))
    (line,) = lines_of([message(payload, type="binary")])
    assert base64.b64decode(line["base64"]) == payload
    assert "text" not in line


def test_text_that_is_no_utf8_on_this_side_is_written_all_the_same() -> None:
    failure = Failed(t=0.0, time=TIME, kind="input", message="no file \udcff", hint="", exit_code=26)
    (line, other) = lines_of([failure, closed()])
    assert line["message"] == "no file \udcff"
    assert other["event"] == "close"


def test_nothing_to_say_writes_nothing() -> None:
    assert written_by(lambda out: NdjsonSink(options(), out), [frame()]) == b""


@settings(deadline=None)
@given(any_batch)
def test_whatever_a_peer_sends_is_ascii_and_fits_the_schema(batch: Batch) -> None:
    written = written_by(lambda out: NdjsonSink(options(format=Format.JSON, frames=True), out), batch)
    assert all(0x20 <= byte <= 0x7E or byte == 0x0A for byte in written)
    assert b"##[" not in written
    assert b"##vso[" not in written.lower()
    for line in written.splitlines():
        assert line.startswith(b'{"event":')
        VALIDATOR.validate(json.loads(line))


@settings(deadline=None)
@given(any_event)
def test_what_is_written_reads_back_as_the_event(event: Event) -> None:
    written = written_by(lambda out: NdjsonSink(options(format=Format.JSON, frames=True), out), [event])
    assert msgspec.json.decode(written, type=type(event)) == event
