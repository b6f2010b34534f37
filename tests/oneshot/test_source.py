"""Standard input as messages: what is there is known to be there, whatever the reading thread is doing."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.peers import Peer, raw_server
from tests.session.driving import session_to, target_of
from tests.support import until, wscli
from wscli.errors import ExitCode, exit_code_for
from wscli.oneshot.gate import Gate
from wscli.oneshot.plan import Plan
from wscli.oneshot.run import OneShot
from wscli.oneshot.source import MOST_BATCHES, READ_SIZE, Source
from wscli.oneshot.split import DelimitedSplitter, Splitter, WholeSplitter
from wscli.probes.stop import Stop
from wscli.session.journal import Journal
from wscli.session.session import Session

ROUNDS = 500


@pytest.mark.parametrize(
    ("stdin", "options", "count"),
    [(b"ok\n\xff\nz\n", [], b"at least 2\n"), (b"ok\xff", ["--whole"], b"1\n"), (b"ok\xff", [], b"1\n")],
)
async def test_what_is_no_text_is_counted_with_what_stands_behind_it(
    stdin: bytes, options: list[str], count: bytes
) -> None:
    done = await wscli("connect", "demo:", *options, stdin=stdin)
    assert done.returncode == 26
    assert b"messages that were not sent: " + count in done.stderr


async def test_a_line_that_the_thread_has_in_hand_is_known_to_be_there() -> None:
    for steps in range(ROUNDS):
        reading, writing = os.pipe()
        try:
            source = Source(reading, DelimitedSplitter())
            source.start()
            os.write(writing, b"first\n")
            assert await source.take() == [b"first"]
            os.write(writing, b"second\n")
            # The thread comes to be anywhere between the kernel and the queue.
            sum(range(30 * (steps % 100)))
            assert await source.holds_more()
            assert await source.take() == [b"second"]
        finally:
            os.close(writing)
        assert await source.take() is None
        os.close(reading)


async def test_no_more_is_read_than_a_few_batches_ahead(tmp_path: Path) -> None:
    content = b"x" * 63 + b"\n"
    path = tmp_path / "lines"
    path.write_bytes(content * (32 * READ_SIZE // len(content)))
    descriptor = os.open(path, os.O_RDONLY)
    source = Source(descriptor, DelimitedSplitter())
    source.start()
    taken = 0
    while (batch := await source.take()) is not None:
        taken += len(batch)
        # Time in which an unbounded reader would be far ahead.
        await asyncio.sleep(0.002)
        assert source.waiting * len(content) <= MOST_BATCHES * READ_SIZE
    os.close(descriptor)
    assert taken * len(content) == path.stat().st_size


@pytest.mark.parametrize(
    ("splitter", "content", "told"),
    [
        (DelimitedSplitter(), b"begun", "when the connection ended: 1 (standard input had begun a message"),
        (DelimitedSplitter(), b"whole\n", ""),
        (WholeSplitter(), b"a\nb\n", "when the connection ended: 1 (standard input had begun a message"),
        (WholeSplitter(), b"", ""),
    ],
)
async def test_a_message_that_has_no_end_when_the_run_ends_was_not_sent(
    splitter: Splitter, content: bytes, told: str
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "enough")
        await peer.answer_close()

    reading, writing = os.pipe()
    source = Source(reading, splitter)
    try:
        os.write(writing, content)
        async with raw_server(script) as server:
            session, _ = session_to(server)
            gate = Gate(limit=1)
            session.journal.listeners[:] = [gate]
            report = await OneShot(session, Plan(wait=None), source, gate, Stop()).perform()
            await server.finished()
            sent = [frame.payload for frame in server.peer.frames if frame.opcode == 1]
    finally:
        os.close(writing)
    await until(lambda: source.ended)
    os.close(reading)
    assert sent == [line for line in (b"whole",) if line + b"\n" == content]
    assert exit_code_for(report.failure) is (ExitCode.UNSENT if told else ExitCode.OK)
    assert told in (report.failure.message if report.failure else "")


async def test_a_read_of_many_messages_is_taken_in_parts_without_losing_one() -> None:
    lines = [b"%d" % number for number in range(10)]
    reading, writing = os.pipe()
    try:
        source = Source(reading, DelimitedSplitter())
        source.start()
        os.write(writing, b"".join(line + b"\n" for line in lines))
        taken = [await source.take(4)]
        left = source.waiting
        taken += [await source.take(4), await source.take(4)]
        os.write(writing, b"more\n")
        taken.append(await source.take(4))
    finally:
        os.close(writing)
    assert await source.take(4) is None
    os.close(reading)
    assert left == 6
    assert taken == [lines[:4], lines[4:8], lines[8:], [b"more"]]


async def test_a_flood_of_short_lines_leaves_each_turn_of_the_loop_to_others() -> None:
    """Signals, deadlines and the peer's messages have to wait for what is queued in one turn."""
    queued: Counter[int] = Counter()
    turn = 0

    class Counting(Session):
        def send_messages(self, opcode: int, payloads: Sequence[bytes]) -> None:
            queued[turn] += len(payloads)
            super().send_messages(opcode, payloads)

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        await peer.close()

    count = 20_000
    reading, writing = os.pipe()
    os.write(writing, b"y\n" * count)
    os.close(writing)
    source = Source(reading, DelimitedSplitter())
    async with raw_server(script) as server:
        journal = Journal()
        session = Counting(target_of(server.url), journal)
        gate = Gate(limit=None)
        journal.listeners[:] = [gate]
        counting = asyncio.create_task(count_turns())
        report = await OneShot(session, Plan(wait=0.0), source, gate, Stop()).perform()
        counting.cancel()
        await server.finished()
    os.close(reading)
    assert report.failure is None
    assert sum(queued.values()) == count
    assert max(queued.values()) <= 2_048
