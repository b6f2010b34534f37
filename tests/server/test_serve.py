"""The server's life and limits: where it listens, whom it admits, how it stops, what it withstands."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.peers import encode_frame
from tests.support import until
from wscli.errors import UsageError
from wscli.server.serve import EmbeddedServer


async def status_for(server: EmbeddedServer, path: str = "", origin: str | None = None) -> int:
    """The status that answers an opening handshake."""
    try:
        async with connect(server.url + path, origin=None if origin is None else Origin(origin)) as client:
            assert client.response is not None
            return client.response.status_code
    except InvalidStatus as refused:
        return refused.response.status_code


async def test_it_listens_on_loopback_and_a_free_port() -> None:
    async with EmbeddedServer() as one, EmbeddedServer() as two:
        assert one.url.startswith("ws://127.0.0.1:")
        assert one.url != two.url


async def test_a_taken_port_is_a_usage_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            async with EmbeddedServer(port=port):
                pass
    assert caught.value.message == f"127.0.0.1:{port} is already in use"
    assert "--port" in caught.value.hint


async def test_an_address_of_another_machine_is_a_usage_error() -> None:
    with pytest.raises(UsageError) as caught:
        async with EmbeddedServer(host="192.0.2.1"):
            pass
    assert caught.value.message == "--host: 192.0.2.1 is no address of this machine"
    assert "127.0.0.1" in caught.value.hint


@pytest.mark.parametrize("port", [-1, 65536])
async def test_an_impossible_port_is_a_usage_error(port: int) -> None:
    with pytest.raises(UsageError):
        async with EmbeddedServer(port=port):
            pass


@pytest.mark.parametrize(
    ("origin", "told", "status"),
    [
        (None, (), 101),
        ("http://localhost:3000", (), 101),
        ("https://127.0.0.1", (), 101),
        ("http://[::1]:8080", (), 101),
        ("https://evil.example", (), 403),
        ("http://localhost.evil.example", (), 403),
        ("http://localhost:1@evil.example", (), 403),
        ("null", (), 403),
        ("https://good.example", ("https://good.example",), 101),
        ("https://evil.example", ("https://good.example",), 403),
        ("https://evil.example", ("*",), 101),
    ],
)
async def test_foreign_origins_are_refused_unless_told(
    origin: str | None, told: tuple[str, ...], status: int
) -> None:
    async with EmbeddedServer(origins=told) as server:
        assert await status_for(server, origin=origin) == status


@pytest.mark.parametrize(
    ("path", "status"), [("", 101), ("echo", 101), ("reject", 403), ("tickr", 404), ("close?code=1006", 404)]
)
async def test_the_path_chooses_when_no_scenario_is_given(path: str, status: int) -> None:
    async with EmbeddedServer(None) as server:
        assert await status_for(server, path) == status


async def test_a_path_brings_its_own_query() -> None:
    async with EmbeddedServer(None) as server, connect(server.url + "close?code=4002") as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 4002


async def test_a_given_scenario_is_what_every_path_gets() -> None:
    async with EmbeddedServer("echo") as server:
        assert await status_for(server, "reject") == 101


async def test_the_first_offered_subprotocol_is_taken() -> None:
    offered = [Subprotocol("one"), Subprotocol("two")]
    async with EmbeddedServer() as server, connect(server.url, subprotocols=offered) as client:
        assert client.subprotocol == "one"


async def test_one_client_too_many_is_told_so() -> None:
    async with EmbeddedServer(max_connections=1) as server, connect(server.url):
        assert await status_for(server) == 503


async def test_clients_that_ask_for_nothing_are_bounded() -> None:
    async with EmbeddedServer(max_connections=1) as server:
        address = server.url.removeprefix("ws://").rstrip("/").split(":")
        streams = [await asyncio.open_connection(*address) for _ in range(3)]
        # The third one is dropped at once; the others are within twice the bound.
        assert await streams[2][0].read() == b""
        for _, writer in streams:
            writer.close()


async def test_an_oversized_message_is_refused_with_1009() -> None:
    async with EmbeddedServer(max_size=1000) as server, connect(server.url) as client:
        await client.send("x" * 1001)
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1009


async def test_stopping_says_going_away() -> None:
    async with EmbeddedServer() as server, connect(server.url) as client:
        await server.stop()
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert client.close_code == 1001


@pytest.mark.parametrize("scenario", ["echo", "silent", "flood", "ticker", "hello", "chat", "ping"])
async def test_stopping_waits_for_nobody(scenario: str) -> None:
    async with asyncio.timeout(10):
        async with EmbeddedServer(scenario) as server:
            stalled = await connect(server.url)
            stalled.transport.pause_reading()
            address = server.url.removeprefix("ws://").rstrip("/").split(":")
            _, mute = await asyncio.open_connection(*address)
        mute.close()
        stalled.transport.abort()


async def test_serve_forever_ends_when_stopped_or_cancelled() -> None:
    async with EmbeddedServer() as server:
        serving = asyncio.create_task(server.serve_forever())
        await asyncio.sleep(0)
        await server.stop()
        await serving
    async with EmbeddedServer() as server:
        serving = asyncio.create_task(server.serve_forever())
        await asyncio.sleep(0)
        serving.cancel()
        await asyncio.wait([serving])
        assert serving.cancelled()


async def test_long_messages_do_not_pile_up_for_a_client_that_does_not_read() -> None:
    payload, count = bytes(1024**2), 30
    async with (
        EmbeddedServer() as server,
        connect(server.url, compression=None, ping_interval=None, max_size=None) as client,
    ):
        client.transport.pause_reading()
        sending = asyncio.create_task(_send(client, payload, count))
        (connection,) = server.guarded
        await until(lambda: connection.recv_messages.paused)
        assert len(connection.recv_messages.frames) == 1
        client.transport.resume_reading()
        assert [await client.recv() for _ in range(count)] == [payload] * count
        await sending


async def _send(client: ClientConnection, payload: bytes, count: int) -> None:
    for _ in range(count):
        await client.send(payload)


async def test_a_client_that_pings_and_never_reads_is_dropped() -> None:
    async with EmbeddedServer(max_size=1000) as server:
        client = await connect(server.url, compression=None, ping_interval=None)
        client.transport.pause_reading()
        pings = encode_frame(9, b"x" * 125, mask=b"\0\0\0\0") * 1000
        # Whoever waits for room when the server lets go is told so by the reset.
        with contextlib.suppress(ConnectionError):
            while server.guarded:
                client.transport.write(pings)
                await client.drain()
                await asyncio.sleep(0)
        await until(lambda: not server.guarded)
        client.transport.abort()
