"""The URLs kept for completion: no secrets, nothing a shell takes for its own, a file for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.peers.raw import Peer, raw_server
from tests.support import in_thread, pty_wscli
from wscli.recent import MOST_URLS, fit_to_keep, remember, state_folder


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("wss://example.com/ws", "wss://example.com/ws"),
        ("ws://[::1]:8080/x", "ws://[::1]:8080/x"),
        ("wss://user:password@example.com/ws?token=abc#part", "wss://example.com/ws"),
        ("wss://example.com/a%20b", "wss://example.com/a%20b"),
        ("wss://example.com/hooks/T0AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ""),
        ("wss://example.com/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", ""),
        ("wss://example.com/$(id)", ""),
        ("wss://example.com/a;b", ""),
        ("wss://example.com/it's", ""),
        ("wss://example.com/a*b", ""),
        ("https://example.com/", ""),
    ],
)
def test_a_url_is_kept_without_what_may_be_secret_or_not_at_all(url: str, kept: str) -> None:
    assert fit_to_keep(url) == kept


def test_the_newest_is_last_and_none_is_twice(tmp_path: Path) -> None:
    for name in ("a", "b", "a"):
        remember(f"wss://{name}.example/", tmp_path / "wscli")
    assert (tmp_path / "wscli" / "urls").read_text() == "wss://b.example/\nwss://a.example/\n"


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    folder = tmp_path / "state" / "wscli"
    remember("wss://example.com/", folder)
    assert stat.S_IMODE((folder / "urls").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in folder.iterdir()] == ["urls"]


def test_the_oldest_give_way(tmp_path: Path) -> None:
    for number in range(MOST_URLS + 3):
        remember(f"ws://host{number}.example/", tmp_path)
    urls = (tmp_path / "urls").read_text().split()
    assert len(urls) == MOST_URLS
    assert urls[0] == "ws://host3.example/"


def test_lines_that_others_wrote_into_the_file_go(tmp_path: Path) -> None:
    (tmp_path / "urls").write_bytes(b"wss://good.example/\n$(id)\n\xff\x1b[2J\n")
    remember("wss://new.example/", tmp_path)
    assert (tmp_path / "urls").read_text() == "wss://good.example/\nwss://new.example/\n"


def test_a_folder_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remember("wss://example.com/", tmp_path / "file")


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_STATE_HOME": "/state", "HOME": "/home/me"}, "/state/wscli"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.local/state/wscli"),
        ({"HOME": "/home/me"}, "/home/me/.local/state/wscli"),
    ],
)
def test_the_state_folder_follows_xdg(environ: dict[str, str], folder: str) -> None:
    assert state_folder(environ) == Path(folder)


async def echo(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


@pytest.mark.parametrize(("options", "kept"), [((), True), (("--no-history",), False)])
def test_the_repl_keeps_what_it_connected_to(tmp_path: Path, options: tuple[str, ...], kept: bool) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with in_thread(raw_server(echo)) as server:
        url = f"{server.url.rstrip('/')}/chat"
        with pty_wscli("connect", f"{url}?token=hidden", *options, columns=100, env=env) as terminal:
            terminal.expect(" OPEN ")
            terminal.send("\x04")
            assert terminal.wait() == 0
    file = tmp_path / "wscli" / "urls"
    assert (file.read_text() if file.exists() else "") == (f"{url}\n" if kept else "")


def test_a_demo_is_not_kept(tmp_path: Path) -> None:
    with pty_wscli("connect", "demo:", columns=100, env={"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        terminal.expect(" OPEN ")
        terminal.send("\x04")
        assert terminal.wait() == 0
    assert not (tmp_path / "wscli" / "urls").exists()
