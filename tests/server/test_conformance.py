"""Our own server against the tables that our client is held to, and against clients that leave anywhere."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.conformance.driving import Case
from tests.conformance.tables import TABLES
from tests.peers.framing import decode_frame, encode_frame
from tests.support import until
from wscli.errors import ExitCode
from wscli.server.serve import EmbeddedServer

from .test_hostile import REQUEST, still_serves

MASK = b"\x01\xfe\x37\xa5"
STREAM = (
    REQUEST
    + b"\r\n"
    + encode_frame(1, "one", mask=MASK)
    + encode_frame(2, b"\x00\xff", mask=MASK, fin=False)
    + encode_frame(9, "between", mask=MASK)
    + encode_frame(0, b"\x01", mask=MASK)
    + encode_frame(8, b"\x03\xe8bye", mask=MASK)
)


def frames_of(octets: bytes) -> Iterator[bytes]:
    """The same frames as a client sends them: masked."""
    while (decoded := decode_frame(octets)) is not None:
        frame, size = decoded
        yield encode_frame(frame.opcode, frame.payload, fin=frame.fin, rsv=frame.rsv, mask=MASK)
        octets = octets[size:]


async def dialogue(
    server: EmbeddedServer, case: Case
) -> tuple[list[tuple[int, bytes]], list[bytes], int | None]:
    """The messages and pongs that came back, and the code of the server's Close."""
    host, port = server.url.removeprefix("ws://").rstrip("/").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(REQUEST + b"\r\n")
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"".join(frames_of(b"".join(case.writes))))
    messages: list[tuple[int, bytes]] = []
    pongs: list[bytes] = []
    code, said, asked = None, b"", case.close != -1
    while True:
        while (decoded := decode_frame(said)) is not None:
            frame, size = decoded
            said = said[size:]
            if frame.opcode == 10:
                pongs.append(frame.payload)
            elif frame.opcode == 8:
                code = frame.close_code
            else:
                messages.append((frame.opcode, frame.payload))
        if not asked and (len(messages), len(pongs)) == (len(case.echoes), len(case.pongs)):
            writer.write(encode_frame(8, b"\x03\xe8", mask=MASK))
            asked = True
        if not (chunk := await reader.read(1 << 16)):
            break
        said += chunk
    writer.close()
    assert not said, "a frame that is not whole"
    return messages, pongs, code


@pytest.mark.deadline(100)
@pytest.mark.parametrize(
    "table",
    ["framing", "reserved bits and opcodes", "fragmentation in every order", "fragments", "close codes"],
)
async def test_server_conforms(table: str) -> None:
    async with EmbeddedServer() as server:
        for case in TABLES[table]():
            messages, pongs, code = await dialogue(server, case)
            assert pongs == list(case.pongs), case.name
            assert code == (1000 if case.close == -1 else case.close), case.name
            if case.exit_code is ExitCode.PROTOCOL:
                # What came before the fault may be cut off with it: websockets echoes from a task of its own.
                assert messages == list(case.echoes)[: len(messages)], case.name
            else:
                assert messages == list(case.echoes), case.name
        await still_serves(server)


@pytest.mark.parametrize("reset", [False, True], ids=["fin", "reset"])
async def test_clients_that_leave_after_any_byte_are_forgotten(reset: bool) -> None:
    async with EmbeddedServer() as server:
        host, port = server.url.removeprefix("ws://").rstrip("/").split(":")
        for cut in range(len(STREAM) + 1):
            _, writer = await asyncio.open_connection(host, int(port))
            writer.write(STREAM[:cut])
            if reset:
                writer.transport.abort()
            else:
                writer.close()
            await until(lambda: not server.guarded)
        await still_serves(server)
