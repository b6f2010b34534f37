"""What options become: headers, credentials, formats, colours."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from wscli.cli.environment import Environment
from wscli.cli.options import Compression, SharedOptions, TlsVersion
from wscli.cli.settings import Settings, build_settings
from wscli.config import ColorChoice, DemoUrl, Format
from wscli.errors import UsageError

URL = "ws://example.com/chat"


def settings(url: str = URL, **options: Any) -> Settings:
    return build_settings(url, SharedOptions(**options), Environment())


def headers(url: str = URL, **options: Any) -> list[tuple[str, str]]:
    return list(settings(url, **options).target.headers)


def basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()


def test_headers_keep_order_case_and_repetition() -> None:
    given = ["X-One: 1", "x-two:2", "X-One:  3 "]
    assert headers(header=given) == [("X-One", "1"), ("x-two", "2"), ("X-One", "3")]


def test_a_name_with_a_bare_colon_removes_and_with_a_semicolon_is_empty() -> None:
    target = settings(header=["User-Agent:", "X-Empty;"]).target
    assert target.removed == {"user-agent"}
    assert target.headers == (("X-Empty", ""),)


def test_a_header_beyond_ascii_goes_out_as_typed() -> None:
    assert headers(header=["X-Name: é"]) == [("X-Name", "é".encode().decode("latin-1"))]


def test_files_hold_headers_and_secrets(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("X-One: 1\r\n\nX-Two: 2\n")
    (tmp_path / "token").write_text("tok\n")
    given = headers(header=[f"@{tmp_path / 'headers'}"], bearer=f"@{tmp_path / 'token'}")
    assert given == [("X-One", "1"), ("X-Two", "2"), ("Authorization", "Bearer tok")]


def test_a_doubled_at_sign_is_text() -> None:
    assert headers(bearer="@@tok") == [("Authorization", "Bearer @tok")]
    assert headers(cookie="@@a=1") == [("Cookie", "@a=1")]


@pytest.mark.parametrize(
    ("user", "pair"), [("me:secret", "me:secret"), ("me:", "me:"), (":x", ":x"), ("é:a:b", "é:a:b")]
)
def test_basic_credentials_are_utf_8(user: str, pair: str) -> None:
    assert headers(user=user) == [("Authorization", basic(pair))]


def test_userinfo_becomes_a_header_and_leaves_the_url() -> None:
    target = settings("ws://me:p%40ss@example.com/").target
    assert target.headers == (("Authorization", basic("me:p@ss")),)
    assert target.url.username is None
    assert target.url.password is None


def test_every_shared_option_reaches_the_target() -> None:
    chosen = settings(
        subprotocol=["b", "a"],
        origin="https://example.com",
        user_agent="me/1",
        compression=Compression.NONE,
        max_size="1k",
        connect_timeout="250ms",
        close_timeout="2",
        timeout="1m",
        ok_close=[4001, 1011],
        insecure=True,
        ipv6=True,
    )
    target = chosen.target
    assert target.subprotocols == ("b", "a")
    assert target.origin == "https://example.com"
    assert target.user_agent == "me/1"
    assert not target.deflate
    assert target.max_size == 1024
    assert (target.connect_timeout, target.close_timeout, chosen.timeout) == (0.25, 2.0, 60.0)
    assert chosen.ok_close == {4001, 1011}
    assert target.tls.insecure
    assert target.family == 6


@pytest.mark.parametrize(("code", "tried"), [(1005, 1005), (1006, 1006), (1015, 1006)])
def test_a_code_that_no_close_carries_cannot_be_allowed(code: int, tried: int) -> None:
    with pytest.raises(UsageError, match=f"no Close carries {code}") as refused:
        settings(ok_close=[4001, code])
    assert f"--expect-close {tried}" in refused.value.hint


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"timeout": ""}, "--timeout: '' is not a duration"),
        ({"origin": ""}, "--origin: the value is empty"),
        ({"origin": " "}, "--origin: the value is empty"),
        ({"user_agent": ""}, "--user-agent: the value is empty"),
    ],
)
def test_an_unset_variable_never_passes_for_a_value(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        settings(**given)


@pytest.mark.parametrize("code", [999, 1004, 1016, 2999, 5000, -1, 70000])
def test_nor_can_one_that_breaks_the_protocol(code: int) -> None:
    with pytest.raises(UsageError, match=f"--ok-close: {code} is"):
        settings(ok_close=[code])


def test_every_way_to_the_peer_reaches_the_target(tmp_path: Path) -> None:
    pem = tmp_path / "x.pem"
    pem.write_text("x")
    target = settings(
        cert=str(pem),
        key=str(pem),
        cacert=str(tmp_path),
        servername="other.example",
        tls_min=TlsVersion.TLS_1_3,
        resolve=["Example.com:443:127.0.0.1,::1", "a:1:127.0.0.2"],
        connect_to="[::1]:8443",
        proxy="http://me:secret@proxy.example:3128",
    ).target
    assert (target.tls.cert, target.tls.key, target.tls.cacert) == (str(pem), str(pem), str(tmp_path))
    assert (target.tls.servername, target.tls.minimum) == ("other.example", "1.3")
    assert target.resolve_overrides == (
        ("example.com", 443, ("127.0.0.1", "::1")),
        ("a", 1, ("127.0.0.2",)),
    )
    assert target.connect_to == ("::1", 8443)
    assert target.proxy == "http://me:secret@proxy.example:3128"
    assert settings(unix_socket="/run/x", no_proxy=True).target.unix_socket == "/run/x"


def test_no_timeout_and_timeout_zero_are_never() -> None:
    assert settings().timeout is None
    assert settings(timeout="0").timeout is None


def test_a_demo_url_is_kept_beside_a_target_without_a_port() -> None:
    chosen = settings("demo:close?code=4001")
    assert chosen.demo == DemoUrl("close", "code=4001")
    assert chosen.target.url.port == 0


@pytest.mark.parametrize(
    ("tty", "piped", "given", "expected"),
    [
        (True, Format.RAW, {}, Format.HUMAN),
        (False, Format.RAW, {}, Format.RAW),
        (False, Format.PLAIN, {}, Format.PLAIN),
        (True, Format.RAW, {"format": Format.RAW}, Format.RAW),
        (True, Format.RAW, {"json": True}, Format.JSON),
        (False, Format.RAW, {"format": Format.JSON, "json": True}, Format.JSON),
    ],
)
def test_the_format_follows_the_terminal_unless_chosen(
    tty: bool, piped: Format, given: dict[str, Any], expected: Format
) -> None:
    environment = Environment(stdout_tty=tty)
    chosen = build_settings(URL, SharedOptions(**given), environment, piped_format=piped)
    assert chosen.output.format is expected


@pytest.mark.parametrize(
    ("tty", "choice", "environ", "expected"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (False, "auto", {"FORCE_COLOR": ""}, False),
        (True, "auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
        (True, "never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour_is_decided_by_choice_environment_terminal(
    tty: bool, choice: str, environ: Mapping[str, str], expected: bool
) -> None:
    environment = Environment(stdout_tty=tty, environ=environ)
    assert environment.color(ColorChoice(choice)) is expected


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        ("a b", "character"),
        ("a..b", "a part of it is empty"),
        (".a", "a part of it is empty"),
        (".", "a part of it is empty"),
        ("a" * 64 + ".example", "longer than 63"),
        ("a\nb", "character"),
    ],
)
def test_a_servername_that_tls_cannot_take_is_refused_with_the_reason(name: str, reason: str) -> None:
    with pytest.raises(UsageError, match="--servername") as caught:
        settings(servername=name)
    assert reason in caught.value.message


@pytest.mark.parametrize(
    ("name", "asked"),
    [("a.example.", "a.example."), ("::1", "::1"), ("b\u00fccher.example", "xn--bcher-kva.example")],
)
def test_a_servername_may_be_an_address_or_international(name: str, asked: str) -> None:
    assert settings(servername=name).target.tls.servername == asked
