"""The matrix of pipes (contract §6): every message counted and hashed both ways, whatever the descriptors do.

Nothing may be lost or doubled: what the server received and what stderr calls unsent are together what was
to be sent, and stdout holds what the server sent, as far as it came.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import signal
import socket
from collections.abc import Awaitable
from functools import partial

import pytest

from tests.e2e.piping import (
    BINARY,
    MIB,
    TEXT,
    Drain,
    Ledger,
    Manner,
    Message,
    all_hashed,
    give,
    hashed,
    input_of,
    run_piped,
    started,
    take_all,
    told,
)
from tests.peers import Peer, PeerGone, encode_frame, raw_server
from tests.support import until

LINES = [b"", b"a", "grün 🎈".encode(), b"x" * 125, b"y" * 126, b"with\0nul", b"z" * 65536, b"\t \r", b""]
RECORDS = [b"", b"two\nlines", b"\n", b"\n\n\n", b"q" * 70000, "é".encode(), b"end\n"]
OCTETS = [b"", b"\xff\xfe", b"\x80" * 127, bytes(range(1, 256)).replace(b"\n", b""), b"\xc3" * 65537, b""]
MANY = [b"%d " % number + b"m" * (number % 97) for number in range(3000)]


async def receive(peer: Peer, ledger: Ledger) -> None:
    """Takes everything as fast as it can."""
    await peer.accept()
    await take_all(peer, ledger)


async def receive_slowly(peer: Peer, ledger: Ledger) -> None:
    """Takes a few bytes at a time, through a small window."""
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    await peer.accept()
    await take_all(peer, ledger)


async def accept_late(peer: Peer, ledger: Ledger) -> None:
    """Answers the handshake only after some time, in pieces; all of stdin may have been read by then."""
    await peer.read_request()
    for _ in range(100):
        await asyncio.sleep(0.002)
    await peer.accept()
    await take_all(peer, ledger)


SENDING: dict[str, tuple[list[str], int, list[bytes], bytes]] = {
    "lines": ([], TEXT, LINES, b"\n"),
    "many lines": ([], TEXT, MANY, b"\n"),
    "a line of 1 MiB": ([], TEXT, [b"l" * MIB, b"after"], b"\n"),
    "records that end with NUL": (["-0"], TEXT, RECORDS, b"\0"),
    "binary lines": (["--binary"], BINARY, OCTETS, b"\n"),
    "binary records that end with NUL": (["--binary", "-0"], BINARY, OCTETS, b"\0"),
    "all of it as one": (["--whole"], TEXT, [b"a\nb\n\nc\0d\n"], b""),
    "1 MiB of binary as one": (["--whole", "--binary"], BINARY, [os.urandom(MIB)], b""),
    "nothing as one": (["--whole"], TEXT, [b""], b""),
}


@pytest.mark.parametrize("deflate", [True, False], ids=["deflate", "plain"])
@pytest.mark.parametrize("kind", ["pipe", "file", "fifo"])
@pytest.mark.parametrize("name", SENDING)
async def test_all_of_the_input_reaches_the_peer(name: str, kind: str, deflate: bool) -> None:
    options, opcode, payloads, delimiter = SENDING[name]
    ledger = Ledger()
    content = b"".join(payload + delimiter for payload in payloads)
    if not deflate:
        options = [*options, "--compression", "none"]
    async with raw_server(partial(receive, ledger=ledger)) as server:
        finished = await run_piped(
            "connect", server.url, "--wait", "0", *options, stdin=kind, content=content
        )
    assert finished.status == 0, told(finished)
    assert ledger.received == all_hashed(opcode, payloads)
    assert ledger.closed_with == 1000
    assert finished.stdout == b""


@pytest.mark.parametrize("manner", [receive_slowly, accept_late], ids=lambda manner: manner.__name__)
@pytest.mark.parametrize("kind", ["pipe", "file"])
async def test_a_slow_peer_still_gets_all_of_it(kind: str, manner: Manner) -> None:
    ledger = Ledger()
    content = b"".join(line + b"\n" for line in MANY)
    async with raw_server(partial(manner, ledger=ledger)) as server:
        finished = await run_piped("connect", server.url, "--wait", "0", stdin=kind, content=content)
    assert finished.status == 0, told(finished)
    assert ledger.received == all_hashed(TEXT, MANY)


async def test_lines_typed_on_a_terminal_into_a_pipe() -> None:
    ledger = Ledger()
    lines = [b"line %d" % number for number in range(50)]
    async with raw_server(partial(receive, ledger=ledger)) as server:
        finished = await run_piped(
            "connect",
            server.url,
            "--wait",
            "0",
            stdin="terminal",
            content=b"".join(line + b"\n" for line in lines),
        )
    assert finished.status == 0, told(finished)
    assert ledger.received == all_hashed(TEXT, lines)


@pytest.mark.parametrize("kind", ["closed", "null"])
async def test_without_input_a_run_still_receives(kind: str) -> None:
    ledger = Ledger()

    async def script(peer: Peer) -> None:
        await peer.accept(then=encode_frame(TEXT, "early"))
        await give(peer, ledger, TEXT, b"late")
        await take_all(peer, ledger)

    async with raw_server(script) as server:
        if kind == "null":
            descriptor = os.open(os.devnull, os.O_RDONLY)
            drain = Drain("pipe")
            async with started("connect", server.url, stdin=descriptor, stdout=drain.fd) as process:
                finished = await process.finish(await drain.collect(process))
            os.close(descriptor)
        else:
            finished = await run_piped("connect", server.url)
    assert finished.status == 0, told(finished)
    assert finished.stdout == b"early\nlate\n"
    assert ledger.received == []


def drip(peer: Peer, ledger: Ledger, messages: list[tuple[int, bytes]]) -> Awaitable[None]:
    """A byte at a time, as far as the first kilobyte of all goes."""

    async def play() -> None:
        await peer.accept()
        for opcode, payload in messages:
            await give(peer, ledger, opcode, payload, drip=len(payload) < 1000)
        await peer.close()
        await take_all(peer, ledger, answer=False)

    return play()


def burst(peer: Peer, ledger: Ledger, messages: list[tuple[int, bytes]]) -> Awaitable[None]:
    """With the 101, all at once, the Close in the same write."""

    async def play() -> None:
        wire = b"".join(encode_frame(opcode, payload) for opcode, payload in messages)
        ledger.sent += [hashed(opcode, payload) for opcode, payload in messages]
        await peer.accept(then=wire + encode_frame(8, b"\x03\xe8"))
        await take_all(peer, ledger, answer=False)

    return play()


def fragments(peer: Peer, ledger: Ledger, messages: list[tuple[int, bytes]]) -> Awaitable[None]:
    """Three frames a message, a ping in each."""

    async def play() -> None:
        await peer.accept()
        for opcode, payload in messages:
            third = len(payload) // 3
            await peer.frame(opcode, payload[:third], fin=False)
            await peer.frame(9, b"amid")
            await peer.frame(0, payload[third : 2 * third], fin=False)
            await peer.frame(0, payload[2 * third :])
            ledger.sent.append(hashed(opcode, payload))
        await peer.close()
        await take_all(peer, ledger, answer=False)

    return play()


def end_without_close(peer: Peer, ledger: Ledger, messages: list[tuple[int, bytes]]) -> Awaitable[None]:
    """All messages, then FIN in the middle of a frame."""

    async def play() -> None:
        await peer.accept()
        for opcode, payload in messages:
            await give(peer, ledger, opcode, payload)
        await peer.send(encode_frame(TEXT, "never whole")[:5])

    return play()


SENT = [
    (TEXT, b""),
    (TEXT, b"two\nlines"),
    (BINARY, b"\xff\x00\xfe\n"),
    (TEXT, "grün".encode()),
    (BINARY, b""),
    (BINARY, b"\0" * MIB),
    (TEXT, b"t" * MIB),
    (TEXT, b"\0"),
    *[(TEXT, line) for line in MANY[:300]],
]
MANNERS = {
    "drip": (drip, 0),
    "burst": (burst, 0),
    "fragments": (fragments, 0),
    "end without close": (end_without_close, 56),
}


def from_json(stdout: bytes) -> list[Message]:
    events = [json.loads(line) for line in stdout.splitlines()]
    return [
        hashed(
            TEXT if event["type"] == "text" else BINARY,
            event["text"].encode() if "text" in event else base64.b64decode(event["base64"]),
        )
        for event in events
        if event["event"] == "message" and event["direction"] == "in"
    ]


@pytest.mark.parametrize("kind", ["pipe", "file", "fifo", "terminal"])
@pytest.mark.parametrize("manner", MANNERS)
async def test_all_that_came_is_written(manner: str, kind: str) -> None:
    play, status = MANNERS[manner]
    for options in (["--format", "raw", "--delimiter", "none"], ["--json"]):
        ledger = Ledger()
        async with raw_server(lambda peer: play(peer, ledger, SENT)) as server:  # noqa: B023 # run at once
            finished = await run_piped("connect", server.url, "-n", *options, stdout=kind)
        assert finished.status == status, told(finished)
        if options == ["--json"]:
            assert from_json(finished.stdout) == ledger.sent == [hashed(*message) for message in SENT]
        else:
            assert finished.stdout == b"".join(payload for _, payload in SENT)


@pytest.mark.parametrize(
    ("option", "delimiter"),
    [("newline", b"\n"), ("nul", b"\0"), ("none", b"")],
    ids=["newline", "nul", "none"],
)
async def test_each_payload_has_its_delimiter(option: str, delimiter: bytes) -> None:
    ledger = Ledger()
    async with raw_server(lambda peer: burst(peer, ledger, SENT)) as server:
        finished = await run_piped("connect", server.url, "-n", "--delimiter", option)
    assert finished.stdout == b"".join(payload + delimiter for _, payload in SENT)


async def echo_at_once(peer: Peer, ledger: Ledger) -> None:
    await peer.accept()
    with gone_is_fine():
        while (frame := await peer.read_frame()).opcode != 8:
            ledger.received.append(hashed(frame.opcode, frame.payload))
            await give(peer, ledger, frame.opcode, frame.payload)
        await peer.frame(8, frame.payload)


async def echo_in_bursts(peer: Peer, ledger: Ledger) -> None:
    """Holds its answers back until a hundred of them are there, and at the end of the known number."""
    await peer.accept()
    held = b""
    with gone_is_fine():
        while (frame := await peer.read_frame()).opcode != 8:
            ledger.received.append(hashed(frame.opcode, frame.payload))
            ledger.sent.append(ledger.received[-1])
            held += encode_frame(frame.opcode, frame.payload)
            if len(ledger.received) % 100 == 0 or len(ledger.received) == len(MANY):
                await peer.send(held)
                held = b""
        await peer.frame(8, frame.payload)


async def echo_after_all(peer: Peer, ledger: Ledger) -> None:
    """Reads everything before it answers anything."""
    await peer.accept()
    answers = b""
    with gone_is_fine():
        while len(ledger.received) < len(MANY):
            frame = await peer.read_frame()
            ledger.received.append(hashed(frame.opcode, frame.payload))
            answers += encode_frame(frame.opcode, frame.payload)
        ledger.sent += ledger.received
        await peer.send(answers)
        await take_all(peer, ledger)


def gone_is_fine() -> contextlib.suppress:
    return contextlib.suppress(PeerGone)


@pytest.mark.parametrize("manner", [echo_at_once, echo_in_bursts, echo_after_all], ids=lambda it: it.__name__)
@pytest.mark.parametrize("kind", ["pipe", "file", "fifo"])
async def test_both_ways_at_once(kind: str, manner: Manner) -> None:
    ledger = Ledger()
    content = b"".join(line + b"\n" for line in MANY)
    async with raw_server(partial(manner, ledger=ledger)) as server:
        finished = await run_piped(
            "connect", server.url, "--count", str(len(MANY)), stdin=kind, content=content, stdout=kind
        )
    assert finished.status == 0, told(finished)
    assert ledger.received == all_hashed(TEXT, MANY)
    assert finished.stdout == content


@pytest.mark.parametrize("after", [0, 1, 7, 1000])
async def test_a_peer_that_closes_early_leaves_a_count_of_what_was_not_sent(after: int) -> None:
    ledger = Ledger()

    async def script(peer: Peer) -> None:
        await peer.accept()
        for _ in range(after):
            frame = await peer.read_frame()
            ledger.received.append(hashed(frame.opcode, frame.payload))
        await peer.close(1000)
        await take_all(peer, ledger, answer=False)

    big = [b"%d " % number + b"b" * 5000 for number in range(4000)]
    content = b"".join(line + b"\n" for line in big)
    async with raw_server(script) as server:
        finished = await run_piped("connect", server.url, stdin="file", content=content)
    assert finished.status == 55, told(finished)
    assert ledger.received == all_hashed(TEXT, big)[: len(ledger.received)]
    assert 0 < finished.unsent <= len(big) - len(ledger.received), told(finished)
    if "at least" not in finished.stderr:
        assert finished.unsent == len(big) - len(ledger.received)


async def test_a_reset_amid_the_input_is_no_success() -> None:
    ledger = Ledger()

    async def script(peer: Peer) -> None:
        await peer.accept()
        for _ in range(5):
            frame = await peer.read_frame()
            ledger.received.append(hashed(frame.opcode, frame.payload))
        await give(peer, ledger, TEXT, b"last words")
        await asyncio.sleep(0)
        peer.reset()

    content = b"".join(b"%d\n" % number for number in range(200_000))
    async with raw_server(script) as server:
        finished = await run_piped("connect", server.url, stdin="pipe", content=content)
    assert finished.status in {55, 56}, told(finished)
    assert finished.status == 56 or finished.unsent


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
async def test_a_signal_ends_it_and_all_that_came_is_written(number: signal.Signals, status: int) -> None:
    ledger = Ledger()

    async def script(peer: Peer) -> None:
        await peer.accept()
        for opcode, payload in SENT[:5]:
            await give(peer, ledger, opcode, payload)
        await take_all(peer, ledger)

    reading, writing = os.pipe()
    drain = Drain("pipe")
    async with raw_server(script) as server:
        async with started("connect", server.url, stdin=reading, stdout=drain.fd) as process:
            os.write(writing, b"one\ntwo\n")
            await until(lambda: len(ledger.received) == 2)
            process.signal(number)
            finished = await process.finish(await drain.collect(process))
        await server.finished()
    os.close(reading)
    os.close(writing)
    assert finished.status == status, told(finished)
    assert ledger.received == all_hashed(TEXT, [b"one", b"two"])
    assert ledger.closed_with == 1000
    assert finished.stdout == b"".join(payload + b"\n" for _, payload in SENT[:5])


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
async def test_a_signal_works_while_the_peer_takes_nothing(number: signal.Signals, status: int) -> None:
    ready = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_frame()
        ready.set()
        await asyncio.Event().wait()

    content = b"".join(b"%d " % line + b"b" * 5000 + b"\n" for line in range(5000))
    drain = Drain("pipe")
    async with raw_server(script) as server:
        with input_of("file", content) as (fd, _):
            async with started("connect", server.url, stdin=fd, stdout=drain.fd) as process:
                await ready.wait()
                process.signal(number)
                finished = await process.finish(await drain.collect(process))
    assert finished.status == status, told(finished)
    assert finished.unsent > 0, told(finished)


async def test_count_is_reached_while_the_peer_takes_nothing() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_frame()
        await peer.frame(TEXT, "enough")
        await asyncio.Event().wait()

    content = b"".join(b"%d " % line + b"b" * 5000 + b"\n" for line in range(5000))
    async with raw_server(script) as server:
        finished = await run_piped(
            "connect", server.url, "--count", "1", "--close-timeout", "300ms", stdin="file", content=content
        )
    assert finished.status in {28, 55}, told(finished)
    assert finished.unsent > 0, told(finished)
    assert finished.stdout == b"enough\n"


async def test_a_reader_that_pauses_loses_nothing() -> None:
    ledger = Ledger()
    drain = Drain("pipe")
    filled = asyncio.Event()

    async def script(peer: Peer) -> None:
        # A small window, so that the peer, too, feels the reader that has stopped.
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        await peer.accept()
        for number in range(200):
            await give(peer, ledger, BINARY, b"%d " % number + b"r" * 65536)
            if number == 4:
                filled.set()
        await peer.close()
        await take_all(peer, ledger, answer=False)

    async with raw_server(script) as server:
        async with started("connect", server.url, "-n", stdin=None, stdout=drain.fd) as process:
            await filled.wait()
            finished = await process.finish(await drain.collect(process))
    assert finished.status == 0, told(finished)
    assert finished.stdout == b"".join(b"%d " % number + b"r" * 65536 + b"\n" for number in range(200))


async def test_a_signal_works_while_the_reader_has_stopped() -> None:
    drain = Drain("pipe")
    ledger = Ledger()

    async def script(peer: Peer) -> None:
        await peer.accept()
        with gone_is_fine():
            while True:
                await give(peer, ledger, BINARY, b"r" * 65536)

    async with raw_server(script) as server:
        async with started("connect", server.url, "-n", stdin=None, stdout=drain.fd) as process:
            await until(lambda: len(ledger.sent) > 20)
            process.signal(signal.SIGINT)
            await process.process.wait()
            finished = await process.finish(await drain.collect(process))
    assert finished.status == 130, told(finished)
    whole = b"r" * 65536 + b"\n"
    assert finished.stdout == (whole * (len(finished.stdout) // len(whole) + 1))[: len(finished.stdout)]


async def test_a_reader_that_has_gone_ends_it_quietly() -> None:
    ledger = Ledger()
    drain = Drain("pipe")

    async def script(peer: Peer) -> None:
        await peer.accept()
        with gone_is_fine():
            while not ledger.closed_with:
                await give(peer, ledger, TEXT, b"more")
                await asyncio.sleep(0.001)

    async with raw_server(script) as server:
        async with started("connect", server.url, "-n", stdin=None, stdout=drain.fd) as process:
            drain.leave()
            finished = await process.finish()
    assert finished.status == 0, told(finished)
    assert finished.stderr == ""


async def test_a_reader_that_has_gone_while_input_is_unsent_is_no_success() -> None:
    drain = Drain("pipe")

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(TEXT, "nobody reads this")
        await asyncio.Event().wait()

    content = b"".join(b"%d " % line + b"b" * 5000 + b"\n" for line in range(5000))
    async with raw_server(script) as server:
        with input_of("file", content) as (fd, _):
            async with started("connect", server.url, stdin=fd, stdout=drain.fd) as process:
                drain.leave()
                finished = await process.finish()
    assert finished.status == 55, told(finished)
    assert finished.unsent > 0


@pytest.mark.parametrize("options", [[], ["--count", "1"], ["--expect", "no such thing"]], ids=str)
async def test_input_that_trickles_goes_out_as_it_comes(options: list[str]) -> None:
    """A FIFO held open by somebody who writes now and then, as a supervisor would."""
    ledger = Ledger()
    reading, writing = os.pipe()
    drain = Drain("pipe")
    async with raw_server(partial(receive, ledger=ledger)) as server:
        async with started("connect", server.url, *options, stdin=reading, stdout=drain.fd) as process:
            for number in range(5):
                os.write(writing, b"%d\n" % number)
                await until(lambda: len(ledger.received) == number + 1)  # noqa: B023 # waited for at once
            process.signal(signal.SIGTERM)
            finished = await process.finish(await drain.collect(process))
    os.close(reading)
    os.close(writing)
    assert finished.status == 143, told(finished)
    assert ledger.received == all_hashed(TEXT, [b"%d" % number for number in range(5)])


async def test_text_that_is_not_utf8_is_named_and_what_was_before_it_is_sent() -> None:
    ledger = Ledger()
    content = b"good\nalso good\n\xff\xfe\nnever\n"
    async with raw_server(partial(receive, ledger=ledger)) as server:
        finished = await run_piped("connect", server.url, stdin="pipe", content=content)
    assert finished.status == 26, told(finished)
    assert "message 3" in finished.stderr
    assert ledger.received == all_hashed(TEXT, [b"good", b"also good"])


async def test_a_closed_standard_output_is_said_before_anything_is_sent() -> None:
    ledger = Ledger()
    async with raw_server(partial(receive, ledger=ledger)) as server:
        async with started("connect", server.url, "--send", "x", stdin=None, stdout=None) as process:
            finished = await process.finish()
    assert finished.status == 23, told(finished)
    assert not ledger.received


async def test_what_a_run_sends_first_precedes_its_input() -> None:
    ledger = Ledger()
    async with raw_server(partial(receive, ledger=ledger)) as server:
        finished = await run_piped(
            "connect",
            server.url,
            "--wait",
            "0",
            "--send",
            "a",
            "--send-binary",
            "hex:00ff",
            "--send",
            "b",
            stdin="pipe",
            content=b"c\n",
        )
    assert finished.status == 0, told(finished)
    assert ledger.received == [
        hashed(TEXT, b"a"),
        hashed(BINARY, b"\0\xff"),
        hashed(TEXT, b"b"),
        hashed(TEXT, b"c"),
    ]
