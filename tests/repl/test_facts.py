"""What `/stats` tells of the traffic."""

from __future__ import annotations

from msgspec.structs import replace

from tests.repl.samples import frame, run_of
from wscli.repl.facts import Facts


def test_sizes_are_those_after_inflation_unless_labelled() -> None:
    facts = Facts()
    small = frame(1, b"x" * 1000)
    facts.feed([replace(small, wire_length=50), replace(small, n=2, t=3.0, length=400, wire_length=40)])
    told = "2 frames, 1,400 B (90 B on the wire, 6%), largest 1,000 B, 0.5/s"
    assert dict(facts.traffic()) == {"← text": told}


def test_a_run_is_counted_as_its_frames_are() -> None:
    runs, frames = Facts(), Facts()
    (run,) = run_of("short", "a longer one")
    runs.feed([run])
    frames.feed(list(run.frames()))  # type: ignore[union-attr] # it is a run
    assert dict(runs.traffic()) == dict(frames.traffic()) == {"← text": "2 frames, 17 B, largest 12 B"}


def test_a_frame_that_compression_made_longer_is_told_so() -> None:
    facts = Facts()
    facts.feed([replace(frame(1, b"ab"), wire_length=4)])
    assert dict(facts.traffic()) == {"← text": "1 frame, 2 B (4 B on the wire, 200%)"}
