"""The scripted server does what its scripts say, on the wire."""

from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidMessage, InvalidStatus
from websockets.typing import Subprotocol

from tests.peers import Peer, encode_frame, raw_server
from tests.peers.framing import decode_frame
from tests.peers.tls import write_ca
from tests.support import in_thread, run

CHAT = Subprotocol("chat")


async def greet(peer: Peer) -> None:
    await peer.accept(subprotocol="chat")
    await peer.frame(1, "hello")
    await peer.answer_close()


async def test_a_script_greets_and_answers_close() -> None:
    async with raw_server(greet) as server:
        async with connect(server.url, subprotocols=[CHAT]) as client:
            assert await client.recv() == "hello"
        await server.finished()
        assert server.peer.frames[-1].close_code == 1000
        assert server.peer.request is not None
        assert server.peer.request.get("sec-websocket-protocol") == "chat"
        assert server.peer.ended == "fin"


async def test_tls_script_sends_close_notify(tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=write_ca(tmp_path))
    async with raw_server(greet, tls=True) as server:
        async with connect(server.url, ssl=context, subprotocols=[CHAT]) as client:
            assert await client.recv() == "hello"
        await server.finished()


async def test_untrusted_client_ends_the_script_quietly() -> None:
    async with raw_server(greet, tls=True) as server:
        with pytest.raises(ssl.SSLCertVerificationError):
            await connect(server.url)
        await server.finished()


async def test_refusal_carries_its_body() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.respond(403, "Forbidden", body=b"no")

    async with raw_server(refuse) as server:
        with pytest.raises(InvalidStatus) as caught:
            await connect(server.url)
    assert (caught.value.response.status_code, caught.value.response.body) == (403, b"no")


async def test_reset_reaches_the_client_as_a_reset() -> None:
    async def reset(peer: Peer) -> None:
        await peer.accept()
        await peer.read_frame()
        peer.reset()

    async with raw_server(reset) as server, connect(server.url) as client:
        await client.send("x")
        with pytest.raises(ConnectionClosedError) as caught:
            await client.recv()
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_a_failed_script_fails_the_test() -> None:
    async def fail(peer: Peer) -> None:
        raise AssertionError("script")

    with pytest.raises(AssertionError, match="script"):
        async with raw_server(fail) as server:
            with pytest.raises(InvalidMessage):
                await connect(server.url)


async def test_a_hanging_script_does_not_hang_the_test() -> None:
    async def hang(peer: Peer) -> None:
        await asyncio.Event().wait()

    async with raw_server(hang) as server:
        socket.create_connection((server.host, server.port)).close()


def test_a_leaked_task_fails_the_test() -> None:
    kept = []

    async def leak() -> None:
        kept.append(asyncio.create_task(asyncio.Event().wait()))

    with pytest.raises(AssertionError, match="leaked"):
        run(leak())


def test_in_thread_serves_a_blocking_client() -> None:
    from websockets.sync.client import connect as connect_sync

    with in_thread(raw_server(greet)) as server, connect_sync(server.url, subprotocols=[CHAT]) as client:
        assert client.recv() == "hello"


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536])
@pytest.mark.parametrize("mask", [None, b"abcd"])
def test_frames_survive_the_round_trip(size: int, mask: bytes | None) -> None:
    wire = encode_frame(2, b"x" * size, mask=mask, rsv=4)
    decoded = decode_frame(wire + b"rest")
    assert decoded is not None
    frame, end = decoded
    assert (frame.payload, frame.mask, frame.rsv, end) == (b"x" * size, mask, 4, len(wire))
