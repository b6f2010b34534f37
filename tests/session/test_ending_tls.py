"""How a connection over TLS ends: close_notify ends the data, and TCP is still to end (RFC 8446 §6.1)."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.peers import Peer, raw_server, write_ca
from tests.session.driving import session_to
from wscli.config import TlsOptions


async def notify(peer: Peer) -> None:
    """Sends close_notify, and nothing after it."""
    assert peer._tls is not None
    with contextlib.suppress(ssl.SSLError):
        peer._tls.unwrap()
    await peer._flush()


async def leave_open(peer: Peer) -> None:
    while await peer._recv():
        pass


async def reset(peer: Peer) -> None:
    await peer._recv()
    peer.reset()


@pytest.mark.parametrize(("end", "tcp"), [(leave_open, "open"), (reset, "reset"), (Peer.fin, "fin")])
async def test_what_becomes_of_tcp_after_close_notify_is_told(
    tmp_path: Path, end: Callable[[Peer], Awaitable[None]], tcp: str
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        frame = await peer.read_until(8)
        await peer.frame(8, frame.payload)
        await notify(peer)
        await end(peer)

    async with raw_server(script, tls=True) as server:
        session, _ = session_to(server, tls=TlsOptions(cacert=write_ca(tmp_path)))
        async with session:
            await session.open()
            await session.close()
        assert session.failure is None
        assert session.closed is not None
        assert (session.closed.code, session.closed.clean, session.closed.tcp) == (1000, True, tcp)


async def test_close_notify_is_answered_for_a_server_that_waits_for_it(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        frame = await peer.read_until(8)
        await peer.frame(8, frame.payload)
        await notify(peer)
        # As asyncio's servers do: no FIN before the client's close_notify.
        peer._incoming.write(await peer._recv())
        assert peer._tls is not None
        peer._tls.unwrap()

    async with raw_server(script, tls=True) as server:
        session, _ = session_to(server, tls=TlsOptions(cacert=write_ca(tmp_path)))
        async with session:
            await session.open()
            await session.close()
        assert session.closed is not None
        assert session.closed.tcp == "fin"
        await server.finished()
