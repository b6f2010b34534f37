"""Whole sessions to put faults into: each command that opens a connection, and the peer that it has.

`connect` echoes a stream that has everything: a run, fragments of a compressed message with a ping between
them, binary, a ping and Close; the other commands meet a polite peer.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from tests.peers import Peer, encode_frame
from tests.peers.framing import accept_for
from tests.peers.raw import Script
from tests.session.driving import Told, target_of
from tests.wire.deflating import Deflater
from wscli.config import Target, TlsOptions
from wscli.errors import ExitCode, exit_code_for
from wscli.oneshot.gate import Gate
from wscli.oneshot.plan import Plan
from wscli.oneshot.run import OneShot
from wscli.probes import close, handshake, ping
from wscli.probes.report import Report
from wscli.probes.stop import Stop
from wscli.session.journal import Journal
from wscli.session.session import Session

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


async def paced_stream(peer: Peer) -> None:
    """The stream a frame at a time, each after what answers the one before it: so there are many writes.

    A Close that comes before that is answered.
    """
    await send_stream(peer, HEAD_LENGTH)
    for frame, message in FRAMES:
        await peer.send(frame)
        answered = message is not None or frame[0] & 15 in (8, 9)
        if answered and (await peer.read_frame()).opcode == 8:
            await peer.send(FRAMES[-1][0] if frame is not FRAMES[-1][0] else b"")
            return


CLOSE = b"\x88\x02\x03\xe8"


async def polite(peer: Peer) -> None:
    """Accepts, answers pings and the Close."""
    await peer.accept()
    while (frame := await peer.read_frame()).opcode != 8:
        if frame.opcode == 9:
            await peer.frame(10, frame.payload)
    await peer.send(CLOSE)
    await peer.fin()


Command = Callable[[Target, Journal, Stop], Coroutine[None, None, Report]]


async def _echo(target: Target, journal: Journal, stop: Stop) -> Report:
    session = Session(target, journal)
    gate = Gate(*journal.listeners)
    journal.listeners[:] = [gate]
    return await OneShot(session, Plan(echo=True, wait=None), None, gate, stop).perform()


async def _handshake(target: Target, journal: Journal, stop: Stop) -> Report:
    return await handshake.probe(target, journal, stop)


async def _ping(target: Target, journal: Journal, stop: Stop) -> Report:
    return await ping.probe(target, journal, stop, ping.PingOptions(count=3, interval=0.001))


async def _close(target: Target, journal: Journal, stop: Stop) -> Report:
    return await close.probe(target, journal, stop, close.CloseOptions())


COMMANDS: dict[str, tuple[Command, Script]] = {
    "connect": (_echo, paced_stream),
    "handshake": (_handshake, polite),
    "ping": (_ping, polite),
    "close": (_close, polite),
}


@dataclass
class Run:
    """How a run went: its report, and what was told."""

    report: Report
    told: Told

    @property
    def exit_code(self) -> ExitCode:
        return exit_code_for(self.report.failure)


def start(name: str, url: str, told: Told, stop: Stop, **options: Any) -> Coroutine[None, None, Report]:
    """What `wscli NAME URL` does, in this process (`connect` with --echo)."""
    target = target_of(url, tls=TlsOptions(insecure=True), **options)
    return COMMANDS[name][0](target, Journal(listeners=[told]), stop)


async def perform(name: str, url: str, **options: Any) -> Run:
    """That, to its end."""
    told = Told()
    return Run(await start(name, url, told, Stop(), **options), told)
