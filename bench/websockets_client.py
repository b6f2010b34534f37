"""websockets' own asyncio client as a program: what somebody would write in its place."""

from __future__ import annotations

import asyncio
import sys

from websockets.asyncio.client import connect


async def receive(url: str, *, deflate: bool) -> None:
    """Print each message and a newline."""
    async with connect(url, compression="deflate" if deflate else None, max_size=None) as connection:
        write = sys.stdout.write
        async for message in connection:
            write(f"{message}\n")


async def send(url: str) -> None:
    """Send each line of stdin."""
    async with connect(url, compression=None) as connection:
        for line in sys.stdin:
            await connection.send(line.rstrip("\n"))


if __name__ == "__main__":
    verb, target = sys.argv[1:3]
    asyncio.run(send(target) if verb == "send" else receive(target, deflate=verb == "receive-deflate"))
