"""The transport fails wherever it can: no hang, no traceback, nothing leaked, nothing lost or doubled."""

from __future__ import annotations

import pytest

from wscli.errors import ExitCode
from wscli.events import MessageSeen

from .faults import (
    ALL_MESSAGES,
    HEAD_LENGTH,
    LENGTH,
    cancelled_after,
    cut_at,
    messages_before,
    nothing_left,
    write_failing,
)


def code_for(offset: int) -> ExitCode:
    """What contract §3 says of an end after so many bytes of the stream."""
    if offset == 0:
        return ExitCode.CONNECT
    if offset < HEAD_LENGTH:
        return ExitCode.BAD_REPLY
    return ExitCode.OK if offset == LENGTH else ExitCode.LOST


@pytest.mark.deadline(100)
@pytest.mark.parametrize("reset", [False, True], ids=["fin", "reset"])
async def test_end_after_every_byte_of_a_session(reset: bool) -> None:
    async with nothing_left():
        for offset in range(LENGTH + 1):
            run = await cut_at(offset, reset=reset)
            assert run.told.received == messages_before(offset), offset
            expected = {code_for(offset)}
            if reset and offset == LENGTH:
                # The peer said 1000, but what it reset before it read our echoes was not sent.
                expected.add(ExitCode.UNSENT)
            assert run.exit_code in expected, (offset, run.report.failure)


@pytest.mark.deadline(100)
async def test_every_await_of_a_session_is_cancelled_once() -> None:
    turns = 0
    while True:
        cancelled, told = await cancelled_after(turns)
        numbers = [message.n for message in told.of(MessageSeen)]
        assert numbers == sorted(set(numbers))
        assert told.received == ALL_MESSAGES[: len(told.received)]
        if not cancelled:
            break
        turns += 1
    assert turns > 20
    assert told.received == ALL_MESSAGES


@pytest.mark.deadline(100)
async def test_every_write_fails_once() -> None:
    async with nothing_left():
        _, writes, arrived = await write_failing(None)
        assert arrived == ALL_MESSAGES
        for fail_at in range(writes):
            run, _, arrived = await write_failing(fail_at)
            assert arrived == ALL_MESSAGES[: len(arrived)]
            assert run.told.received == ALL_MESSAGES[: len(run.told.received)]
            # All that is told as sent did arrive, and nothing else did.
            assert [frame.payload for frame in run.told.sent if frame.opcode in (1, 2)] == arrived
            failed_request, failed_close = fail_at == 0, fail_at == writes - 1
            expected = ExitCode.LOST
            if failed_request:
                expected = ExitCode.CONNECT
            elif failed_close:
                expected = ExitCode.OK
            assert run.exit_code is expected, (fail_at, run.report.failure)


async def test_every_write_is_cut_short() -> None:
    for step in (1, 2, 3, 7):
        run, _, arrived = await write_failing(None, step)
        assert arrived == run.told.received == ALL_MESSAGES
        assert run.exit_code is ExitCode.OK
