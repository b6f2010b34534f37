"""The dissector: what it tells of one direction, and that its fast way tells what its slow way tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.deflating import Deflater
from tests.wire.feeding import cut, splits
from tests.wire.streams import frame_streams
from wscli.events import Event, FrameSeen, MessageSeen, Stamp, ViolationFound
from wscli.wire.dissect import Dissector, Numbering, text_or_base64
from wscli.wire.extensions import DeflateParams
from wscli.wire.frame import encode_frame
from wscli.wire.lint import FrameLint
from wscli.wire.runs import MessageRun

STAMP = Stamp(1.0, "2026-01-01T00:00:00.000000Z")
MAX_SIZE = 128


def expanded(items: Iterable[Event | MessageRun]) -> tuple[list[Event], list[Event]]:
    """Frames and violations in order, and messages in order: what runs leave open is only how these mix."""
    frames: list[Event] = []
    messages: list[Event] = []
    for item in items:
        if isinstance(item, MessageRun):
            frames += item.frames()
            messages += item.messages()
        elif isinstance(item, MessageSeen):
            messages.append(item)
        else:
            frames.append(item)
    return frames, messages


@dataclass(frozen=True)
class Told:
    """All that a dissector told of a stream."""

    frames: list[Event]
    messages: list[Event]
    numbering: Numbering
    fault: tuple[int, str] | None

    @property
    def violations(self) -> list[str]:
        return [each.rule for each in self.frames if isinstance(each, ViolationFound)]


def dissect(
    pieces: list[bytes],
    *,
    fast: bool = True,
    deflate: DeflateParams | None = None,
    max_size: int = MAX_SIZE,
    refuse_after: int | None = None,
) -> Told:
    """What is told of these reads; the judge says no to all beyond `refuse_after` bytes of one read."""
    numbering = Numbering(frames=10, messages=5)
    dissector = Dissector(
        "in",
        numbering,
        max_size=max_size,
        deflate=deflate,
        lint=FrameLint(deflate is not None),
        admit=lambda consumed: refuse_after is None or consumed <= refuse_after,
        fast=fast,
    )
    items: list[Event | MessageRun] = []
    for piece in pieces:
        items += dissector.feed(piece, STAMP)
        items += dissector.look_ahead(STAMP, alive=True)
    items += dissector.eof(STAMP)
    fault = dissector.fault
    return Told(*expanded(items), numbering, None if fault is None else (fault.close_code, str(fault.error)))


@settings(deadline=None, max_examples=400)
@given(octets=frame_streams(deflate=False).flatmap(cut))
def test_the_fast_way_tells_what_the_slow_way_tells(octets: list[bytes]) -> None:
    assert dissect(octets, fast=True) == dissect(octets, fast=False)


@settings(deadline=None, max_examples=400)
@given(octets=frame_streams(deflate=True).flatmap(cut), takeover=st.booleans())
def test_so_it_does_with_compression(octets: list[bytes], takeover: bool) -> None:
    deflate = DeflateParams(server_no_context_takeover=not takeover)
    assert dissect(octets, fast=True, deflate=deflate) == dissect(octets, fast=False, deflate=deflate)


@settings(deadline=None)
@given(octets=st.binary(max_size=300).flatmap(cut), deflate=st.sampled_from([None, DeflateParams()]))
def test_arbitrary_bytes_never_raise(octets: list[bytes], deflate: DeflateParams | None) -> None:
    told = dissect(octets, deflate=deflate)
    assert told == dissect(octets, fast=False, deflate=deflate)
    assert told.numbering.frames == 10 + sum(isinstance(each, FrameSeen) for each in told.frames)


def legal(deflater: Deflater) -> bytes:
    return (
        encode_frame(1, b"one")
        + encode_frame(1, deflater.message(b"two"), rsv1=True)
        + encode_frame(2, b"\x00\xff", fin=False)
        + encode_frame(9, b"p")
        + encode_frame(0, b"\x01")
        + encode_frame(1, "drei ü".encode())
        + encode_frame(8, b"\x03\xe8bye")
    )


@pytest.mark.parametrize("fast", [True, False])
def test_a_legal_stream_is_its_messages_however_it_is_cut(fast: bool) -> None:
    for pieces in splits(legal(Deflater())):
        told = dissect(pieces, fast=fast, deflate=DeflateParams())
        assert (told.violations, told.fault) == ([], None)
        messages = [each for each in told.messages if isinstance(each, MessageSeen)]
        assert [(m.n, m.type, m.payload, m.fragments, m.compressed) for m in messages] == [
            (6, "text", b"one", 1, False),
            (7, "text", b"two", 1, True),
            (8, "binary", b"\x00\xff\x01", 2, False),
            (9, "text", "drei ü".encode(), 1, False),
        ]
        frames = [each for each in told.frames if isinstance(each, FrameSeen)]
        assert [(f.n, f.type, f.payload) for f in frames] == [
            (11, "text", b"one"),
            (12, "text", b"two"),
            (13, "binary", b"\x00\xff"),
            (14, "ping", b"p"),
            (15, "continuation", b"\x01"),
            (16, "text", "drei ü".encode()),
            (17, "close", b"\x03\xe8bye"),
        ]


def test_a_frame_tells_both_its_lengths() -> None:
    payload = Deflater().message(b"Hello" * 20)
    told = dissect([encode_frame(1, payload, rsv1=True)], deflate=DeflateParams())
    (frame,), (message,) = told.frames, told.messages
    assert isinstance(frame, FrameSeen)
    assert isinstance(message, MessageSeen)
    assert (frame.wire_length, frame.length, frame.text) == (len(payload), 100, "Hello" * 20)
    assert (message.wire_length, message.length, message.compressed) == (len(payload), 100, True)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("octets", "rule", "messages"),
    [
        (encode_frame(1, b"a") + encode_frame(1, b"\xff") + encode_frame(1, b"b"), ["invalid-utf8"], 1),
        (encode_frame(1, b"a") + encode_frame(2, bytes(129)) + encode_frame(1, b"b"), [], 1),
        (encode_frame(1, b"\xff") + encode_frame(2, b"b") + encode_frame(1, b"\xff"), ["invalid-utf8"], 0),
    ],
)
def test_after_a_fault_frames_are_shown_and_no_message_is_made(
    octets: bytes, rule: list[str], messages: int, fast: bool
) -> None:
    told = dissect([octets], fast=fast)
    assert (told.violations, len(told.messages)) == (rule, messages)
    assert sum(isinstance(each, FrameSeen) for each in told.frames) == 3


@pytest.mark.parametrize("fast", [True, False])
def test_a_violation_names_its_frame(fast: bool) -> None:
    told = dissect([encode_frame(1, b"a") + encode_frame(1, b"\xff")], fast=fast)
    (violation,) = [each for each in told.frames if isinstance(each, ViolationFound)]
    assert (violation.frame, violation.severity, violation.rfc) == (12, "error", "RFC 6455 §8.1")


def test_a_frame_that_shows_itself_bad_is_told_before_its_end() -> None:
    told = dissect([encode_frame(1, b"good\xff" + bytes(50))[:10]])
    (frame, violation) = told.frames
    assert isinstance(frame, FrameSeen)
    assert (frame.truncated, frame.wire_length, frame.payload) == (True, 55, b"good\xff\x00\x00\x00")
    assert isinstance(violation, ViolationFound)
    assert violation.rule == "invalid-utf8"


def test_a_frame_that_is_only_slow_is_told_once() -> None:
    octets = encode_frame(1, b"x" * 50)
    told = dissect([octets[:10], octets[10:20], octets[20:]])
    assert (len(told.frames), len(told.messages)) == (1, 1)


@pytest.mark.parametrize("fast", [True, False])
def test_nothing_is_made_of_frames_that_the_judge_does_not_admit(fast: bool) -> None:
    # The judge sees each frame that is not plain: with the first, legal one it has enough.
    octets = encode_frame(9, b"p") + encode_frame(1, b"x", fin=False) + encode_frame(0, b"y")
    told = dissect([octets], refuse_after=3, fast=fast)
    assert (len(told.frames), told.messages) == (3, [])


def test_a_stopped_dissector_shows_frames_whole_and_makes_nothing() -> None:
    dissector = Dissector("in", Numbering(), max_size=MAX_SIZE, lint=FrameLint(False))
    dissector.stop()
    octets = encode_frame(1, b"late") + encode_frame(1, b"\xff")
    items = [item for at in range(len(octets)) for item in dissector.feed(octets[at : at + 1], STAMP)]
    assert [(type(item), item.truncated) for item in items if isinstance(item, FrameSeen)] == [
        (FrameSeen, False),
        (FrameSeen, False),
    ]
    assert len(items) == 2
    assert dissector.fault is None


def test_our_own_frames_are_told_without_a_verdict() -> None:
    dissector = Dissector("out", Numbering(), max_size=MAX_SIZE)
    octets = encode_frame(1, b"hi", mask=b"abcd") + encode_frame(11, b"odd")
    frames, messages = expanded(dissector.feed(octets, STAMP))
    assert [(f.direction, f.masked, f.mask) for f in frames if isinstance(f, FrameSeen)] == [
        ("out", True, "61626364"),
        ("out", False, None),
    ]
    assert len(messages) == 1


@pytest.mark.parametrize("fast", [True, False])
def test_a_reserved_frame_that_came_in_two_reads_leaves_no_trace(fast: bool) -> None:
    octets = encode_frame(3, b"a") + encode_frame(1, b"text")
    told = dissect([octets[:2], octets[2:]], fast=fast)
    assert [each.text for each in told.messages if isinstance(each, MessageSeen)] == ["text"]


@pytest.mark.parametrize("fast", [True, False])
def test_a_continuation_of_text_is_text(fast: bool) -> None:
    told = dissect([encode_frame(1, b"a", fin=False) + encode_frame(0, b"b")], fast=fast)
    assert [each.text for each in told.frames if isinstance(each, FrameSeen)] == ["a", "b"]
    # A stray one belongs to no text, also right after a whole one.
    stray = dissect([encode_frame(1, b"a") + encode_frame(0, b"b")], fast=fast).frames[1]
    assert isinstance(stray, FrameSeen)
    assert stray.base64 == b"b"


@pytest.mark.parametrize("fast", [True, False])
def test_our_own_wrong_frames_are_no_fault_and_what_follows_is_told(fast: bool) -> None:
    dissector = Dissector("out", Numbering(), max_size=MAX_SIZE, fast=fast)
    octets = b"".join(encode_frame(1, text, mask=b"abcd") for text in (b"a", b"\xff", b"b", b"\xfe", b"c"))
    frames, messages = expanded(dissector.feed(octets, STAMP))
    assert [type(frame) for frame in frames] == [FrameSeen] * 5
    assert [(m.n, m.payload) for m in messages if isinstance(m, MessageSeen)] == [
        (1, b"a"),
        (2, b"b"),
        (3, b"c"),
    ]
    assert dissector.fault is None


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("octets", "rules"),
    [
        (b"\x81", ["frame-truncated"]),
        (b"\x81\x05he", ["frame-truncated"]),
        (b"\x81\x01a\x01\x01b", ["message-unfinished"]),
        (b"\x01\x01b\x00\x05c", ["frame-truncated", "message-unfinished"]),
        (b"\x01\x01b\x80\x00", []),
    ],
)
def test_the_end_of_the_stream_names_what_it_cut(octets: bytes, rules: list[str], fast: bool) -> None:
    assert dissect([octets], fast=fast).violations == rules


def test_text_or_base64_never_both() -> None:
    assert text_or_base64(b"a", as_text=True)[0] == "a"
    assert text_or_base64(b"\xff", as_text=True)[1] == b"\xff"
    assert text_or_base64(b"a", as_text=False)[1] == b"a"


def test_the_judge_never_sees_the_end_of_what_it_was_spared() -> None:
    admitted: list[int] = []

    def admit(consumed: int) -> bool:
        admitted.append(consumed)
        return True

    dissector = Dissector("in", Numbering(), max_size=1 << 20, lint=FrameLint(deflate=False), admit=admit)
    # Cut in the middle of a character: only its end shows that it is none.
    broken = encode_frame(1, b"x" * 300 + b"\xe2\x82")
    assert list(dissector.feed(broken[:150], STAMP)) == []
    assert list(dissector.look_ahead(STAMP, alive=True)) == []
    frame, violation = dissector.feed(broken[150:], STAMP)
    assert isinstance(frame, FrameSeen)
    assert isinstance(violation, ViolationFound)
    assert dissector.fault is not None
    assert dissector.fault.close_code == 1007
    assert admitted == [0]
