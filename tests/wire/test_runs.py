from __future__ import annotations

import pytest
from msgspec import UNSET

from wscli.events import Stamp
from wscli.wire.frame import encode_frame
from wscli.wire.frames import FrameDecoder
from wscli.wire.runs import MessageRun

PAYLOADS = [b"", b"one", "zwei: ü".encode(), b"x" * 126, b"y" * 65536]


def run_of(payloads: list[bytes], *, opcode: int = 1, mask: bytes | None = None) -> MessageRun:
    octets = b"".join(encode_frame(opcode, payload, mask=mask) for payload in payloads)
    decoder = FrameDecoder(masked=mask is not None, limit=1 << 20)
    # Something before it: a run's offsets do not begin with its buffer.
    _, run = decoder.feed(encode_frame(9, mask=mask) + octets)
    assert isinstance(run, MessageRun)
    run.frame_n, run.message_n, run.stamp = 5, 3, Stamp(1.5, "2026-01-01T00:00:00.000000Z")
    return run


@pytest.mark.parametrize("mask", [None, b"\x01\x02\x03\x04"])
def test_a_run_gives_the_payloads_of_its_frames(mask: bytes | None) -> None:
    run = run_of(PAYLOADS, mask=mask)
    assert run.payloads == run.wire_payloads == PAYLOADS
    assert run.lines == b"".join(payload + b"\n" for payload in PAYLOADS)
    assert run.payload_bytes == sum(map(len, PAYLOADS))
    assert [run.frame(index).payload for index in range(len(run))] == PAYLOADS
    assert run.end == len(run.buffer)


@pytest.mark.parametrize("mask", [None, b"\x01\x02\x03\x04"])
def test_a_run_makes_an_event_of_each_frame_and_each_message(mask: bytes | None) -> None:
    run = run_of(PAYLOADS, mask=mask)
    run.direction = "out" if mask else "in"
    frames, messages = list(run.frames()), list(run.messages())
    assert [frame.n for frame in frames] == [5, 6, 7, 8, 9]
    assert [message.n for message in messages] == [3, 4, 5, 6, 7]
    assert [frame.payload for frame in frames] == [message.payload for message in messages] == PAYLOADS
    assert {(frame.t, frame.direction, frame.type, frame.mask) for frame in frames} == {
        (1.5, run.direction, "text", "01020304" if mask else None)
    }
    assert [bytes.fromhex(frame.header) for frame in frames] == [run.frame(i).header for i in range(5)]
    assert {(message.type, message.fragments, message.compressed) for message in messages} == {
        ("text", 1, False)
    }


def test_binary_messages_have_no_text() -> None:
    run = run_of([b"a"], opcode=2)
    assert [(each.type, each.base64, each.text) for each in run.frames()] == [("binary", b"a", UNSET)]
    assert [(each.type, each.base64, each.text) for each in run.messages()] == [("binary", b"a", UNSET)]


def test_the_head_of_a_run_is_the_run_of_its_first_messages() -> None:
    run = run_of(PAYLOADS)
    head = run.head(2)
    assert list(head.frames()) == list(run.frames())[:2]
    assert list(head.messages()) == list(run.messages())[:2]
    assert len(head) == 2


def test_inflated_payloads_stand_for_the_compressed_ones() -> None:
    run = run_of([b"aa", b"b"])
    run.inflated = [b"AAAA", b"BB"]
    assert run.payloads == [b"AAAA", b"BB"]
    assert run.wire_payloads == [b"aa", b"b"]
    assert run.payload_bytes == 6
    assert [(m.length, m.wire_length) for m in run.messages()] == [(4, 2), (2, 1)]
    assert [(f.length, f.wire_length) for f in run.frames()] == [(4, 2), (2, 1)]
    assert run.head(1).payloads == [b"AAAA"]
