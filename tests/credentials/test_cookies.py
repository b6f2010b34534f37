"""Cookie files as curl and browsers' exporters write them, and which cookies go where."""

from __future__ import annotations

import pytest

from wscli.config import Url, parse_url
from wscli.credentials.cookies import cookie_header, parse_cookies
from wscli.errors import UsageError

NOW = 1_800_000_000.0
CURL = (
    "# Netscape HTTP Cookie File\n# https://curl.se/docs/http-cookies.html\n\n"
    "#HttpOnly_.example.com\tTRUE\t/\tFALSE\t1900000000\tsid\tabc=def==\n"
    "example.com\tFALSE\t/\tTRUE\t0\ttls\t1\n"
    "example.com\tFALSE\t/chat\tFALSE\t0\tdeep\t2\n"
    "example.com\tFALSE\t/\tFALSE\t1700000000\told\t3\n"
    "other.example\tTRUE\t/\tFALSE\t0\tother\t4\n"
)


def header(url: str, text: str = CURL) -> str:
    parsed = parse_url(url)
    assert isinstance(parsed, Url)
    return cookie_header(parse_cookies(text, "jar"), parsed, NOW)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("wss://example.com/", "sid=abc=def==; tls=1"),
        ("ws://example.com/", "sid=abc=def=="),
        ("wss://example.com/chat", "deep=2; sid=abc=def==; tls=1"),
        ("ws://EXAMPLE.com/chat/room?x=1", "deep=2; sid=abc=def=="),
        ("ws://example.com/chatter", "sid=abc=def=="),
        ("ws://sub.example.com/chat", "sid=abc=def=="),
        ("ws://badexample.com/", ""),
        ("ws://a.b.other.example/", "other=4"),
        ("ws://com/", ""),
    ],
)
def test_a_cookie_goes_where_domain_path_scheme_and_time_allow(url: str, expected: str) -> None:
    assert header(url) == expected


@pytest.mark.parametrize(
    ("line", "url", "sent"),
    [
        ("localhost\tFALSE\t/\tTRUE\t0\ta\tb", "ws://localhost/", True),
        ("127.0.0.1\tFALSE\t/\tTRUE\t0\ta\tb", "ws://127.0.0.1/", True),
        ("0.0.1\tTRUE\t/\tFALSE\t0\ta\tb", "ws://127.0.0.1/", False),
        ("::1\tFALSE\t/\tFALSE\t0\ta\tb", "ws://[::1]/", True),
        ("h\tFALSE\t/\tFALSE\t1800000000.5\ta\tb", "ws://h/", True),
        ("h\tFALSE\t/\tFALSE\t1800000000\ta\tb", "ws://h/", False),
        ("h\tFALSE\t/\tFALSE\t-1\ta\tb", "ws://h/", False),
        ("h\tFALSE\t/\tFALSE\t\ta\tb", "ws://h/", True),
        ("h\tfalse\t\tfalse\t0\ta\tb\r", "ws://h/x", True),
        ("h\tFALSE\t/a/\tFALSE\t0\ta\tb", "ws://h/a", False),
        ("h\tFALSE\t/a/\tFALSE\t0\ta\tb", "ws://h/a/b", True),
    ],
)
def test_single_lines(line: str, url: str, sent: bool) -> None:
    assert header(url, line) == ("a=b" if sent else "")


def test_an_empty_value_may_have_lost_its_tab_and_the_last_of_two_counts() -> None:
    text = "h\tFALSE\t/\tFALSE\t0\tempty\nh\tFALSE\t/\tFALSE\t0\ta\t1\nh\tFALSE\t/\tFALSE\t0\ta\t2\n"
    assert header("ws://h/", text) == "empty=; a=2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("\n# c\nh FALSE / FALSE 0 sid hunter2secret\n", "jar, line 3"),
        ("h\tYES\t/\tFALSE\t0\tsid\thunter2secret", "TRUE or FALSE"),
        ("h\tTRUE\t/\tFALSE\thunter2secret\tsid\tx", "seconds"),
        ("h\tTRUE\t/\tFALSE\t0\tsid\thunter2secret\x1b[2J", "cannot be sent"),
        ("h\tTRUE\t/\tFALSE\t0\tsid\thunter2secret; admin=1", "cannot be sent"),
        ('[{"name": "sid", "value": "hunter2secret"}]', "no cookie file"),
    ],
)
def test_a_line_that_is_no_cookie_is_named_without_what_stands_in_it(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_cookies(text, "jar")
    assert words in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint
