"""The transport fails wherever it can: no hang, no traceback, nothing leaked, nothing lost or doubled."""

from __future__ import annotations

import asyncio
import socket
import tempfile

import pytest

from tests.peers import Peer, encode_frame
from tests.session.driving import Told
from wscli.errors import ExitCode
from wscli.events import Closed, MessageSeen

from .cancelling import WHOM, Whom, cancelled_at
from .faults import UNCUT, cut_at, cut_in, nothing_left, write_failing
from .sessions import ALL_MESSAGES, CLOSE, COMMANDS, HEAD_LENGTH, LENGTH, messages_before, perform

PLAIN_OR_TLS = pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
FIN_OR_RESET = pytest.mark.parametrize("reset", [False, True], ids=["fin", "reset"])
# One byte in so many of a TLS session: `python -m tests.hostile` tries every one.
TLS_STRIDE = 13
CLOSE_LENGTH = len(CLOSE)


def code_for(name: str, offset: int, head: int, whole: int) -> ExitCode:
    """What contract §3 says of an end after so many bytes of a session."""
    if offset == 0:
        return ExitCode.CONNECT
    if offset < head:
        return ExitCode.BAD_REPLY
    # The Close of `handshake` and `ping` may stay without an answer.
    answered = whole - CLOSE_LENGTH if name in ("handshake", "ping") else whole
    return ExitCode.OK if offset >= answered else ExitCode.LOST


@pytest.mark.deadline(100)
@FIN_OR_RESET
async def test_end_after_every_byte_of_a_stream_in_one_write(reset: bool) -> None:
    async with nothing_left():
        for offset in range(LENGTH + 1):
            run = await cut_at(offset, reset=reset)
            assert run.told.received == messages_before(offset), offset
            expected = {code_for("connect", offset, HEAD_LENGTH, LENGTH)}
            if reset and offset == LENGTH:
                # The peer said 1000, but what it reset before it read our echoes was not sent.
                expected.add(ExitCode.UNSENT)
            assert run.exit_code in expected, (offset, run.report.failure)


@pytest.mark.deadline(100)
@FIN_OR_RESET
@PLAIN_OR_TLS
@pytest.mark.parametrize("name", COMMANDS)
async def test_end_after_every_byte_of_a_session(name: str, tls: bool, reset: bool) -> None:
    async with nothing_left():
        _, uncut = await cut_in(name, UNCUT, tls=tls)
        for offset in range(uncut.sent + 1):
            run, cut = await cut_in(name, offset, reset=reset, tls=tls)
            expected = code_for(name, offset, uncut.head, uncut.sent)
            assert run.exit_code is expected, (offset, run.report.failure)
            assert cut.whole == (offset == uncut.sent)
            if name == "connect":
                assert run.told.received == messages_before(offset), offset


@pytest.mark.deadline(100)
@FIN_OR_RESET
async def test_end_inside_tls(reset: bool) -> None:
    in_order = [ExitCode.TLS, ExitCode.CONNECT, ExitCode.LOST, ExitCode.OK]
    reached = 0
    async with nothing_left():
        _, uncut = await cut_in("connect", UNCUT, tls_bytes=True)
        for offset in [*range(0, uncut.sent, TLS_STRIDE), UNCUT]:
            run, _ = await cut_in("connect", offset, reset=reset, tls_bytes=True)
            assert run.told.received == ALL_MESSAGES[: len(run.told.received)]
            # The later it ends, the further the session came; half a record is nothing of a reply.
            assert run.exit_code in in_order[reached:], (offset, run.report.failure)
            reached = in_order.index(run.exit_code)
    assert in_order[reached] is ExitCode.OK


@pytest.mark.deadline(100)
@PLAIN_OR_TLS
@pytest.mark.parametrize("whom", WHOM)
@pytest.mark.parametrize("name", COMMANDS)
async def test_every_await_of_a_session_is_cancelled_once(name: str, whom: Whom, tls: bool) -> None:
    at, came, told = 0, True, Told()
    async with nothing_left():
        while came:
            at += 1
            came, told = await cancelled_at(name, at, whom, tls=tls)
            numbers = [message.n for message in told.of(MessageSeen)]
            assert numbers == sorted(set(numbers))
            assert told.received == ALL_MESSAGES[: len(told.received)]
    assert at > 15
    assert told.received == (ALL_MESSAGES if name == "connect" else [])


@pytest.mark.deadline(100)
@pytest.mark.parametrize("stays", [False, True], ids=["peer ends, too", "peer stays"])
@PLAIN_OR_TLS
@pytest.mark.parametrize("name", COMMANDS)
async def test_every_write_fails_once(name: str, tls: bool, stays: bool) -> None:
    connect_timeout, close_timeout = (1.0, 0.3) if stays else (20.0, 20.0)
    async with nothing_left():
        run, writes, arrived = await write_failing(name, None, tls=tls)
        assert run.exit_code is ExitCode.OK
        assert arrived == (ALL_MESSAGES if name == "connect" else [])
        codes = []
        for fail_at in range(writes):
            run, _, arrived = await write_failing(
                name,
                fail_at,
                tls=tls,
                stays=stays,
                connect_timeout=connect_timeout,
                close_timeout=close_timeout,
            )
            assert arrived == ALL_MESSAGES[: len(arrived)]
            assert run.told.received == ALL_MESSAGES[: len(run.told.received)]
            # All that is told as sent did arrive, and nothing else did.
            assert [frame.payload for frame in run.told.sent if frame.opcode in (1, 2)] == arrived
            codes.append(run.exit_code)
    unanswered = ExitCode.TIMEOUT if stays else ExitCode.CONNECT
    expected = [ExitCode.TLS] * 2 * tls + [unanswered]
    # What follows are frames, the last of them our Close; over TLS close_notify, which nobody waits for.
    expected += [ExitCode.LOST] * (writes - len(expected) - tls)
    if name == "connect":
        expected[-1] = ExitCode.OK
    assert codes == expected + [ExitCode.OK] * tls


@PLAIN_OR_TLS
@pytest.mark.parametrize("name", COMMANDS)
async def test_every_write_is_cut_short(name: str, tls: bool) -> None:
    for step in (1, 2, 3, 7):
        run, _, arrived = await write_failing(name, None, step=step, tls=tls)
        assert arrived == run.told.received == (ALL_MESSAGES if name == "connect" else [])
        assert run.exit_code is ExitCode.OK


@pytest.mark.parametrize("name", COMMANDS)
async def test_peer_that_hears_nothing_more_and_keeps_its_own_half_holds_nobody_up(name: str) -> None:
    async def serve() -> None:
        sock, _ = await asyncio.get_running_loop().sock_accept(listener)
        sock.setblocking(False)
        with sock:
            peer = Peer(sock, None)
            await peer.read_request()
            # On a Unix socket that makes each write of ours fail, and nothing of it is an end to read.
            sock.shutdown(socket.SHUT_RD)
            await peer.accept(then=encode_frame(9, "answered in vain"))
            await over.wait()

    over = asyncio.Event()
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/socket")
        listener.listen()
        listener.setblocking(False)
        serving = asyncio.create_task(serve())
        run = await perform(name, "ws://localhost/", unix_socket=f"{folder}/socket", close_timeout=0.2)
        over.set()
        await serving
    assert run.exit_code is ExitCode.LOST
    assert run.told.of(Closed)[0].tcp == "reset"
