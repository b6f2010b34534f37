"""URLs, sizes and durations, as typed."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.config import DemoUrl, Url, parse_duration, parse_size, parse_url
from wscli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ws://example.com", "ws://example.com/"),
        ("ws://example.com:80/x", "ws://example.com/x"),
        ("WSS://EXAMPLE.com:443/x?a=b", "wss://example.com/x?a=b"),
        ("http://example.com:8080/x", "ws://example.com:8080/x"),
        ("https://example.com", "wss://example.com/"),
        ("ws://[::1]:8080/", "ws://[::1]:8080/"),
        ("ws://example.com/a%20b?c=%C3%A9", "ws://example.com/a%20b?c=%C3%A9"),
        ("ws://example.com/é?q=é", "ws://example.com/%C3%A9?q=%C3%A9"),
        ("ws://bücher.example/", "ws://xn--bcher-kva.example/"),
        ("ws://user:pass@example.com/", "ws://example.com/"),
        ("ws://[FE80::1%25eth0]:8080/", "ws://[fe80::1%25eth0]:8080/"),
        ("ws://[fe80::1%eth0]/", "ws://[fe80::1%25eth0]/"),
        ("ws://[fe80::1%25]/", "ws://[fe80::1%2525]/"),
    ],
)
def test_a_url_is_normal_in_its_text(text: str, expected: str) -> None:
    assert str(parse_url(text)) == expected


def test_a_zone_is_for_the_connection_and_not_for_the_host_header() -> None:
    url = parse_url("ws://[fe80::1%25eth0]:8080/")
    assert isinstance(url, Url)
    assert (url.address, url.authority) == ("fe80::1%eth0", "[fe80::1]:8080")
    with pytest.raises(UsageError, match="zone"):
        parse_url("ws://[fe80::1%25eth;0]/")


@pytest.mark.parametrize(
    ("host", "names"),
    [
        ("faß.de", ("xn--fa-hia.de", "fass.de")),
        ("FA\u1e9e.de", ("xn--fa-hia.de", "fass.de")),
        ("Bücher.βόλος.com", ("xn--bcher-kva.xn--nxasmm1c.com", "xn--bcher-kva.xn--nxasmq6b.com")),
        ("a\u200db.de", ("xn--ab-m1t.de", "ab.de")),
        ("a\u200cb.de", ("xn--ab-j1t.de", "ab.de")),
    ],
)
def test_a_host_that_two_standards_take_for_two_is_left_to_the_user(
    host: str, names: tuple[str, str]
) -> None:
    with pytest.raises(UsageError) as wrong:
        parse_url(f"ws://{host}/")
    assert all(name in wrong.value.message for name in names)


@pytest.mark.parametrize(
    ("userinfo", "username", "password"),
    [("me:p%40ss@", "me", "p@ss"), ("me@", "me", ""), (":x@", "", "x"), ("", None, None)],
)
def test_userinfo_is_kept_apart(userinfo: str, username: str | None, password: str | None) -> None:
    url = parse_url(f"ws://{userinfo}example.com/")
    assert isinstance(url, Url)
    assert (url.username, url.password) == (username, password)
    assert "p@ss" not in repr(url)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("demo:", DemoUrl("echo", "")),
        ("demo:chat", DemoUrl("chat", "")),
        ("DEMO:close?code=4001&reason=nope", DemoUrl("close", "code=4001&reason=nope")),
    ],
)
def test_a_demo_url_names_a_scenario(text: str, expected: DemoUrl) -> None:
    assert parse_url(text) == expected


@pytest.mark.parametrize(
    "text", ["127.0.0.1:99999/x", "localhost:0", "localhost:abc", "a:1:2", "a..b:443", "wss:a..b"]
)
def test_no_url_is_suggested_that_would_be_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_url(text)
    assert raised.value.hint
    assert "did you mean" not in raised.value.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("localhost:8080/x", "did you mean ws://localhost:8080/x?"),
        ("example.com", "did you mean ws://example.com?"),
        ("example.com:443", "did you mean wss://example.com:443?"),
        (":8080/x", "did you mean ws://localhost:8080/x?"),
        ("8080", "did you mean ws://localhost:8080?"),
        ("demo", "did you mean demo:?"),
        ("demo/reject", "did you mean demo:reject?"),
        ("wss:example.com", "did you mean wss://example.com?"),
        ("ws:/example.com", "did you mean ws://example.com?"),
        ("ws//localhost", "did you mean ws://localhost?"),
        ("HTTPS//example.com/x", "did you mean https://example.com/x?"),
        ("//example.com/x", "did you mean ws://example.com/x?"),
        ("::1", "did you mean ws://[::1]?"),
        ("ftp://example.com", "use ws://"),
        ("ws:///x", "write ws://HOST"),
        ("ws://example.com/#x", "%23"),
        ("ws://example.com:0/", "1 to 65535"),
        ("ws://example.com:x/", "1 to 65535"),
        ("ws://[::1/", "IPv6"),
        ("ws://a b/", "%20"),
        ("ws://example.com/\udcff", "%FF"),
        ("ws://example.com/?q=\udcff", "%FF"),
        ("", "demo:"),
    ],
)
def test_what_is_no_url_says_what_to_type_instead(text: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_url(text)
    assert hint in raised.value.hint


@given(st.text(st.characters(exclude_categories=()), max_size=40))
@settings(deadline=None)
def test_any_text_is_a_url_or_a_usage_error(text: str) -> None:
    with contextlib.suppress(UsageError):
        assert str(parse_url(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("10", 10),
        ("1k", 1024),
        ("1.5K", 1536),
        ("16M", 16 * 1024**2),
        ("1G", 1024**3),
        ("2kB", 2048),
    ],
)
def test_sizes_take_units(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize("text", ["", "-1", "1e9", "inf", "nan", "1T", "k", "1 k k", "٣"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_size(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0", 0.0), ("1.5", 1.5), (".5", 0.5), ("250ms", 0.25), ("2s", 2.0), ("2m", 120.0), ("1h", 3600.0)],
)
def test_durations_take_units(text: str, expected: float) -> None:
    assert math.isclose(parse_duration(text), expected)


@pytest.mark.parametrize("text", ["", "-1", "1e400", "inf", "nan", "1d", "ms", "9" * 400, "٣"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_duration(text)
