"""`connect --reconnect` and keepalive, from the command line."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from tests.peers import Peer, raw_server
from tests.support import in_thread, pty_wscli, wscli

Script = Callable[[Peer], Coroutine[Any, Any, None]]
AGAIN = ("--reconnect", "--max-backoff", "1ms")


def in_turn(*scripts: Script) -> Script:
    """Each connection plays the next script, the last one for ever."""
    left = list(scripts)

    async def script(peer: Peer) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(peer)

    return script


def events_in(stdout: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stdout.splitlines()]


async def echo(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


async def reset_after_one(peer: Peer) -> None:
    await peer.accept()
    frame = await peer.read_frame()
    await peer.frame(frame.opcode, frame.payload)
    peer.reset()


async def going_away(peer: Peer) -> None:
    await peer.accept()
    await peer.close(1001)
    await peer.read_until(8)


async def bye(peer: Peer) -> None:
    await peer.accept()
    await peer.close(1000)
    await peer.read_until(8)


async def busy(peer: Peer) -> None:
    await peer.respond(503, "Service Unavailable")


async def gone(peer: Peer) -> None:
    await peer.read_request()


async def test_the_sends_go_again_and_the_numbering_goes_on() -> None:
    async with raw_server(in_turn(reset_after_one, busy, gone, going_away, echo)) as server:
        done = await wscli(
            "connect", server.url, *AGAIN, "--send", "hello", "--count", "2", "-n", "--json", "--frames"
        )
        assert done.returncode == 0, done.stderr
        assert [frame.payload for frame in server.peers[-1].frames if frame.opcode == 1] == [b"hello"]
    events = events_in(done.stdout)
    assert [event["attempt"] for event in events if event["event"] == "reconnect"] == [1, 2, 3, 4]
    messages = [event for event in events if event["event"] == "message"]
    assert [event["n"] for event in messages] == list(range(1, len(messages) + 1))
    assert [event["text"] for event in messages if event["direction"] == "in"] == ["hello", "hello"]
    frames = [event["n"] for event in events if event["event"] == "frame"]
    assert frames == list(range(1, len(frames) + 1))
    assert [event["event"] for event in events].count("summary") == 1


async def test_a_line_of_stdin_reaches_the_wire_once() -> None:
    async def take_some(peer: Peer) -> None:
        await peer.accept()
        for _ in range(3):
            await peer.read_frame()
        peer.reset()

    lines = [b"line %d" % n for n in range(2000)]
    async with raw_server(in_turn(take_some, echo)) as server:
        done = await wscli(
            "connect", server.url, *AGAIN, "--send", "hi", "--compression", "none", stdin=b"\n".join(lines)
        )
        first, second = ([frame.payload for frame in peer.frames] for peer in server.peers)
    assert second[0] == b"hi"
    assert len(set(second)) == len(second)
    # What the first connection took whole is not sent again, what it did not is: in order, to the last one.
    assert second[1:-1] == lines[len(lines) - len(second[1:-1]) :]
    assert not set(second) & set(first[1:])
    # Nobody knows how much of what it took the first peer has read.
    assert done.returncode == 55, done.stderr


@pytest.mark.parametrize(("code", "status"), [(None, 55), (1012, 55), (1001, 0)])
async def test_lines_that_a_lost_connection_took_are_no_success(code: int | None, status: int) -> None:
    async def take_one(peer: Peer) -> None:
        await peer.accept()
        await peer.read_frame()
        if code is not None:
            await peer.close(code)
            await peer.read_until(8)

    lines = b"".join(b"%d\n" % n for n in range(10))
    async with raw_server(in_turn(take_one, bye)) as server:
        done = await wscli("connect", server.url, *AGAIN, "-q", "--wait", "1h", stdin=lines)
        assert len(server.peers) == 2
    assert done.returncode == status, done.stderr
    assert (b"up to 10 of the messages sent may not have reached the peer" in done.stderr) is (status != 0)


async def test_lines_in_front_of_a_ping_that_was_answered_have_arrived() -> None:
    async def take_all(peer: Peer) -> None:
        await peer.accept()
        while (await peer.read_frame()).payload != b"9":
            pass
        ping = await peer.read_until(9)
        await peer.frame(10, ping.payload)
        await peer.fin()

    lines = b"".join(b"%d\n" % n for n in range(10))
    async with raw_server(in_turn(take_all, bye)) as server:
        done = await wscli(
            "connect", server.url, *AGAIN, "-q", "--wait", "1h", "--ping-interval", "20ms", stdin=lines
        )
        assert len(server.peers) == 2
    assert (done.returncode, done.stderr) == (0, b"")


async def test_1000_ends_it() -> None:
    async with raw_server(bye) as server:
        done = await wscli("connect", server.url, *AGAIN, "-n")
        assert done.returncode == 0
        assert len(server.peers) == 1


async def test_a_refusal_that_stays_ends_it() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.respond(403, "Forbidden")

    async with raw_server(refuse) as server:
        done = await wscli("connect", server.url, *AGAIN, "-n")
        assert done.returncode == 22
        assert len(server.peers) == 1


async def test_giving_up_keeps_the_code_and_says_so() -> None:
    async with raw_server(busy) as server:
        done = await wscli("connect", server.url, *AGAIN, "--max-retries", "2", "-n")
        assert len(server.peers) == 3
    assert done.returncode == 22
    assert b"gave up after 2 retries (--max-retries)" in done.stderr
    assert done.stderr.count(b"reconnect ") == 2


async def refuse(peer: Peer) -> None:
    await peer.respond(403, "Forbidden")


async def test_what_an_earlier_connection_took_is_not_unsent() -> None:
    async with raw_server(in_turn(reset_after_one, refuse)) as server:
        done = await wscli("connect", server.url, *AGAIN, "-n", "--send", "hello")
    assert done.returncode == 22
    assert b"not sent" not in done.stderr


async def test_what_no_connection_took_is_unsent() -> None:
    async with raw_server(in_turn(busy, refuse)) as server:
        done = await wscli("connect", server.url, *AGAIN, "-n", "--send", "a", "--send", "b")
    assert done.returncode == 22
    assert b"messages that were not sent: 2" in done.stderr


async def test_the_duration_counts_over_all_connections() -> None:
    async with raw_server(in_turn(reset_after_one, reset_after_one, echo)) as server:
        done = await wscli(
            "connect", server.url, *AGAIN, "--max-retries", "0", "--duration", "2s", "-n", "--send", "x"
        )
        assert len(server.peers) == 3
    assert done.returncode == 0, done.stderr


async def test_the_timeout_ends_the_pause_too() -> None:
    async with raw_server(busy) as server:
        done = await wscli(
            "connect", server.url, "--reconnect", "--max-retries", "0", "-n", "--timeout", "300ms"
        )
    assert done.returncode == 28


async def test_a_dead_peer_is_a_timeout_that_names_keepalive() -> None:
    async def silent(peer: Peer) -> None:
        await peer.accept()
        await peer.wait_eof()

    async with raw_server(silent) as server:
        done = await wscli(
            "connect", server.url, "-n", "--ping-interval", "20ms", "--ping-timeout", "100ms", "--json"
        )
    assert done.returncode == 28
    events = events_in(done.stdout)
    assert "lost" in {event["event"] for event in events}
    assert "keepalive" in events[-1]["message"]


async def test_options_without_what_they_belong_to_are_usage_errors() -> None:
    for arguments in (["--ping-timeout", "1s"], ["--max-retries", "3"], ["--max-backoff", "1s"]):
        done = await wscli("connect", "ws://127.0.0.1:1/", *arguments)
        assert done.returncode == 2


async def drop(peer: Peer) -> None:
    await peer.accept()
    peer.reset()


def test_the_repl_connects_again_by_itself() -> None:
    with in_thread(raw_server(in_turn(drop, busy, echo))) as server:
        with pty_wscli("connect", server.url, *AGAIN, "--no-history", rows=60) as terminal:
            terminal.expect("reconnect 2 ")
            terminal.wait_for(lambda: terminal.text.count("* open ") == 2, "a second connection")
            terminal.send("back again\r")
            terminal.wait_for(lambda: terminal.text.count("back again") >= 2, "the echo")
            terminal.send("\x04")
            assert terminal.wait() == 0


def test_the_repl_tries_the_first_connection_again_too() -> None:
    with in_thread(raw_server(in_turn(busy, echo))) as server:
        with pty_wscli("connect", server.url, *AGAIN, "--no-history", rows=60) as terminal:
            terminal.expect("* open ")
            terminal.send("\x04")
            assert terminal.wait() == 0
