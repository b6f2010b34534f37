"""Keepalive: pings in the background, and the end of a peer that does not answer them."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.probes.probing import Kept
from tests.support import until
from wscli.errors import DeadlineExceeded
from wscli.events import Closed, Event, MessageSeen, PingLost, PongReceived
from wscli.session.journal import Journal
from wscli.session.session import Session

from .opening import target_for


async def test_pings_go_out_and_their_pongs_are_events() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.echo()

    enough = asyncio.Event()
    kept = Kept(when=lambda _: enough.set() if len(kept.of(PongReceived)) >= 3 else None)
    async with raw_server(script) as server:
        target = target_for(server.url, ping_interval=0.01, ping_timeout=20.0)
        async with Session(target, Journal(listeners=[kept])) as session:
            await session.open()
            await enough.wait()
            await session.close()
            assert session.failure is None
    payloads = [frame.payload for frame in kept.sent(9)]
    assert len(set(payloads)) == len(payloads)
    assert not kept.of(PingLost)


async def test_a_peer_that_does_not_answer_is_dead_and_the_message_says_which_option_said_so() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.wait_eof()

    kept = Kept()
    async with raw_server(script) as server:
        target = target_for(server.url, ping_interval=0.01, ping_timeout=0.05, close_timeout=60.0)
        async with Session(target, Journal(listeners=[kept])) as session:
            await session.open()
            await session.wait_closed()
            assert isinstance(session.failure, DeadlineExceeded)
            assert "--ping-timeout" in session.failure.message
            assert "keepalive" in session.failure.message
    assert [event.n for event in kept.of(PingLost)] == [1]
    assert [event.code for event in kept.of(Closed)] == [1006]


async def test_messages_alone_are_no_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        while not peer.ended:
            await peer.frame(1, "tick")
            await asyncio.sleep(0.001)

    async with raw_server(script) as server:
        target = target_for(server.url, ping_interval=0.01, ping_timeout=0.1)
        async with Session(target, Journal()) as session:
            await session.open()
            await session.wait_closed()
            assert isinstance(session.failure, DeadlineExceeded)


async def test_frames_that_keep_coming_are_no_answer_though_each_read_ends_inside_one() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        flood = encode_frame(1, bytes(100)) * 2_000
        with contextlib.suppress(OSError):
            while True:
                await asyncio.get_running_loop().sock_sendall(peer.sock, flood)

    kept = Kept()
    async with raw_server(script) as server:
        target = target_for(server.url, ping_interval=0.01, ping_timeout=0.1)
        async with Session(target, Journal(listeners=[kept])) as session:
            await session.open()
            await session.wait_closed()
            assert isinstance(session.failure, DeadlineExceeded)
    assert len(kept.of(PingLost)) == 1


async def test_a_reader_of_ours_that_lags_does_not_make_the_peer_dead() -> None:
    """The pong is there, and not read."""

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "to show")
        await peer.echo()

    async def ready() -> None:
        if not asked.is_set():
            asked.set()
            await shown.wait()

    asked, shown, got = asyncio.Event(), asyncio.Event(), asyncio.Event()
    kept = Kept(when=lambda event: got.set() if isinstance(event, PongReceived | Closed) else None)
    async with raw_server(script) as server:
        target = target_for(server.url, ping_interval=0.01, ping_timeout=0.4)
        async with Session(target, Journal(listeners=[kept], ready=ready)) as session:
            await session.open()
            await until(lambda: session.pings.sent > 0)
            await asyncio.sleep(1.0)
            shown.set()
            await got.wait()
            assert session.failure is None
            await session.close()


@pytest.mark.parametrize("before", [b"", encode_frame(1, "what comes next")], ids=["alone", "behind another"])
async def test_a_long_frame_on_its_way_keeps_the_peer_alive(before: bytes) -> None:
    """The pong stands behind it."""
    whole = encode_frame(2, bytes(60))

    async def script(peer: Peer) -> None:
        await peer.accept()
        if not before:
            await peer.send(whole[:2])
        ping = await peer.read_until(9)
        if before:
            await peer.send(before + whole[:2])
        # Far longer than the timeout in all, but something comes in each period.
        for byte in whole[2:]:
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.02)
        await peer.frame(10, ping.payload)
        await peer.echo()

    got = asyncio.Event()

    def when(event: Event) -> None:
        if isinstance(event, PongReceived):
            got.set()

    kept = Kept(when=when)
    async with raw_server(script) as server:
        target = target_for(server.url, ping_interval=0.01, ping_timeout=0.4)
        async with Session(target, Journal(listeners=[kept])) as session:
            await session.open()
            await got.wait()
            assert session.failure is None
            await session.close()
    assert len(kept.of(MessageSeen)) == 1 + bool(before)


async def test_without_a_timeout_a_ping_may_go_unanswered() -> None:
    pinged = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept()
        for _ in range(3):
            await peer.read_until(9)
        pinged.set()
        await peer.answer_close()

    async with raw_server(script) as server:
        async with Session(target_for(server.url, ping_interval=0.01), Journal()) as session:
            await session.open()
            await pinged.wait()
            await session.close()
            assert session.failure is None


async def test_the_pong_of_a_later_ping_answers_an_earlier_one() -> None:
    """RFC 6455 §5.5.3."""

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(9)
        mine = await peer.read_until(9)
        await peer.frame(10, mine.payload)
        await peer.echo()

    async with raw_server(script) as server:
        async with Session(
            target_for(server.url, ping_interval=0.01, ping_timeout=20.0), Journal()
        ) as session:
            await session.open()
            answered = session.pings.expect(b"keepalive 1")
            await until(lambda: session.pings.sent > 0)
            session.send_ping(b"mine")
            await answered.wait()
            await session.close()
            assert session.failure is None


async def test_a_ping_that_waits_behind_a_long_message_has_its_time_from_when_it_leaves() -> None:
    """It leaves late in the first period: the end of that is no verdict."""
    period, size = 1.0, 16 * 1024 * 1024

    async def script(peer: Peer) -> None:
        await peer.accept()
        await queued.wait()
        await asyncio.sleep(0.7 * period)
        left = size
        while left > 0:
            left -= len(await asyncio.get_running_loop().sock_recv(peer.sock, 1024 * 1024))
        await asyncio.sleep(0.6 * period)
        await peer.frame(10, b"keepalive 1")
        await peer.wait_eof()

    queued, got = asyncio.Event(), asyncio.Event()
    kept = Kept(when=lambda event: got.set() if isinstance(event, PongReceived | Closed) else None)
    async with raw_server(script) as server:
        target = target_for(server.url, ping_interval=0.05, ping_timeout=period)
        async with Session(target, Journal(listeners=[kept])) as session:
            await session.open()
            session.send_binary(bytes(size))
            await until(lambda: session.pings.expecting > 0)
            queued.set()
            await got.wait()
            assert session.failure is None
    assert not kept.of(PingLost)
