"""What a session has in memory at once, however many frames a read brings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.session.driving import session_to
from wscli.events import FrameSeen
from wscli.session.journal import Batch
from wscli.session.receiving import MOST_AT_ONCE
from wscli.session.session import Session

FRAMES = 30_000
# What a frame brings beside itself (violations, its message), and what is delivered before its batch is full.
MARGIN = 64


@dataclass
class Fullest:
    """The most that a listener was told before it could say that its reader lags."""

    frames: int = 0
    items: int = 0
    most: int = 0

    def feed(self, batch: Batch, /) -> None:
        self.frames += sum(isinstance(item, FrameSeen) and item.direction == "in" for item in batch)
        self.items += len(batch)
        self.most = max(self.most, self.items)

    async def ready(self) -> None:
        self.items = 0


@pytest.mark.parametrize(
    "stream",
    [
        encode_frame(8, b"\x03\xe8") + encode_frame(2) * FRAMES,
        encode_frame(1, "masked", mask=b"abcd") + encode_frame(2) * FRAMES,
        encode_frame(1, fin=False) + encode_frame(0, fin=False) * FRAMES,
        encode_frame(10) * FRAMES,
    ],
    ids=["after Close", "after a violation", "fragments", "pongs"],
)
async def test_a_read_of_many_frames_is_told_in_batches_that_readers_can_follow(stream: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.send(stream)

    async with raw_server(script) as server:
        session, _ = session_to(server)
        told = Fullest()
        session.journal.listeners[:] = [told]
        session.journal.ready = told.ready
        async with session:
            await session.open()
            await session.wait_closed()
    assert told.frames >= FRAMES
    assert told.most <= MOST_AT_ONCE + MARGIN


async def test_what_is_queued_amid_a_read_keeps_its_order() -> None:
    """The batches of one read leave room for others to run: pongs leave in order, messages between them."""
    pings = 3 * MOST_AT_ONCE

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.send(b"".join(encode_frame(9, b"%d" % number) for number in range(pings)))
        await peer.close(1000)
        while (frame := await peer.read_frame()).opcode != 8:
            heard.append((frame.opcode, frame.payload))

    async def say(session: Session) -> None:
        if session.is_open and len(said) < 10:
            said.append(session.bytes_received)
            session.send_text(b"amid")

    heard: list[tuple[int, bytes]] = []
    said: list[int] = []
    async with raw_server(script) as server:
        session, told = session_to(server)
        session.journal.ready = partial(say, session)
        async with session:
            await session.open()
            await session.wait_closed()
        await server.finished()
    pongs = [payload for opcode, payload in heard if opcode == 10]
    assert pongs == [b"%d" % number for number in range(pings)]
    assert heard.count((1, b"amid")) == len(said) > 0
    assert told.rules == []
