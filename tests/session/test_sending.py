"""What a session sends: messages, fragments, control frames and raw bytes, and what is left unsent."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Callable

import pytest

from tests.peers import Peer, PeerFrame, encode_frame, raw_server
from tests.session.driving import converse, session_to
from wscli.errors import ExitCode, Unsent, UsageError
from wscli.events import FrameSeen, MessageSeen
from wscli.session.outbox import QUEUE_LIMIT
from wscli.session.session import Session

LENGTHS = [0, 1, 125, 126, 127, 65535, 65536]
DEFLATE = "permessage-deflate"


async def read_all(peer: Peer) -> None:
    await peer.accept()
    await peer.answer_close()


async def read_all_compressed(peer: Peer) -> None:
    await peer.accept(extensions=DEFLATE)
    await peer.answer_close()


def payloads_of(frames: list[PeerFrame]) -> list[bytes]:
    """The data frames' payloads, inflated where they are compressed."""
    inflater = zlib.decompressobj(-15)
    return [
        inflater.decompress(frame.payload + b"\x00\x00\xff\xff") if frame.rsv & 4 else frame.payload
        for frame in frames
        if frame.opcode < 8
    ]


@pytest.mark.parametrize("script", [read_all, read_all_compressed])
@pytest.mark.parametrize("batched", [True, False])
async def test_messages_of_each_length_arrive(batched: bool, script: Callable[[Peer], None]) -> None:
    messages = [bytes([length % 251]) * length for length in LENGTHS]

    async def act(session: Session) -> None:
        if batched:
            session.send_messages(2, messages)
        else:
            for message in messages:
                session.send_binary(message)
        session.send_text(b"text")
        assert session.unsent == len(messages) + 1
        await session.close()

    outcome = await converse(script, act)  # type: ignore[arg-type]  # a script is a coroutine function
    assert payloads_of(outcome.peer.frames) == [*messages, b"text"]
    assert all(frame.mask is not None for frame in outcome.peer.frames)
    assert len({frame.mask for frame in outcome.peer.frames}) == len(outcome.peer.frames)
    assert (outcome.session.unsent, outcome.session.queued_bytes) == (0, 0)
    sent = [message for message in outcome.told.of(MessageSeen) if message.direction == "out"]
    assert [message.payload for message in sent] == [*messages, b"text"]


async def test_what_is_told_of_our_frames_is_what_was_on_the_wire() -> None:
    async def act(session: Session) -> None:
        session.send_messages(1, [b"a", b"b"])
        session.send_ping(b"p")
        session.send_fragments(2, [b"1", b"", b"2"])
        session.send_pong(b"q")
        await session.close(4000, "why")

    outcome = await converse(read_all, act)
    seen = [
        (frame.opcode, frame.fin, frame.mask, frame.payload)
        for frame in outcome.told.of(FrameSeen)
        if frame.direction == "out"
    ]
    read = [
        (frame.opcode, frame.fin, (frame.mask or b"").hex(), frame.payload) for frame in outcome.peer.frames
    ]
    assert seen == read
    assert [opcode for opcode, *_ in seen] == [1, 1, 9, 2, 0, 0, 10, 8]


async def test_compressed_fragments_are_one_message() -> None:
    async def act(session: Session) -> None:
        session.send_fragments(1, [b"Hello " * 20, b"World " * 20])
        await session.close()

    outcome = await converse(read_all_compressed, act)
    first, second, _ = outcome.peer.frames
    assert (first.rsv, first.fin, second.rsv, second.fin, second.opcode) == (4, False, 0, True, 0)
    (message,) = outcome.told.of(MessageSeen)
    assert (message.payload, message.fragments) == (b"Hello " * 20 + b"World " * 20, 2)


@pytest.mark.parametrize("send", [Session.send_ping, Session.send_pong])
async def test_a_control_frame_that_is_too_long_is_a_usage_error(
    send: Callable[[Session, bytes], None],
) -> None:
    async def act(session: Session) -> None:
        with pytest.raises(UsageError, match="125"):
            send(session, bytes(126))
        send(session, bytes(125))
        await session.close()

    outcome = await converse(read_all, act)
    assert len(outcome.peer.frames) == 2


async def test_raw_bytes_go_out_as_they_are_and_do_not_count_as_messages() -> None:
    async def act(session: Session) -> None:
        session.send_raw(encode_frame(1, b"\xff", mask=b"abcd"))
        session.send_raw(encode_frame(1, b"whole", mask=b"abcd"))
        session.send_text(b"mine")
        assert session.unsent == 1
        await session.flushed()
        assert session.unsent == 0
        await session.close()

    outcome = await converse(read_all, act)
    assert [frame.payload for frame in outcome.peer.frames[:3]] == [b"\xff", b"whole", b"mine"]
    assert outcome.told.rules == []
    assert outcome.exit_code is ExitCode.OK


async def test_after_the_end_nothing_can_be_sent_and_that_is_counted() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.close()
        await peer.read_until(8)

    async def act(session: Session) -> None:
        await session.wait_closed()
        assert not session.is_open
        for send in (session.send_text, session.send_binary, session.send_ping, session.send_pong):
            with pytest.raises(Unsent):
                send(b"x")
        with pytest.raises(Unsent):
            session.send_close()
        with pytest.raises(Unsent):
            session.send_close(1005, force=True)
        with pytest.raises(Unsent):
            session.send_messages(1, [b"a", b"b"])
        assert session.unsent == 2
        await session.close()

    assert (await converse(script, act)).exit_code is ExitCode.OK


async def test_a_peer_that_never_reads_makes_senders_wait_and_loses_nothing_from_sight() -> None:
    go = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept()
        await go.wait()
        peer.reset()

    async with raw_server(script) as server:
        session, _ = session_to(server, deflate=None)
        async with session:
            await session.open()
            sent = 0
            while session.queued_bytes < QUEUE_LIMIT:
                session.send_messages(2, [bytes(65536)])
                sent += 1
                await asyncio.sleep(0)
            waiting = asyncio.create_task(session.room())
            for _ in range(100):
                await asyncio.sleep(0)
            assert not waiting.done()
            assert 0 < session.unsent <= sent
            go.set()
            await waiting
            assert not await session.flushed()
            await session.wait_closed()
            assert session.unsent > 0
    assert session.failure is not None
    assert session.failure.exit_code is ExitCode.LOST


async def test_our_close_to_a_peer_that_never_reads_times_out() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await asyncio.Event().wait()

    async with raw_server(script) as server:
        session, _ = session_to(server, deflate=None, close_timeout=0.3)
        async with session:
            await session.open()
            session.send_messages(2, [bytes(32 << 20)])
            await session.close()
            assert session.unsent == 1
    assert session.failure is not None
    assert session.failure.exit_code is ExitCode.TIMEOUT
