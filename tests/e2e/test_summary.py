"""Each run of the four commands tells one `summary`, also where no connection ever stood (contract §4)."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import Any

import pytest

from tests.e2e.piping import Drain, Finished, started
from tests.peers import Peer, raw_server

COMMANDS = [["connect", "-n"], ["handshake"], ["ping"], ["close"]]


def events_of(finished: Finished) -> list[dict[str, Any]]:
    return [json.loads(line) for line in finished.stdout.splitlines()]


def by_name(arguments: list[str]) -> str:
    return arguments[0]


async def run_json(arguments: list[str], url: str, *, stop_at: asyncio.Event | None = None) -> Finished:
    drain = Drain("pipe")
    async with started(*arguments, url, "--json", stdin=None, stdout=drain.fd) as process:
        if stop_at is not None:
            await stop_at.wait()
            process.signal(signal.SIGINT)
        return await process.finish(await drain.collect(process))


@pytest.mark.parametrize("arguments", COMMANDS, ids=by_name)
async def test_a_refused_opening_is_summed_up(arguments: list[str]) -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(503)

    async with raw_server(script) as server:
        finished = await run_json(arguments, server.url)
    assert finished.status == 22, finished.stderr
    *_, summary, error = events_of(finished)
    assert (summary["event"], summary["command"], error["event"]) == ("summary", arguments[0], "error")
    if arguments == ["ping"]:
        assert (summary["sent"], summary["received"], summary["min_ms"]) == (0, 0, None)


@pytest.mark.parametrize("arguments", COMMANDS, ids=by_name)
async def test_an_opening_that_ctrl_c_ends_is_summed_up(arguments: list[str]) -> None:
    asked = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.read_request()
        asked.set()
        await peer.wait_eof()

    async with raw_server(script) as server:
        finished = await run_json(arguments, server.url, stop_at=asked)
    assert finished.status == 130, finished.stderr
    assert [event["event"] for event in events_of(finished)].count("summary") == 1


@pytest.mark.parametrize("arguments", COMMANDS, ids=by_name)
async def test_human_shows_no_figures_where_nothing_was_measured(arguments: list[str]) -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(503)

    async with raw_server(script) as server:
        drain = Drain("pipe")
        async with started(
            *arguments, server.url, "--format", "human", stdin=None, stdout=drain.fd
        ) as process:
            finished = await process.finish(await drain.collect(process))
    assert b"0 messages" not in finished.stdout
    assert b"statistics" not in finished.stdout
