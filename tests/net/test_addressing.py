"""--resolve, --connect-to and --unix-socket, through a dial."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.peers import Peer, raw_server, server_context, write_ca
from tests.support import wscli
from wscli.config import TlsOptions
from wscli.errors import CertificateUntrusted, ConnectFailed, ResolveFailed, UsageError
from wscli.events import Connected, Resolved, TlsEstablished

from .dialing import dialed, read_all


async def greet(peer: Peer) -> None:
    await peer.send(b"hello")


@contextlib.asynccontextmanager
async def unix_server(path: Path) -> AsyncIterator[None]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield


async def test_an_override_replaces_resolving() -> None:
    async with raw_server(greet) as server:
        url = f"ws://app.example.invalid:{server.port}/"
        one = dialed(url, resolve_overrides=(("app.example.invalid", server.port, ("127.0.0.1",)),))
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    resolved = one.event(Resolved)
    assert (resolved.host, resolved.addresses) == ("app.example.invalid", ("127.0.0.1",))


async def test_a_zone_goes_to_the_system_and_not_to_the_peer() -> None:
    async def echo(peer: Peer) -> None:
        await peer.accept()
        await peer.echo()

    async with raw_server(echo, host="::1") as server:
        # By its number, as the loopback interface has no link-local address with a name.
        done = await wscli("connect", f"ws://[::1%251]:{server.port}/", "--send", "hi", "--count", "1")
        assert (done.returncode, done.stdout) == (0, b"hi\n"), done.stderr
        assert server.peer.request is not None
        assert server.peer.request.get("Host") == f"[::1]:{server.port}"


async def test_a_zone_that_is_no_interface_is_named() -> None:
    with pytest.raises(ResolveFailed, match="no network interface nosuchif0"):
        await dialed("ws://[fe80::1%25nosuchif0]/").open()


async def test_an_override_of_the_other_family_is_a_usage_error() -> None:
    one = dialed("ws://a.invalid/", family=4, resolve_overrides=(("a.invalid", 80, ("::1",)),))
    with pytest.raises(UsageError, match="-4"):
        await one.open()


async def test_all_addresses_of_an_override_are_tried() -> None:
    async with raw_server(greet) as server:
        overrides = (("a.invalid", server.port, ("127.0.0.2", "127.0.0.1")),)
        one = dialed(f"ws://a.invalid:{server.port}/", resolve_overrides=overrides)
        (await one.open()).close()
    assert [attempt.error is None for attempt in one.event(Connected).attempts] == [False, True]


async def test_connect_to_changes_the_way_but_not_the_name(tmp_path: Path) -> None:
    options = TlsOptions(cacert=write_ca(tmp_path))
    async with raw_server(greet, tls=server_context("app.example.invalid")) as server:
        one = dialed("wss://app.example.invalid/", tls=options, connect_to=("127.0.0.1", server.port))
        (await one.open()).close()
    assert one.event(TlsEstablished).server_name == "app.example.invalid"
    assert one.event(Connected).port == server.port


async def test_a_unix_socket_is_dialed_without_resolving(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with unix_server(path):
        one = dialed("ws://app.example.invalid/", unix_socket=str(path))
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        assert stream.ended == "fin"
        stream.close()
    assert one.phases == ["connect"]
    connected = one.event(Connected)
    assert (connected.address, connected.port, connected.local_address) == (str(path), 0, "")
    assert connected.attempts[0].address == str(path)


@pytest.mark.parametrize(
    ("prepare", "reason"), [("nothing", "no socket at"), ("dead", "refused"), ("long", "too long")]
)
async def test_a_unix_socket_that_cannot_be_used_is_named(tmp_path: Path, prepare: str, reason: str) -> None:
    path = tmp_path / ("x" * 200 if prepare == "long" else "s")
    if prepare == "dead":
        with socket.socket(socket.AF_UNIX) as sock:
            sock.bind(str(path))
    with pytest.raises(ConnectFailed, match=reason) as caught:
        await dialed("ws://a.invalid/", unix_socket=str(path)).open()
    assert str(path) in caught.value.message
    assert "port" not in caught.value.hint


async def test_the_second_look_goes_to_the_same_place() -> None:
    async with raw_server(greet, tls=server_context("other.example")) as server:
        overrides = (("a.invalid", server.port, ("127.0.0.1",)),)
        one = dialed(f"wss://a.invalid:{server.port}/", resolve_overrides=overrides)
        with pytest.raises(CertificateUntrusted, match="trustme"):
            await one.open()
        await server.finished()
        assert len(server.peers) == 2
