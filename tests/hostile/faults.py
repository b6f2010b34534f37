"""Faults in whole sessions on real sockets: where they strike, and what is left to be seen."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.driving import Negotiated
from tests.peers import Peer, PeerGone, raw_server
from tests.peers.tls import server_context
from wscli.net.stream import SocketStream

from .sessions import COMMANDS, LENGTH, Run, perform, send_stream

# More bytes than any session here has.
UNCUT = 1 << 20

# What this run has injected, for `python -m tests.hostile`.
INJECTED = {"ends": 0, "resets": 0, "cancellations": 0, "failed writes": 0, "short writes": 0}


async def cut_at(offset: int, *, reset: bool) -> Run:
    """A run of `connect` whose server ends the connection after `offset` bytes of the stream, sent in one."""

    async def script(peer: Peer) -> None:
        await send_stream(peer, offset)
        if reset:
            peer.reset()
        elif offset == LENGTH:
            await peer.read_until(8)

    async with raw_server(script) as server:
        run = await perform("connect", server.url)
        await server.finished()
    INJECTED["resets" if reset else "ends"] += 1
    return run


class Cut:
    """Ends a connection once the peer has sent `at` bytes: of what it says, or with `tls_bytes` of what TLS
    makes of that, the TLS handshake included.

    `sent` is how much it was, `head` how much of it the reply's head, `whole` whether all was said before.
    """

    def __init__(self, name: str, at: int, *, reset: bool, tls_bytes: bool = False) -> None:
        self._script = COMMANDS[name][1]
        self._at = at
        self._reset = reset
        self._tls_bytes = tls_bytes
        self.sent = self.head = 0
        self.whole = False

    async def play(self, outer: Peer) -> None:
        """The script for `raw_server`."""
        peer = Peer(outer.sock, server_context()) if self._tls_bytes else outer
        send = peer.send if not self._tls_bytes else outer.send

        async def send_up_to_the_cut(octets: bytes) -> None:
            head = octets[: self._at - self.sent]
            self.sent += len(head)
            if head:
                await send(head)
            if len(head) < len(octets):
                raise PeerGone("cut here")

        async def flush() -> None:
            await send_up_to_the_cut(peer._outgoing.read())

        if self._tls_bytes:
            peer._flush = flush  # type: ignore[method-assign]  # one connection ends early
        else:
            peer.send = send_up_to_the_cut  # type: ignore[method-assign]  # the same
        with contextlib.suppress(ConnectionError):
            await peer._start_tls() if self._tls_bytes else None
            await self._script(peer)
            self.whole = True
            self.head = peer.sent.find(b"\r\n\r\n") + 4
        if self._reset and not self.whole:
            peer.reset()


async def cut_in(
    name: str, at: int, *, reset: bool = False, tls: bool = False, tls_bytes: bool = False
) -> tuple[Run, Cut]:
    """A run of command `name` whose peer, answering as it does, ends the connection after `at` bytes."""
    cut = Cut(name, at, reset=reset, tls_bytes=tls_bytes)
    async with raw_server(cut.play, tls=tls) as server:
        run = await perform(name, server.url.replace("ws:", "wss:") if tls_bytes else server.url)
        await server.finished()
    INJECTED["resets" if reset else "ends"] += 1
    return run, cut


@dataclass
class Writes:
    """What was written to sockets; the write number `fail_at` (from 0) fails, `step` cuts each short."""

    fail_at: int | None = None
    step: int | None = None
    count: int = 0

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Every socket of ours behaves so meanwhile, below TLS."""
        home: Any = SocketStream
        send_some = home.send_some
        writes = self

        async def send_some_faulty(stream: Any, view: memoryview | bytes) -> int:
            if writes.count == writes.fail_at:
                # The kernel says EPIPE from here on, and the peer sees FIN: no write of ours is made to fail.
                with contextlib.suppress(OSError):
                    stream._sock.shutdown(socket.SHUT_WR)
            writes.count += 1
            sent: int = await send_some(stream, memoryview(view)[: writes.step])
            return sent

        home.send_some = send_some_faulty
        try:
            yield
        finally:
            home.send_some = send_some


async def write_failing(
    name: str,
    fail_at: int | None,
    *,
    step: int | None = None,
    tls: bool = False,
    stays: bool = False,
    **options: float,
) -> tuple[Run, int, list[bytes]]:
    """A run of command `name` one of whose writes fails; the writes that there were, and the payloads of the
    messages that arrived.

    A peer that `stays` does not end its own direction when it sees that ours has ended.
    """
    script = COMMANDS[name][1]

    async def staying(peer: Peer) -> None:
        with contextlib.suppress(ConnectionError):
            await script(peer)
        await left.wait()

    left = asyncio.Event()
    writes = Writes(fail_at, step)
    async with raw_server(staying if stays else script, tls=tls) as server:
        with writes.watched():
            run = await perform(name, server.url, **options)
        left.set()
        await server.finished()
        arrived = _arrived(server.peers[0]) if server.peers else []
    INJECTED["short writes" if fail_at is None else "failed writes"] += 1
    return run, writes.count, arrived


def _arrived(peer: Peer) -> list[bytes]:
    inflate = Negotiated().inflate
    frames = [frame for frame in peer.frames if frame.opcode in (1, 2)]
    return [inflate(frame.payload) if frame.rsv & 4 else frame.payload for frame in frames]


@contextlib.asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """No socket is left to the garbage collector: it would warn, and a warning is an error here."""
    yield
    gc.collect()
