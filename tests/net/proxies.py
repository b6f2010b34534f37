"""Proxies of the tests: each does what its protocol says, and notes what it was asked for."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass, field

from tests.peers import Peer
from tests.peers.raw import Script


@dataclass
class Seen:
    """What a proxy was asked: `host:port` of each tunnel, the credentials, the kinds of address."""

    tunnels: list[str] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)


async def relay(peer: Peer, host: str, port: int) -> None:
    """Bytes both ways until both directions have ended, as a proxy passes them."""
    loop = asyncio.get_running_loop()
    with socket.socket() as onward:
        onward.setblocking(False)
        await loop.sock_connect(onward, (host, port))

        async def upstream() -> None:
            while chunk := await peer.receive():
                await loop.sock_sendall(onward, chunk)
            onward.shutdown(socket.SHUT_WR)

        sending = asyncio.create_task(upstream())
        try:
            # The client may have gone: over TLS that is an SSLEOFError.
            with contextlib.suppress(ssl.SSLError):
                while chunk := await loop.sock_recv(onward, 65536):
                    await peer.send(chunk)
            await peer.fin()
            await sending
        finally:
            sending.cancel()
            await asyncio.wait([sending])


def http_proxy(seen: Seen, *, to: str | None = None) -> Script:
    """An HTTP proxy; `to` is the host it really connects to, whatever name it is given."""

    async def script(peer: Peer) -> None:
        request = await peer.read_request()
        seen.tunnels.append(request.target)
        seen.credentials.append(request.get("Proxy-Authorization") or "")
        host, _, port = request.target.rpartition(":")
        await peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await relay(peer, to or host.strip("[]"), int(port))

    return script


def socks5_proxy(seen: Seen, *, to: str | None = None, password: str | None = None, reply: int = 0) -> Script:
    """RFC 1928, with the user and password of RFC 1929 when `password` is set."""

    async def script(peer: Peer) -> None:
        version, count = await peer.read_exactly(2)
        assert version == 5
        methods = await peer.read_exactly(count)
        method = 0 if password is None else 2
        if method not in methods:
            await peer.send(b"\x05\xff")
            return
        await peer.send(bytes([5, method]))
        if method == 2:
            name = await peer.read_exactly((await peer.read_exactly(2))[1])
            word = await peer.read_exactly((await peer.read_exactly(1))[0])
            seen.credentials.append(f"{name.decode()}:{word.decode()}")
            right = word.decode() == password
            await peer.send(b"\x01\x00" if right else b"\x01\x01")
            if not right:
                return
        _, _, _, kind = await peer.read_exactly(4)
        seen.kinds.append(kind)
        if kind == 3:
            host = (await peer.read_exactly((await peer.read_exactly(1))[0])).decode()
        else:
            packed = await peer.read_exactly(4 if kind == 1 else 16)
            host = socket.inet_ntop(socket.AF_INET if kind == 1 else socket.AF_INET6, packed)
        port = int.from_bytes(await peer.read_exactly(2), "big")
        seen.tunnels.append(f"{host}:{port}")
        await peer.send(bytes([5, reply, 0, 1]) + bytes(6))
        if not reply:
            await relay(peer, to or host, port)

    return script


def socks4_proxy(seen: Seen, *, to: str | None = None, reply: int = 0x5A) -> Script:
    """SOCKS 4, and 4a's names."""

    async def script(peer: Peer) -> None:
        head = await peer.read_exactly(8)
        seen.credentials.append(await _until_nul(peer))
        host, port = socket.inet_ntoa(head[4:]), int.from_bytes(head[2:4], "big")
        if head[4:7] == bytes(3):
            host = await _until_nul(peer)
        seen.tunnels.append(f"{host}:{port}")
        await peer.send(bytes([0, reply]) + bytes(6))
        if reply == 0x5A:
            await relay(peer, to or host, port)

    return script


async def _until_nul(peer: Peer) -> str:
    text = b""
    while (byte := await peer.read_exactly(1)) != b"\0":
        text += byte
    return text.decode()
