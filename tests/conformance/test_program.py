"""A selection of the tables through the program: `wscli connect --echo URL`, one process a case."""

from __future__ import annotations

import pytest

from tests.peers import encode_frame
from tests.wire.deflating import Deflater
from wscli.errors import ExitCode

from .driving import BINARY, TEXT, Case, Negotiated, check_program, chopped, violating

MIX = "κόσμε".encode()
CASES = [
    Case(
        "everything that is legal",
        chopped(
            encode_frame(TEXT, MIX)
            + encode_frame(BINARY, b"\x00\xff" * 40_000)
            + encode_frame(TEXT, "")
            + encode_frame(9, b"p" * 125)
            + encode_frame(TEXT, MIX[:3], fin=False)
            + encode_frame(9, "between")
            + encode_frame(10, "unsolicited")
            + encode_frame(0, MIX[3:]),
            1009,
        ),
        ((TEXT, MIX), (BINARY, b"\x00\xff" * 40_000), (TEXT, b""), (TEXT, MIX)),
        (b"p" * 125, b"between"),
    ),
    violating("a reserved opcode", encode_frame(TEXT, "a") + encode_frame(3), echoes=((TEXT, b"a"),)),
    violating("UTF-8", encode_frame(TEXT, b"ok \xf4\x90", length=999), close=1007),
    Case("4001", (encode_frame(8, b"\x0f\xa1"),), close=4001, exit_code=ExitCode.CLOSE_CODE),
    Case("too large", (encode_frame(BINARY, length=1 << 40),), close=1009, exit_code=ExitCode.TOO_LARGE),
    Case("text and Close at once", (encode_frame(TEXT, "x") + encode_frame(8),), ((TEXT, b"x"),), close=None),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_program_conforms(case: Case) -> None:
    await check_program(case)


async def test_program_conforms_with_compression() -> None:
    deflater = Deflater()
    payloads = ((TEXT, MIX * 100), (BINARY, bytes(70_000)), (TEXT, MIX * 100))
    writes = tuple(encode_frame(opcode, deflater.message(payload), rsv=4) for opcode, payload in payloads)
    answer = "permessage-deflate; client_max_window_bits=9; client_no_context_takeover"
    await check_program(Case("deflate", writes, payloads), deflate=Negotiated(answer, 9, False))
