"""`python -m tests.hostile` prints the numbers: cases, faults, fuzzed bytes, each hostile peer."""

from __future__ import annotations

import asyncio
import itertools
import random

from tests.conformance.driving import COUNTED, check
from tests.conformance.tables import TABLES
from tests.fuzz.__main__ import fuzz
from tests.fuzz.targets import TARGETS

from .cancelling import WHOM, cancelled_at
from .cases import CASES
from .faults import INJECTED, UNCUT, cut_at, cut_in, write_failing
from .running import idle_peak, play
from .sessions import COMMANDS, LENGTH

_FUZZ_SECONDS = 2.0


async def conformance() -> None:
    """The tables, each case a connection of its own; a failed one ends this with its name."""
    for name, table in TABLES.items():
        before = COUNTED["cases"]
        for case in table():
            await check(case)
        print(f"conformance, {name}: {COUNTED['cases'] - before:,} cases", flush=True)
    print(f"conformance, in all: {COUNTED['cases']:,} cases, {COUNTED['bytes']:,} bytes from the server\n")


async def faults() -> None:
    """Whole sessions of each command ended, reset, cancelled, unable to write: everywhere, over TLS, too."""
    for offset in range(LENGTH + 1):
        await cut_at(offset, reset=False)
        await cut_at(offset, reset=True)
    for name, tls in itertools.product(COMMANDS, (False, True)):
        for tls_bytes in (False, True) if tls else (False,):
            await cut_everywhere(name, tls=tls and not tls_bytes, tls_bytes=tls_bytes)
        for whom in WHOM:
            at = 1
            while (await cancelled_at(name, at, whom, tls=tls))[0]:
                at += 1
        await write_failing(name, None, step=1, tls=tls)
        _, writes, _ = await write_failing(name, None, tls=tls)
        for fail_at in range(writes):
            await write_failing(name, fail_at, tls=tls)
    print("faults injected: " + ", ".join(f"{count:,} {kind}" for kind, count in INJECTED.items()) + "\n")


async def cut_everywhere(name: str, *, tls: bool, tls_bytes: bool) -> None:
    """After every byte of a session, also inside TLS."""
    _, uncut = await cut_in(name, UNCUT, tls=tls, tls_bytes=tls_bytes)
    for offset, reset in itertools.product(range(uncut.sent), (False, True)):
        await cut_in(name, offset, reset=reset, tls=tls, tls_bytes=tls_bytes)


def fuzzing() -> None:
    """A short run of each target; `python -m tests.fuzz` runs longer."""
    for name in TARGETS:
        cases, octets, finds = fuzz(name, _FUZZ_SECONDS, random.Random(name))
        print(f"fuzzed, {name}: {cases:,} cases, {octets:,} bytes, {finds} finds", flush=True)
    print()


async def bounds() -> None:
    """Every hostile peer in turn, with exit code, time and peak memory."""
    idle = await idle_peak()
    print(f"idle: {idle:.0f} MiB\n")
    print("| peer | exit | expected | seconds | MiB over idle |")
    print("|---|---|---|---|---|")
    for case in CASES:
        outcome = await play(case)
        over = outcome.peak - idle
        print(
            f"| {case.name} | {outcome.code} | {case.code} | {outcome.seconds:.1f} | {over:.0f} |", flush=True
        )


def main() -> None:
    asyncio.run(conformance())
    asyncio.run(faults())
    fuzzing()
    asyncio.run(bounds())


if __name__ == "__main__":
    main()
