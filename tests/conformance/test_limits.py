"""Long messages, and the limit: at it everything passes, a byte over it is refused at once."""

from __future__ import annotations

import pytest

from tests.peers import encode_frame
from wscli.errors import ExitCode

from .driving import BINARY, TEXT, Case, check, check_program, chopped

MIB = 1024 * 1024


def fragmented(opcode: int, payload: bytes, size: int) -> bytes:
    """`payload` in fragments of `size` bytes."""
    parts = chopped(payload, size)
    last = len(parts) - 1
    return b"".join(
        encode_frame(opcode if n == 0 else 0, part, fin=n == last) for n, part in enumerate(parts)
    )


def long_message(opcode: int, size: int, fragment: int, chop: int) -> Case:
    """A message of `size` bytes in fragments of `fragment`, written `chop` bytes at a time."""
    payload = (b"m" if opcode == TEXT else b"\xf5") * size
    return Case("long", chopped(fragmented(opcode, payload, fragment), chop), ((opcode, payload),))


@pytest.mark.deadline(100)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
@pytest.mark.parametrize(
    ("size", "fragment", "chop"),
    [
        (MIB, MIB, 64),
        (MIB, 64, 65536),
        (MIB, 1024, 997),
        (4 * MIB, 4 * MIB, 65536),
        (16 * MIB, 16 * MIB, MIB),
        (16 * MIB, 16 * MIB, 64),
        (16 * MIB, 64, 64),
    ],
    ids=str,
)
async def test_long_message_comes_back(opcode: int, size: int, fragment: int, chop: int) -> None:
    await check(long_message(opcode, size, fragment, chop))


@pytest.mark.deadline(100)
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
async def test_program_returns_sixteen_mebibytes_that_come_in_64_byte_chops(
    opcode: int,
) -> None:
    await check_program(long_message(opcode, 16 * MIB, 16 * MIB, 64))


@pytest.mark.parametrize("limit", [125, 126, 65535, 65536])
@pytest.mark.parametrize("fragment", [7, 1 << 20])
async def test_message_at_the_limit_passes_and_one_byte_more_does_not(limit: int, fragment: int) -> None:
    at = b"x" * limit
    await check(Case("at", (fragmented(BINARY, at, fragment),), ((BINARY, at),)), max_size=limit)
    over = fragmented(BINARY, at + b"x", fragment)
    case = Case("over", (over,), close=1009, exit_code=ExitCode.TOO_LARGE)
    await check(case, max_size=limit)


async def test_length_over_the_limit_is_refused_before_its_payload() -> None:
    for length in (1 << 20, 1 << 32, (1 << 63) - 1):
        header = encode_frame(BINARY, length=length)
        case = Case("header", (header,), close=1009, exit_code=ExitCode.TOO_LARGE)
        await check(case, max_size=65536)


async def test_limit_counts_a_message_not_the_fragments_that_control_frames_part() -> None:
    begun = encode_frame(TEXT, b"x" * 60, fin=False) + encode_frame(9, b"p" * 125)
    whole = begun + encode_frame(0, b"x" * 40)
    case = Case("within", (whole,), ((TEXT, b"x" * 100),), (b"p" * 125,))
    await check(case, max_size=100)
