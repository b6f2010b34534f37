"""What comes behind the last message that is wanted: shown as frames, and nothing else is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.session.driving import session_to
from wscli.events import FrameSeen, MessageSeen
from wscli.net.stream import RECEIVE_LIMIT
from wscli.oneshot.gate import Gate
from wscli.oneshot.plan import Plan
from wscli.oneshot.run import OneShot
from wscli.probes.stop import Stop
from wscli.session.journal import Batch
from wscli.session.outbox import QUEUE_LIMIT

LIMIT = 3


def whole(count: int) -> Sequence[bytes]:
    return [encode_frame(1, f"{number}") for number in range(count)]


def fragmented(count: int) -> Sequence[bytes]:
    return [
        encode_frame(1, f"{number}", fin=False) + encode_frame(9, "amid") + encode_frame(0, "")
        for number in range(count)
    ]


@pytest.mark.parametrize("messages", [whole(7), fragmented(7)], ids=["whole", "fragmented"])
@pytest.mark.parametrize("at_once", [1, 2, 3, 4, 7])
async def test_only_the_messages_up_to_the_count_are_echoed_numbered_and_counted(
    messages: Sequence[bytes], at_once: int
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        for begin in range(0, len(messages), at_once):
            await peer.send(b"".join(messages[begin : begin + at_once]))
        await peer.answer_close()

    async with raw_server(script) as server:
        session, told = session_to(server)
        gate = Gate(told, limit=LIMIT, journal=session.journal)
        session.journal.listeners[:] = [gate]
        report = await OneShot(session, Plan(wait=None, echo=True), None, gate, Stop()).perform()
        await server.finished()
    assert report.failure is None
    assert told.received == [b"0", b"1", b"2"]
    echoed = [frame.payload for frame in server.peer.frames if frame.opcode == 1]
    assert echoed == told.received
    assert sorted(message.n for message in told.of(MessageSeen)) == list(range(1, 2 * LIMIT + 1))
    frames = told.of(FrameSeen)
    assert sorted(frame.n for frame in frames) == list(range(1, len(frames) + 1))
    assert len([frame for frame in frames if frame.type == "text" and frame.direction == "in"]) == len(
        messages
    )
    totals = session.journal.totals
    assert (totals.messages_in, totals.messages_out, totals.bytes_in) == (LIMIT, LIMIT, LIMIT)
    assert totals.frames_in + totals.frames_out == len(frames)


async def test_a_peer_that_takes_no_echo_is_read_no_further() -> None:
    async def script(peer: Peer) -> None:
        async def flood() -> None:
            for _ in range(512):
                await peer.frame(2, bytes(32 * 1024))

        await peer.accept()
        flooding = asyncio.create_task(flood())
        sent = -1
        # Until nothing moves any more: what comes back is read only then.
        while len(peer.sent) > sent:
            sent = len(peer.sent)
            await asyncio.sleep(0.1)
        reading = asyncio.create_task(peer.wait_eof())
        await flooding
        await peer.close()
        await reading

    most = 0

    class Watching:
        def feed(self, batch: Batch, /) -> None:
            nonlocal most
            most = max(most, session.queued_bytes)

    async with raw_server(script) as server:
        session, _ = session_to(server, deflate=None)
        gate = Gate(Watching())
        session.journal.listeners[:] = [gate]
        report = await OneShot(session, Plan(wait=None, echo=True), None, gate, Stop()).perform()
        await server.finished()
    assert report.failure is None
    assert most < QUEUE_LIMIT + 2 * RECEIVE_LIMIT
