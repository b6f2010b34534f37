from __future__ import annotations

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.peers import Peer, authority, raw_server, server_context, write_ca
from wscli.config import TlsOptions, Url, parse_url
from wscli.errors import Refused, TLSFailed, UsageError
from wscli.net.secure import _wrapped
from wscli.net.stream import SocketStream, StreamBroken
from wscli.net.tls import RECORD_LIMIT, TLSStream
from wscli.session.redirects import resolve_location

from .dialing import dialed, open_stream, read_all


@pytest.fixture
def trusted(tmp_path: Path) -> TlsOptions:
    return TlsOptions(cacert=write_ca(tmp_path))


async def test_close_notify_is_told_from_a_bare_fin(trusted: TlsOptions) -> None:
    async def say_and_end(peer: Peer) -> None:
        await peer.send(b"last words")
        await peer.fin(notify=notify)

    for notify in (True, False):
        async with (
            raw_server(say_and_end, tls=True) as server,
            open_stream(server.url, tls=trusted) as stream,
        ):
            assert isinstance(stream, TLSStream)
            assert await read_all(stream) == b"last words"
            assert stream.close_notify_received is notify
            assert stream.ended == "fin"
            assert await stream.receive() == b""
            stream.close()


async def test_after_close_notify_the_end_of_tcp_is_still_seen(trusted: TlsOptions) -> None:
    read = asyncio.Event()

    async def notify_then_reset(peer: Peer) -> None:
        await peer.read_exactly(5)
        assert peer._tls is not None
        with pytest.raises(ssl.SSLWantReadError):
            peer._tls.unwrap()
        await peer._flush()
        await read.wait()
        peer.reset()

    async with raw_server(notify_then_reset, tls=True) as server:
        async with open_stream(server.url, tls=trusted) as stream:
            await stream.send_all(b"hello")
            assert await stream.receive() == b""
            ended = [stream.ended]
            read.set()
            assert await stream.receive() == b""
            ended.append(stream.ended)
            assert ended == ["fin", "reset"]


async def test_a_reset_under_tls_is_a_reset(trusted: TlsOptions) -> None:
    async def say_and_reset(peer: Peer) -> None:
        await peer.send(b"x")
        await peer.read_exactly(1)
        peer.reset()

    async with raw_server(say_and_reset, tls=True) as server, open_stream(server.url, tls=trusted) as stream:
        assert await stream.receive() == b"x"
        await stream.send_all(b"y")
        assert await read_all(stream) == b""
        assert stream.ended == "reset"


async def test_half_close_sends_close_notify_and_what_comes_later_is_read(trusted: TlsOptions) -> None:
    async def answer_late(peer: Peer) -> None:
        await peer.send(b"early " * 1000)
        await peer.wait_eof()
        await peer.send(b"late")

    async with raw_server(answer_late, tls=True) as server, open_stream(server.url, tls=trusted) as stream:
        await stream.send_all(b"bye")
        first = await stream.receive(10)
        await stream.send_eof()
        assert first + await read_all(stream) == b"early " * 1000 + b"late"
        assert server.peer.received == b"bye"
        assert server.peer.tls_notified
        assert server.peer.ended == "fin"
        with pytest.raises(StreamBroken):
            await stream.send_some(b"more")


async def test_every_byte_passes_whatever_is_cancelled(trusted: TlsOptions) -> None:
    """The peer reads in fits; calls are cancelled at random and repeated with the same first bytes."""
    whole = bytes(range(256)) * 8192

    async def read_in_fits(peer: Peer) -> None:
        while not peer.ended:
            await peer.receive()
            await asyncio.sleep(0)

    async with raw_server(read_in_fits, tls=True) as server, open_stream(server.url, tls=trusted) as stream:
        view, patience = memoryview(whole), 0
        while view:
            sending = asyncio.create_task(stream.send_some(view))
            for _ in range(patience := (patience + 1) % 5):
                await asyncio.sleep(0)
            sending.cancel()
            await asyncio.wait([sending])
            if not sending.cancelled():
                assert 0 < sending.result() <= RECORD_LIMIT
                view = view[sending.result() :]
        await stream.send_eof()
        await stream.receive()
        assert bytes(server.peer.received) == whole


async def test_a_cancelled_send_goes_on_with_the_same_bytes_only(trusted: TlsOptions) -> None:
    async def read_nothing_at_first(peer: Peer) -> None:
        await resume.wait()
        await peer.wait_eof()

    resume = asyncio.Event()
    async with raw_server(read_nothing_at_first, tls=True) as server:
        async with open_stream(server.url, tls=trusted) as stream:
            sent = 0
            while True:
                sending = asyncio.create_task(stream.send_some(b"x" * RECORD_LIMIT))
                done, _ = await asyncio.wait([sending], timeout=0.2)
                if not done:
                    break
                sent += sending.result()
            sending.cancel()
            await asyncio.wait([sending])
            with pytest.raises(ValueError, match="same bytes"):
                await stream.send_some(b"y")
            resume.set()
            sent += await stream.send_some(b"x" * RECORD_LIMIT)
            await stream.send_eof()
            await server.finished()
            assert server.peer.received == b"x" * sent


async def test_an_alert_after_the_handshake_asks_for_a_client_certificate(trusted: TlsOptions) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)

    async def never(peer: Peer) -> None:
        raise AssertionError

    async with raw_server(never, tls=context) as server, open_stream(server.url, tls=trusted) as stream:
        with pytest.raises(TLSFailed, match="client certificate") as caught:
            await stream.receive()
        assert "--cert" in caught.value.hint


async def test_what_came_before_an_alert_is_read_before_it(trusted: TlsOptions) -> None:
    async def speak_then_break(peer: Peer) -> None:
        assert peer._tls is not None
        peer._tls.write(b"last words")
        # A second record that decrypts to nothing good, in the same write.
        broken = bytes([23, 3, 3, 0, 40]) + bytes(40)
        await asyncio.get_running_loop().sock_sendall(peer.sock, peer._outgoing.read() + broken)

    async with (
        raw_server(speak_then_break, tls=True) as server,
        open_stream(server.url, tls=trusted) as stream,
    ):
        assert await stream.receive() == b"last words"
        with pytest.raises(TLSFailed):
            await stream.receive()


async def test_a_client_certificate_is_shown(trusted: TlsOptions, tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("localhost").configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(context)
    client = str(tmp_path / "client.pem")
    authority().issue_cert("me@example.com").private_key_and_cert_chain_pem.write_to_path(client)

    async def greet(peer: Peer) -> None:
        await peer.send(b"welcome")

    options = TlsOptions(cacert=trusted.cacert, cert=client)
    async with raw_server(greet, tls=context) as server, open_stream(server.url, tls=options) as stream:
        assert await read_all(stream) == b"welcome"


async def test_bytes_that_are_no_record_are_named(trusted: TlsOptions) -> None:
    async def break_tls(peer: Peer) -> None:
        await asyncio.get_running_loop().sock_sendall(peer.sock, b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with raw_server(break_tls, tls=True) as server, open_stream(server.url, tls=trusted) as stream:
        with pytest.raises(TLSFailed):
            await stream.receive()


async def test_tls_goes_through_tls(trusted: TlsOptions) -> None:
    """What an HTTPS proxy needs: a TLS stream whose inner stream is one too."""

    async def relay(outer: Peer) -> None:
        inner = Peer(outer.sock, None)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = server_context().wrap_bio(incoming, outgoing, server_side=True)
        step: Any = tls.do_handshake
        while True:
            try:
                result = step()
            except ssl.SSLWantReadError:
                await outer.send(outgoing.read())
                incoming.write(await outer.receive())
                continue
            if step != tls.do_handshake:
                break
            step = lambda: tls.read(100)
        tls.write(b"echo " + result)
        await outer.send(outgoing.read())
        assert not inner.ended

    async with raw_server(relay, tls=True) as server, open_stream(server.url, tls=trusted) as stream:
        context = ssl.create_default_context(cafile=trusted.cacert)
        inner = TLSStream(stream, context, "localhost")
        await inner.handshake()
        await inner.send_all(b"hello")
        assert await inner.receive() == b"echo hello"


async def test_the_key_log_gets_the_secrets(
    trusted: TlsOptions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(log))

    async def end(peer: Peer) -> None:
        pass

    async with raw_server(end, tls=True) as server:
        stream = await dialed(server.url, tls=trusted).open()
        stream.close()
    assert "CLIENT_TRAFFIC_SECRET_0" in log.read_text()


@pytest.mark.parametrize("url", ["wss://a..b/", f"wss://{'a' * 64}.example/", "wss://.foo/", "wss://a../"])
def test_a_name_that_tls_cannot_take_is_no_url(url: str) -> None:
    with pytest.raises(UsageError, match="host name"):
        parse_url(url)
    base = Url(secure=True, host="h", port=443, resource="/")
    with pytest.raises(Refused, match="no WebSocket URL"):
        resolve_location(base, url, 302)


@pytest.mark.parametrize("name", ["a..b", ".foo", "a" * 64])
async def test_a_servername_that_tls_cannot_take_is_a_usage_error(name: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    near, far = socket.socketpair()
    with near, far, pytest.raises(UsageError, match="cannot ask for the name"):
        _wrapped(SocketStream(near), context, name)
