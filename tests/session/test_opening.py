"""Openings that fail, each by a server that makes them fail (contract §3), and what is told of them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.net.proxies import relay
from tests.peers import Peer, raw_server, write_ca
from tests.session.driving import Told, converse, session_to
from wscli.config import TlsOptions
from wscli.errors import ExitCode, WscliError
from wscli.events import Opened, RequestSent, ResponseReceived, TlsEstablished

from .opening import opened

Script = Callable[[Peer], Awaitable[None]]


async def fail_to_open(script: Script, *, tls: bool = False, **options: Any) -> tuple[WscliError, Told, str]:
    """The error, what was told, and the phase in which it happened."""
    async with raw_server(script, tls=tls) as server:
        session, told = session_to(server, **options)
        async with session:
            with pytest.raises(WscliError) as caught:
                await session.open()
        assert not session.was_open
        assert not session.is_open
        return caught.value, told, session.handshake.phase


def says(octets: bytes) -> Script:
    """A server that reads the request, says this, and closes."""

    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(octets)

    return script


async def silent(peer: Peer) -> None:
    await peer.wait_eof()


async def test_a_refused_connection_fails_to_connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    session, _ = session_to(f"ws://127.0.0.1:{port}/")
    async with session:
        with pytest.raises(WscliError) as caught:
            await session.open()
    assert caught.value.exit_code is ExitCode.CONNECT


@pytest.mark.parametrize("reset", [True, False])
@pytest.mark.parametrize("read_first", [True, False])
async def test_an_end_before_a_byte_of_the_reply_fails_to_connect(read_first: bool, reset: bool) -> None:
    async def script(peer: Peer) -> None:
        if read_first:
            await peer.read_request()
        if reset:
            peer.reset()

    failure, _, phase = await fail_to_open(script)
    assert failure.exit_code is ExitCode.CONNECT
    assert ("reset" if reset else "closed") in failure.message
    assert phase in {"request", "reply"}


BAD_REPLIES: dict[str, tuple[bytes, str]] = {
    "garbage": (b"\x00\x01\x02garbage\r\n\r\n", "not HTTP"),
    "SSH": (b"SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
    "half a reply": (b"HTTP/1.1 101 Switching", "ended in"),
    "half the headers": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n", "ended in"),
    "a bad status line": (b"HTTP/1.1 abc\r\n\r\n", "first line"),
    "a 101 without headers": (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "RFC 6455"),
    "endless interim replies": (b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000, "interim"),
    "nothing but interim replies": (b"HTTP/1.1 100 Continue\r\n\r\n", "after an interim reply"),
}


@pytest.mark.parametrize("name", BAD_REPLIES)
async def test_what_is_no_handshake_is_a_bad_reply(name: str) -> None:
    octets, words = BAD_REPLIES[name]
    failure, _, phase = await fail_to_open(says(octets))
    assert (failure.exit_code, phase) == (ExitCode.BAD_REPLY, "reply")
    assert words in failure.message


BAD_101S: dict[str, tuple[Script, str]] = {
    "a wrong accept": (lambda peer: _accept(peer, accept="bm8="), "accept-mismatch"),
    "no accept": (lambda peer: _accept(peer, without=["Sec-WebSocket-Accept"]), "accept-missing"),
    "no upgrade": (lambda peer: _accept(peer, without=["Upgrade"]), "upgrade"),
    "no connection": (lambda peer: _accept(peer, without=["Connection"]), "connection"),
    "a subprotocol not offered": (lambda peer: _accept(peer, subprotocol="x"), "subprotocol-not-offered"),
    "an extension not offered": (lambda peer: _accept(peer, extensions="x-y"), "extension-not-offered"),
    "HTTP/1.0": (lambda peer: _accept(peer, status_line="HTTP/1.0 101 OK"), "http-version"),
    "a window that is none": (
        lambda peer: _accept(peer, extensions="permessage-deflate; server_max_window_bits=16"),
        "deflate-parameter-value",
    ),
}


async def _accept(peer: Peer, **options: Any) -> None:
    await peer.accept(**options)


@pytest.mark.parametrize("name", BAD_101S)
async def test_a_101_that_breaks_a_rule_is_a_bad_reply_and_the_rule_is_told(name: str) -> None:
    script, rule = BAD_101S[name]
    failure, told, _ = await fail_to_open(script)
    assert failure.exit_code is ExitCode.BAD_REPLY
    assert rule in told.rules
    assert [response.status for response in told.of(ResponseReceived)] == [101]
    assert not told.of(Opened)


async def test_a_window_of_eight_bits_for_us_is_refused_and_said() -> None:
    failure, _, _ = await fail_to_open(
        lambda peer: _accept(peer, extensions="permessage-deflate; client_max_window_bits=8")
    )
    assert failure.exit_code is ExitCode.BAD_REPLY
    assert "client_max_window_bits=8" in failure.message
    assert "--compression none" in failure.hint


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ([(f"X-{n}", "y") for n in range(130)], "128 headers"),
        ([("X", "y" * 9000)], "8 KiB"),
        ([("X", "y" * 70000)], "65536 bytes"),
    ],
)
async def test_a_reply_over_a_limit_is_too_large(headers: list[tuple[str, str]], words: str) -> None:
    failure, _, _ = await fail_to_open(lambda peer: _accept(peer, headers=headers))
    assert failure.exit_code is ExitCode.TOO_LARGE
    assert words in failure.message


async def endless_header(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 101 ")
    while True:
        await peer.send(b"x" * 65536)


async def endless_body(peer: Peer) -> None:
    await peer.respond(403, "Forbidden", content_length=False)
    while True:
        await peer.send(b"x" * 65536)


async def test_an_endless_reason_phrase_is_too_large() -> None:
    failure, _, _ = await fail_to_open(endless_header)
    assert failure.exit_code is ExitCode.TOO_LARGE


async def test_an_endless_body_is_cut() -> None:
    failure, told, _ = await fail_to_open(endless_body)
    assert failure.exit_code is ExitCode.REFUSED
    (response,) = told.of(ResponseReceived)
    assert response.body_truncated
    assert response.body == "x" * 65536


# -- refusals --


async def refused(script: Script, **options: Any) -> tuple[WscliError, ResponseReceived, Told]:
    failure, told, phase = await fail_to_open(script, **options)
    assert (failure.exit_code, phase) == (ExitCode.REFUSED, "body")
    (response,) = told.of(ResponseReceived)
    return failure, response, told


async def test_a_refused_handshake_keeps_its_body() -> None:
    failure, response, _ = await refused(lambda peer: _respond(peer, 403, "Forbidden", b'{"why":"no"}'))
    assert "403 Forbidden" in failure.message
    assert failure.hint
    assert (response.status, response.body, response.body_truncated) == (403, '{"why":"no"}', False)


async def _respond(peer: Peer, status: int, reason: str, body: bytes) -> None:
    await peer.respond(status, reason, body=body)


async def test_a_refusal_on_a_connection_kept_open_does_not_wait_for_its_end() -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(401, "Unauthorized", body=b"who?")
        await peer.wait_eof()

    _, response, _ = await refused(script)
    assert response.body == "who?"


async def test_a_chunked_body_is_dechunked() -> None:
    _, response, told = await refused(
        says(b"HTTP/1.1 503 Busy\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nlate\r\n1\r\nr\r\n0\r\n\r\n")
    )
    assert (response.body, response.body_truncated, told.rules) == ("later", False, ["status"])


async def test_a_body_cut_short_is_a_violation() -> None:
    _, response, told = await refused(says(b"HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\nhalf"))
    assert (response.body, response.body_truncated) == ("half", True)
    assert told.rules == ["status", "body-truncated"]


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    _, response, _ = await refused(says(b"HTTP/1.0 404 Not Found\r\n\r\nnothing here"))
    assert (response.status, response.body, response.body_truncated) == (404, "nothing here", False)


async def test_a_body_that_nothing_ends_is_not_waited_for_until_the_deadline() -> None:
    async def held_open(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"HTTP/1.1 403 Forbidden\r\n\r\nno")
        await peer.wait_eof()

    failure, told, _ = await fail_to_open(held_open, connect_timeout=3600.0)
    assert failure.exit_code is ExitCode.REFUSED
    (response,) = told.of(ResponseReceived)
    assert (response.body, response.body_truncated) == ("no", True)


async def test_a_body_that_does_not_end_in_time_is_still_a_refusal() -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(403, "Forbidden", content_length=False, body=b"so far")
        await peer.wait_eof()

    _, response, _ = await refused(script, connect_timeout=0.5)
    assert (response.body, response.body_truncated) == ("so far", True)


async def test_a_body_cut_short_by_tls_is_still_a_refusal(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 10\r\n\r\nhalf")
        await asyncio.get_running_loop().sock_sendall(peer.sock, b"no TLS record")

    async with raw_server(script, tls=True) as server:
        session, told = session_to(server, tls=TlsOptions(cacert=write_ca(tmp_path)))
        async with session:
            with pytest.raises(WscliError) as caught:
                await session.open()
    assert caught.value.exit_code is ExitCode.REFUSED
    (response,) = told.of(ResponseReceived)
    assert (response.body, response.body_truncated) == ("half", True)


async def test_a_body_that_is_no_text_is_base64() -> None:
    _, response, _ = await refused(lambda peer: _respond(peer, 403, "Forbidden", b"\xff\xfe"))
    assert response.base64 == b"\xff\xfe"


async def test_a_refusal_without_a_reason_is_a_refusal() -> None:
    failure, response, _ = await refused(says(b"HTTP/1.1 418\r\nContent-Length: 0\r\n\r\n"))
    assert (response.status, response.reason) == (418, "")
    assert failure.message.endswith("418")


async def test_interim_replies_come_before_the_one_that_counts() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        await peer.accept(then=b"\x88\x00")

    outcome = await converse(script)
    assert outcome.exit_code is ExitCode.OK
    assert [response.status for response in outcome.told.of(ResponseReceived)] == [103, 100, 101]


# -- deadlines, one for each phase --


async def test_a_peer_that_says_nothing_times_out_waiting_for_the_reply() -> None:
    failure, _, phase = await fail_to_open(silent, connect_timeout=0.2)
    assert (failure.exit_code, phase) == (ExitCode.TIMEOUT, "reply")
    assert "waiting for the reply" in failure.message


async def test_a_reply_that_drips_does_not_move_the_deadline() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        while True:
            await peer.send(b"HTTP/1.1 101 "[len(peer.sent) % 13 :][:1] if len(peer.sent) < 13 else b"x")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.02):
                    await peer.wait_eof()
                    return

    failure, _, _ = await fail_to_open(script, connect_timeout=0.3)
    assert failure.exit_code is ExitCode.TIMEOUT


async def test_a_tls_handshake_that_stalls_times_out_in_its_phase() -> None:
    async with raw_server(silent) as server:
        session, _ = session_to(server.url.replace("ws://", "wss://"), connect_timeout=1.0)
        async with session:
            with pytest.raises(WscliError) as caught:
                await session.open()
    assert (caught.value.exit_code, session.handshake.phase) == (ExitCode.TIMEOUT, "tls")
    assert "TLS" in caught.value.message


async def test_a_connection_that_does_not_come_about_times_out_in_its_phase() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as sock:
        address = sock.getsockname()
        waiting = []
        # A queue that is full drops what comes next: that connection is neither made nor refused.
        for _ in range(4):
            extra = socket.socket()
            extra.setblocking(False)
            extra.connect_ex(address)
            waiting.append(extra)
        session, _ = session_to(f"ws://127.0.0.1:{address[1]}/", connect_timeout=0.3)
        async with session:
            with pytest.raises(WscliError) as caught:
                await session.open()
        for extra in waiting:
            extra.close()
    assert (caught.value.exit_code, session.handshake.phase) == (ExitCode.TIMEOUT, "connect")


# -- TLS --


async def test_a_server_that_speaks_no_tls_fails_the_tls_handshake() -> None:
    async def script(peer: Peer) -> None:
        await peer.receive()
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with raw_server(script) as server:
        session, _ = session_to(server.url.replace("ws://", "wss://"))
        async with session:
            with pytest.raises(WscliError) as caught:
                await session.open()
    assert caught.value.exit_code is ExitCode.TLS


async def test_a_certificate_of_an_unknown_authority_is_not_trusted() -> None:
    failure, _, phase = await fail_to_open(silent, tls=True)
    assert (failure.exit_code, phase) == (ExitCode.CERTIFICATE, "look")


async def test_a_deadline_in_the_second_look_does_not_hide_what_came_first() -> None:
    async def once(peer: Peer) -> None:
        if len(front.peers) == 1:
            await relay(peer, "127.0.0.1", inner.port)
        await peer.wait_eof()

    async with raw_server(silent, tls=True) as inner, raw_server(once) as front:
        url = front.url.replace("ws://", "wss://")
        failure, kept = await opened(url, connect_timeout=1.5)
    assert failure is not None
    assert failure.exit_code is ExitCode.CERTIFICATE
    assert "its issuer is not known" in failure.message
    assert not kept.of(RequestSent)
    assert len(front.peers) == 2


async def test_a_trusted_server_is_reached_over_tls(tmp_path: Path) -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "over TLS")
        await peer.close(1000)
        await peer.read_until(8)

    async with raw_server(script, tls=True) as server:
        session, told = session_to(server, tls=TlsOptions(cacert=write_ca(tmp_path)))
        async with session:
            await session.open()
            await session.wait_closed()
    assert (told.received, session.failure) == ([b"over TLS"], None)
    assert [event.verified for event in told.of(TlsEstablished)] == [True]


# -- what is told --


async def test_the_handshake_is_told_as_it_stood_on_the_wire() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept(headers=[("x-MiXed", "v")])
        await peer.close()
        await peer.read_until(8)

    outcome = await converse(script)
    (request,), (response,) = outcome.told.of(RequestSent), outcome.told.of(ResponseReceived)
    assert outcome.peer.request is not None
    assert request.raw == outcome.peer.request.raw
    assert request.headers == outcome.peer.request.headers
    assert response.raw == bytes(outcome.peer.sent[: len(response.raw)])
    assert ("x-MiXed", "v") in response.headers
    (opened,) = outcome.told.of(Opened)
    assert (opened.subprotocol, opened.extensions) == (None, ())


async def test_a_reply_before_the_request_is_a_bad_reply() -> None:
    async def script(peer: Peer) -> None:
        await peer.send(b"HTTP/1.1 101 Hasty\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n")
        await peer.send(b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
        await peer.wait_eof()

    failure, told, _ = await fail_to_open(script)
    assert (failure.exit_code, told.rules) == (ExitCode.BAD_REPLY, ["accept-mismatch"])


async def test_a_second_101_is_frames_that_break_the_protocol() -> None:
    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.accept()
        await peer.read_until(8)

    outcome = await converse(script)
    assert outcome.exit_code is ExitCode.PROTOCOL


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89])
async def test_an_opening_cancelled_anywhere_leaves_nothing_behind(steps: int) -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(403, "Forbidden", content_length=False)
        await peer.wait_eof()

    async with raw_server(script) as server:
        session, _ = session_to(server)
        async with session:
            opening = asyncio.create_task(session.open())
            for _ in range(steps):
                await asyncio.sleep(0)
            opening.cancel()
            await asyncio.wait([opening])
            assert opening.cancelled()
        assert not session.was_open
        # What was connected meanwhile is accepted, so that the server can close it.
        for _ in range(10):
            await asyncio.sleep(0)


async def test_an_end_after_an_interim_reply_is_no_end_before_a_byte() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")

    failure, told, _ = await fail_to_open(script)
    assert failure.exit_code is ExitCode.BAD_REPLY
    assert "after an interim reply (1xx), without an answer" in failure.message
    assert "TLS" not in failure.hint
    assert [event.status for event in told.of(ResponseReceived)] == [100]
