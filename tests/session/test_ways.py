"""The fast way is the slow way: the same events, verdict and writes, whatever comes in whatever reads."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings

from tests.peers import Peer, encode_frame
from tests.peers.framing import decode_frame
from tests.session.driving import converse
from tests.support import run
from tests.wire.feeding import cut
from tests.wire.streams import frame_streams
from wscli.events import Event, FrameSeen, MessageSeen, ViolationFound
from wscli.session.session import Session


@dataclass(frozen=True)
class Course:
    """All of a session that must not depend on the way; stamps and masking keys left out."""

    told: list[Event]
    written: list[tuple[int, bool, bytes]]
    failure: str
    closed: tuple[object, ...]


async def course_of(reads: list[bytes], *, deflate: bool, fast: bool) -> Course:
    """How a session goes whose peer is heard in exactly these reads, and then ends the connection."""
    taken = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept(extensions="permessage-deflate" if deflate else None)
        await taken.wait()

    async def act(session: Session) -> None:
        # TCP joins and cuts what is sent as it likes: only so are both ways given the same reads.
        for read in reads:
            for _ in session._take(read):
                await asyncio.sleep(0)
        await session.flushed()
        taken.set()

    outcome = await converse(script, act, fast=fast, max_size=128)
    events: list[Event] = [
        msgspec.structs.replace(event, t=0.0, time="")
        for event in outcome.told.events
        if isinstance(event, ViolationFound)
        or (isinstance(event, FrameSeen | MessageSeen) and event.direction == "in")
    ]
    closed = outcome.closed
    return Course(
        events,
        written_by(outcome.peer),
        repr(outcome.session.failure),
        (closed.code, closed.reason, closed.sent, closed.initiator, closed.clean, closed.tcp),
    )


def written_by(peer: Peer) -> list[tuple[int, bool, bytes]]:
    octets = bytes(peer.received).partition(b"\r\n\r\n")[2]
    written = []
    while (decoded := decode_frame(octets)) is not None:
        frame, size = decoded
        written.append((frame.opcode, frame.fin, frame.payload))
        octets = octets[size:]
    return written


@settings(deadline=None, max_examples=60)
@given(reads=frame_streams(deflate=False).flatmap(cut))
def test_a_session_goes_the_same_either_way(reads: list[bytes]) -> None:
    fast = run(course_of(reads, deflate=False, fast=True))
    assert fast == run(course_of(reads, deflate=False, fast=False))


@settings(deadline=None, max_examples=60)
@given(reads=frame_streams(deflate=True).flatmap(cut))
def test_so_it_does_with_compression(reads: list[bytes]) -> None:
    fast = run(course_of(reads, deflate=True, fast=True))
    assert fast == run(course_of(reads, deflate=True, fast=False))


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("before", [0, 1, 3])
@pytest.mark.parametrize(
    ("bad", "rules", "code"),
    [
        (encode_frame(1, b"\xff"), ["invalid-utf8"], 1007),
        (encode_frame(2, bytes(129)), [], 1009),
        (encode_frame(0, b""), ["continuation-without-start"], 1002),
    ],
)
async def test_a_verdict_stands_between_what_came_before_and_after_it_in_one_read(
    bad: bytes, rules: list[str], code: int, before: int, fast: bool
) -> None:
    good = encode_frame(1, b"good")
    course = await course_of([good * before + bad + good], deflate=False, fast=fast)
    assert [event.rule for event in course.told if isinstance(event, ViolationFound)] == rules
    assert sum(isinstance(event, MessageSeen) for event in course.told) == before
    assert sum(isinstance(event, FrameSeen) for event in course.told) == before + 2
    ((opcode, _, payload),) = course.written
    assert (opcode, int.from_bytes(payload[:2], "big")) == (8, code)
