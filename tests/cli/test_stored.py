"""Credentials from files: what they become, where they clash, and that nothing shows them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.peers import Peer, raw_server
from tests.support import wscli
from wscli.cli.environment import Environment
from wscli.cli.options import SharedOptions
from wscli.cli.settings import Settings, build_settings
from wscli.errors import UsageError

COOKIES = "example.com\tFALSE\t/\tFALSE\t0\tsid\tcookie-value-1\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home directory with a .netrc and a cookie file."""
    for name, content in ((".netrc", "machine example.com login me password hunter2\n"), ("jar", COOKIES)):
        path = tmp_path / name
        path.write_text(content)
        path.chmod(0o600)
    return tmp_path


def settings(home: Path, url: str, options: SharedOptions) -> Settings:
    return build_settings(url, options, Environment(environ={"HOME": str(home)}))


def test_both_become_headers_of_the_host_they_are_for(home: Path) -> None:
    options = SharedOptions(cookie_jar=str(home / "jar"), netrc=True)
    chosen = settings(home, "ws://example.com/", options)
    basic = "Basic " + base64.b64encode(b"me:hunter2").decode()
    assert chosen.target.headers == (("Authorization", basic),)
    assert chosen.target.cookies is not None
    assert chosen.target.cookies(chosen.target.url) == "sid=cookie-value-1"
    assert chosen.warnings == ()
    elsewhere = settings(home, "ws://other.example/", options)
    assert elsewhere.target.headers == ()
    assert elsewhere.target.cookies is not None
    assert elsewhere.target.cookies(elsewhere.target.url) == ""
    assert ["none is for other.example" in text or "no entry" in text for text in elsewhere.warnings] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("url", "options", "both"),
    [
        ("ws://example.com/", {"netrc": True, "bearer": "t"}, ["--bearer", "--netrc"]),
        ("ws://example.com/", {"netrc": True, "user": "a:b"}, ["-u", "--netrc"]),
        ("ws://a:b@example.com/", {"netrc": True}, ["userinfo", "--netrc"]),
        ("ws://example.com/", {"cookie": "a=1", "cookie_jar": "jar"}, ["--cookie ", "--cookie-jar"]),
        ("ws://example.com/", {"header": ["Cookie: a=1"], "cookie_jar": "jar"}, ["-H", "--cookie-jar"]),
    ],
)
def test_two_sources_for_one_header_are_both_named(
    url: str, options: dict[str, object], both: list[str], home: Path
) -> None:
    with pytest.raises(UsageError) as caught:
        settings(home, url, SharedOptions(**options))  # type: ignore[arg-type] # a table of options
    assert all(source in caught.value.message for source in both)


def test_files_that_others_may_read_are_warned_of(home: Path) -> None:
    (home / ".netrc").chmod(0o644)
    (home / "jar").chmod(0o640)
    options = SharedOptions(cookie_jar=str(home / "jar"), netrc=True)
    assert ["chmod 600" in text for text in settings(home, "ws://example.com/", options).warnings] == [
        True,
        True,
    ]


async def test_an_echo_of_what_the_files_hold_is_hidden(home: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(403, "no hunter2", body=b"you are me:hunter2 with cookie-value-1")

    (home / ".netrc").write_text("machine 127.0.0.1 login me password hunter2\n")
    (home / "jar").write_text(COOKIES.replace("example.com", "127.0.0.1"))
    (home / ".netrc").chmod(0o644)
    async with raw_server(script) as server:
        jar = str(home / "jar")
        for extra in ([], ["--json"], ["-v", "--format", "human"]):
            done = await wscli(
                "handshake", server.url, "--netrc", "--cookie-jar", jar, *extra, env={"HOME": str(home)}
            )
            assert done.returncode == 22
            assert b"hunter2" not in done.stdout + done.stderr
            assert b"cookie-value-1" not in done.stdout + done.stderr
            assert b"warning: others on this machine may read" in done.stderr
    assert all(b"sid=cookie-value-1" in peer.received for peer in server.peers)


@pytest.mark.parametrize("typed", [[], ["-H", "Cookie: typed=typed-value-1"]])
async def test_each_redirect_gets_the_cookies_that_the_jar_has_for_it(typed: list[str], home: Path) -> None:
    async def second(peer: Peer) -> None:
        await peer.respond(403, body=b"you are in-b-value and in-a-value")

    async def first(peer: Peer) -> None:
        request = await peer.read_request()
        location = "/a/b" if request.target == "/" else f"ws://localhost:{other.port}/"
        await peer.respond(302, headers=[("Location", location)])

    lines = [
        ("127.0.0.1", "/", "root", "root-value"),
        ("127.0.0.1", "/a", "in-a", "in-a-value"),
        ("localhost", "/", "in-b", "in-b-value"),
        ("other.example", "/", "else", "else-value"),
    ]
    jar = home / "jar"
    jar.write_text(
        "".join(f"{host}\tFALSE\t{path}\tFALSE\t0\t{name}\t{value}\n" for host, path, name, value in lines)
    )
    source = typed or ["--cookie-jar", str(jar)]
    async with raw_server(second) as other, raw_server(first) as server:
        done = await wscli("handshake", "-L", "-4", server.url, *source, "--json")
    assert done.returncode == 22
    sent = [peer.request.get("Cookie") for peer in (*server.peers, *other.peers) if peer.request is not None]
    shown = ["typed"] if typed else ["root", "in-a", "in-b"]
    if typed:
        assert sent == ["typed=typed-value-1", "typed=typed-value-1", None]
    else:
        assert sent == ["root=root-value", "in-a=in-a-value; root=root-value", "in-b=in-b-value"]
    assert not any(f"{name}-value".encode() in done.stdout + done.stderr for name in shown)
