"""The ping probe: what is answered, lost, late; and what the figures come to."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from tests.peers import Peer, raw_server
from wscli.errors import ConnectionLost, DeadlineExceeded, ExpectationFailed, Interrupted, Terminated
from wscli.events import Event, PingLost, PongReceived, Summarized
from wscli.probes.ping import PingOptions, probe, statistics
from wscli.probes.stop import Stop

from .probing import Kept, probed


async def answering(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


async def odd_ones_only(peer: Peer) -> None:
    """Answers every second ping, the first one included."""
    await peer.accept()
    count = 0
    while (frame := await peer.read_frame()).opcode != 8:
        count += 1
        if count % 2:
            await peer.frame(10, frame.payload)
    await peer.frame(8, frame.payload)


async def mute(peer: Peer) -> None:
    await peer.accept()
    frame = await peer.read_until(8)
    await peer.frame(8, frame.payload)


def options(**changed: Any) -> PingOptions:
    return PingOptions(**({"count": 3, "interval": 0.0, "wait": 10.0} | changed))


async def test_each_ping_has_its_pong_and_the_summary_counts_them() -> None:
    async with raw_server(answering) as server:
        report, kept = await probed(probe, server, options())
        payloads = [frame.payload for frame in server.peer.frames if frame.opcode == 9]
    assert (report.failure, report.warning) == (None, "")
    assert [pong.n for pong in kept.of(PongReceived)] == [1, 2, 3]
    assert len(set(payloads)) == 3, "each can be told from the others"
    summary = kept.of(Summarized)[0]
    assert (summary.sent, summary.received, summary.loss_percent) == (3, 3, 0)
    assert summary.max_ms == max(pong.rtt_ms for pong in kept.of(PongReceived))


async def test_a_ping_without_a_pong_is_named_and_lost() -> None:
    async with raw_server(odd_ones_only) as server:
        report, kept = await probed(probe, server, options(wait=0.3))
    assert report.failure is None
    assert [lost.n for lost in kept.of(PingLost)] == [2]
    summary = kept.of(Summarized)[0]
    assert (summary.sent, summary.received) == (3, 2)
    assert summary.loss_percent == pytest.approx(33.333)


async def test_no_pong_at_all_is_a_timeout_and_has_no_round_trip_times() -> None:
    async with raw_server(mute) as server:
        report, kept = await probed(probe, server, options(wait=0.05))
    assert isinstance(report.failure, DeadlineExceeded)
    summary = kept.of(Summarized)[0]
    assert (summary.received, summary.loss_percent, summary.avg_ms) == (0, 100, None)


@pytest.mark.parametrize(
    ("script", "changed", "failed"),
    [
        (answering, {"max_rtt_ms": 0.0}, True),
        (answering, {"max_rtt_ms": 60000.0}, False),
        (odd_ones_only, {"max_loss_percent": 10.0}, True),
        (odd_ones_only, {"max_loss_percent": 40.0}, False),
        (mute, {"max_loss_percent": 99.0}, True),
        (mute, {"max_loss_percent": 100.0}, False),
    ],
)
async def test_expectations_decide(script: Any, changed: dict[str, float], failed: bool) -> None:
    async with raw_server(script) as server:
        report, _ = await probed(probe, server, options(wait=0.3, **changed))
    assert isinstance(report.failure, ExpectationFailed) is failed
    assert failed or report.failure is None


@pytest.mark.parametrize("size", [0, 1, 8, 125])
async def test_the_size_is_that_of_the_payload(size: int) -> None:
    async with raw_server(answering) as server:
        _, kept = await probed(probe, server, options(count=1, size=size))
    assert [frame.length for frame in kept.sent(9)] == [size]
    assert [pong.length for pong in kept.of(PongReceived)] == [size]


async def test_a_payload_of_the_users_own_is_sent_as_it_is() -> None:
    async with raw_server(answering) as server:
        report, kept = await probed(probe, server, options(count=2, payload=b"hi"))
    assert report.failure is None
    assert [frame.payload for frame in kept.sent(9)] == [b"hi", b"hi"]


@pytest.mark.parametrize(("cause", "decides"), [(Interrupted("x"), False), (Terminated("x"), True)])
async def test_ctrl_c_only_ends_the_measuring(cause: Any, decides: bool) -> None:
    stop = Stop()

    def at_first_pong(event: Event) -> None:
        if isinstance(event, PongReceived):
            stop.request(cause)

    async with raw_server(answering) as server:
        report, kept = await probed(
            probe, server, options(count=0, interval=3600.0), stop=stop, kept=Kept(when=at_first_pong)
        )
    assert report.failure is (cause if decides else None)
    assert kept.of(Summarized)[0].received == 1


async def test_what_ended_the_pings_decides_and_not_how_our_close_fares() -> None:
    async def close_badly(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        await peer.frame(8, b"\x03")

    stop, cause = Stop(), DeadlineExceeded("x")
    late = Kept(when=lambda event: stop.request(cause) if isinstance(event, PingLost) else None)
    async with raw_server(close_badly) as server:
        report, kept = await probed(probe, server, options(count=0, wait=0.05), stop=stop, kept=late)
    assert report.failure is cause
    assert kept.of(Summarized)[0].errors == 1


async def test_a_connection_that_is_lost_keeps_its_own_code() -> None:
    async def vanish(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(9)

    async with raw_server(vanish) as server:
        report, kept = await probed(probe, server, options(interval=3600.0, max_loss_percent=0.0))
    assert isinstance(report.failure, ConnectionLost)
    assert kept.of(Summarized)[0].sent == 1


@pytest.mark.parametrize(
    ("rtts", "expected"),
    [
        ([5.0], (5.0, 5.0, 5.0, 0.0, 5.0, 5.0, 5.0)),
        ([1.0, 3.0], (1.0, 2.0, 3.0, 1.0, 1.0, 3.0, 3.0)),
        ([float(n) for n in range(1, 101)], (1.0, 50.5, 100.0, 28.866, 50.0, 95.0, 99.0)),
        ([], (None,) * 7),
    ],
)
def test_statistics_are_those_of_ping_8(rtts: list[float], expected: tuple[float | None, ...]) -> None:
    assert tuple(statistics(rtts).values()) == expected


async def test_a_peer_that_takes_no_more_pings_is_given_up() -> None:
    async def deaf(peer: Peer) -> None:
        peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await peer.accept()
        await asyncio.Event().wait()

    async with raw_server(deaf) as server:
        asked = options(count=1_000_000, size=125, wait=0.3)
        report, kept = await probed(probe, server, asked, target={"close_timeout": 0.3})
    assert isinstance(report.failure, DeadlineExceeded)
    assert "took nothing more for 0.3 s (-W)" in report.failure.message
    assert kept.of(Summarized)[0].sent == len(kept.of(PingLost)) < asked.count
