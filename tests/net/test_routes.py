from __future__ import annotations

import os
from typing import Any

import pytest

from wscli.config import Target
from wscli.errors import UsageError
from wscli.net.routes import ProxyUrl, override_for, parse_connect_to, parse_proxy, parse_resolve, proxy_for

from .dialing import url_of


@pytest.fixture(autouse=True)
def _no_proxies_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


def chosen(url: str, **fields: Any) -> str | None:
    proxy = proxy_for(Target(url_of(url), **fields))
    return None if proxy is None else str(proxy)


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://p.example:3128", ProxyUrl("http", "p.example", 3128)),
        ("p.example:3128", ProxyUrl("http", "p.example", 3128)),
        ("p.example", ProxyUrl("http", "p.example", 1080)),
        ("HTTPS://p.example", ProxyUrl("https", "p.example", 443)),
        ("http://us%40er:p%3Aw@p.example:1/", ProxyUrl("http", "p.example", 1, "us@er", "p:w")),
        ("socks5://[::1]", ProxyUrl("socks5", "::1", 1080)),
        ("socks5h://u@p.example", ProxyUrl("socks5h", "p.example", 1080, "u", None)),
        ("socks4a://p.example:9", ProxyUrl("socks4a", "p.example", 9)),
    ],
)
def test_proxy_urls_are_read(text: str, proxy: ProxyUrl) -> None:
    assert parse_proxy(text) == proxy


@pytest.mark.parametrize(
    "text",
    ["ftp://u:s3cret@p", "http://", "http://u:s3cret@p:99999", "http://u:s3cret@p:0", "http://u:s3cret@:1",
     "http://u:s3cret@p x:1", "http://u:s3cret@[::1", "s3cret s3cret://x"],
)  # fmt: skip
def test_a_wrong_proxy_url_is_refused_without_its_secrets(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_proxy(text)
    assert "--proxy" in caught.value.message
    assert "socks5" in caught.value.hint
    assert "s3cret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_proxy_is_not_taken_for_none(text: str) -> None:
    with pytest.raises(UsageError, match="--proxy: the proxy's URL is empty") as caught:
        parse_proxy(text)
    assert "--no-proxy" in caught.value.hint


def test_the_credentials_of_a_proxy_never_show() -> None:
    proxy = parse_proxy("http://user:s3cret@p.example:1")
    assert "s3cret" not in f"{proxy} {proxy!r}"
    assert "s3cret" not in repr(Target(url_of("ws://x/"), proxy="http://user:s3cret@p.example:1"))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("Example.com:443:127.0.0.1", ("example.com", 443, ("127.0.0.1",))),
        ("*:80:[::1],10.0.0.1", ("*", 80, ("::1", "10.0.0.1"))),
        ("[::2]:80:::1", ("::2", 80, ("::1",))),
    ],
)
def test_overrides_are_read(text: str, parsed: tuple[str, int, tuple[str, ...]]) -> None:
    assert parse_resolve(text) == parsed


@pytest.mark.parametrize(
    "text", ["", "x", "x:80", "x:80:", "x:0:::1", "x:99999:::1", "x:80:name", "x:y:127.0.0.1"]
)
def test_a_wrong_override_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--resolve"):
        parse_resolve(text)


def test_the_first_override_that_fits_counts() -> None:
    overrides = (
        ("a.example", 80, ("127.0.0.1",)),
        ("*", 80, ("127.0.0.2",)),
        ("a.example", 80, ("127.0.0.3",)),
    )
    target = Target(url_of("ws://a.example/"), resolve_overrides=overrides)
    assert override_for(target, "A.example", 80) == ("127.0.0.1",)
    assert override_for(target, "b.example", 80) == ("127.0.0.2",)
    assert override_for(target, "a.example", 81) == ()


@pytest.mark.parametrize(
    ("text", "parsed"), [("a.example:80", ("a.example", 80)), ("[::1]:8443", ("::1", 8443))]
)
def test_connect_to_is_read(text: str, parsed: tuple[str, int]) -> None:
    assert parse_connect_to(text) == parsed


def test_international_names_mean_what_they_mean_in_a_url() -> None:
    assert parse_connect_to("bücher.example:80") == ("xn--bcher-kva.example", 80)
    assert parse_resolve("Bücher.example:80:127.0.0.1")[0] == "xn--bcher-kva.example"
    with pytest.raises(UsageError, match=r"--connect-to.*xn--fa-hia\.de"):
        parse_connect_to("faß.de:80")


@pytest.mark.parametrize("text", ["", "a", "a:", ":80", "a:0", "a:99999", "::1:80", "a:80/x", "ws://a:80"])
def test_a_wrong_connect_to_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--connect-to"):
        parse_connect_to(text)


@pytest.mark.parametrize(
    ("environment", "url", "expected"),
    [
        ({"http_proxy": "http://a:1"}, "ws://x.example/", "http://a:1"),
        ({"http_proxy": "http://a:1"}, "wss://x.example/", None),
        ({"HTTPS_PROXY": "http://b:2"}, "wss://x.example/", "http://b:2"),
        ({"all_proxy": "socks5://c:3"}, "wss://x.example/", "socks5://c:3"),
        ({"all_proxy": "socks5://c:3", "https_proxy": "http://b:2"}, "wss://x.example/", "http://b:2"),
        ({"http_proxy": ""}, "ws://x.example/", None),
        ({"http_proxy": "http://a:1", "no_proxy": "y.example, .x.example"}, "ws://deep.x.example/", None),
        ({"http_proxy": "http://a:1", "no_proxy": "x.example:8080"}, "ws://x.example:8080/", None),
        ({"http_proxy": "http://a:1", "no_proxy": "x.example:8080"}, "ws://x.example/", "http://a:1"),
        ({"http_proxy": "http://a:1", "no_proxy": "*"}, "ws://x.example/", None),
        ({"http_proxy": "http://a:1", "no_proxy": "10.0.0.0/8"}, "ws://10.1.2.3/", None),
        ({"http_proxy": "http://a:1", "no_proxy": "fd00::/8"}, "ws://[fd00::1]:8080/", None),
        ({"http_proxy": "http://a:1"}, "ws://localhost/", None),
        ({"http_proxy": "http://a:1"}, "ws://app.localhost:3000/", None),
        ({"http_proxy": "http://a:1"}, "ws://127.8.0.1/", None),
        ({"http_proxy": "http://a:1"}, "ws://[::1]/", None),
        ({"http_proxy": "http://a:1"}, "ws://[::ffff:127.0.0.1]/", None),
        ({"http_proxy": "http://a:1"}, "ws://127.1/", None),
        ({"http_proxy": "http://a:1"}, "ws://0x7f000001/", None),
        ({"http_proxy": "http://a:1"}, "ws://0.0.0.0/", None),
        ({"http_proxy": "http://a:1"}, "ws://[::]/", None),
        ({"http_proxy": "http://a:1"}, "ws://10.0.0.1/", "http://a:1"),
    ],
)
def test_the_environment_names_a_proxy(
    environment: dict[str, str], url: str, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert chosen(url) == expected


def test_options_go_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://a:1")
    assert chosen("ws://x.example/", proxy="http://b:2") == "http://b:2"
    assert chosen("ws://x.example/", no_proxy=True) is None
    assert chosen("ws://x.example/", unix_socket="/run/x") is None
    assert chosen("ws://x.example/", connect_to=("127.0.0.1", 80)) is None
    assert chosen("ws://localhost/", proxy="http://b:2") == "http://b:2"


def test_a_wrong_proxy_in_the_environment_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "gopher://u:s3cret@p")
    with pytest.raises(UsageError, match="https_proxy") as caught:
        chosen("wss://x.example/")
    assert "s3cret" not in caught.value.message
