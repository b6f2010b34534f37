"""Pipes whose other ends pause, crawl or are a terminal: each message counted and hashed both ways (§6)."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial

import pytest

from tests.e2e.piping import (
    BINARY,
    MIB,
    TEXT,
    Drain,
    Ledger,
    Manner,
    all_hashed,
    give,
    hashed,
    input_of,
    run_piped,
    small_window,
    started,
    take_all,
    told,
)
from tests.peers import Peer, PeerGone, raw_server
from tests.support import until

OCTETS = [b"", b"\xff\xfe\x00", b"two\nlines\n", os.urandom(MIB).replace(b"\x00", b"\x01"), b"\n", b"\x80"]
TEXTS = [b"", "grün 🎈".encode(), b"nul\0inside", b"l" * MIB, b"\t \r", b""]
LINES = [b"%d " % number + b"m" * (number % 97) for number in range(2000)]
CONTENTS: dict[str, tuple[list[str], int, list[bytes], bytes]] = {
    "text": ([], TEXT, TEXTS, b"\n"),
    "binary": (["--binary", "-0"], BINARY, [octets.replace(b"\x00", b"") for octets in OCTETS], b"\0"),
    "whole": (["--binary", "--whole"], BINARY, [b"\0".join(OCTETS)], b""),
}


async def crawl(peer: Peer, ledger: Ledger) -> None:
    """Takes everything through a small window."""
    small_window(peer)
    await peer.accept()
    await take_all(peer, ledger)


async def pause(peer: Peer, ledger: Ledger) -> None:
    """Stops reading for a while, twice; says something in between."""
    small_window(peer)
    await peer.accept()
    await asyncio.sleep(0.2)
    frame = await peer.read_frame()
    ledger.received.append(hashed(frame.opcode, frame.payload))
    await give(peer, ledger, TEXT, b"amid")
    await asyncio.sleep(0.2)
    await take_all(peer, ledger)


@pytest.mark.parametrize("manner", [crawl, pause], ids=lambda manner: manner.__name__)
@pytest.mark.parametrize("kind", ["pipe", "file", "fifo"])
@pytest.mark.parametrize("name", CONTENTS)
async def test_a_peer_that_crawls_or_pauses_gets_all_of_it(name: str, kind: str, manner: Manner) -> None:
    options, opcode, payloads, delimiter = CONTENTS[name]
    content = b"".join(payload + delimiter for payload in payloads)
    ledger = Ledger()
    async with raw_server(partial(manner, ledger=ledger)) as server:
        finished = await run_piped(
            "connect", server.url, "--wait", "0", *options, stdin=kind, content=content
        )
    assert finished.status == 0, told(finished)
    assert ledger.received == all_hashed(opcode, payloads)
    assert ledger.closed_with == 1000
    assert finished.stdout == b"amid\n" * len(ledger.sent)


async def echo(peer: Peer, ledger: Ledger) -> None:
    await peer.accept()
    while (frame := await peer.read_frame()).opcode != 8:
        ledger.received.append(hashed(frame.opcode, frame.payload))
        await give(peer, ledger, frame.opcode, frame.payload)
    ledger.closed_with = frame.close_code
    await peer.frame(8, frame.payload)


@pytest.mark.parametrize(
    ("stdin", "stdout"),
    [
        ("terminal", "pipe"),
        ("terminal", "file"),
        ("pipe", "terminal"),
        ("file", "terminal"),
        ("fifo", "file"),
    ],
)
async def test_both_ways_with_a_terminal_on_one_side(stdin: str, stdout: str) -> None:
    lines = [b"line %d" % number for number in range(100)]
    content = b"".join(line + b"\n" for line in lines)
    ledger = Ledger()
    async with raw_server(partial(echo, ledger=ledger)) as server:
        finished = await run_piped(
            "connect",
            server.url,
            "--format",
            "raw",
            "--count",
            str(len(lines)),
            stdin=stdin,
            content=content,
            stdout=stdout,
        )
    assert finished.status == 0, told(finished)
    assert ledger.received == all_hashed(TEXT, lines)
    assert finished.stdout == content


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
@pytest.mark.parametrize("kind", ["pipe", "file", "fifo"])
async def test_a_signal_amid_the_input_leaves_each_message_sent_or_told(
    kind: str, number: signal.Signals, status: int
) -> None:
    ledger = Ledger()
    resume = asyncio.Event()

    async def script(peer: Peer) -> None:
        small_window(peer)
        await peer.accept()
        for _ in range(20):
            frame = await peer.read_frame()
            ledger.received.append(hashed(frame.opcode, frame.payload))
        await resume.wait()
        await take_all(peer, ledger)

    lines = [line + b"." * 5000 for line in LINES]
    content = b"".join(line + b"\n" for line in lines)
    drain = Drain("pipe")
    async with raw_server(script) as server:
        with input_of(kind, content) as (fd, writing):
            async with started("connect", server.url, stdin=fd, stdout=drain.fd) as process:
                await until(lambda: len(ledger.received) == 20)
                process.signal(number)
                resume.set()
                finished = await process.finish(await drain.collect(process))
        if writing is not None:
            await writing
        await server.finished()
    assert finished.status == status, told(finished)
    assert ledger.received == all_hashed(TEXT, lines)[: len(ledger.received)]
    assert 0 < finished.unsent <= len(lines) - len(ledger.received), told(finished)
    if ledger.closed_with == 1000 and "at least" not in finished.stderr:
        assert finished.unsent == len(lines) - len(ledger.received)


async def test_a_reader_that_pauses_while_input_flows_loses_nothing_either_way() -> None:
    ledger = Ledger()
    content = b"".join(line + b"\n" for line in LINES)
    drain = Drain("pipe")

    async def script(peer: Peer) -> None:
        small_window(peer)
        await peer.accept()
        try:
            while (frame := await peer.read_frame()).opcode != 8:
                ledger.received.append(hashed(frame.opcode, frame.payload))
                # More comes back than the pipe of the reader holds.
                await give(peer, ledger, BINARY, frame.payload * 10)
                if len(ledger.received) == 1500:
                    filled.set()
            await peer.frame(8, frame.payload)
        except PeerGone:
            return

    filled = asyncio.Event()
    async with raw_server(script) as server:
        with input_of("file", content) as (fd, _):
            async with started(
                "connect", server.url, "--count", str(len(LINES)), stdin=fd, stdout=drain.fd
            ) as process:
                await filled.wait()
                finished = await process.finish(await drain.collect(process))
    assert finished.status == 0, told(finished)
    assert ledger.received == all_hashed(TEXT, LINES)
    assert finished.stdout == b"".join(line * 10 + b"\n" for line in LINES)


async def test_answers_that_come_with_pauses_are_waited_for() -> None:
    """It is silence that ends a run whose input has ended, not the time since then."""
    answers = [b"one", b"two", b"three", b"four"]

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_frame()
        for answer in answers:
            # All of them together take longer than the silence that would end it.
            await asyncio.sleep(0.7)
            await peer.frame(TEXT, answer)
        await peer.answer_close()

    async with raw_server(script) as server:
        finished = await run_piped("connect", server.url, "--wait", "2s", stdin="pipe", content=b"go\n")
        await server.finished()
    assert finished.status == 0, told(finished)
    assert finished.stdout == b"".join(answer + b"\n" for answer in answers)


@pytest.mark.parametrize("kind", ["pipe", "file"])
async def test_what_a_duration_leaves_unsent_is_told(kind: str) -> None:
    ledger = Ledger()

    async def script(peer: Peer) -> None:
        small_window(peer)
        await peer.accept()
        # Longer than the duration; the answer to Close comes in time all the same.
        await asyncio.sleep(1)
        await take_all(peer, ledger)

    lines = [line + b"." * 5000 for line in LINES]
    content = b"".join(line + b"\n" for line in lines)
    async with raw_server(script) as server:
        finished = await run_piped("connect", server.url, "--duration", "50ms", stdin=kind, content=content)
        await server.finished()
    assert ledger.closed_with == 1000
    assert ledger.received == all_hashed(TEXT, lines)[: len(ledger.received)]
    left = len(lines) - len(ledger.received)
    # On a machine so slow that the peer was ready first, all of it arrives.
    assert finished.status == (55 if left else 0), told(finished)
    assert bool(left) <= finished.unsent <= left, told(finished)
