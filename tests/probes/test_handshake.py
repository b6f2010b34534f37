"""The handshake probe: what it reports of good, refused and rude servers."""

from __future__ import annotations

import socket

import pytest

from tests.peers import Peer, raw_server
from wscli.config import parse_url
from wscli.errors import (
    BadReply,
    CertificateUntrusted,
    ClosedByPeer,
    ConnectFailed,
    DeadlineExceeded,
    Interrupted,
    ProtocolViolated,
    Refused,
)
from wscli.events import Closed, Opened, Proxied, ResponseReceived, Summarized, ViolationFound
from wscli.probes.handshake import probe
from wscli.probes.stop import Stop

from .probing import Kept, probed


async def polite(peer: Peer) -> None:
    await peer.accept(subprotocol="chat")
    await peer.answer_close()


async def test_it_opens_times_each_phase_and_closes_with_1000() -> None:
    async with raw_server(polite) as server:
        report, kept = await probed(probe, server, target={"subprotocols": ("chat",)})
    assert (report.failure, report.warning) == (None, "")
    assert kept.of(Opened)[0].subprotocol == "chat"
    (closed,) = kept.of(Closed)
    assert (closed.code, closed.initiator, closed.clean) == (1000, "local", True)
    summary = kept.of(Summarized)[0]
    assert kept.events[-1] is summary
    assert isinstance(summary.phases_ms, dict)
    assert list(summary.phases_ms) == ["resolve", "connect", "upgrade", "other"]
    assert sum(summary.phases_ms.values()) == pytest.approx(kept.of(Opened)[0].total_ms, abs=0.01)
    assert (summary.errors, summary.warnings) == (0, 0)


def phases(kept: Kept) -> dict[str, float]:
    times = kept.of(Summarized)[0].phases_ms
    assert isinstance(times, dict)
    return times


async def test_the_phase_that_failed_is_timed_too() -> None:
    async with raw_server(polite) as server:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            nobody = ("127.0.0.1", closed.getsockname()[1])
            report, refused = await probed(probe, server, target={"connect_to": nobody})
            proxy = f"http://127.0.0.1:{nobody[1]}"
            _, lost = await probed(probe, server, target={"proxy": proxy})
    assert isinstance(report.failure, ConnectFailed)
    assert list(phases(refused)) == ["resolve", "connect"]
    assert phases(refused)["connect"] > 0
    assert list(phases(lost)) == ["resolve", "connect"]


@pytest.mark.parametrize("tls", [False, True])
async def test_a_server_that_says_nothing_leaves_its_time_in_the_phase_it_was_asked_in(tls: bool) -> None:
    async def silent(peer: Peer) -> None:
        await peer.wait_eof()

    async with raw_server(silent) as server:
        server_url = parse_url(server.url.replace("ws:", "wss:" if tls else "ws:"))
        report, kept = await probed(probe, server, target={"url": server_url, "connect_timeout": 1.0})
    assert isinstance(report.failure, DeadlineExceeded)
    assert list(phases(kept)) == ["resolve", "connect", "tls" if tls else "upgrade"]
    assert sum(phases(kept).values()) > 100


async def test_a_certificate_that_is_not_trusted_leaves_the_time_of_tls() -> None:
    async with raw_server(polite, tls=True) as server:
        report, kept = await probed(probe, server)
    assert isinstance(report.failure, CertificateUntrusted)
    assert list(phases(kept)) == ["resolve", "connect", "tls"]


async def test_what_a_proxy_refuses_is_counted_once() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.respond(403)

    async with raw_server(refuse) as server:
        _, kept = await probed(probe, server, target={"proxy": server.url.replace("ws:", "http:")})
    assert list(phases(kept)) == ["resolve", "connect", "proxy"]
    assert phases(kept)["proxy"] == kept.of(Proxied)[0].duration_ms


async def test_a_refusal_keeps_its_body_and_still_sums_up() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.respond(401, "Unauthorized", body=b"who are you?")

    async with raw_server(refuse) as server:
        report, kept = await probed(probe, server)
    assert isinstance(report.failure, Refused)
    assert kept.of(ResponseReceived)[0].body == "who are you?"
    assert len(kept.of(Summarized)) == 1


async def test_a_wrong_accept_is_a_bad_reply() -> None:
    async def lie(peer: Peer) -> None:
        await peer.accept(accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA=")

    async with raw_server(lie) as server:
        report, kept = await probed(probe, server)
    assert isinstance(report.failure, BadReply)
    assert kept.of(Summarized)[0].errors == 1


async def end_without_close(peer: Peer) -> None:
    await peer.accept()
    await peer.read_until(8)


async def reset_instead_of_close(peer: Peer) -> None:
    await peer.accept()
    await peer.read_until(8)
    peer.reset()


async def stay_silent(peer: Peer) -> None:
    await peer.accept()
    await peer.wait_eof()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (end_without_close, "ended the connection without answering"),
        (reset_instead_of_close, "reset the connection"),
        (stay_silent, "did not answer our Close in time"),
    ],
)
async def test_a_close_without_its_answer_is_only_a_warning(script: object, words: str) -> None:
    async with raw_server(script) as server:  # type: ignore[arg-type] # the table's type is too wide
        report, _ = await probed(probe, server, target={"close_timeout": 0.1})
    assert report.failure is None
    assert words in report.warning


async def test_a_peer_that_closes_first_with_an_error_fails_unless_it_is_allowed() -> None:
    async def bye(peer: Peer) -> None:
        # In one write with the reply, so that it is there before our own Close can be.
        await peer.accept(then=b"\x88\x02\x0f\xa1")
        await peer.read_until(8)

    async with raw_server(bye) as server:
        report, _ = await probed(probe, server)
        assert isinstance(report.failure, ClosedByPeer)
        report, _ = await probed(probe, server, ok_close=frozenset({4001}))
        assert report.failure is None


async def test_a_masked_frame_breaks_the_protocol() -> None:
    async def mask(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "x", mask=b"\1\2\3\4")
        await peer.read_until(8)

    async with raw_server(mask) as server:
        report, kept = await probed(probe, server)
    assert isinstance(report.failure, ProtocolViolated)
    assert kept.of(Summarized)[0].errors == 1


async def test_a_stop_while_opening_ends_without_a_frame() -> None:
    stop = Stop()
    cause = Interrupted("interrupted")

    async def stop_instead_of_answering(peer: Peer) -> None:
        await peer.read_request()
        stop.request(cause)
        await peer.wait_eof()

    async with raw_server(stop_instead_of_answering) as server:
        report, kept = await probed(probe, server, stop=stop)
        await server.finished()
    assert report.failure is cause
    assert not kept.of(Opened)


async def test_a_bad_answer_after_the_stop_is_no_cause_of_its_own() -> None:
    stop, cause = Stop(), Interrupted("interrupted")

    async def stops(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        stop.request(cause)
        await peer.frame(8, b"\x03")
        await peer.wait_eof()

    async with raw_server(stops) as server:
        report, kept = await probed(probe, server, stop=stop)
    assert report.failure is cause
    assert any(violation.severity == "error" for violation in kept.of(ViolationFound))
