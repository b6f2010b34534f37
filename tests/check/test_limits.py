"""The limits of a check end what goes on for too long, and say what that was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.check.test_check import checked, mute, silent, suite
from tests.peers import raw_server
from wscli.check.limits import judge_opening, late_opening, opening_within
from wscli.check.suite import Limits
from wscli.config import Target, Url, parse_url
from wscli.errors import DeadlineExceeded


def target() -> Target:
    url = parse_url("ws://127.0.0.1/")
    assert isinstance(url, Url)
    return Target(url, connect_timeout=5)


async def test_a_server_that_never_replies_fails_when_the_opening_may_take_no_longer(tmp_path: Path) -> None:
    # Without its own deadline it would be the connect-timeout that ends it, and that is hours away.
    body = 'connect-timeout = "1h"\nlimits = { open = "200ms" }\nretries = 1\nretry-delay = 0'
    async with raw_server(mute) as server:
        result = await checked(tmp_path, suite(server.url, body))
    (check,) = result["checks"]
    assert (check["kind"], check["exit_code"], check["place"]) == ("timeout", 28, "open")
    assert check["message"] == "waiting for the reply took longer than 0.2 s (limits.open)"
    assert check["hint"] == "allow more with limits.open"
    assert check["attempts"] == 2


def test_the_shorter_limit_ends_the_opening_and_is_named() -> None:
    late = DeadlineExceeded("connecting took longer than 5 s", hint="allow more with --connect-timeout")
    longer = Limits(open=6)
    assert opening_within(target(), longer) == target()
    assert late_opening(late, target(), longer) is late
    assert opening_within(target(), Limits(open=2)).connect_timeout == 2
    with pytest.raises(DeadlineExceeded, match="the opening took 2001 ms, more than 2000 ms"):
        judge_opening(2001, Limits(open=2))


async def test_a_check_that_is_not_over_in_time_says_what_it_was_at(tmp_path: Path) -> None:
    async with raw_server(mute) as mute_server, raw_server(silent) as silent_server:
        text = suite(mute_server.url, 'limits = { total = "200ms" }')
        text += suite(silent_server.url, 'steps = [{ wait = "1h" }]\nlimits = { total = "1s" }').replace(
            '"it"', '"other"'
        )
        result = await checked(tmp_path, "\n[[check]]".join(text.split("[[check]]")))
    opening, waiting = result["checks"]
    assert opening["message"] == (
        "the check was not over after 0.2 s (limits.total): it was opening the connection (reply)"
    )
    assert (waiting["place"], waiting["message"]) == (
        "step 1 (wait)",
        "the check was not over after 1 s (limits.total)",
    )
