"""What is wrong on the command line: exit 2 (26 for a file), one clear line, nothing secret, nothing sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from .running import run_main

SECRET = "hunter2secret"
URL = "ws://127.0.0.1:9/"  # never reached: every one of these fails before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "no command"),
        (("conect",), "did you mean connect?"),
        ((f"wss://user:{SECRET}@host/",), "a URL needs a command"),
        (("handshake",), "the URL is missing"),
        (("handshake", ""), "the URL is empty"),
        (("handshake", "  "), "the URL is empty"),
        (("handshake", f"ftp://user:{SECRET}@host/"), "the scheme 'ftp'"),
        (("handshake", "ws://host:99999/"), "port is not valid"),
        (("handshake", f"ws://user:{SECRET}@host:99999/"), "port is not valid"),
        (("handshake", f"localhost:8080/x?token={SECRET}"), "did you mean ws://localhost:8080/x?"),
        (("handshake", URL, "--headr", "x"), "did you mean --header?"),
        (("handshake", URL, f"--beerer={SECRET}"), "no option --beerer"),
        (("handshake", URL, f"--{SECRET}"), "there is no option"),
        (("handshake", URL, "--bearer"), "--bearer needs a value"),
        (("handshake", URL, "--format", "xml"), "--format is human, plain, raw or json, not 'xml'"),
        (("check", URL, "--format", "raw"), "--format is human, plain or json, not 'raw'"),
        (("handshake", URL, "--format", "plain", "--json"), "contradict"),
        (("handshake", URL, "-q", "-v"), "contradict"),
        (("handshake", URL, "-4", "-6"), "contradict"),
        (("handshake", URL, "-H", "Authorization:", "Bearer", SECRET), "more arguments"),
        (("connect", URL, URL), "takes one URL"),
        (("connect", URL, "--send", "--count", "1"), "--send took --count for its value"),
        (("connect", URL, "--bearer", SECRET, "-s", "-n", "x"), "--subprotocol took -n for its value"),
        (("localhost:9001",), "a URL needs a command"),
        (("127.0.0.1",), "a URL needs a command"),
        (("@staging/path",), "a URL needs a command"),
        (("handshake", URL, "-H", SECRET), "no colon"),
        (("handshake", URL, "-H", f"X-Key: a\r\nX-Evil: {SECRET}"), "newline"),
        (("handshake", URL, "-H", f"X-Key: {SECRET}\x00"), "control character"),
        (("handshake", URL, "-H", f"X Key: {SECRET}"), "a header's name"),
        (("handshake", URL, "-H", f": {SECRET}"), "a header's name"),
        (("handshake", URL, "-s", "a b"), "RFC 6455 §4.1"),
        (("handshake", URL, "-s", ""), "RFC 6455 §4.1"),
        (("handshake", URL, "-s", "chat", "-s", "chat"), "twice"),
        (("handshake", URL, "--timeout", "soon"), "--timeout: 'soon' is not a duration"),
        (("handshake", URL, "--timeout", "1e400"), "not a duration"),
        (("handshake", URL, "--connect-timeout", "0"), "--connect-timeout"),
        (("handshake", URL, "--close-timeout", "-1"), "--close-timeout"),
        (("handshake", URL, "--max-size", "16X"), "--max-size: '16X' is not a size"),
        (("handshake", URL, "--ok-close", "99"), "99 is not a close code"),
        (("handshake", URL, "--ok-close", "many"), "--ok-close is a whole number, not 'many'"),
        (("handshake", URL, "--cacert", "/nowhere/ca.pem"), "--cacert: '/nowhere/ca.pem'"),
        (("handshake", URL, "--key", "/nowhere/key.pem"), "--key needs --cert"),
        (("handshake", URL, "--cert", "/nowhere/cert.pem"), "--cert: '/nowhere/cert.pem'"),
        (("handshake", URL, "--cacert", ""), "--cacert: the path is empty"),
        (("handshake", URL, "--cert", ""), "--cert: the path is empty"),
        (("handshake", URL, "--cert", __file__, "--key", ""), "--key: the path is empty"),
        (("handshake", URL, "--unix-socket", ""), "--unix-socket: the path is empty"),
        (("handshake", URL, "--cookie-jar", ""), "--cookie-jar: the path is empty"),
        (("handshake", URL, "--servername", "a b"), "--servername"),
        (("handshake", URL, "--tls-min", "1.4"), "--tls-min is 1.0, 1.1, 1.2 or 1.3, not '1.4'"),
        (("handshake", URL, "--format", "jsn"), "--format is human, plain, raw or json, not 'jsn'"),
        (("handshake", URL, "--format", "jsn"), "did you mean json?"),
        (("handshake", URL, "--format", f"{SECRET}/x"), "--format is human, plain, raw or json\n"),
        (("connect", URL, "--count", "0"), "--count is 1 or more, not 0\n"),
        (("connect", URL, "--count", "1.5"), "--count is a whole number, 1 or more, not '1.5'\n"),
        (("connect", URL, "--expect-tls-days", "-1"), "--expect-tls-days is 0 or more, not -1\n"),
        (("connect", URL, "--expect-tls-days", "x"), "--expect-tls-days is a number, 0 or more, not 'x'\n"),
        (("handshake", URL, "--proxy", f"ftp://me:{SECRET}@proxy:1"), "no kind of proxy"),
        (("handshake", URL, "--proxy", f"http://me:{SECRET}@proxy:99999"), "--proxy"),
        (("handshake", URL, "--proxy", "proxy:1", "--no-proxy"), "contradict"),
        (("handshake", URL, "--proxy", "proxy:1", "--unix-socket", "/x"), "contradict"),
        (("handshake", URL, "--resolve", "host"), "not HOST:PORT:ADDRESS"),
        (("handshake", URL, "--connect-to", "host"), "not HOST:PORT"),
        (("handshake", URL, "--cookie", SECRET), "no NAME=VALUE"),
        (("handshake", URL, "--bearer", ""), "the token is empty"),
        (("handshake", URL, "--bearer", f"{SECRET} x"), "--bearer"),
        (("handshake", URL, "-u", ""), "the user name is empty"),
        (("handshake", URL, "-u", "user"), "no terminal to ask on"),
        (("handshake", URL, "-u", f"user:{SECRET}\n"), "control character"),
        (("handshake", "demo:nope"), "no scenario 'nope'"),
        (("close", URL, "--code", "1006"), "RFC 6455 §7.4.1"),
        (("close", URL, "--code", "70000", "--force"), "two bytes"),
        (("close", URL, "--reason", "é" * 62), "at most 123 bytes"),
        (("ping", URL, "--size", "126"), "125 is the most"),
        (("ping", URL, "--payload", "x" * 126), "125 is the most"),
        (("ping", URL, "--payload", "x", "--size", "3"), "contradict"),
        (("ping", URL, "--max-loss", "101"), "not a percentage"),
        (("ping", URL, "--max-loss", "nan"), "not a percentage"),
        (("ping", URL, "-c", "-1"), "--count is 0 or more, not -1\n"),
        (("serve", "nope"), "no scenario 'nope'"),
        (("serve", "--port", "99999"), "--port is from 0 to 65535, not 99999\n"),
    ],
    ids=" ".join,
)
def test_a_usage_error_is_one_clear_line(arguments: tuple[str, ...], expected: str) -> None:
    ran = run_main(*arguments)
    assert ran.code == 2, ran.stderr
    assert ran.stdout == ""
    first, *hints = ran.stderr.splitlines()
    assert first.startswith("wscli: ")
    assert all(line.startswith("  hint: ") for line in hints)
    assert len(hints) <= 1
    assert expected in ran.stderr
    assert SECRET not in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize(
    ("arguments", "first", "second"),
    [
        (("-u", "a:b", "--bearer", "c"), "-u", "--bearer"),
        (("-u", "a", "--bearer", "c"), "-u", "--bearer"),  # before a password is asked for
        (("-H", "Authorization: x", "--bearer", "c"), "-H", "--bearer"),
        (("-H", "authorization: x", "-u", "a:b"), "-H", "-u"),
        (("-H", "Authorization:", "--bearer", "c"), "-H", "--bearer"),
        (("-H", "Cookie: a=1", "--cookie", "b=2"), "-H", "--cookie"),
        (("-H", "Origin: x", "-o", "y"), "-H", "--origin"),
        (("-H", "User-Agent: x", "--user-agent", "y"), "-H", "--user-agent"),
        (("-H", "Sec-WebSocket-Protocol: x", "-s", "y"), "-H", "--subprotocol"),
        (("-H", "Host: x", "-H", "host: y"), "-H 'Host", "-H 'host"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else None,
)
def test_two_sources_for_one_header_are_both_named(
    arguments: tuple[str, ...], first: str, second: str
) -> None:
    ran = run_main("handshake", URL, *arguments)
    assert ran.code == 2
    assert "two sources" in ran.stderr
    assert first in ran.stderr
    assert second in ran.stderr


def test_userinfo_and_an_option_are_two_sources() -> None:
    ran = run_main("handshake", f"ws://user:{SECRET}@127.0.0.1:9/", "--bearer", SECRET)
    assert ran.code == 2
    assert "the URL's userinfo and --bearer" in ran.stderr
    assert SECRET not in ran.stderr


@pytest.mark.parametrize("option", ["-H", "--cookie", "-u", "--bearer"])
def test_a_file_that_cannot_be_read_exits_26(option: str, tmp_path: Path) -> None:
    for path in (tmp_path / "missing", tmp_path):
        ran = run_main("handshake", URL, option, f"@{path}")
        assert ran.code == 26
        assert "cannot read the file" in ran.stderr


def test_what_is_quoted_cannot_reach_a_terminal_as_a_control() -> None:
    ran = run_main("handshake", URL, "--cacert", "/no\x1b[31m/\u202ename")
    assert ran.code == 2
    assert "\x1b" not in ran.stderr
    assert "\u202e" not in ran.stderr


def test_a_bug_is_one_line_and_a_traceback_only_with_verbose(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError(SECRET)

    monkeypatch.setattr("wscli.cli.handshake.build_settings", fail)
    ran = run_main("handshake", URL)
    assert ran.code == 70
    assert "ZeroDivisionError" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert SECRET not in ran.stderr
    assert "Traceback" in run_main("handshake", URL, "-v").stderr


@pytest.mark.parametrize("wrong", [("--send",), ("--count", "x"), ("--count", "0"), ("--format",)])
def test_a_wrong_value_hints_at_the_help_of_its_command(wrong: tuple[str, ...]) -> None:
    ran = run_main("connect", URL, *wrong)
    assert ran.code == 2
    assert f"{wrong[0]}" in ran.stderr
    assert "hint: wscli connect --help" in ran.stderr


@pytest.mark.parametrize("text", [":", ".../", "[]"])
def test_no_url_without_a_host_is_suggested(text: str) -> None:
    ran = run_main("connect", text)
    assert ran.code == 2
    assert "did you mean" not in ran.stderr
    assert "hint: write ws://HOST" in ran.stderr


@pytest.mark.parametrize(
    ("url", "said"), [("banana", "did you mean ws://banana?"), ("ftp://h", "the scheme 'ftp'")]
)
def test_config_refuses_a_url_as_connect_does(url: str, said: str) -> None:
    shown = run_main("config", url)
    assert (shown.code, shown.stdout) == (2, "")
    assert said in shown.stderr
    assert shown.stderr == run_main("connect", url).stderr
