"""Expectations as a script sees them: exit codes and what stderr says, against real servers."""

from __future__ import annotations

import asyncio

import pytest

from tests.peers import Peer, raw_server
from tests.support import clean_env, command, run_wscli, wscli

CASES = [
    ("connect demo: --send hello --expect ell", 0, ""),
    ("connect demo: --send hello --expect bell --within 300ms", 1, "1 text message came: it was 'hello'"),
    ("connect demo: --send hello --count 1 --wait 0 --expect-count 1", 0, ""),
    ("connect demo:ticker -n --expect-json n=3", 0, ""),
    ("connect demo:ticker -n --expect-count 3 --count 1", 0, ""),
    ("connect demo:ticker -n --expect nothing --within 300ms", 1, "the last was"),
    (
        "connect demo:ticker -n --expect nothing --within 300ms",
        1,
        "matches 'nothing' within 0.3 s (--expect); ",
    ),
    # What ended it was something else.
    (
        "connect demo:ticker -n --expect nothing --duration 300ms --within 9s",
        1,
        "matches 'nothing' (--expect); ",
    ),
    ("connect demo:ticker -n --expect nothing --timeout 300ms", 28, "--timeout"),
    ("connect demo:ticker -n --expect nothing --duration 300ms", 1, "the last was"),
    ("connect demo:ticker -n --expect-count 2 --duration 20s", 0, ""),
    ("connect demo:ticker -n --expect-count 900 --duration 300ms", 1, "expected 900 messages"),
    ("connect demo:ticker -n --expect nothing --count 1 --duration 300ms", 1, "the last was"),
    ("connect demo:ticker -n --expect n --expect-close 1000 --duration 300ms", 1, "the peer did not close"),
    ("connect demo:ticker -n --reject nothing --duration 300ms", 0, ""),
    ("connect demo:ticker -n --count 900 --duration 300ms", 0, ""),
    ("connect demo:ticker -n --reject nothing --within 300ms", 0, ""),
    ("connect demo:ticker -n --reject n", 1, "expected no text message that matches 'n'"),
    ("connect demo:ticker -n --reject nothing --count 2", 0, ""),
    ("connect demo: --send-binary hex:00ff --expect-binary hex:00ff", 0, ""),
    ("connect demo:close?code=4001 -n --expect-close 4001", 0, ""),
    ("connect demo:close?code=4001 -n --expect-close 4002", 1, "ended with 4001"),
    ("connect demo:close?code=4001 -n --expect x", 90, "4001"),
    ("connect demo:close?code=1000 -n --expect x", 1, "no text message came"),
    ("connect demo:reject -n --expect-status 403", 0, ""),
    ("connect demo:reject -n --expect-status 404", 1, "the reply has status 403"),
    ("connect demo:reject -n --expect x", 22, "refused"),
    ("connect demo:reject -n --expect-status 403 --expect x", 1, "no text message came"),
    ("connect demo:silent -n --expect-status 101", 0, "had not answered our Close after 1"),
    ("connect ws://127.0.0.1:1/ -n --expect x", 7, "nothing listens"),
    ("connect demo: --expect (", 2, "not a regular expression"),
    ("connect demo: --within 1s", 2, "nothing to expect"),
    ("handshake demo: --expect-status 101 --expect-extension permessage-deflate", 0, ""),
    ("handshake demo: -s chat --expect-subprotocol chat --expect-header Server:^wscli", 0, ""),
    ("handshake demo: --expect-subprotocol chat", 1, "the server chose none"),
    ("handshake demo: --expect-tls-days 1", 1, "there was no TLS"),
    ("handshake demo:reject --expect-status 403", 0, ""),
    ("ping demo: -c 1 --expect-header Server:nginx", 1, "the reply has Server: 'wscli"),
    ("close demo: --expect-close 1000", 0, ""),
    ("close demo:close?code=4001 --expect-close 4001", 0, ""),
    ("close demo:close?code=4001 --expect-close 4000", 1, "ended with 4001"),
]


@pytest.mark.parametrize(("line", "status", "told"), CASES, ids=[line for line, *_ in CASES])
def test_the_exit_code_and_what_is_told(line: str, status: int, told: str) -> None:
    done = run_wscli(*line.split(), stdin=None)
    assert done.returncode == status, done.stderr.decode()
    assert told in done.stderr.decode()


@pytest.mark.parametrize("command", ["handshake", "connect -n", "close", "ping"])
def test_a_refusal_that_is_expected_is_no_violation(command: str) -> None:
    done = run_wscli(*command.split(), "demo:reject", "--expect-status", "403", "--json", stdin=None)
    assert done.returncode == 0, done.stderr.decode()
    assert b'"status":403' in done.stdout
    assert b'"violation"' not in done.stdout
    assert done.stderr == b""


def test_a_refusal_with_another_status_is_one() -> None:
    done = run_wscli("handshake", "demo:reject", "--expect-status", "404", "--json", stdin=None)
    assert done.returncode == 1
    assert b'"rule":"status"' in done.stdout


async def test_what_was_met_is_not_undone_by_a_reset() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "ready")
        await peer.read_frame()
        peer.reset()

    async with raw_server(script) as server:
        done = await wscli("connect", server.url, "-n", "--expect", "ready")
    assert done.returncode == 0, done.stderr


async def test_a_lost_connection_keeps_its_own_code() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "almost")
        peer.reset()

    async with raw_server(script) as server:
        done = await wscli("connect", server.url, "-n", "--expect", "ready")
        expected = await wscli("connect", server.url, "-n", "--expect-close", "1006")
    assert done.returncode == 56
    assert expected.returncode == 0, expected.stderr


async def test_all_that_was_to_be_sent_goes_out_though_the_verdict_is_there_at_once() -> None:
    lines = b"".join(b"%d\n" % number for number in range(20000))
    received: list[bytes] = []

    async def script(peer: Peer) -> None:
        await peer.accept()
        while (frame := await peer.read_frame()).opcode != 8:
            received.append(frame.payload)
        await peer.frame(8, frame.payload)

    async with raw_server(script) as server:
        done = await wscli(
            "connect", server.url, "--send", "a", "--send", "b", "--expect-status", "101", stdin=lines
        )
    assert done.returncode == 0, done.stderr
    assert received[:2] == [b"a", b"b"]
    assert received[2:] == lines.split(b"\n")[:-1]


async def test_no_control_of_the_peer_reaches_stderr() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "\x1b]0;title\x07::error::x\n##[group]")
        await peer.answer_close()

    async with raw_server(script) as server:
        done = await wscli("connect", server.url, "-n", "--expect", "ready", "--within", "200ms")
    assert done.returncode == 1
    assert b"\x1b" not in done.stderr
    assert b"\x07" not in done.stderr
    assert b"##[" not in done.stderr
    assert done.stderr.count(b"\n") == 1


async def test_what_a_silent_peer_is_waited_for_is_told_where_nothing_limits_it() -> None:
    async def waiting(*args: str) -> asyncio.subprocess.Process:
        line = command("connect", "demo:silent", "--expect", "ho", *args)
        pipe, none = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        return await asyncio.create_subprocess_exec(
            *line, stdin=none, stdout=none, stderr=pipe, env=clean_env()
        )

    # They begin before the one that is to tell.
    others = [await waiting("-q"), await waiting("--within", "1h")]
    process = await waiting()
    assert process.stderr is not None
    told = await process.stderr.readline()
    for each in (process, *others):
        each.terminate()
    ends = [await each.communicate() for each in (process, *others)]
    assert told.decode() == (
        "wscli: no message for 5 s; still waiting for a text message that matches 'ho' (--expect):"
        " --within sets a limit\n"
    )
    assert not any(b"no message for" in stderr for _, stderr in ends)
