from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.config import Format
from wscli.sinks.base import Batch
from wscli.sinks.raw import RawSink

from .samples import closed, frame, message, opened, options, request, run_of, written_by


def raw(batch: Batch, delimiter: bytes = b"\n") -> bytes:
    return written_by(lambda out: RawSink(options(format=Format.RAW, delimiter=delimiter), out), batch)


@pytest.mark.parametrize("delimiter", [b"\n", b"\0", b""])
def test_each_incoming_message_ends_with_the_delimiter(delimiter: bytes) -> None:
    batch: Batch = [message(b"one"), run_of([b"two", b"", b"three"]), message(b"\xff\x00\n", type="binary")]
    expected = delimiter.join([b"one", b"two", b"", b"three", b"\xff\x00\n", b""])
    assert raw(batch, delimiter) == expected


def test_nothing_else_is_written() -> None:
    assert raw([request(), opened(), frame(), message(direction="out"), closed()]) == b""


def test_an_empty_message_is_its_delimiter() -> None:
    assert raw([message(b"")]) == b"\n"


def test_a_run_of_ours_is_not_written() -> None:
    run = run_of([b"ours"])
    run.direction = "out"
    assert raw([run]) == b""


def test_peer_bytes_pass_untouched() -> None:
    assert raw([message(b"\x1b[31m\x00\x7f")]) == b"\x1b[31m\x00\x7f\n"


@settings(deadline=None)
@given(st.lists(st.lists(st.binary(max_size=50), min_size=1)))
def test_runs_say_the_same_as_messages(payloads: list[list[bytes]]) -> None:
    runs = [run_of(each, binary=True) for each in payloads]
    messages = [message(payload, type="binary") for each in payloads for payload in each]
    assert raw(runs) == raw(messages)
