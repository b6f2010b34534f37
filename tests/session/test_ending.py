"""How a connection ends, and what that means (contract §3): each row from a server that ends it so."""

from __future__ import annotations

import asyncio

import pytest

from tests.peers import Peer, encode_frame
from tests.session.driving import converse
from tests.support import until
from wscli.errors import ExitCode, UsageError
from wscli.events import FrameSeen
from wscli.session.ending import Ending
from wscli.session.session import Session


async def close_now(session: Session) -> None:
    await session.close()


@pytest.mark.parametrize(
    ("code", "ok_close", "exit_code"),
    [
        (1000, (), ExitCode.OK),
        (1001, (), ExitCode.OK),
        (None, (), ExitCode.OK),
        (1011, (), ExitCode.CLOSE_CODE),
        (4001, (), ExitCode.CLOSE_CODE),
        (4001, (4001,), ExitCode.OK),
        (4001, (4002,), ExitCode.CLOSE_CODE),
    ],
)
async def test_a_close_by_the_peer_is_judged_by_its_code(
    code: int | None, ok_close: tuple[int, ...], exit_code: ExitCode
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.close(code, "" if code is None else "why")
        await peer.read_until(8)

    outcome = await converse(script, ok_close=frozenset(ok_close))
    assert outcome.exit_code is exit_code
    closed = outcome.closed
    assert (closed.code, closed.reason) == (1005, "") if code is None else (code, "why")
    assert (closed.initiator, closed.clean, closed.tcp) == ("peer", True, "fin")
    # The answer repeats the code (RFC 6455 §5.5.1).
    assert outcome.close_sent == code
    assert closed.duration_ms is not None


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        (1011, "the server failed: its log may say why; --ok-close 1011 makes this a success"),
        (4001, "--ok-close 4001 makes this a success"),
    ],
)
async def test_a_close_code_of_the_rfc_says_where_to_look(code: int, hint: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.close(code)
        await peer.read_until(8)

    outcome = await converse(script)
    assert outcome.session.failure is not None
    assert outcome.session.failure.hint == hint


@pytest.mark.parametrize("answer", [1000, 1001, 1011, 4001])
async def test_whatever_answers_our_close_is_no_failure(answer: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        await peer.close(answer)

    outcome = await converse(script, close_now)
    assert outcome.exit_code is ExitCode.OK
    assert (outcome.closed.code, outcome.closed.initiator, outcome.close_sent) == (answer, "local", 1000)


@pytest.mark.parametrize(("strict", "exit_code"), [(True, ExitCode.TIMEOUT), (False, ExitCode.OK)])
async def test_silence_after_our_close_is_a_timeout(strict: bool, exit_code: ExitCode) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.wait_eof()

    outcome = await converse(script, close_now, close_timeout=0.2, strict_close=strict)
    assert outcome.exit_code is exit_code
    assert (outcome.closed.code, outcome.closed.tcp, outcome.closed.clean) == (1006, "open", False)
    if strict:
        assert "closing handshake" in str(outcome.session.failure)


@pytest.mark.parametrize(("strict", "exit_code"), [(True, ExitCode.LOST), (False, ExitCode.OK)])
@pytest.mark.parametrize("reset", [True, False])
async def test_an_end_without_an_answer_to_our_close_is_a_loss(
    reset: bool, strict: bool, exit_code: ExitCode
) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        if reset:
            peer.reset()

    outcome = await converse(script, close_now, strict_close=strict)
    assert outcome.exit_code is exit_code
    assert (outcome.closed.code, outcome.closed.tcp) == (1006, "reset" if reset else "fin")


@pytest.mark.parametrize("reset", [True, False])
async def test_an_end_without_a_close_is_a_loss_and_what_came_before_it_is_kept(reset: bool) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "last words")
        if reset:
            peer.reset()

    outcome = await converse(script)
    assert outcome.exit_code is ExitCode.LOST
    assert outcome.told.received == [b"last words"]
    closed = outcome.closed
    assert (closed.code, closed.initiator, closed.tcp) == (1006, "none", "reset" if reset else "fin")


async def test_what_came_with_the_reply_is_kept_though_the_end_came_with_it() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept(then=b"\x81\x02hi\x88\x02\x0f\xa1")
        peer.reset()

    outcome = await converse(script)
    assert (outcome.told.received, outcome.closed.code) == ([b"hi"], 4001)
    assert outcome.exit_code is ExitCode.CLOSE_CODE


async def test_a_close_is_kept_though_our_writes_fail() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_frame()
        await peer.frame(1, "why")
        await peer.close(1008, "no")
        peer.reset()

    async def write_on(session: Session) -> None:
        # Until the write that meets the reset.
        while session.is_open:
            session.send_text(b"x" * 1000)
            await session.flushed()
            await asyncio.sleep(0)

    outcome = await converse(script, write_on)
    assert outcome.told.received == [b"why"]
    assert (outcome.closed.code, outcome.closed.reason) == (1008, "no")
    assert outcome.exit_code is ExitCode.CLOSE_CODE


async def test_simultaneous_closes_are_ours_and_clean() -> None:
    both = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept()
        await both.wait()
        await peer.close(4001)
        await peer.read_until(8)

    async def act(session: Session) -> None:
        session.send_close(1000)
        await session.flushed()
        both.set()

    outcome = await converse(script, act)
    assert outcome.exit_code is ExitCode.OK
    assert (outcome.closed.initiator, outcome.closed.clean, outcome.closed.code) == ("local", True, 4001)
    assert [frame.opcode for frame in outcome.peer.frames] == [8]


async def test_messages_after_our_close_still_arrive_before_the_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        await peer.frame(1, "late")
        await peer.close(1000)

    outcome = await converse(script, close_now)
    assert (outcome.told.received, outcome.exit_code) == ([b"late"], ExitCode.OK)


@pytest.mark.parametrize(
    ("code", "ok_close", "exit_code"),
    [
        (1000, (), ExitCode.PROTOCOL),
        (4001, (), ExitCode.CLOSE_CODE),
        (4001, (4001,), ExitCode.PROTOCOL),
        # One frame is one cause: what is wrong with it comes before what it says.
        (5000, (), ExitCode.PROTOCOL),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
async def test_a_close_that_is_a_failure_comes_before_what_is_wrong_behind_it(
    code: int, ok_close: tuple[int, ...], exit_code: ExitCode, at_once: bool
) -> None:
    async def script(peer: Peer) -> None:
        close, late = encode_frame(8, code.to_bytes(2, "big")), encode_frame(1, "late")
        await peer.accept()
        if at_once:
            await peer.send(close + late)
        else:
            await peer.send(close)
            await peer.read_until(8)
            await peer.send(late)

    outcome = await converse(script, ok_close=frozenset(ok_close))
    assert outcome.exit_code is exit_code
    assert outcome.told.rules[-1] == "after-close"


async def test_what_follows_a_close_is_shown_as_a_violation_and_is_no_message() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.close(1000)
        await peer.read_until(8)
        # In pieces: a frame that comes in two reads is one frame also here.
        await peer.send(b"\x81\x04la")
        await peer.send(b"te")

    outcome = await converse(script)
    assert outcome.told.received == []
    assert outcome.told.rules == ["after-close"]
    assert outcome.exit_code is ExitCode.PROTOCOL
    late = [frame for frame in outcome.told.events if getattr(frame, "opcode", None) == 1]
    assert [(frame.payload, frame.truncated) for frame in late] == [(b"late", False)]  # type: ignore[union-attr]  # frames alone have an opcode


async def test_a_peer_that_keeps_tcp_open_after_both_closes_is_left() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.close(1000)
        await peer.wait_eof()

    outcome = await converse(script)
    assert (outcome.exit_code, outcome.closed.tcp, outcome.closed.clean) == (ExitCode.OK, "open", True)


async def test_a_peer_that_goes_at_once_wakes_whoever_waits_to_send() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()

    async def act(session: Session) -> None:
        await session.wait_closed()
        assert not session.is_open
        await session.room()
        assert not await session.flushed()

    outcome = await converse(script, act)
    assert outcome.exit_code is ExitCode.LOST


async def test_a_forced_close_goes_out_as_it_is() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.answer_close()

    async def act(session: Session) -> None:
        with pytest.raises(UsageError, match="1005"):
            session.send_close(1005)
        session.send_close(1005, "odd", force=True)
        assert not session.is_open

    outcome = await converse(script, act)
    assert outcome.close_sent == 1005
    assert (outcome.closed.sent is not None and outcome.closed.sent.code) == 1005
    # The echo is judged as it stands: that code may not be on the wire.
    assert outcome.told.rules == ["close-code"]
    assert [frame.opcode for frame in outcome.peer.frames] == [8]


@pytest.mark.parametrize(
    ("code", "reason"), [(1000, "x" * 124), (1000, "ü" * 62), (None, "why"), (70000, ""), (-1, "")]
)
async def test_a_close_that_cannot_be_written_is_a_usage_error(code: int | None, reason: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.answer_close()

    async def act(session: Session) -> None:
        for force in (False, True):
            with pytest.raises(UsageError):
                session.send_close(code, reason, force=force)
        await session.close(1000, "x" * 123)

    outcome = await converse(script, act)
    assert outcome.closed.reason == "x" * 123


async def test_a_close_that_waits_behind_messages_has_its_time_while_the_peer_takes_them() -> None:
    go_on = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.accept()
        await go_on.wait()
        while len(peer.received) < 32 << 20:
            await peer.receive()
        await peer.close(1000)

    async def act(session: Session) -> None:
        session.send_raw(encode_frame(2, bytes(32 << 20), mask=bytes(4)))
        session.send_close()
        before = session._deadline
        go_on.set()
        assert await session.flushed()
        assert before is not None
        assert session._deadline is not None
        assert session._deadline > before

    outcome = await converse(script, act, deflate=None)
    assert outcome.exit_code is ExitCode.OK


def test_the_time_that_an_unanswered_close_was_waited_for_is_the_true_one() -> None:
    frame = FrameSeen(
        t=2.0,
        time="",
        n=1,
        direction="out",
        opcode=8,
        type="close",
        fin=True,
        rsv1=False,
        rsv2=False,
        rsv3=False,
        masked=True,
        mask="00000000",
        wire_length=2,
        length=2,
        header="8882",
        base64=b"\x03\xe8",
    )
    whole = Ending(sent=frame).unanswered(5.0, 5.0, now=7.0)
    assert "within 5 s" in whole.message
    assert "--close-timeout" in whole.hint
    cut_short = Ending(sent=frame).unanswered(0.0, 5.0, now=3.25)
    assert "after 1.2 s" in cut_short.message
    assert cut_short.hint == ""
    assert "not even our Close" in Ending().unanswered(0.0, 5.0, now=3.0).message


@pytest.mark.parametrize(
    "begun", [encode_frame(1, "part", fin=False), encode_frame(1, "whole")[:4]], ids=["message", "frame"]
)
async def test_what_is_unfinished_when_we_give_up_is_no_fault_of_the_peer(begun: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept(then=begun)
        await peer.wait_eof()

    async def act(session: Session) -> None:
        await until(lambda: session.journal.numbering.frames > 0 or session.in_frame)
        await session.close()

    outcome = await converse(script, act, close_timeout=0.1)
    assert outcome.told.rules == []
    assert outcome.exit_code is ExitCode.TIMEOUT
    assert [frame.wire_length for frame in outcome.told.of(FrameSeen) if frame.direction == "in"]
    assert outcome.closed.tcp == "open"
