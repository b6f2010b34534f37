"""One attempt at a check: what its steps do with a peer that is slow, greedy or says odd things."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.check.test_check import checked, deaf, echo, suite
from tests.peers import Peer, raw_server
from tests.support import wscli


async def test_a_peer_that_echoes_all_that_is_sent_at_once_is_read_meanwhile(tmp_path: Path) -> None:
    # It reads no more while its echo is not read, so that neither of the two could ever go on.
    (tmp_path / "big").write_bytes(bytes(64_000))
    steps = ",".join(['{ send-binary = "@big" }'] * 100 + ["{ expect-count = 100 }"])
    async with raw_server(echo) as server:
        result = await checked(tmp_path, suite(server.url, f"steps = [{steps}]"))
    assert result["status"] == 0, result["checks"]


async def test_a_peer_that_talks_while_pinged_is_read_as_far_as_its_pong(tmp_path: Path) -> None:
    async def talk_then_answer(peer: Peer) -> None:
        await peer.accept()
        for _ in range(64):
            await peer.frame(2, bytes(64 * 1024))
        await peer.echo()

    async with raw_server(talk_then_answer) as server:
        result = await checked(
            tmp_path, suite(server.url, "steps = [{ ping = true }, { expect-count = 64 }]")
        )
    assert result["status"] == 0, result["checks"]


async def test_a_peer_that_talks_without_end_and_never_reads_fails_with_what_was_kept(tmp_path: Path) -> None:
    async def talk_on(peer: Peer) -> None:
        await peer.accept()
        while True:
            await peer.frame(2, bytes(1024 * 1024))

    (tmp_path / "big").write_bytes(bytes(16 * 1024 * 1024))
    steps = 'steps = [{ send-binary = "@big" }, { expect = "x" }]'
    async with raw_server(talk_on) as server:
        result = await checked(tmp_path, suite(server.url, steps))
    (check,) = result["checks"]
    assert (check["kind"], check["place"]) == ("too-large", "step 1 (send-binary)"), check
    assert check["message"].startswith("over 64 MiB of messages came that no step had looked at")
    assert "between those that send" in check["hint"]


CAPTURING = 'steps = [{ expect-json = "id", capture = { x = "id" } }, '
ODD = {
    "half a surrogate pair": (
        '{"id": "\\ud800"}',
        CAPTURING + '{ send = "got ${x}" }]',
        "step 1 (expect-json)",
        "capture: id holds half a surrogate pair, which is no character and cannot be sent as UTF-8",
    ),
    "half a surrogate pair inside of an array": (
        '{"id": ["\\udfff"]}',
        CAPTURING + '{ send-json = { a = "${x}" } }]',
        "step 1 (expect-json)",
        "capture: id holds half a surrogate pair, which is no character and cannot be sent as UTF-8",
    ),
    "a text too long for a reason": (
        "é" * 70,
        'steps = [{ expect = "(?P<all>.*)" }, { close = 1000, reason = "${all}" }]',
        "step 2 (close)",
        "with what was captured the reason has 140 bytes of UTF-8, and a close reason has at most 123"
        " (RFC 6455 §5.5)",
    ),
}


@pytest.mark.parametrize("name", ODD)
async def test_what_a_peer_said_and_cannot_be_sent_is_no_fault_of_ours(name: str, tmp_path: Path) -> None:
    said, body, place, message = ODD[name]

    async def say(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, said)
        await peer.answer_close()

    async with raw_server(say) as server:
        result = await checked(tmp_path, suite(server.url, body))
    (check,) = result["checks"]
    assert (check["kind"], check["place"], check["message"]) == ("expectation", place, message)


async def test_a_close_without_answer_is_warned_of_and_no_failure(tmp_path: Path) -> None:
    async with raw_server(deaf) as server:
        result = await checked(tmp_path, suite(server.url))
        events = await wscli("check", server.url, "--json")
    assert result["status"] == 0
    warning = "the peer did not answer our Close in time (RFC 6455 §5.5.1)"
    assert result["checks"][0]["warning"] == warning
    assert f"warning: {warning}" in result["stdout"].decode()
    assert json.loads(events.stdout.splitlines()[0])["warning"] == warning
    async with raw_server(echo) as server:
        answered = await checked(tmp_path, suite(server.url))
    assert answered["checks"][0]["warning"] == ""


FAILING = {
    "a step": (
        'steps = [{ send = "hi" }, { expect = "no", within = 0.1 }]',
        "expectation",
        "step 2 (expect)",
    ),
    "a ping": ('steps = [{ ping = true, within = "100ms" }]', "timeout", "step 1 (ping)"),
    "the whole of it": (
        'steps = [{ wait = "1h" }]\nlimits = { total = "1s" }',
        "expectation",
        "step 1 (wait)",
    ),
    "the opening": ('expect = { subprotocol = "chat" }', "expectation", ""),
}


@pytest.mark.parametrize("name", FAILING)
async def test_a_check_that_fails_closes_what_is_open(name: str, tmp_path: Path) -> None:
    body, kind, place = FAILING[name]
    codes: list[bytes] = []

    async def note_the_close(peer: Peer) -> None:
        await peer.accept()
        frame = await peer.read_until(8)
        codes.append(frame.payload[:2])
        await peer.close(4000)

    async with raw_server(note_the_close) as server:
        result = await checked(tmp_path, suite(server.url, body))
    (check,) = result["checks"]
    assert codes == [(1000).to_bytes(2, "big")]
    assert (check["kind"], check["place"], check["warning"]) == (kind, place, ""), check


async def test_a_check_that_fails_does_not_wait_long_for_a_peer_that_never_stops(tmp_path: Path) -> None:
    async def talk_on(peer: Peer) -> None:
        await peer.accept()
        while True:
            await peer.frame(1, "more" * 1000)

    body = 'steps = [{ expect = "no", within = "200ms" }]'
    async with raw_server(talk_on) as server, raw_server(deaf) as other:
        text = suite(server.url, body) + "\n" + suite(other.url, body).replace('"it"', '"other"')
        result = await checked(tmp_path, text)
    assert [check["place"] for check in result["checks"]] == ["step 1 (expect)"] * 2
