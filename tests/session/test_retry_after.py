"""Retry-After as servers write it, and as they should not (RFC 9110 §10.2.3)."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.session.retry_after import retry_after
from wscli.wire.head import ResponseHead

# 6 November 1994, 08:49:37 UTC, the example of RFC 9110 §5.6.7, in seconds since the epoch.
THEN = 784111777.0


def asked(value: str, now: float = THEN) -> float | None:
    head = ResponseHead("HTTP/1.1", 503, "", (("Retry-After", value),), b"")
    return retry_after(head, now)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 0 ", 0),
        ("9" * 5000, math.inf),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10),
        ("Sun Nov  6 08:49:47 1994", 10),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
        ("", None),
        ("-7", None),
        ("7.5", None),
        ("²", None),
        ("soon", None),
        ("Sun, 99 Nov 1994 08:49:47 GMT", None),
    ],
)
def test_seconds_and_dates_are_read(value: str, seconds: float | None) -> None:
    assert asked(value) == seconds


def test_no_header_asks_for_nothing() -> None:
    assert retry_after(ResponseHead("HTTP/1.1", 503, "", (), b""), THEN) is None


@settings(deadline=None)
@given(
    st.text(st.characters(max_codepoint=255)) | st.from_regex(r"[A-Z][a-z]{2}, \d+ Nov \d+ \d+:\d+:\d+ \S*")
)
def test_whatever_it_says_is_a_pause_or_none(value: str) -> None:
    pause = asked(value)
    assert pause is None or pause >= 0
