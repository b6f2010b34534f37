"""`python -m tests.hostile`: every hostile peer in turn, with exit code, time and peak memory."""

from __future__ import annotations

import asyncio

from .cases import CASES
from .running import idle_peak, play


async def main() -> None:
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


asyncio.run(main())
