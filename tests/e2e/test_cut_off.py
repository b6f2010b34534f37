"""A run that is cut off while the peer still works on what it was sent: that arrives, or the exit says so.

To close a socket that holds unread bytes resets the connection, and a reset takes with it what the peer has
not read yet (RFC 6455 §7.1.1 is about this).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.e2e.piping import Drain, Finished, Ledger, Process, give, hashed, input_of, run_piped, started
from tests.peers import Peer, PeerGone, raw_server

TEXT = 1
LINES = [b"line %d" % number for number in range(200)]
CONTENT = b"".join(line + b"\n" for line in LINES)
PACE_SECONDS = 0.01


async def answer_slowly(peer: Peer, ledger: Ledger) -> None:
    """Answers each message after a while; for all of them it takes longer than a hurried Close may."""
    await peer.accept()
    while (frame := await peer.read_frame()).opcode != 8:
        ledger.received.append(hashed(frame.opcode, frame.payload))
        await give(peer, ledger, frame.opcode, frame.payload)
        await asyncio.sleep(PACE_SECONDS)
    ledger.closed_with = frame.close_code
    await peer.frame(8, frame.payload)


class Busy:
    """A peer that answers on and on, whatever it is told; `closing` is set once our Close is there."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()

    async def play(self, peer: Peer) -> None:
        async def hear() -> None:
            await peer.read_until(8)
            self.closing.set()

        await peer.accept()
        hearing = asyncio.create_task(hear())
        try:
            while True:
                await peer.frame(TEXT, "busy")
                await asyncio.sleep(PACE_SECONDS)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)


@asynccontextmanager
async def unread(*args: str, kind: str = "file") -> AsyncIterator[Process]:
    """wscli with lines on its standard input, and nobody who reads its output."""
    drain = Drain("pipe")
    with input_of(kind, CONTENT) as (fd, writing):
        async with started("connect", *args, stdin=fd, stdout=drain.fd) as process:
            drain.leave()
            yield process
    if writing is not None:
        await writing


async def finished_unread(*args: str, kind: str = "file") -> Finished:
    async with unread(*args, kind=kind) as process:
        return await process.finish()


@pytest.mark.parametrize("kind", ["file", "pipe", "fifo"])
async def test_what_was_sent_arrives_though_the_reader_has_gone(kind: str) -> None:
    ledger = Ledger()
    async with raw_server(lambda peer: answer_slowly(peer, ledger)) as server:
        finished = await finished_unread(server.url, kind=kind)
        await server.finished()
    assert (finished.status, finished.stderr) == (0, "")
    assert ledger.received == [hashed(TEXT, line) for line in LINES]
    assert ledger.closed_with == 1000


async def test_what_was_sent_arrives_though_the_expectation_is_met_before() -> None:
    ledger = Ledger()
    async with raw_server(lambda peer: answer_slowly(peer, ledger)) as server:
        finished = await run_piped("connect", server.url, "--expect", "line 0", stdin="file", content=CONTENT)
        await server.finished()
    assert (finished.status, finished.stderr) == (0, "")
    assert ledger.received == [hashed(TEXT, line) for line in LINES]
    assert ledger.closed_with == 1000


@pytest.mark.parametrize(
    ("options", "status"), [([], 55), (["--expect", "busy"], 0)], ids=["reader gone", "expectation met"]
)
async def test_a_peer_that_never_gets_done_leaves_it_in_doubt(options: list[str], status: int) -> None:
    async with raw_server(Busy().play) as server:
        args = (server.url, "--close-timeout", "1s", *options)
        if options:
            finished = await run_piped("connect", *args, stdin="file", content=CONTENT)
        else:
            finished = await finished_unread(*args)
    assert finished.status == status, finished.stderr
    assert "may not have reached the peer" in finished.stderr


async def test_a_peer_that_says_more_than_it_was_asked_is_not_waited_for() -> None:
    busy = Busy()
    async with raw_server(busy.play) as server:
        finished = await run_piped(
            "connect", server.url, "--send", "subscribe", "--expect-count", "2", "--close-timeout", "1h"
        )
    assert finished.status == 0, finished.stderr
    assert "had not answered our Close" in finished.stderr


async def test_ctrl_c_ends_the_wait_for_a_busy_peer() -> None:
    busy = Busy()
    async with raw_server(busy.play) as server:
        async with unread(server.url, "--close-timeout", "1h") as process:
            await busy.closing.wait()
            process.signal(signal.SIGINT)
            finished = await process.finish()
    assert finished.status == 130, finished.stderr


async def test_a_silent_peer_is_not_waited_for() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(TEXT, "nobody reads this")
        while not peer.ended:
            try:
                await peer.read_frame()
            except PeerGone:
                return

    async with raw_server(script) as server:
        finished = await finished_unread(server.url, "--close-timeout", "1h")
    assert (finished.status, finished.stderr) == (0, "")


async def test_a_signal_that_leaves_it_in_doubt_says_so() -> None:
    """The peer takes all there is, and answers none of it before the time of a signal is over."""
    answering = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept()
        while (frame := await peer.read_frame()).opcode != 8:
            await give(peer, Ledger(), frame.opcode, frame.payload)
            answering.set()
            await asyncio.sleep(0.1)

    drain = Drain("pipe")
    async with raw_server(script) as server:
        # Less than a signal leaves, so that the run is not cut off before it knows.
        args = ("connect", server.url, "--close-timeout", "200ms")
        with input_of("file", CONTENT) as (fd, _):
            async with started(*args, stdin=fd, stdout=drain.fd) as process:
                await answering.wait()
                process.signal(signal.SIGTERM)
                finished = await process.finish(await drain.collect(process))
    assert finished.status == 143, finished.stderr
    assert "may not have reached the peer" in finished.stderr
