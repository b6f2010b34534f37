"""The close probe: verdicts on what came back."""

from __future__ import annotations

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.peers.raw import Script
from wscli.errors import (
    ClosedByPeer,
    ConnectionLost,
    DeadlineExceeded,
    Interrupted,
    ProtocolViolated,
    UsageError,
)
from wscli.events import Closed, Summarized, ViolationFound
from wscli.probes.close import CloseOptions, close_options, probe
from wscli.probes.stop import Stop
from wscli.wire.rules import RULES

from .probing import Kept, probed


async def polite(peer: Peer) -> None:
    await peer.accept()
    await peer.answer_close()


async def other_code(peer: Peer) -> None:
    await peer.accept()
    await peer.read_until(8)
    await peer.close(4321, "mine")


async def eof(peer: Peer) -> None:
    await peer.accept()
    await peer.read_until(8)


async def silent(peer: Peer) -> None:
    await peer.accept()
    await peer.wait_eof()


async def reset_after_answer(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(8, (await peer.read_until(8)).payload)
    peer.reset()


def rules(kept: Kept) -> list[str]:
    return [violation.rule for violation in kept.of(ViolationFound)]


async def test_a_clean_close_has_no_verdict_against_it() -> None:
    async with raw_server(polite) as server:
        report, kept = await probed(probe, server, CloseOptions(4001, "going"))
        assert server.peer.frames[-1].close_code == 4001
        assert server.peer.frames[-1].close_reason == "going"
    assert report.failure is None
    assert rules(kept) == []
    assert kept.of(Closed)[0].tcp == "fin"
    assert kept.of(Summarized)[0].command == "close"


async def refuses(peer: Peer) -> None:
    await peer.accept()
    await peer.read_until(8)
    await peer.close(1002, "")


async def test_a_code_that_may_not_be_sent_need_not_be_echoed() -> None:
    async with raw_server(refuses) as server:
        _, kept = await probed(probe, server, CloseOptions(1006, force=True))
    assert kept.of(Closed)[0].code == 1002
    assert "close-code-not-echoed" not in rules(kept)


async def wrong_before(peer: Peer) -> None:
    await peer.accept(then=encode_frame(1, "masked", mask=b"abcd"))
    await peer.answer_close()


async def wrong_and_stubborn(peer: Peer) -> None:
    await peer.accept(then=encode_frame(1, "masked", mask=b"abcd"))
    await peer.read_until(8)
    await peer.close(1000)


@pytest.mark.parametrize(("script", "echoed"), [(wrong_before, True), (wrong_and_stubborn, False)])
async def test_the_answer_is_compared_with_the_close_that_was_sent(script: Script, echoed: bool) -> None:
    async with raw_server(script) as server:
        report, kept = await probed(probe, server, CloseOptions(4001))
        sent = server.peer.frames[-1].close_code
    assert isinstance(report.failure, ProtocolViolated)
    # Which of the two was first is a race; either way the answer is held against what was on the wire.
    assert sent in (1002, 4001)
    assert ("close-code-not-echoed" not in rules(kept)) is echoed


async def test_another_code_in_the_answer_is_a_warning_and_no_failure() -> None:
    async with raw_server(other_code) as server:
        report, kept = await probed(probe, server, CloseOptions())
    assert report.failure is None
    assert rules(kept) == ["close-code-not-echoed"]


@pytest.mark.parametrize("code", [1005, 1006])
async def test_an_answer_with_a_code_that_stands_for_none_is_an_answer_all_the_same(code: int) -> None:
    async def answers(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        await peer.close(code, "")

    async with raw_server(answers) as server:
        report, kept = await probed(probe, server, CloseOptions())
    assert isinstance(report.failure, ProtocolViolated)
    assert "close-unanswered" not in rules(kept)
    ending = kept.of(Closed)[0]
    assert (ending.code, ending.wire_code, ending.clean) == (code, code, True)


async def test_verdicts_have_section_and_severity_of_the_table_of_rules() -> None:
    async with raw_server(eof) as server:
        _, kept = await probed(probe, server, CloseOptions())
    (found,) = kept.of(ViolationFound)
    # An error would be exit 76 (contract §3); this one is 28 or 56.
    assert (found.rfc, found.severity) == ("RFC 6455 §5.5.1", "warning")
    assert RULES[found.rule][:2] == (found.rfc, found.severity)


async def test_eof_in_place_of_the_answer_is_a_lost_connection() -> None:
    async with raw_server(eof) as server:
        report, kept = await probed(probe, server, CloseOptions())
    assert isinstance(report.failure, ConnectionLost)
    assert rules(kept) == ["close-unanswered"]


async def test_silence_in_place_of_the_answer_is_a_timeout() -> None:
    async with raw_server(silent) as server:
        report, kept = await probed(probe, server, CloseOptions(), target={"close_timeout": 0.1})
    assert isinstance(report.failure, DeadlineExceeded)
    assert rules(kept) == ["close-unanswered"]


async def test_a_reset_after_the_answer_is_told() -> None:
    async with raw_server(reset_after_answer) as server:
        report, kept = await probed(probe, server, CloseOptions())
    assert report.failure is None
    # A reset may overtake the answer on its way through the kernel; either is told.
    assert rules(kept) in (["tcp-reset"], [])


async def test_a_peer_that_was_first_gets_no_verdict_on_an_answer() -> None:
    async def first(peer: Peer) -> None:
        await peer.accept(then=b"\x88\x02\x03\xf3")
        await peer.read_until(8)

    async with raw_server(first) as server:
        report, kept = await probed(probe, server, CloseOptions())
    assert isinstance(report.failure, ClosedByPeer)
    assert rules(kept) == []
    assert kept.of(Closed)[0].initiator == "peer"


async def test_a_forbidden_code_is_forced_onto_the_wire() -> None:
    async with raw_server(polite) as server:
        _, kept = await probed(probe, server, close_options(1006, "", force=True))
        assert server.peer.frames[-1].close_code == 1006
    assert [frame.payload for frame in kept.sent(8)] == [b"\x03\xee"]


@pytest.mark.parametrize(
    ("code", "reason", "force"),
    [
        (1004, "", False),
        (1005, "", False),
        (1006, "", False),
        (1015, "", False),
        (999, "", False),
        (2000, "", False),
        (5000, "", False),
        (-1, "", True),
        (65536, "", True),
        (1000, "x" * 124, True),
        (1000, "\udcff", False),
    ],
)
def test_what_may_not_be_sent_is_refused_before_anything_is(code: int, reason: str, force: bool) -> None:
    with pytest.raises(UsageError) as refused:
        close_options(code, reason, force=force)
    assert "RFC 6455" in refused.value.message


async def test_a_stop_while_the_answer_is_awaited_still_ends_with_a_close_event() -> None:
    stop, cause = Stop(), Interrupted("interrupted")

    async def stops(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        stop.request(cause)
        await peer.wait_eof()

    async with raw_server(stops) as server:
        report, kept = await probed(
            probe, server, CloseOptions(4001), stop=stop, target={"close_timeout": 3600}
        )
    assert report.failure is cause
    assert [(closed.code, closed.tcp) for closed in kept.of(Closed)] == [(1006, "open")]
    # It was not given the time to answer that it may take.
    assert rules(kept) == []


async def test_a_bad_answer_after_the_stop_is_no_cause_of_its_own() -> None:
    stop, cause = Stop(), Interrupted("interrupted")

    async def stops(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        stop.request(cause)
        await peer.frame(8, b"\x03")
        await peer.wait_eof()

    async with raw_server(stops) as server:
        report, kept = await probed(probe, server, CloseOptions(), stop=stop)
    assert report.failure is cause
    assert any(violation.severity == "error" for violation in kept.of(ViolationFound))


async def test_a_bad_answer_before_the_stop_stays_the_cause() -> None:
    stop = Stop()

    def stops(event: object) -> None:
        if isinstance(event, Closed):
            stop.request(Interrupted("interrupted"))

    async def bad(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        await peer.frame(8, b"\x03")
        await peer.wait_eof()

    async with raw_server(bad) as server:
        report, _ = await probed(probe, server, CloseOptions(), stop=stop, kept=Kept(when=stops))
    assert isinstance(report.failure, ProtocolViolated)
