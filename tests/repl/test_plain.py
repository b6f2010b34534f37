"""The REPL on a terminal that can do nothing: what is typed, pasted and interrupted there."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.raw import Peer, Script, raw_server
from tests.support import Terminal, in_thread, pty_wscli


@contextmanager
def dumb(state: Path, url: str, *, until: str = "* open") -> Iterator[Terminal]:
    """`wscli connect url` on a dumb terminal, once it says `until`."""
    env = {"TERM": "dumb", "XDG_STATE_HOME": str(state)}
    with pty_wscli("connect", url, columns=100, rows=40, env=env) as terminal:
        terminal.expect(until)
        yield terminal


@contextmanager
def echoing(*, gate: threading.Event | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """An echo server that accepts once `gate` is set, its URL, and the messages that it got."""
    messages: list[bytes] = []

    async def script(peer: Peer) -> None:
        if gate is not None:
            await asyncio.to_thread(gate.wait)
        await peer.accept()
        while (frame := await peer.read_frame()).opcode != 8:
            messages.append(frame.payload)
            await peer.frame(1, frame.payload)
        await peer.frame(8, frame.payload)

    with served(script) as url:
        yield url, messages


@contextmanager
def served(script: Script) -> Iterator[str]:
    with in_thread(raw_server(script)) as server:
        yield server.url


def test_ctrl_c_is_a_key_and_ends_when_it_comes_twice(tmp_path: Path) -> None:
    with echoing() as (url, messages), dumb(tmp_path, url) as terminal:
        terminal.send("half")
        terminal.expect("half")
        terminal.send("\x03")
        terminal.expect("Ctrl-C again, or Ctrl-D, closes")
        terminal.send("still here\r")
        terminal.expect("← text")
        terminal.send("\x03")
        terminal.wait_for(lambda: terminal.text.count("Ctrl-C again") == 2, "another word of advice")
        terminal.send("\x03")
        assert terminal.wait() == 0
    assert messages == [b"still here"]


def test_lines_that_are_pasted_are_one_message_once_enter_is_pressed(tmp_path: Path) -> None:
    with echoing() as (url, messages), dumb(tmp_path, url) as terminal:
        terminal.send("one\rtwo\rthree")
        terminal.expect("2 lines of one message: Enter sends it")
        assert messages == []
        terminal.send("\r")
        terminal.expect("← text")
        terminal.send("\x04")
        assert terminal.wait() == 0
    assert messages == [b"one\ntwo\nthree"]


def test_a_paste_is_dropped_by_ctrl_c(tmp_path: Path) -> None:
    with echoing() as (url, messages), dumb(tmp_path, url) as terminal:
        terminal.send("one\rtwo\r")
        terminal.expect("2 lines of one message")
        terminal.send("\x03")
        terminal.expect("dropped: nothing of it was sent")
        terminal.send("three\r")
        terminal.expect("← text")
        terminal.send("\x04")
        assert terminal.wait() == 0
    assert messages == [b"three"]


@pytest.mark.parametrize(("end", "sent"), [("2]\r", b"[1,\n2]"), ("\r", b"[1,")])
def test_unfinished_json_goes_on(tmp_path: Path, end: str, sent: bytes) -> None:
    with echoing() as (url, messages), dumb(tmp_path, url) as terminal:
        terminal.send("[1,\r")
        terminal.expect("JSON goes on")
        terminal.send(end)
        terminal.expect("← text")
        terminal.send("\x04")
        assert terminal.wait() == 0
    assert messages == [sent]


def test_a_line_that_comes_too_early_is_sent_once_the_connection_is_open(tmp_path: Path) -> None:
    gate = threading.Event()
    with echoing(gate=gate) as (url, messages), dumb(tmp_path, url, until="> GET") as terminal:
        terminal.send("early\r")
        terminal.expect("not open yet: it is sent once the connection is")
        terminal.send("/pause\r")
        terminal.expect("paused: ")
        terminal.send("later\r")
        terminal.wait_for(lambda: terminal.text.count("not open yet") == 2, "the same of the second line")
        terminal.send("/resume\r")
        terminal.expect("came meanwhile")
        gate.set()
        terminal.expect("← text")
        terminal.wait_for(lambda: terminal.text.count("← text") == 2, "both answers")
        terminal.send("\x04")
        assert terminal.wait() == 0
    assert messages == [b"early", b"later"]


def test_what_was_not_sent_is_told(tmp_path: Path) -> None:
    gate = threading.Event()
    with echoing(gate=gate) as (url, _), dumb(tmp_path, url, until="> GET") as terminal:
        terminal.send("early\r")
        terminal.expect("not open yet")
        terminal.send("\x04")
        terminal.expect("1 message that you typed was not sent")
        assert terminal.wait() == 130
        gate.set()
