"""Standard input as messages: what is there is known to be there, whatever the reading thread is doing."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from tests.support import wscli
from wscli.oneshot.source import MOST_BATCHES, READ_SIZE, Source
from wscli.oneshot.split import DelimitedSplitter

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
