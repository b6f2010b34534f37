"""The ring keeps the newest events, within its bounds, and counts the others."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peers.framing import encode_frame
from tests.repl.samples import dissected, frame, run_of
from wscli.events import ViolationFound
from wscli.repl.ring import Ring
from wscli.wire.dissect import Numbering


def test_a_frame_of_a_run_is_found_by_its_number() -> None:
    ring, numbering = Ring(), Numbering()
    for word in ("a", "b"):
        ring.feed(run_of(*[f"{word}{index}" for index in range(10)], numbering=numbering))
    found = ring.frame(14)
    assert found is not None
    assert (found.n, found.text) == (14, "b3")
    assert (ring.first_frame, ring.last_frame) == (1, 20)
    assert ring.frame(21) is None
    assert ring.frame(0) is None


def test_frames_that_are_no_run_are_found_too() -> None:
    ring = Ring()
    ring.feed(dissected(encode_frame(1, "he", fin=False) + encode_frame(9, "p") + encode_frame(0, "llo")))
    found, message = ring.frame(3), ring.message_of(3)
    assert found is not None
    assert found.type == "continuation"
    assert message is not None
    assert message.text == "hello"
    assert ring.message_of(1) is None


def test_violations_are_found_by_frame() -> None:
    ring = Ring()
    said = ViolationFound(t=1.0, time="", rule="r", rfc="§", severity="error", detail="d", frame=2)
    ring.feed([frame(1, b"x"), frame(2, b"y"), said])
    assert ring.violations(2) == [said]
    assert ring.violations(1) == []


def test_find_gives_the_newest_first() -> None:
    ring = Ring()
    ring.feed(run_of("apple", "pear", "apricot", "plum"))
    found = ring.find(lambda payload: payload.startswith(b"ap"))
    assert [frame.text for frame in found] == ["apricot", "apple"]


def test_events_tell_each_frame_before_its_message() -> None:
    ring = Ring()
    ring.feed(run_of("a", "b"))
    assert [event.__struct_config__.tag for event in ring.events()] == ["frame", "message"] * 2


@settings(deadline=None)
@given(st.lists(st.lists(st.text("xyz", max_size=300), min_size=1, max_size=50), max_size=40))
def test_what_does_not_fit_is_counted(reads: list[list[str]]) -> None:
    limit = 20_000
    ring, numbering = Ring(limit), Numbering()
    total = 0
    for texts in reads:
        ring.feed(run_of(*texts, numbering=numbering))
        total += len(texts)
        newest_alone = ring.frames == len(texts)
        assert ring.bytes <= limit or newest_alone
    assert ring.frames + ring.lost_frames == total
    kept = [event.n for event in ring.events() if event.__struct_config__.tag == "frame"]  # type: ignore[union-attr] # frames have n
    assert kept == list(range(ring.lost_frames + 1, total + 1))


def test_a_number_of_small_events_is_bounded_too() -> None:
    ring = Ring(most=10)
    for n in range(1, 31):
        ring.feed([frame(n, b"x")])
    assert (ring.first_frame, ring.last_frame, ring.lost_frames) == (21, 30, 20)
