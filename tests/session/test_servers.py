"""Sessions with servers that others wrote, with compression and without."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from tests.peers.servers import aiohttp_server, tornado_server, websocat_server, websockets_server
from tests.session.driving import Told, session_to
from wscli.config import DeflateOffer
from wscli.errors import ConnectionLost
from wscli.events import MessageSeen, Opened
from wscli.session.journal import Batch
from wscli.session.session import Session
from wscli.wire.runs import MessageRun

Server = Callable[..., AbstractAsyncContextManager[str]]
SERVERS: dict[str, Server] = {
    "aiohttp": aiohttp_server,
    "tornado": tornado_server,
    "websockets": websockets_server,
}
TEXTS = [b"", b"plain", "Grüße, κόσμε 😀".encode(), b"long " * 20_000]
BINARIES = [b"", bytes(range(256)), bytes(65535), bytes(300_000)]


class Until:
    """Knows when so many messages have come."""

    def __init__(self, count: int) -> None:
        self.reached = asyncio.Event()
        self._left = count

    def feed(self, batch: Batch) -> None:
        for item in batch:
            if isinstance(item, MessageRun) and item.direction == "in":
                self._left -= len(item)
            elif isinstance(item, MessageSeen) and item.direction == "in":
                self._left -= 1
        if self._left <= 0:
            self.reached.set()


async def echoed(session: Session, told: Told, *, texts: list[bytes], binaries: list[bytes]) -> None:
    until = Until(len(texts) + len(binaries))
    session.journal.listeners.append(until)
    async with session:
        await session.open()
        session.send_messages(1, texts)
        session.send_messages(2, binaries)
        await until.reached.wait()
        session.send_ping(b"still there?")
        await session.close(1000, "done")
    assert session.failure is None
    assert told.received == [*texts, *binaries]
    assert told.rules == []
    assert session.closed is not None
    assert (session.closed.code, session.closed.initiator, session.closed.clean) == (1000, "local", True)


@pytest.mark.parametrize("theirs", [True, False], ids=["theirs on", "theirs off"])
@pytest.mark.parametrize("ours", [True, False], ids=["ours on", "ours off"])
@pytest.mark.parametrize("name", SERVERS)
async def test_an_echo_server_echoes(name: str, ours: bool, theirs: bool) -> None:
    async with SERVERS[name](compression=theirs) as url:
        session, told = session_to(url, deflate=DeflateOffer() if ours else None)
        await echoed(session, told, texts=TEXTS, binaries=BINARIES)
    (opened,) = told.of(Opened)
    assert [extension.name for extension in opened.extensions] == (
        ["permessage-deflate"] if ours and theirs else []
    )
    assert any(message.compressed for message in told.of(MessageSeen)) == (ours and theirs)


@pytest.mark.parametrize("fast", [True, False])
async def test_many_small_messages_come_back_in_order(fast: bool) -> None:
    texts = [b"message %d" % n for n in range(5000)]
    async with websockets_server() as url:
        session, told = session_to(url, fast=fast)
        await echoed(session, told, texts=texts, binaries=[])


@pytest.mark.parametrize("binary", [True, False])
async def test_websocat_mirrors(binary: bool) -> None:
    async with websocat_server(binary=binary) as url:
        session, told = session_to(url)
        texts, binaries = ([], [b"\x00\xff", b"x" * 1000]) if binary else ([b"one", b"x" * 1000], [])
        until = Until(2)
        session.journal.listeners.append(until)
        async with session:
            await session.open()
            session.send_messages(2 if binary else 1, texts or binaries)
            await until.reached.wait()
            await session.close()
    assert told.received == [*texts, *binaries]
    assert told.of(Opened)[0].extensions == ()
    # It never answers a Close, it just ends the connection (RFC 6455 §5.5.1 asks for more).
    assert isinstance(session.failure, ConnectionLost)
    assert (session.closed is not None and session.closed.tcp) == "fin"
