"""Each scenario as websockets' own client sees it, with compression and without."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK, InvalidStatus
from websockets.frames import Frame, Opcode

from tests.support import command, until
from wscli.server.serve import EmbeddedServer

COMPRESSION = pytest.mark.parametrize("compression", ["deflate", None])


def frames_seen(client: ClientConnection) -> list[Frame]:
    """Every frame that `client` receives from now on, in one list that grows."""
    seen: list[Frame] = []
    original = client.protocol.recv_frame

    def record(frame: Frame) -> None:
        seen.append(frame)
        original(frame)

    client.protocol.recv_frame = record  # type: ignore[method-assign]  # the library shows no frames
    return seen


@COMPRESSION
async def test_echo_returns_text_as_text_and_binary_as_binary(compression: str | None) -> None:
    async with EmbeddedServer() as server, connect(server.url, compression=compression) as client:
        for message in ("", "grüße", b"", b"\x00\xff", "x" * 100_000):
            await client.send(message)
            assert await client.recv() == message


async def test_hello_greets_and_then_says_bye() -> None:
    async with EmbeddedServer("hello", "delay=50ms") as server, connect(server.url) as client:
        await client.send("John")
        assert await client.recv() == "Hello from server, John!"
        with pytest.raises(ConnectionClosedOK):
            await client.recv()
        assert (client.close_code, client.close_reason) == (1000, "Bye!")


async def test_hello_greets_everyone_meanwhile() -> None:
    async with EmbeddedServer("hello") as server, connect(server.url) as client:
        for name in ("John", "Ada"):
            await client.send(name)
            assert await client.recv() == f"Hello from server, {name}!"


async def test_chat_cuts_and_broadcasts_to_every_client() -> None:
    async with EmbeddedServer("chat") as server, AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(connect(server.url)) for _ in range(3)]
        await clients[1].send("é" * 60)
        assert [await client.recv() for client in clients] == ["é" * 50] * 3
        await clients[2].send(b"\x01" * 60)
        assert [await client.recv() for client in clients] == [b"\x01" * 50] * 3


async def test_ticker_sends_numbered_json() -> None:
    async with EmbeddedServer("ticker", "interval=1ms") as server, connect(server.url) as client:
        ticks = [json.loads(await client.recv()) for _ in range(3)]
    assert [tick["n"] for tick in ticks] == [1, 2, 3]
    assert all(tick["time"].endswith("Z") for tick in ticks)


async def test_reject_answers_403_with_json() -> None:
    async with EmbeddedServer("reject") as server:
        with pytest.raises(InvalidStatus) as caught:
            await connect(server.url)
    response = caught.value.response
    assert response.status_code == 403
    assert response.headers["Content-Type"] == "application/json"
    assert json.loads(response.body)["error"] == "forbidden"


async def test_close_closes_at_once_as_told() -> None:
    async with EmbeddedServer("close", "code=4001&reason=nope") as server, connect(server.url) as client:
        with pytest.raises(ConnectionClosedError):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4001, "nope")


@COMPRESSION
async def test_fragments_come_in_pieces_with_a_ping_among_them(compression: str | None) -> None:
    async with EmbeddedServer("fragments") as server, connect(server.url, compression=compression) as client:
        assert "in four frames" in str(await client.recv())
        seen = frames_seen(client)
        await client.send("größer")
        assert await client.recv() == "größer"
        kinds = [(frame.opcode, frame.fin) for frame in seen]
    part = Opcode.CONT
    assert kinds == [(Opcode.TEXT, False), (Opcode.PING, True), (part, False), (part, False), (part, True)]


async def test_ping_pings_again_and_again() -> None:
    async with EmbeddedServer("ping", "interval=1ms") as server, connect(server.url) as client:
        seen = frames_seen(client)
        await until(lambda: len(seen) >= 3)
        await client.send("still echoed")
        assert await client.recv() == "still echoed"
    assert [frame.opcode for frame in seen[:3]] == [Opcode.PING] * 3


async def test_silent_answers_neither_ping_nor_close() -> None:
    async with EmbeddedServer("silent") as server:
        client = await connect(server.url, close_timeout=0.1)
        seen = frames_seen(client)
        pong = await client.ping()
        await client.send("anyone?")
        await client.close()
        with pytest.raises((asyncio.CancelledError, ConnectionClosedError)):
            await pong
        assert seen == []
        assert client.close_code == 1006


async def test_silent_lets_go_of_a_client_that_left() -> None:
    async with EmbeddedServer("silent") as server:
        client = await connect(server.url)
        client.transport.abort()
        await until(lambda: not server.guarded)


@COMPRESSION
@pytest.mark.parametrize("size", [0, 1, 100, 126, 70_000])
async def test_flood_sends_every_message_and_closes(compression: str | None, size: int) -> None:
    async with EmbeddedServer("flood", f"count=5000&size={size}") as server:
        async with connect(server.url, compression=compression) as client:
            lengths = [len(message) async for message in client]
        assert lengths == [size] * 5000
        assert client.close_code == 1000


@pytest.mark.parametrize(
    ("scenario", "query"), [("flood", "count=50000&size=1000"), ("ticker", "interval=1ms")]
)
async def test_a_scenario_that_does_not_listen_still_sees_close(scenario: str, query: str) -> None:
    async with EmbeddedServer(scenario, query) as server, connect(server.url, max_queue=None) as client:
        for _ in range(1000):
            await client.send("unheard")
        await client.recv()
        await client.close()
        assert client.close_code == 1000
        await until(lambda: not server.guarded)


async def test_endless_flood_ends_with_the_client() -> None:
    async with EmbeddedServer("flood", "count=0") as server:
        client = await connect(server.url)
        for _ in range(10):
            await client.recv()
        # Not close(): websockets' client does not read on while its queue of messages is full.
        client.transport.abort()
        await until(lambda: not server.guarded)


async def test_a_demo_server_leaves_no_word_on_stderr() -> None:
    program = (
        "import asyncio\n"
        "from wscli.server.serve import EmbeddedServer\n"
        "from websockets.asyncio.client import connect\n"
        "async def main():\n"
        "    for name, query in [('flood', 'count=0'), ('ping', ''), ('silent', ''), ('ticker', '')]:\n"
        "        async with EmbeddedServer(name, query) as server:\n"
        "            one, two = await connect(server.url), await connect(server.url)\n"
        "            one.transport.abort()\n"
        "            await asyncio.sleep(0.05)\n"
        "        two.transport.abort()\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        command()[0], "-W", "error", "-c", program, stdout=-1, stderr=-1
    )
    assert await process.communicate() == (b"", b"")
    assert process.returncode == 0
