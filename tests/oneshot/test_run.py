"""A one-shot run's exit code depends on what the peer said, in which order; never on how TCP cut it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from functools import partial

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.session.driving import Told, session_to
from tests.support import until, wscli
from wscli.errors import DeadlineExceeded, ExitCode, exit_code_for
from wscli.events import Closed
from wscli.expect.expectation import Expectation
from wscli.expect.expected import Expected
from wscli.expect.messages import Reject, Text
from wscli.oneshot.expecting import Expecting
from wscli.oneshot.gate import Gate
from wscli.oneshot.plan import Plan, Send
from wscli.oneshot.run import OneShot
from wscli.probes.stop import Stop
from wscli.wire.frame import Opcode

ONE, TWO = encode_frame(1, "one"), encode_frame(1, "two")
CLOSE_4001 = encode_frame(8, (4001).to_bytes(2, "big") + b"no")
CLOSE_1000 = encode_frame(8, (1000).to_bytes(2, "big"))
MASKED = encode_frame(1, "bad", mask=b"abcd")
LONG_LENGTH = encode_frame(1, "two", length_code=126)
TOO_LARGE = encode_frame(2, bytes(80))


async def outcome_of(reads: list[bytes], count: int | None, expected: Expected) -> tuple[ExitCode, Told]:
    """What a run comes to whose peer says this, each part once the one before was read."""
    sizes = itertools.accumulate(map(len, reads))

    async def script(peer: Peer) -> None:
        await peer.accept()
        await until(lambda: session.was_open)
        for read, size in zip(reads, sizes, strict=True):
            await peer.send(read)
            await until(partial(heard, size))
        await peer.fin()

    def heard(size: int) -> bool:
        return session.bytes_received == size

    async with raw_server(script) as server:
        session, told = session_to(server, max_size=64)
        gate = Gate(told, limit=count)
        session.journal.listeners[:] = [gate]
        expecting = Expecting(expected, session) if expected else None
        if expecting is not None:
            gate.listeners.append(expecting)
        report = await OneShot(session, Plan(wait=None), None, gate, Stop(), expecting).perform()
        await server.finished()
    return exit_code_for(report.failure), told


@pytest.mark.parametrize(
    ("stream", "count", "pattern", "code"),
    [
        ([ONE, CLOSE_4001], 1, "", ExitCode.OK),
        ([ONE, CLOSE_4001], 2, "", ExitCode.CLOSE_CODE),
        ([ONE, MASKED, CLOSE_1000], 1, "", ExitCode.OK),
        ([ONE, LONG_LENGTH, CLOSE_1000], 1, "", ExitCode.OK),
        ([ONE, LONG_LENGTH, CLOSE_1000], 2, "", ExitCode.PROTOCOL),
        ([LONG_LENGTH, ONE, CLOSE_4001], 2, "", ExitCode.PROTOCOL),
        ([ONE, TOO_LARGE, CLOSE_1000], 1, "", ExitCode.OK),
        ([ONE, TOO_LARGE, CLOSE_1000], 2, "", ExitCode.TOO_LARGE),
        ([ONE, ONE], 1, "", ExitCode.LOST),
        ([ONE, MASKED], 1, "", ExitCode.LOST),
        ([ONE, ONE[:4]], 1, "", ExitCode.LOST),
        ([ONE, CLOSE_4001], None, "one", ExitCode.OK),
        ([ONE, CLOSE_4001], None, "two", ExitCode.CLOSE_CODE),
        ([ONE, MASKED, CLOSE_1000], None, "one", ExitCode.OK),
        ([LONG_LENGTH, ONE, CLOSE_1000], None, "one", ExitCode.PROTOCOL),
        ([ONE, TOO_LARGE], None, "one", ExitCode.OK),
        ([ONE, TWO, CLOSE_4001], 1, "!two", ExitCode.OK),
        ([ONE, TWO, CLOSE_4001], None, "!two", ExitCode.EXPECTATION),
        ([TWO, MASKED], 1, "!two", ExitCode.EXPECTATION),
    ],
)
async def test_the_exit_code_does_not_depend_on_how_the_stream_is_cut(
    stream: list[bytes], count: int | None, pattern: str, code: ExitCode
) -> None:
    octets = b"".join(stream)
    for position in range(len(octets)):
        reads = [part for part in (octets[:position], octets[position:]) if part]
        about = [Reject(pattern[1:])] if pattern.startswith("!") else [Text(pattern)] if pattern else []
        came_to, _ = await outcome_of(reads, count, Expected(about))
        assert came_to == code, f"cut at {position}"


async def test_what_comes_behind_the_last_message_is_shown_all_the_same() -> None:
    code, told = await outcome_of([ONE + LONG_LENGTH + CLOSE_4001], 1, Expected([]))
    assert code == ExitCode.OK
    assert told.rules == ["length-not-minimal"]
    assert [closed.code for closed in told.of(Closed)] == [4001]


async def test_a_run_that_is_cut_off_tells_what_it_leaves_unsent() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_frame()
        reading.set()
        await asyncio.Event().wait()

    reading, stop = asyncio.Event(), Stop()
    async with raw_server(script) as server:
        session, told = session_to(server)
        gate = Gate(told, limit=None)
        session.journal.listeners[:] = [gate]
        sends = tuple(Send(Opcode.TEXT, b"x" * 1024 * 1024) for _ in range(50))
        run = OneShot(session, Plan(sends=sends, wait=None), None, gate, stop)
        running = asyncio.create_task(run.perform())
        await reading.wait()
        # A reader of the output that has gone, and no time left.
        stop.request(None)
        running.cancel()
        report = await running
    assert exit_code_for(report.failure) is ExitCode.UNSENT


async def test_a_peer_that_was_given_up_before_our_close_is_not_said_to_owe_an_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await over.wait()

    over = asyncio.Event()
    async with raw_server(script) as server:
        session, told = session_to(server, deflate=None, ping_interval=0.01, ping_timeout=0.1)
        gate = Gate(told, limit=None)
        session.journal.listeners[:] = [gate]
        sends = tuple(Send(Opcode.TEXT, b"x" * 64 * 1024) for _ in range(800))
        report = await OneShot(session, Plan(sends=sends, wait=None), None, gate, Stop()).perform()
        over.set()
        await server.finished()
    assert session.ending.sent is None
    assert isinstance(report.failure, DeadlineExceeded)
    assert "may not have reached the peer" in report.warning
    assert "our Close" not in report.warning


@pytest.mark.parametrize(
    ("url", "expected", "status", "told"),
    [
        ("demo:close?code=4001", "--expect=x", 90, "matches 'x' (--expect); no text message came"),
        ("demo:ticker", "--expect-count=900", 28, "expected 900 messages"),
        ("demo:close?code=4001", "--reject=x", 90, ""),
        ("demo:reject", "--expect=x", 22, ""),
    ],
)
async def test_what_was_not_met_either_is_named_beside_the_first_cause(
    url: str, expected: str, status: int, told: str
) -> None:
    done = await wscli("connect", url, "-n", expected, "--timeout", "2s")
    stderr = done.stderr.decode()
    assert done.returncode == status, stderr
    assert ("not met either" in stderr) is bool(told)
    assert told in stderr


@pytest.mark.parametrize(
    ("plan", "options", "told"),
    [
        (Plan(wait=None, echo=True, duration=0.3), {}, "the closing handshake"),
        (Plan(wait=None, echo=True), {"ping_interval": 0.1, "ping_timeout": 0.2}, "keepalive"),
    ],
    ids=["duration", "keepalive"],
)
async def test_echo_to_a_peer_that_sends_and_never_reads_ends_in_time(
    plan: Plan, options: dict[str, float], told: str
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        octets = encode_frame(2, bytes(60_000))
        with contextlib.suppress(ConnectionError):
            while True:
                await asyncio.get_running_loop().sock_sendall(peer.sock, octets)

    async with raw_server(script) as server:
        session, _ = session_to(server, close_timeout=0.3, **options)
        gate = Gate()
        session.journal.listeners[:] = [gate]
        report = await OneShot(session, plan, None, gate, Stop()).perform()
        await server.finished()
    assert isinstance(report.failure, DeadlineExceeded)
    assert told in report.failure.message


@pytest.mark.parametrize(
    ("count", "expected", "told"),
    [
        (2, [], "still waiting for message 2 of 2 (--count): --timeout or --duration sets a limit"),
        (
            None,
            [Text("one"), Text("two"), Reject("three")],
            "still waiting for a text message that matches 'two' (--expect): --within sets a limit",
        ),
        (None, [], ""),
        (None, [Reject("three")], ""),
        # What is waited for is there when the time is over.
        (1, [], ""),
        (None, [Text("one")], ""),
    ],
)
async def test_a_run_without_a_limit_says_once_what_a_silent_peer_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, count: int | None, expected: list[Expectation], told: str
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept(then=ONE)
        await (noted.wait() if told else until(lambda: gate.count == 1))
        await peer.close()
        await peer.wait_eof()

    def note(text: str) -> None:
        notes.append(text)
        noted.set()

    monkeypatch.setattr("wscli.oneshot.run.SILENT_SECONDS", 0.1 if told else 0.0)
    notes: list[str] = []
    noted = asyncio.Event()
    async with raw_server(script) as server:
        session, _ = session_to(server)
        gate = Gate(limit=count)
        session.journal.listeners[:] = [gate]
        expecting = Expecting(Expected(expected), session) if expected else None
        if expecting is not None:
            gate.listeners.append(expecting)
        await OneShot(session, Plan(wait=None), None, gate, Stop(), expecting, note=note).perform()
        await server.finished()
    assert notes == ([f"no message for 0.1 s; {told}"] if told else [])
