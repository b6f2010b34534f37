"""What a session makes of what it receives: the judge, our own verdicts, pings, and who waits for whom."""

from __future__ import annotations

import asyncio
import socket
import tracemalloc

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.session.driving import converse, session_to
from tests.support import until
from tests.wire.deflating import Deflater
from wscli.errors import ExitCode, OutputFailed
from wscli.events import FrameSeen, MessageSeen, PongReceived, ViolationFound
from wscli.net.stream import SocketStream
from wscli.session.outbox import QUEUE_LIMIT
from wscli.session.session import Session

DEFLATE = "permessage-deflate"
# name: what the server sends, the rule that it breaks, our Close's code (None: the connection stands).
VIOLATIONS: dict[str, tuple[bytes, str, int | None]] = {
    "masked": (encode_frame(1, b"x", mask=b"abcd"), "masked-by-server", 1002),
    "reserved opcode": (encode_frame(3), "reserved-opcode", 1002),
    "reserved control opcode": (encode_frame(11), "reserved-opcode", 1002),
    "rsv1": (encode_frame(1, rsv=4), "rsv-without-extension", 1002),
    "rsv3": (encode_frame(9, rsv=1), "rsv-without-extension", 1002),
    "fragmented ping": (encode_frame(9, fin=False), "control-fragmented", 1002),
    "long ping": (encode_frame(9, bytes(126)), "control-too-long", 1002),
    "stray continuation": (encode_frame(0, b"x"), "continuation-without-start", 1002),
    "interleaved": (encode_frame(1, b"a", fin=False) + encode_frame(1, b"b"), "message-interleaved", 1002),
    "bad text": (encode_frame(1, b"a\xffb"), "invalid-utf8", 1007),
    "bad text in fragments": (
        encode_frame(1, b"\xc3", fin=False) + encode_frame(0, b"("),
        "invalid-utf8",
        1007,
    ),
    "one-byte close": (encode_frame(8, b"\x03"), "close-one-byte", 1002),
    "close code 1005": (encode_frame(8, b"\x03\xed"), "close-code", 1002),
    "close reason": (encode_frame(8, b"\x03\xe8\xff"), "close-reason-utf8", 1007),
    "length not minimal": (encode_frame(1, b"x", length_code=126), "length-not-minimal", None),
    "top bit": (encode_frame(2, length=1 << 63), "length-top-bit", 1002),
    "close inside a message": (
        encode_frame(1, b"a", fin=False) + encode_frame(8, b"\x03\xe8"),
        "close-inside-message",
        1002,
    ),
}


@pytest.mark.parametrize("name", VIOLATIONS)
async def test_a_violation_is_named_and_fails_the_connection(name: str) -> None:
    octets, rule, close_code = VIOLATIONS[name]

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "before")
        await peer.send(octets)
        if close_code is None:
            await peer.close(1000)
        await peer.read_until(8)

    outcome = await converse(script)
    assert outcome.exit_code is ExitCode.PROTOCOL
    assert rule in outcome.told.rules
    assert outcome.close_sent == (close_code or 1000)
    assert outcome.told.received[0] == b"before"
    # The first one decides; there may be others.
    first = outcome.told.of(ViolationFound)[0]
    assert str(outcome.session.failure).startswith(f"the peer broke {first.rfc}: ")
    assert str(outcome.session.failure).endswith(f"({first.rule})")


@pytest.mark.parametrize(
    ("octets", "rule", "close_code"),
    [
        (encode_frame(1, b"\xff\xff\xff", rsv=4), "inflate-failed", 1002),
        (encode_frame(1, Deflater().message(b"\xff"), rsv=4), "invalid-utf8", 1007),
        (encode_frame(1, b"", fin=False) + encode_frame(0, b"", rsv=4), "rsv1-on-continuation", 1002),
        (encode_frame(9, b"", rsv=4), "rsv1-on-control", 1002),
        (encode_frame(1, b"", rsv=2), "rsv-without-extension", 1002),
    ],
)
async def test_a_violation_of_compression_is_named(octets: bytes, rule: str, close_code: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept(extensions=DEFLATE)
        await peer.send(octets)
        await peer.read_until(8)

    outcome = await converse(script)
    assert (outcome.exit_code, outcome.close_sent) == (ExitCode.PROTOCOL, close_code)
    assert rule in outcome.told.rules
    assert f"({rule})" in str(outcome.session.failure)


BIG = 1 << 20


@pytest.mark.parametrize(
    "octets",
    [
        encode_frame(2, b"", length=100 << 20),
        encode_frame(2, b"", length=(1 << 63) - 1),
        encode_frame(2, bytes(600), fin=False) + encode_frame(0, b"", length=500),
        encode_frame(2, b"", fin=False) + encode_frame(0, b"x" * 100, fin=False) * 11,
        encode_frame(1, Deflater().message(bytes(BIG)), rsv=4),
    ],
    ids=["frame", "huge", "fragment's header", "fragments", "bomb"],
)
async def test_a_message_over_the_limit_is_too_large_and_refused_at_once(octets: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept(extensions=DEFLATE)
        await peer.send(octets)
        await peer.read_until(8)

    outcome = await converse(script, max_size=1000)
    assert (outcome.exit_code, outcome.close_sent) == (ExitCode.TOO_LARGE, 1009)
    assert outcome.told.received == []
    assert "--max-size" in str(outcome.session.failure and outcome.session.failure.hint)


async def test_after_a_verdict_the_peer_is_still_shown() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.send(encode_frame(1, b"\xff") + encode_frame(1, b"more"))
        await peer.read_until(8)
        await peer.close(1007, "sorry")

    outcome = await converse(script)
    frames = [frame.payload for frame in outcome.told.of(FrameSeen) if frame.direction == "in"]
    assert frames[:2] == [b"\xff", b"more"]
    assert (outcome.told.received, outcome.closed.reason) == ([], "sorry")


async def test_each_ping_is_answered_with_its_payload() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.send(b"".join(encode_frame(9, payload) for payload in (b"", b"one", bytes(125))))
        for payload in (b"", b"one", bytes(125)):
            assert (await peer.read_until(10)).payload == payload
        await peer.close()
        await peer.read_until(8)

    assert (await converse(script)).exit_code is ExitCode.OK


async def test_our_ping_has_a_round_trip_time() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        ping = await peer.read_until(9)
        await peer.frame(10, ping.payload)
        await peer.frame(10, b"unasked")
        await peer.close()
        await peer.read_until(8)

    async def act(session: Session) -> None:
        session.send_ping(b"p1")

    outcome = await converse(script, act)
    (pong,) = outcome.told.of(PongReceived)
    assert (pong.n, pong.length) == (1, 2)
    assert pong.rtt_ms >= 0
    # A pong nobody asked for is a warning, and no failure (RFC 6455 §5.5.3).
    (violation,) = outcome.told.of(ViolationFound)
    assert (violation.rule, violation.severity) == ("pong-unsolicited", "warning")
    assert outcome.exit_code is ExitCode.OK


async def test_a_peer_that_floods_pings_and_never_reads_is_heard_to_the_end() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        ping = encode_frame(9, bytes(125))
        for _ in range(300):
            await peer.send(ping * 100)
        await peer.frame(1, "still there")
        await peer.close(4000)
        # Only once all was heard is anything read of what comes back.
        await until(lambda: told.received == [b"still there"])

    async with raw_server(script) as server:
        session, told = session_to(server)
        most = 0

        class Watch:
            def feed(self, batch: object) -> None:
                nonlocal most
                most = max(most, session.queued_bytes)

        session.journal.listeners.append(Watch())
        async with session:
            await session.open()
            # The kernel takes little, so that fewer pings fill the queue.
            stream = session.connection.stream
            assert isinstance(stream, SocketStream)
            stream._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
            await session.wait_closed()
        await server.finished()
    assert (session.closed is not None and session.closed.code) == 4000
    assert QUEUE_LIMIT <= most < QUEUE_LIMIT + 1000


async def test_a_listener_that_lags_slows_the_peer_down() -> None:
    ready = asyncio.Event()
    stalled = asyncio.Event()
    size = 256 * 1024

    async def script(peer: Peer) -> None:
        await peer.accept()
        for _ in range(400):
            try:
                async with asyncio.timeout(None if stalled.is_set() else 0.5):
                    await peer.frame(2, bytes(size))
            except TimeoutError:
                # Nothing was taken any more: the write waits for the reader.
                stalled.set()
                return

    async with raw_server(script) as server:
        session, told = session_to(server)
        session.journal.ready = lambda: _wait(ready)
        async with session:
            await session.open()
            await stalled.wait()
            taken = session.journal.totals.messages_in
            assert taken < 10
            ready.set()
            await session.wait_closed()
    assert len(told.received) > taken


async def _wait(event: asyncio.Event) -> None:
    await event.wait()


@pytest.mark.parametrize("fin", [True, False])
async def test_memory_stays_flat_over_a_flood_of_large_messages(fin: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        octets = (
            encode_frame(2, bytes(BIG)) if fin else encode_frame(2, bytes(BIG), fin=False) + encode_frame(0)
        )
        for _ in range(100):
            # Not by peer.send, which remembers all that it sent.
            await asyncio.get_running_loop().sock_sendall(peer.sock, octets)
        await peer.close()
        await peer.read_until(8)

    async with raw_server(script) as server:
        session, _ = session_to(server)
        session.journal.listeners.clear()
        tracemalloc.start()
        try:
            async with session:
                await session.open()
                await session.wait_closed()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert session.journal.totals.messages_in == 100
    assert peak < 16 * BIG


async def test_an_output_that_fails_is_the_first_cause_and_the_session_goes_on() -> None:
    async def broken() -> None:
        raise OutputFailed("stdout is gone")

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "x")
        await peer.close(4001)
        await peer.read_until(8)

    async with raw_server(script) as server:
        session, told = session_to(server)
        session.journal.ready = broken
        async with session:
            await session.open()
            await session.wait_closed()
    assert isinstance(session.failure, OutputFailed)
    assert told.received == [b"x"]


async def test_a_bug_in_a_listener_is_not_swallowed() -> None:
    class Buggy:
        def feed(self, batch: object) -> None:
            if any(isinstance(event, FrameSeen) and event.direction == "out" for event in batch):  # type: ignore[attr-defined]  # a batch is a sequence
                raise ZeroDivisionError

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(9)
        await peer.wait_eof()

    async with raw_server(script) as server:
        session, _ = session_to(server)
        session.journal.listeners.append(Buggy())
        async with session:
            await session.open()
            with pytest.raises(ZeroDivisionError):
                await session.wait_closed()


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13])
async def test_a_session_left_anywhere_leaves_nothing_behind(steps: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept(then=encode_frame(9) * 3 + encode_frame(1, b"x"))
        await peer.wait_eof()

    async with raw_server(script) as server:
        session, _ = session_to(server)
        async with session:
            await session.open()
            session.send_messages(1, [b"a"] * 10)
            closing = asyncio.create_task(session.close())
            for _ in range(steps):
                await asyncio.sleep(0)
            closing.cancel()
            await asyncio.wait([closing])
        await server.finished()
        assert server.peer.ended is not None


async def test_each_message_is_numbered_once_over_both_directions() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.send(encode_frame(1, b"a") * 3)
        await peer.read_frame()
        await peer.send(encode_frame(1, b"b") + encode_frame(9) + encode_frame(2, b"c"))
        await peer.close()
        await peer.read_until(8)

    async def act(session: Session) -> None:
        session.send_text(b"mine")

    outcome = await converse(script, act)
    messages, frames = outcome.told.of(MessageSeen), outcome.told.of(FrameSeen)
    assert sorted(message.n for message in messages) == list(range(1, len(messages) + 1))
    assert sorted(frame.n for frame in frames) == list(range(1, len(frames) + 1))
    totals = outcome.session.journal.totals
    assert (totals.messages_in, totals.messages_out) == (5, 1)
    assert totals.frames_in + totals.frames_out == len(frames)
