"""`wscli ping` as a process: Ctrl-C and the summary, whatever the peer does with our Close."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from tests.e2e.piping import Drain, started
from tests.peers import Peer, raw_server


@pytest.mark.parametrize("pongs", [True, False])
async def test_ctrl_c_prints_the_summary_also_where_no_close_is_answered(pongs: bool) -> None:
    pinged = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept()
        ping = await peer.read_until(9)
        if pongs:
            await peer.frame(10, ping.payload)
            await peer.read_until(9)
        pinged.set()
        await asyncio.Event().wait()

    drain = Drain("pipe")
    with Path(os.devnull).open("rb") as nothing:
        async with raw_server(script) as server:
            arguments = ("ping", server.url, "-c", "0", "-i", "0.05", "--json")
            async with started(*arguments, stdin=nothing.fileno(), stdout=drain.fd) as process:
                await pinged.wait()
                process.signal(signal.SIGINT)
                finished = await process.finish(await drain.collect(process))
    assert finished.status == (0 if pongs else 28), finished.stderr
    (summary,) = [
        event for event in map(json.loads, finished.stdout.splitlines()) if event["event"] == "summary"
    ]
    assert summary["sent"] >= 1
    assert summary["received"] == int(pongs)
