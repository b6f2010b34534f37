from __future__ import annotations

import asyncio
import itertools
import os
import threading
from collections.abc import Iterator

import pytest

from wscli.errors import OutputFailed
from wscli.sinks.output import Output


class Pipe:
    """A pipe whose reader reads when it is told to."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()

    def close_reader(self) -> None:
        if self.read_fd >= 0:
            os.close(self.read_fd)
            self.read_fd = -1

    def close_writer(self) -> None:
        if self.write_fd >= 0:
            os.close(self.write_fd)
            self.write_fd = -1

    async def read(self, count: int) -> bytes:
        """Exactly `count` bytes, or fewer at the end."""
        return await asyncio.to_thread(self._read, count)

    def _read(self, count: int) -> bytes:
        got = b""
        while len(got) < count and (piece := os.read(self.read_fd, count - len(got))):
            got += piece
        return got


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.close_reader()
    made.close_writer()


async def test_everything_arrives_in_order(pipe: Pipe) -> None:
    output = Output(pipe.write_fd)
    chunks = [bytes([index % 256]) * (index * 37 % 5000) for index in range(400)]
    for chunk in chunks:
        output.write(chunk)
    expected = b"".join(chunks)
    assert await pipe.read(len(expected)) == expected
    assert await output.close()
    assert output.queued == 0


async def test_a_chunk_larger_than_the_pipe_arrives_whole(pipe: Pipe) -> None:
    output = Output(pipe.write_fd)
    chunk = os.urandom(3_000_000)
    output.write(chunk)
    assert await pipe.read(len(chunk)) == chunk
    assert await output.close()


async def test_a_non_blocking_descriptor_is_written_all_the_same(pipe: Pipe) -> None:
    os.set_blocking(pipe.write_fd, False)
    output = Output(pipe.write_fd)
    chunk = os.urandom(1_000_000)
    output.write(chunk)
    assert await pipe.read(len(chunk)) == chunk
    assert await output.close()


async def test_a_stalled_reader_stops_the_producer_and_not_the_loop(pipe: Pipe) -> None:
    output = Output(pipe.write_fd, limit=200_000)
    output.write(b"x" * 1_000_000)
    waiting = asyncio.ensure_future(output.ready())
    await asyncio.sleep(0)
    assert not waiting.done()
    await pipe.read(1_000_000)
    await waiting
    assert output.queued < 200_000
    assert await output.close()


async def test_ready_returns_at_once_below_the_limit(pipe: Pipe) -> None:
    output = Output(pipe.write_fd, limit=1_000_000)
    output.write(b"x" * 900_000)
    await output.ready()
    assert await pipe.read(900_000)
    assert await output.close()


async def test_who_gives_up_waiting_leaves_nothing_behind(pipe: Pipe) -> None:
    output = Output(pipe.write_fd, limit=10)
    output.write(b"x" * 1_000_000)
    waiting = asyncio.ensure_future(output.ready())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert output._waiters == []
    await pipe.read(1_000_000)
    assert await output.close()


async def test_close_says_when_the_reader_did_not_take_all_in_time(pipe: Pipe) -> None:
    output = Output(pipe.write_fd)
    output.write(b"x" * 1_000_000)
    assert not await output.close(timeout=0.01)
    pipe.close_reader()
    await output.gone()


async def test_a_reader_that_leaves_is_no_failure(pipe: Pipe) -> None:
    output = Output(pipe.write_fd)
    pipe.close_reader()
    output.write(b"hello")
    await output.gone()
    assert output.broken
    assert output.ended
    output.write(b"let go")
    await output.ready()
    await output.flush()
    assert not await output.close()


async def test_a_reader_that_leaves_frees_who_waits(pipe: Pipe) -> None:
    output = Output(pipe.write_fd, limit=10)
    output.write(b"x" * 1_000_000)
    waiting = asyncio.ensure_future(output.ready())
    await asyncio.sleep(0)
    pipe.close_reader()
    await waiting
    assert output.broken
    assert not await output.close()


async def test_another_error_is_raised_to_the_producer() -> None:
    read_only = os.open(os.devnull, os.O_RDONLY)
    try:
        output = Output(read_only, name="the file")
        output.write(b"hello")
        await output.gone()
        assert not output.broken
        with pytest.raises(OutputFailed, match="cannot write to the file: "):
            await output.ready()
        with pytest.raises(OutputFailed):
            await output.flush()
        with pytest.raises(OutputFailed):
            await output.close()
    finally:
        os.close(read_only)


async def test_what_is_made_in_pieces_arrives_in_its_place(pipe: Pipe) -> None:
    output = Output(pipe.write_fd)
    output.write(b"before ")
    output.write_pieces((b"%d " % number for number in range(3)), 3)
    output.write(b"after")
    assert await pipe.read(18) == b"before 0 1 2 after"
    assert await output.close()
    assert output.queued == 0


async def test_pieces_count_until_the_last_one_is_written(pipe: Pipe) -> None:
    output = Output(pipe.write_fd, limit=10)
    made: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(10):
            made.append(number)
            yield bytes(100_000)

    output.write_pieces(pieces(), 10)
    waiting = asyncio.ensure_future(output.ready())
    assert await pipe.read(900_000) == bytes(900_000)
    assert (output.queued, waiting.done()) == (10, False)
    assert await pipe.read(100_000) == bytes(100_000)
    await waiting
    assert made == list(range(10))
    assert await output.close()


async def test_a_reader_that_leaves_stops_what_is_made(pipe: Pipe) -> None:
    output = Output(pipe.write_fd, limit=10)
    output.write_pieces((bytes(100_000) for _ in itertools.count()), 10)
    await pipe.read(100_000)
    pipe.close_reader()
    await output.ready()
    assert output.broken
    assert not await output.close()


async def test_a_bug_in_what_makes_pieces_is_told(pipe: Pipe) -> None:
    output = Output(pipe.write_fd)
    output.write_pieces((bytes(1 // number) for number in (1, 0)), 10)
    await output.gone()
    with pytest.raises(OutputFailed, match="internal error: ZeroDivisionError"):
        await output.close()


async def test_close_ends_the_thread(pipe: Pipe) -> None:
    before = threading.active_count()
    output = Output(pipe.write_fd)
    output.write(b"hello")
    assert await output.close()
    assert threading.active_count() == before


async def test_nothing_written_starts_no_thread(pipe: Pipe) -> None:
    before = threading.active_count()
    output = Output(pipe.write_fd)
    output.write(b"")
    assert threading.active_count() == before
    assert await output.close()
