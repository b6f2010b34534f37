"""The borrowed servers are up, echo, negotiate what they should, and are gone afterwards."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from websockets.asyncio.client import connect

from tests.peers.servers import (
    aiohttp_server,
    node_ws_server,
    tornado_server,
    websocat_server,
    websockets_server,
)
from tests.peers.tls import write_ca

Starter = Callable[..., AbstractAsyncContextManager[str]]


@pytest.mark.parametrize("compression", [True, False])
@pytest.mark.parametrize(
    "starter",
    [
        websockets_server,
        aiohttp_server,
        tornado_server,
        pytest.param(node_ws_server, marks=pytest.mark.system),
    ],
)
async def test_echo_servers_echo_and_compress_when_told(starter: Starter, compression: bool) -> None:
    async with starter(compression=compression) as url, connect(url) as client:
        for message in ("grüße", b"\x00\xff", "x" * 70_000):
            await client.send(message)
            assert await client.recv() == message
        assert client.response is not None
        assert ("Sec-WebSocket-Extensions" in client.response.headers) is compression


@pytest.mark.parametrize("starter", [websockets_server, aiohttp_server, tornado_server, websocat_server])
async def test_servers_end_while_a_client_is_still_there(starter: Starter) -> None:
    async with starter() as url:
        client = await connect(url, close_timeout=1)
    await client.close()


async def test_websocat_mirrors_text_or_binary() -> None:
    async with websocat_server() as url, connect(url, compression=None) as client:
        await client.send("grüße")
        assert await client.recv() == "grüße"
    async with websocat_server(binary=True) as url, connect(url, compression=None) as client:
        await client.send(b"\x00\xff")
        assert await client.recv() == b"\x00\xff"


async def test_tls_server_shows_the_test_authority(tmp_path: Path) -> None:
    context = ssl.create_default_context(cafile=write_ca(tmp_path))
    async with websockets_server(tls=True) as url, connect(url, ssl=context) as client:
        await client.send("secret")
        assert await client.recv() == "secret"
