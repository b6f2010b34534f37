from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from tests.support import until
from wscli.net.stream import SocketStream, Stream, StreamBroken, address_text

from .dialing import read_all, stream_pair


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


async def fill(stream: Stream) -> tuple[int, asyncio.Task[int]]:
    """Sends until the kernel has no room: the number of bytes it took, and the call that waits."""
    total = 0
    while True:
        sending = asyncio.create_task(stream.send_some(b"x" * 65536))
        done, _ = await asyncio.wait([sending], timeout=0.2)
        if not done:
            return total, sending
        total += sending.result()


async def rest_of(sock: socket.socket) -> bytes:
    received = bytearray()
    while chunk := await asyncio.get_running_loop().sock_recv(sock, 1 << 20):
        received += chunk
    return bytes(received)


async def test_fin_is_told_after_the_last_byte() -> None:
    async with stream_pair() as (stream, peer):
        peer.send(b"last words")
        peer.shutdown(socket.SHUT_WR)
        assert await read_all(stream) == b"last words"
        assert stream.ended == "fin"
        assert await stream.receive() == b""


async def test_reset_is_told_apart_from_fin() -> None:
    async with stream_pair() as (stream, peer):
        reset(peer)
        assert await stream.receive() == b""
        assert stream.ended == "reset"
        assert stream.failure is not None


async def test_what_the_peer_said_before_its_reset_is_read_after_a_failed_write() -> None:
    async with stream_pair() as (stream, peer):
        peer.send(b"1008 and goodbye")
        stream_had_unread = await stream.send_some(b"never read by the peer")
        assert stream_had_unread > 0
        peer.close()  # with unread bytes the kernel sends RST
        with pytest.raises(StreamBroken):
            while True:
                await stream.send_some(b"more")
                await asyncio.sleep(0)
        assert stream.ended == "reset"
        assert await read_all(stream) == b"1008 and goodbye"
        assert stream.ended == "reset"


async def test_half_close_lets_the_peer_answer() -> None:
    async with stream_pair() as (stream, peer):
        await stream.send_some(b"question")
        await stream.send_eof()
        loop = asyncio.get_running_loop()
        assert await loop.sock_recv(peer, 100) == b"question"
        assert await loop.sock_recv(peer, 100) == b""
        peer.send(b"answer")
        peer.close()
        assert await read_all(stream) == b"answer"
        assert stream.ended == "fin"


async def test_send_some_waits_for_a_peer_that_does_not_read_and_counts_every_byte() -> None:
    async with stream_pair() as (stream, peer):
        sent, waiting = await fill(stream)
        reading = asyncio.create_task(rest_of(peer))
        sent += await waiting
        await stream.send_eof()
        assert len(await reading) == sent


async def test_a_cancelled_send_sends_nothing() -> None:
    async with stream_pair() as (stream, peer):
        sent, waiting = await fill(stream)
        waiting.cancel()
        await asyncio.wait([waiting])
        await stream.send_eof()
        assert len(await rest_of(peer)) == sent


async def test_a_cancelled_receive_loses_no_byte() -> None:
    async with stream_pair() as (stream, peer):
        expected, received = bytearray(), bytearray()
        for number in range(200):
            receiving = asyncio.create_task(stream.receive())
            for _ in range(number % 4):
                await asyncio.sleep(0)
            peer.send(bytes([number]))
            expected.append(number)
            for _ in range(number % 3):
                await asyncio.sleep(0)
            receiving.cancel()
            results = await asyncio.gather(receiving, return_exceptions=True)
            received += results[0] if isinstance(results[0], bytes) else b""
        peer.shutdown(socket.SHUT_WR)
        assert received + await read_all(stream) == expected


async def test_a_peer_that_floods_does_not_stop_other_tasks() -> None:
    async with stream_pair() as (stream, peer):
        flooding = True

        async def flood() -> None:
            while flooding:
                await asyncio.get_running_loop().sock_sendall(peer, b"x" * 65536)

        flooder = asyncio.create_task(flood())
        turns = 0
        while turns < 50:
            await stream.receive(1024)  # always more there than is taken
            turns += 1
        ran = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(ran.set_result, None)
        await stream.receive(1024)
        await stream.receive(1024)
        assert ran.done()
        flooder.cancel()
        await asyncio.wait([flooder])


async def test_close_wakes_both_who_wait() -> None:
    async with stream_pair() as (stream, _):
        _, sending = await fill(stream)
        receiving = asyncio.create_task(stream.receive())
        await asyncio.sleep(0)
        stream.close()
        stream.close()
        assert await receiving == b""
        with pytest.raises(StreamBroken):
            await sending
        with pytest.raises(StreamBroken):
            await stream.send_some(b"z")
        with pytest.raises(StreamBroken):
            await stream.send_eof()
        assert await stream.receive() == b""


async def test_the_socket_does_not_delay_small_writes() -> None:
    async with stream_pair() as (stream, _):
        assert stream._sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_both_addresses_are_known() -> None:
    async with stream_pair() as (stream, peer):
        assert stream.local_address == address_text(*peer.getpeername())
        assert stream.peer_address == address_text(*peer.getsockname())


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert address_text("::1", 80) == "[::1]:80"
    assert address_text("127.0.0.1", 80) == "127.0.0.1:80"


async def test_a_unix_socket_is_a_stream_too() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    stream = SocketStream(ours)
    with theirs:
        await stream.send_all(b"hello")
        assert theirs.recv(100) == b"hello"
    assert await stream.receive() == b""
    stream.close()


async def test_what_the_peer_has_not_taken_yet_is_known() -> None:
    async with stream_pair() as (stream, peer):
        assert stream.unacknowledged == 0
        total, waiting = await fill(stream)
        assert 0 < stream.unacknowledged <= total
        waiting.cancel()
        await asyncio.wait([waiting])
        reading = asyncio.create_task(rest_of(peer))
        await until(lambda: stream.unacknowledged == 0)
        stream.close()
        assert stream.unacknowledged == 0
        assert len(await reading) == total
