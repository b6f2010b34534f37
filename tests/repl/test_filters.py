"""Filters let through what fits, alike for frames and runs."""

from __future__ import annotations

import pytest

from tests.repl.samples import frame, run_of
from wscli.expect.pattern import TooSlow
from wscli.repl.filters import compile_pattern, parse_filter
from wscli.wire.runs import MessageRun

PRICES = ('{"type": "trade", "price": 1}', '{"type": "quote", "price": 2}', "not JSON", "trade")


@pytest.mark.parametrize(
    ("text", "fitting"),
    [
        ("off", [0, 1, 2, 3]),
        ("in", [0, 1, 2, 3]),
        ("out", []),
        ("text", [0, 1, 2, 3]),
        ("binary", []),
        ("data", [0, 1, 2, 3]),
        ("control", []),
        ("trade", [0, 3]),
        ("/trade/", [0, 3]),
        ("in text ^not", [2]),
        ("jmespath:type=trade", [0]),
        ("jmespath:price", [0, 1]),
        ("in jmespath:price > `1`", [1]),
    ],
)
def test_a_filter_picks_messages(text: str, fitting: list[int]) -> None:
    wanted = parse_filter(text)
    (run,) = run_of(*PRICES)
    assert isinstance(run, MessageRun)
    assert wanted.in_run(run) == fitting
    events = [wanted.fits(event) for event in run.frames()]
    assert [index for index, fits in enumerate(events) if fits] == fitting


def test_control_frames_have_kinds() -> None:
    ping = frame(1, b"x", opcode=9, header=b"\x89\x01")
    assert parse_filter("ping").fits(ping)
    assert parse_filter("control").fits(ping)
    assert not parse_filter("pong close").fits(ping)


def test_an_empty_filter_is_none() -> None:
    assert not parse_filter("off")
    assert parse_filter("in")


def test_a_search_that_a_peer_makes_endless_is_given_up() -> None:
    hostile = frame(1, b"a" * 60 + b"!")
    wanted = parse_filter("^(a+)+$")
    with pytest.raises(TooSlow):
        wanted.fits(hostile)
    wanted.begin()
    assert wanted.fits(frame(2, b"aaa"))


def test_many_slow_searches_share_their_time() -> None:
    search = compile_pattern("^(a+)+$")
    # None of these takes long by itself; together they are given up long before they end.
    with pytest.raises(TooSlow):
        for _ in range(10_000):
            search.found_in(b"a" * 20 + b"!")
    search.allow()
    assert search.found_in(b"aaa")


def test_a_pattern_that_a_later_python_may_read_otherwise_is_not_warned_of() -> None:
    # Warnings are errors here; in the REPL they would stand amid the stream.
    assert compile_pattern("[[y]").found_in(b"[")
