"""A search that a hostile peer makes endless is given up; all others are as `re` does them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.expect.happenings import response
from tests.peers import Peer, raw_server
from tests.support import wscli
from wscli.errors import UsageError
from wscli.expect.expectation import State
from wscli.expect.messages import Reject, Text
from wscli.expect.opening import Header
from wscli.expect.pattern import TooSlow, compiled

CATASTROPHE = r"^(a+)+$"
HOSTILE = "a" * 60 + "!"


def test_a_search_without_end_is_given_up_again_and_again() -> None:
    pattern = compiled("--expect", CATASTROPHE)
    for _ in range(2):
        with pytest.raises(TooSlow):
            pattern.search(HOSTILE)
        assert pattern.search("aaa") is not None


def test_the_timer_ends_once_nobody_searches() -> None:
    compiled("--expect", "a*").search("aaa")
    # Each tick takes a second of computing; at the second one without a search there is no other.
    before = os.times().user
    while signal.getitimer(signal.ITIMER_VIRTUAL)[0] and os.times().user < before + 20:
        sum(range(10_000))
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0.0, 0.0)


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["a", "a+", "x{2}", ".*b", "^$", "(?P<n>a|b)*c"]), st.text("abcx", max_size=20))
def test_any_other_search_is_that_of_re(pattern: str, text: str) -> None:
    found, wanted = compiled("--expect", pattern).search(text), re.search(pattern, text)
    assert (found and found.span()) == (wanted and wanted.span())


def test_in_another_thread_it_searches_all_the_same() -> None:
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(compiled("--expect", "a+").search("xaay")))
    thread.start()
    thread.join()
    assert isinstance(found[0], re.Match)


@pytest.mark.parametrize("text", ["(", "[a", "a{99999999999}", "*"])
def test_what_is_no_expression_is_a_usage_error(text: str) -> None:
    with pytest.raises(UsageError, match="--expect: not a regular expression"):
        compiled("--expect", text)


def test_an_expectation_that_was_given_up_has_failed_and_says_why() -> None:
    expected, rejected = Text(CATASTROPHE), Reject(CATASTROPHE)
    header = Header(f"X-A: {CATASTROPHE}")
    for one in (expected, rejected):
        one.message(HOSTILE.encode(), text=True)
    header.event(response(headers=(("X-A", HOSTILE),)))
    for each in (expected, rejected, header):
        assert each.state is State.FAILED
        assert "61 characters was given up" in each.story()
        assert "a repeat inside a repeat" in each.story()


async def test_a_hostile_peer_holds_up_neither_connect_nor_check() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, HOSTILE)
        await peer.answer_close()

    async with raw_server(script) as server:
        done = await wscli("connect", server.url, "-n", "--expect", CATASTROPHE)
    assert done.returncode == 1
    assert b"was given up" in done.stderr


def test_programs_that_are_started_meanwhile_are_not_hit_by_the_timer() -> None:
    compiled("--expect", "a*").search("aaa")
    busy = "import os\nwhile os.times().user < 3.5: pass"
    assert subprocess.run([sys.executable, "-c", busy], check=False).returncode == 0


@pytest.mark.parametrize("text", ["[[x]", "[a&&b]", "[a||b]"])
def test_what_a_later_python_may_read_otherwise_is_not_warned_of(text: str) -> None:
    # Warnings are errors here. On stderr they would show a line of our source.
    assert compiled("--expect", text).search(text[1]) is not None
