"""Clients that mean no good: the server sends them off and goes on serving the others."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import zlib
from collections.abc import AsyncIterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.client import connect

from tests.peers import encode_frame
from tests.support import run, until
from wscli.server.serve import EmbeddedServer

MASK = b"\1\2\3\4"
REQUEST = (
    b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
)
DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate\r\n"


async def talk(server: EmbeddedServer, octets: bytes) -> bytes:
    """Sends `octets`, reads until the server ends the connection; everything that it said."""
    host, port = server.url.removeprefix("ws://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    said = b""
    try:
        writer.write(octets)
        writer.write_eof()
        said = await reader.read()
    except ConnectionError:
        pass
    finally:
        writer.transport.abort()
    return said


async def still_serves(server: EmbeddedServer) -> None:
    async with connect(server.url) as client:
        await client.send("still there?")
        assert await client.recv() == "still there?"
    await until(lambda: not server.guarded)


def deflated(payload: bytes) -> bytes:
    deflate = zlib.compressobj(9, wbits=-15)
    return (deflate.compress(payload) + deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\0" * 1000,
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\n" + b"x" * 100_000,
        b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        REQUEST.replace(b"13", b"12") + b"\r\n",
        REQUEST + REQUEST,
    ],
)
async def test_a_request_that_is_none_gets_no_connection(octets: bytes) -> None:
    async with EmbeddedServer() as server:
        assert b" 101 " not in (await talk(server, octets)).split(b"\r\n")[0]
        await still_serves(server)


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (encode_frame(1, "unmasked"), 1002),
        (encode_frame(3, "reserved", mask=MASK), 1002),
        (encode_frame(1, "rsv", mask=MASK, rsv=2), 1002),
        (encode_frame(9, b"x" * 126, mask=MASK), 1002),
        (encode_frame(9, b"", mask=MASK, fin=False), 1002),
        (encode_frame(0, b"no start", mask=MASK), 1002),
        (encode_frame(8, b"\x03", mask=MASK), 1002),
        (encode_frame(8, struct.pack(">H", 1005), mask=MASK), 1002),
        (encode_frame(1, b"\xff", mask=MASK), 1007),
        (encode_frame(2, b"", mask=MASK, length=1 << 62), 1009),
        (encode_frame(2, deflated(b"\0" * 2**24), mask=MASK, rsv=4), 1009),
    ],
)
async def test_a_broken_frame_is_answered_with_its_close_code(frames: bytes, code: int) -> None:
    async with EmbeddedServer(max_size=2**20) as server:
        host, port = server.url.removeprefix("ws://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(REQUEST + DEFLATE + b"\r\n")
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(frames)
        header = await reader.readexactly(4)
        assert (header[0], int.from_bytes(header[2:], "big")) == (0x88, code)
        writer.transport.abort()
        await still_serves(server)


async def test_endless_empty_fragments_end_with_1009() -> None:
    async with EmbeddedServer() as server:
        host, port = server.url.removeprefix("ws://").rstrip("/").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(REQUEST + b"\r\n")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(encode_frame(1, b"", fin=False, mask=MASK))
        writer.write(encode_frame(0, b"", fin=False, mask=MASK) * 10_000)
        header = await reader.readexactly(4)
        assert (header[0], int.from_bytes(header[2:], "big")) == (0x88, 1009)
        writer.transport.abort()
        await still_serves(server)


frames = st.builds(
    encode_frame,
    st.integers(0, 15),
    st.binary(max_size=200),
    fin=st.booleans(),
    rsv=st.integers(0, 7),
    mask=st.sampled_from([MASK, None]),
)


@settings(max_examples=60, deadline=None)
@given(
    request=st.sampled_from([REQUEST + b"\r\n", REQUEST + DEFLATE + b"\r\n", b"GET / HTTP/1.1\r\n", b""]),
    sent=st.lists(st.one_of(frames, st.binary(max_size=50)), max_size=8),
    scenario=st.sampled_from(["echo", "chat", "fragments", "hello", "silent"]),
)
def test_whatever_comes_the_server_stays_up_and_quiet(
    request: bytes, sent: list[bytes], scenario: str
) -> None:
    async def attack() -> None:
        async with EmbeddedServer(scenario) as server:
            await talk(server, request + b"".join(sent))
            await until(lambda: not server.guarded)

    run(attack())


async def test_a_request_that_drips_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wscli.server.serve._OPEN_TIMEOUT", 2.0)
    async with EmbeddedServer() as server, early_client(server, REQUEST) as (reader, writer):
        dripping = asyncio.create_task(_drip(writer))
        # What still drips when the server lets go makes a reset of its end.
        with contextlib.suppress(ConnectionResetError):
            assert b" 101 " not in await reader.read()
        dripping.cancel()
        await asyncio.wait([dripping])
        await still_serves(server)


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"X: ")
    while True:
        writer.write(b"x")
        await asyncio.sleep(0.01)


EARLY = REQUEST + b"\r\n" + encode_frame(1, b"early", mask=MASK) + encode_frame(9, b"p", mask=MASK)


@contextlib.asynccontextmanager
async def early_client(
    server: EmbeddedServer, *writes: bytes
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A client that has made these writes and waited for nothing."""
    host, port = server.url.removeprefix("ws://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        for octets in writes:
            writer.write(octets)
            await writer.drain()
        yield reader, writer
    finally:
        writer.transport.abort()


@pytest.mark.parametrize("cut", [0, 20, len(REQUEST), len(REQUEST) + 1, len(REQUEST) + 4, len(EARLY) - 3])
async def test_frames_in_one_write_with_the_request_are_answered_behind_the_reply(cut: int) -> None:
    async with (
        EmbeddedServer() as server,
        early_client(server, EARLY[:cut], EARLY[cut:]) as (reader, writer),
    ):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        echo, pong = encode_frame(1, "early"), encode_frame(10, "p")
        assert await reader.readexactly(10) in (echo + pong, pong + echo)
        writer.write(encode_frame(8, b"\x03\xe8", mask=MASK))
        assert await reader.read() == encode_frame(8, b"\x03\xe8")


async def test_an_early_message_may_be_compressed_as_the_reply_agrees() -> None:
    message = encode_frame(1, deflated(b"early " * 100), rsv=4, mask=MASK)
    async with (
        EmbeddedServer() as server,
        early_client(server, REQUEST + DEFLATE + b"\r\n" + message) as (reader, _),
    ):
        await reader.readuntil(b"\r\n\r\n")
        first, length = await reader.readexactly(2)
        assert first == 0xC1
        echo = await reader.readexactly(length)
        assert zlib.decompressobj(-15).decompress(echo + b"\0\0\xff\xff") == b"early " * 100


async def test_an_early_close_is_answered_behind_the_reply() -> None:
    close = encode_frame(8, b"\x03\xe8", mask=MASK)
    async with EmbeddedServer() as server, early_client(server, EARLY + close) as (reader, _):
        head, _, frames = (await reader.read()).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert frames.endswith(encode_frame(8, b"\x03\xe8"))


async def test_frames_behind_a_request_that_is_refused_are_nobodys() -> None:
    async with EmbeddedServer("reject") as server, early_client(server, EARLY) as (reader, _):
        said = await reader.read()
        assert said.startswith(b"HTTP/1.1 403 ")
        assert b"early" not in said
        await until(lambda: not server.guarded)
