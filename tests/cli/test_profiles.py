"""Profiles and variables: which source wins, and what comes of `@NAME`."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from tests.peers import Peer, raw_server
from tests.support import wscli
from wscli.cli.environment import Environment
from wscli.cli.options import SharedOptions
from wscli.cli.settings import Settings, build_settings
from wscli.config import Format
from wscli.errors import InputFailed, UsageError

BASIC = "Basic " + base64.b64encode(b"me:pw").decode()


def settings(
    folder: Path, text: str, url: str = "@a", environ: dict[str, str] | None = None, **options: Any
) -> Settings:
    path = folder / "wscli" / "config.toml"
    path.parent.mkdir(exist_ok=True, mode=0o700)
    path.write_text(text)
    path.chmod(0o600)
    surroundings = Environment(environ={"XDG_CONFIG_HOME": str(folder)} | (environ or {}))
    return build_settings(url, SharedOptions(**options), surroundings)


@pytest.mark.parametrize(
    ("base", "url", "expected"),
    [
        ("wss://h/api", "@a", "wss://h/api"),
        ("wss://h/api/", "@a/chat", "wss://h/api/chat"),
        ("wss://h", "@a/chat?x=1", "wss://h/chat?x=1"),
        ("wss://h/api?token=t", "@a/chat", "wss://h/api/chat?token=t"),
        ("wss://h/api?token=t", "@a?x=1", "wss://h/api?x=1"),
    ],
)
def test_what_follows_the_name_extends_the_url(base: str, url: str, expected: str, tmp_path: Path) -> None:
    assert str(settings(tmp_path, f"[profiles.a]\nurl = '{base}'\n", url).target.url) == expected


def test_a_profile_may_lead_to_a_demo_which_needs_no_proxy(tmp_path: Path) -> None:
    text = "[defaults]\nproxy = 'http://p:1'\nipv6 = true\n[profiles.a]\nurl = 'demo:hello'\n"
    chosen = settings(tmp_path, text)
    assert chosen.demo is not None
    assert chosen.demo.scenario == "hello"
    assert (chosen.target.proxy, chosen.target.family) == (None, 0)
    assert settings(tmp_path, text, "ws://localhost/").target.proxy is None
    assert settings(tmp_path, text, "ws://example.com/").target.proxy == "http://p:1"


@pytest.mark.parametrize("name", ["cacert", "cert", "unix-socket", "cookie-jar"])
def test_an_empty_path_is_not_the_folder_of_the_file(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the path is empty"):
        settings(tmp_path, f"[profiles.a]\nurl = 'wss://h/'\n{name} = ''\n")


def test_flag_beats_environment_beats_profile_beats_defaults(tmp_path: Path) -> None:
    text = "[defaults]\nclose-timeout = '1s'\n[profiles.a]\nurl = 'ws://h/'\nclose-timeout = '2s'\n"
    variable = {"WSCLI_CLOSE_TIMEOUT": "3s"}
    assert settings(tmp_path, text, "ws://h/").target.close_timeout == 1
    assert settings(tmp_path, text).target.close_timeout == 2
    assert settings(tmp_path, text, environ=variable).target.close_timeout == 3
    assert settings(tmp_path, text, environ=variable, close_timeout="4s").target.close_timeout == 4
    # A flag that says what is built in is a flag all the same.
    typed = frozenset({"close_timeout"})
    assert settings(tmp_path, text, close_timeout="5s", typed=typed).target.close_timeout == 5


PROFILE = (
    "[profiles.a]\nurl = 'ws://h/'\nbearer = 'profile-token'\nheader = ['X-One: 1', 'X-Two: 2']\n"
    "proxy = 'http://p:1'\nformat = 'json'\nresolve = ['h:80:127.0.0.2']\n"
)


def test_a_flag_replaces_what_cannot_go_with_it(tmp_path: Path) -> None:
    chosen = settings(tmp_path, PROFILE, user="me:pw", no_proxy=True, format=Format.RAW)
    assert dict(chosen.target.headers) == {"X-One": "1", "X-Two": "2", "Authorization": BASIC}
    assert (chosen.target.proxy, chosen.target.no_proxy) == (None, True)
    assert chosen.output.format is Format.RAW
    assert settings(tmp_path, PROFILE).output.format is Format.JSON


def test_headers_are_replaced_by_name_and_resolve_is_collected(tmp_path: Path) -> None:
    chosen = settings(
        tmp_path, PROFILE, header=["x-two: 22", "authorization: Own"], resolve=["h:80:127.0.0.1"]
    )
    assert list(chosen.target.headers) == [("x-two", "22"), ("authorization", "Own"), ("X-One", "1")]
    assert [addresses for _, _, addresses in chosen.target.resolve_overrides] == [
        ("127.0.0.1",),
        ("127.0.0.2",),
    ]


def test_userinfo_in_the_profiles_url_gives_way_too(tmp_path: Path) -> None:
    text = "[profiles.a]\nurl = 'ws://me:pw@h/'\n"
    assert dict(settings(tmp_path, text).target.headers) == {"Authorization": BASIC}
    assert dict(settings(tmp_path, text, bearer="t").target.headers) == {"Authorization": "Bearer t"}


def test_two_credentials_of_one_profile_clash(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="-u and --bearer"):
        settings(tmp_path, "[profiles.a]\nurl = 'ws://h/'\nuser = 'a:b'\nbearer = 't'\n")


def test_variables_are_parsed_by_what_the_option_takes(tmp_path: Path) -> None:
    environ = {
        "WSCLI_HEADER": "Authorization: Bearer a b\nX-One: 1\n",
        "WSCLI_INSECURE": "1",
        "WSCLI_OK_CLOSE": "4001\n4002",
        "WSCLI_COMPRESSION": "none",
        "WSCLI_BEARER": "",
    }
    chosen = settings(tmp_path, "", "ws://h/", environ)
    assert list(chosen.target.headers) == [("Authorization", "Bearer a b"), ("X-One", "1")]
    assert chosen.target.tls.insecure
    assert chosen.target.deflate is None
    assert chosen.ok_close == {4001, 4002}
    text = "[profiles.a]\nurl = 'wss://h/'\ninsecure = true\n"
    assert not settings(tmp_path, text, environ={"WSCLI_INSECURE": "off"}).target.tls.insecure


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"WSCLI_INSECURE": "hunter2x"}, "WSCLI_INSECURE"),
        ({"WSCLI_OK_CLOSE": "hunter2x"}, "WSCLI_OK_CLOSE"),
        ({"WSCLI_FORMAT": "hunter2x"}, "WSCLI_FORMAT"),
        ({"WSCLI_CONNECT_TIMEOUT": "0"}, "WSCLI_CONNECT_TIMEOUT"),
    ],
)
def test_a_wrong_variable_is_named(environ: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, "", "ws://h/", environ)
    assert words in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("connect-timeout = 'soon'", ["connect-timeout", "line 3"]),
        ("format = 'yaml'", ["format", "line 3"]),
        ("proxy = 'gopher://me:hunter2x@p'", ["proxy", "line 3"]),
        ("cert = 'missing.pem'", ["cert", "line 3"]),
        ("header = ['no colon']", ["-H", "line 3"]),
        ("header = ['Cookie: a=b']\ncookie-jar = 'jar'", ["-H", "--cookie-jar", "line 3", "line 4"]),
        ("cookie-jar = '~nobody-here/jar'", []),
    ],
)
def test_a_value_that_means_nothing_is_told_with_its_line(
    line: str, words: list[str], tmp_path: Path
) -> None:
    with pytest.raises((UsageError, InputFailed)) as caught:
        settings(tmp_path, f"[profiles.a]\nurl = 'ws://h/'\n{line}\n")
    assert all(word in caught.value.message for word in words), caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize("url", ["h:1", "gopher://h/", "ws://", "ws://h:0/", "ws://h/#x"])
def test_a_profiles_url_that_is_wrong_is_told_with_its_line(url: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="line 2"):
        settings(tmp_path, f"[profiles.a]\nurl = '{url}'\n")
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, "[profiles.a]\nurl = 'ws://h/'\n", url)
    assert "line" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "url", "words"),
    [
        ("[profiles.staging]\nurl = 'ws://h/'\n", "@stagin", "did you mean @staging?"),
        ("[profiles.a]\n", "@a", "add url"),
        ("", "@a b", "@NAME"),
        ("", "@", "@NAME"),
        ("[profiles.a]\nurl = {env = 'U'}\n", "@a/x", "@a"),
    ],
)
def test_a_profile_that_is_not_there_is_a_usage_error(
    text: str, url: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(tmp_path, text, url)
    assert words in caught.value.message + caught.value.hint


def test_without_a_file_the_starter_is_named() -> None:
    with pytest.raises(UsageError) as caught:
        build_settings("@a", SharedOptions(), Environment(environ={"HOME": "/nowhere"}))
    assert "wscli config --init" in caught.value.hint


def test_files_are_found_from_where_the_file_is(tmp_path: Path) -> None:
    (tmp_path / "wscli").mkdir(mode=0o700)
    (tmp_path / "wscli" / "ca.pem").touch()
    (tmp_path / "wscli" / "token").write_text("tok-from-file\n")
    text = "[profiles.a]\nurl = 'wss://h/'\ncacert = 'ca.pem'\nbearer = '@token'\n"
    chosen = settings(tmp_path, text)
    assert chosen.target.tls.cacert == str(tmp_path / "wscli" / "ca.pem")
    assert dict(chosen.target.headers) == {"Authorization": "Bearer tok-from-file"}


def test_only_secrets_that_are_used_are_looked_up(tmp_path: Path) -> None:
    text = "[profiles.a]\nurl = 'ws://h/'\nbearer = {env = 'MISSING'}\n"
    assert dict(settings(tmp_path, text, bearer="t").target.headers) == {"Authorization": "Bearer t"}
    with pytest.raises(UsageError, match="line 3: bearer: the variable MISSING gives nothing"):
        settings(tmp_path, text)


def test_a_secret_that_begins_with_an_at_sign_is_no_file(tmp_path: Path) -> None:
    text = "[profiles.a]\nurl = 'ws://h/'\nbearer = {env = 'T'}\n"
    assert dict(settings(tmp_path, text, environ={"T": "@x"}).target.headers) == {
        "Authorization": "Bearer @x"
    }


def test_a_secret_in_a_file_that_others_may_read_is_warned_of(tmp_path: Path) -> None:
    text = "[profiles.a]\nurl = 'ws://h/'\nbearer = 'literal'\n"
    path = tmp_path / "elsewhere.toml"
    path.write_text(text)
    path.chmod(0o644)
    environment = Environment(environ={"WSCLI_CONFIG": str(path)})
    assert "chmod 600" in build_settings("@a", SharedOptions(), environment).warnings[0]
    assert settings(tmp_path, text).warnings == ()


async def test_a_profile_runs_its_command_and_shows_nothing_of_it(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        token = (await peer.read_request()).get("X-Api-Key") or ""
        await peer.respond(403, "no", body=f"{token} is not welcome".encode())

    path = tmp_path / "wscli" / "config.toml"
    path.parent.mkdir(mode=0o700)
    async with raw_server(script) as server:
        path.write_text(
            f"[profiles.a]\nurl = '{server.url}'\n"
            "header = [{name = 'X-Api-Key', command = ['printf', 'key-%s\\nmore', '0123456']}]\n"
        )
        path.chmod(0o600)
        done = await wscli("handshake", "@a/x", "-v", env={"XDG_CONFIG_HOME": str(tmp_path)})
        other = await wscli("handshake", "@a/x", "-v", env={"WSCLI_CONFIG": str(path)})
    assert done.returncode == 22, done.stderr
    assert b"key-0123456" in server.peers[0].received
    assert b"key-0123456" not in done.stdout + done.stderr
    assert other.returncode == 2
    assert b"your own file" in other.stderr
