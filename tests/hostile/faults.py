"""Faults in a whole scripted session on real sockets: where they strike, and what is left to be seen.

The server's stream has everything: a reply head, a run, fragments of a compressed message with a ping between
them, binary, a ping and Close. The client is a one-shot run that echoes (`wscli connect --echo`).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

from tests.conformance.driving import Negotiated
from tests.peers import Peer, encode_frame, raw_server
from tests.peers.framing import accept_for
from tests.session.driving import Told, target_of
from tests.wire.deflating import Deflater
from wscli.errors import ExitCode, exit_code_for
from wscli.net.stream import Ended, Stream
from wscli.oneshot.gate import Gate
from wscli.oneshot.run import OneShot, Plan
from wscli.probes.report import Report
from wscli.probes.stop import Stop
from wscli.session import opening
from wscli.session.journal import Journal
from wscli.session.session import Session

# What this run has injected, for `python -m tests.hostile`.
INJECTED = {"ends": 0, "resets": 0, "cancellations": 0, "failed writes": 0, "short writes": 0}

_HEAD = (
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
HEAD_LENGTH = len(_HEAD.format(accept=accept_for("")))


def _frames() -> list[tuple[bytes, bytes | None]]:
    """Each frame, and the message that it completes."""
    deflater = Deflater()
    packed = b"in fragments, in fragments"
    whole = deflater.message(packed)
    return [
        (encode_frame(1, "one"), b"one"),
        (encode_frame(1, "two"), b"two"),
        (encode_frame(1, whole[:5], rsv=4, fin=False), None),
        (encode_frame(9, "between"), None),
        (encode_frame(0, whole[5:9], fin=False), None),
        (encode_frame(0, whole[9:]), packed),
        (encode_frame(2, b"\x00\xff"), b"\x00\xff"),
        (encode_frame(1, deflater.message(packed), rsv=4), packed),
        (encode_frame(9, "last"), None),
        (encode_frame(8, b"\x03\xe8bye"), None),
    ]


FRAMES = _frames()
LENGTH = HEAD_LENGTH + sum(len(frame) for frame, _ in FRAMES)


def messages_before(offset: int) -> list[bytes]:
    """The messages that are whole within the first `offset` bytes of the stream."""
    end, found = HEAD_LENGTH, []
    for frame, message in FRAMES:
        end += len(frame)
        if end <= offset and message is not None:
            found.append(message)
    return found


ALL_MESSAGES = messages_before(LENGTH)


async def send_stream(peer: Peer, offset: int = LENGTH) -> None:
    """Reads the request, sends the first `offset` bytes of the stream in one write."""
    request = await peer.read_request()
    head = _HEAD.format(accept=accept_for(request.get("Sec-WebSocket-Key") or "")).encode()
    stream = head + b"".join(frame for frame, _ in FRAMES)
    await peer.send(stream[:offset])


async def whole_stream(peer: Peer) -> None:
    """The whole stream, then FIN once our Close is there."""
    await send_stream(peer)
    await peer.read_until(8)


@dataclass
class Run:
    """How a one-shot run went: its report, and what was told."""

    report: Report
    told: Told

    @property
    def exit_code(self) -> ExitCode:
        return exit_code_for(self.report.failure)


async def echo_run(url: str, told: Told) -> Run:
    """What `wscli connect --echo URL` does, in this process."""
    gate = Gate(told)
    session = Session(target_of(url), Journal(listeners=[gate]))
    report = await OneShot(session, Plan(echo=True, wait=None), None, gate, Stop()).perform()
    return Run(report, told)


async def cut_at(offset: int, *, reset: bool) -> Run:
    """A run whose server ends the connection after `offset` bytes."""

    async def script(peer: Peer) -> None:
        await send_stream(peer, offset)
        if reset:
            peer.reset()
        elif offset == LENGTH:
            await peer.read_until(8)

    async with raw_server(script) as server:
        run = await echo_run(server.url, Told())
        await server.finished()
    INJECTED["resets" if reset else "ends"] += 1
    return run


async def cancelled_after(turns: int) -> tuple[bool, Told]:
    """A run that is cancelled after so many turns of the loop; whether it was cancelled, and what it told."""
    told = Told()
    async with raw_server(whole_stream) as server:
        task = asyncio.create_task(echo_run(server.url, told))
        for _ in range(turns):
            if task.done():
                break
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        # The peer sees the end of the connection, or there never was one.
        await server.finished()
    if not task.cancelled():
        task.result()
    else:
        INJECTED["cancellations"] += 1
    gc.collect()
    return task.cancelled(), told


class FaultyStream(Stream):
    """A stream whose write number `fail_at` (from 0) fails as on a broken one; `step` cuts each short."""

    def __init__(self, inner: Stream, fail_at: int | None, step: int | None) -> None:
        self._inner = inner
        self._fail_at = fail_at
        self._step = step
        self.writes = 0

    @property
    def ended(self) -> Ended:
        return self._inner.ended

    @property
    def local_address(self) -> str:
        return self._inner.local_address

    @property
    def peer_address(self) -> str:
        return self._inner.peer_address

    async def receive(self, limit: int = 1 << 18) -> bytes:
        return await self._inner.receive(limit)

    def unread(self, chunk: bytes) -> None:
        self._inner.unread(chunk)

    async def send_some(self, view: memoryview | bytes) -> int:
        if self.writes == self._fail_at:
            # The kernel says EPIPE from here on, and the peer sees FIN: no write of ours is made to fail.
            with contextlib.suppress(OSError):
                self._inner._sock.shutdown(socket.SHUT_WR)  # type: ignore[attr-defined]  # a SocketStream
        self.writes += 1
        return await self._inner.send_some(view if self._step is None else memoryview(view)[: self._step])

    async def send_eof(self) -> None:
        await self._inner.send_eof()

    def close(self) -> None:
        self._inner.close()

    def abort(self) -> None:
        self._inner.abort()


@contextlib.contextmanager
def faulty_streams(fail_at: int | None, step: int | None = None) -> Iterator[list[FaultyStream]]:
    """Every stream that is dialled meanwhile has the fault."""
    made: list[FaultyStream] = []
    home: Any = opening
    dial = home.dial

    async def dial_faulty(*arguments: Any, **options: Any) -> FaultyStream:
        made.append(FaultyStream(await dial(*arguments, **options), fail_at, step))
        return made[-1]

    home.dial = dial_faulty
    try:
        yield made
    finally:
        home.dial = dial


async def paced_stream(peer: Peer) -> None:
    """The stream a frame at a time, each after what answers the one before it: so there are many writes."""
    await send_stream(peer, HEAD_LENGTH)
    for frame, message in FRAMES:
        await peer.send(frame)
        if message is not None or frame[0] & 15 in (8, 9):
            await peer.read_frame()


async def write_failing(fail_at: int | None, step: int | None = None) -> tuple[Run, int, list[bytes]]:
    """A run one of whose writes fails; the writes that there were, and the payloads that arrived."""
    async with raw_server(paced_stream) as server:
        with faulty_streams(fail_at, step) as streams:
            run = await echo_run(server.url, Told())
        await server.finished()
        inflate = Negotiated().inflate
        frames = [frame for frame in server.peer.frames if frame.opcode in (1, 2)]
        arrived = [inflate(frame.payload) if frame.rsv & 4 else frame.payload for frame in frames]
    INJECTED["short writes" if fail_at is None else "failed writes"] += 1
    return run, streams[0].writes, arrived


@contextlib.asynccontextmanager
async def nothing_left() -> AsyncIterator[None]:
    """No socket is left to the garbage collector: it would warn, and a warning is an error here."""
    yield
    gc.collect()
