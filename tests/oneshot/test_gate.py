"""What comes behind the last message that is wanted: shown as frames, and nothing else is made of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.session.driving import session_to
from wscli.events import FrameSeen, MessageSeen
from wscli.oneshot.gate import Gate
from wscli.oneshot.run import OneShot, Plan
from wscli.probes.stop import Stop

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
