"""The ways to a peer, from the command line on: TLS identity, proxies, addresses, redirects (contract §5)."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from tests.net.proxies import Seen, http_proxy, socks5_proxy
from tests.peers import Peer, raw_server
from tests.peers.tls import authority, server_context, write_ca
from tests.support import in_thread, pty_wscli, wscli

COMMANDS = (
    ("handshake",),
    ("ping", "-c", "1"),
    ("close",),
    ("connect", "-n", "--send", "x", "--count", "1"),
)
NAMES = [command[0] for command in COMMANDS]
PASSWORD = "open sesame 9"


async def echo(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


async def events(*arguments: str, code: int = 0, env: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The events of a run that ends with `code`."""
    done = await wscli(*arguments, "--json", env=env)
    assert done.returncode == code, (done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def named(told: Sequence[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [event for event in told if event["event"] == name]


def client_files(directory: Path, *, password: str = "") -> tuple[str, str]:
    """A client certificate and its key, encrypted when there is a password, as files."""
    leaf = authority().issue_cert("client.example")
    cert, key = directory / "client.pem", directory / "client.key"
    cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    pem = leaf.private_key_pem.bytes()
    if password:
        pem = serialization.load_pem_private_key(pem, None).private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password.encode()),
        )
    key.write_bytes(pem)
    return str(cert), str(key)


def mutual_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("localhost", "127.0.0.1").configure_cert(context)
    authority().configure_trust(context)
    context.verify_mode = ssl.CERT_REQUIRED
    return context


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
async def test_a_private_authority_and_a_client_certificate(command: tuple[str, ...], tmp_path: Path) -> None:
    cert, key = client_files(tmp_path)
    async with raw_server(echo, tls=mutual_context()) as server:
        identity = ("--cacert", write_ca(tmp_path), "--cert", cert, "--key", key)
        (tls,) = named(await events(*command, server.url, *identity), "tls")
    assert tls["verified"]


async def test_the_password_of_a_key_comes_from_the_environment_and_is_shown_nowhere(tmp_path: Path) -> None:
    cert, key = client_files(tmp_path, password=PASSWORD)
    async with raw_server(echo, tls=mutual_context()) as server:
        arguments = ("handshake", server.url, "--cacert", write_ca(tmp_path), "--cert", cert, "--key", key)
        done = await wscli(*arguments, "-v", env={"WSCLI_KEY_PASSWORD": PASSWORD})
        assert done.returncode == 0, done.stderr
        assert PASSWORD.encode() not in done.stdout + done.stderr
        wrong = await wscli(*arguments, env={"WSCLI_KEY_PASSWORD": "wrong"})
        assert wrong.returncode == 2
        assert b"the password does not open the private key" in wrong.stderr
        none = await wscli(*arguments)
        assert none.returncode == 2
        assert b"WSCLI_KEY_PASSWORD" in none.stderr


def test_the_password_of_a_key_is_asked_for_on_a_terminal(tmp_path: Path) -> None:
    cert, key = client_files(tmp_path, password=PASSWORD)
    with in_thread(raw_server(echo, tls=mutual_context())) as server:
        identity = ("--cacert", write_ca(tmp_path), "--cert", cert, "--key", key)
        with pty_wscli("handshake", server.url, *identity, columns=200) as terminal:
            terminal.expect("Password for the key")
            terminal.send(PASSWORD + "\r")
            assert terminal.wait() == 0
    assert PASSWORD.encode() not in bytes(terminal.written)


async def test_a_missing_client_certificate_names_the_option(tmp_path: Path) -> None:
    async with raw_server(echo, tls=mutual_context()) as server:
        done = await wscli("handshake", server.url, "--cacert", write_ca(tmp_path))
    assert done.returncode == 35
    assert b"--cert" in done.stderr


async def test_a_server_name_is_asked_for_and_verified(tmp_path: Path) -> None:
    async with raw_server(echo, tls=server_context("inner.example")) as server:
        trust = ("--cacert", write_ca(tmp_path))
        (tls,) = named(await events("handshake", server.url, *trust, "--servername", "inner.example"), "tls")
        assert tls["server_name"] == "inner.example"
        await events("handshake", server.url, *trust, code=60)


async def test_the_chain_that_the_server_sends_is_shown(tmp_path: Path) -> None:
    root = trustme.CA(organization_name="Root of it")
    between = root.create_child_ca()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    between.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    ca = tmp_path / "root.pem"
    root.cert_pem.write_to_path(str(ca))
    async with raw_server(echo, tls=context) as server:
        (tls,) = named(await events("handshake", server.url, "--cacert", str(ca)), "tls")
        shown = await wscli("handshake", server.url, "--cacert", str(ca), "--format", "human")
        plain = await wscli("handshake", server.url, "--cacert", str(ca), "--format", "plain")
        unverified = named(await events("handshake", server.url, "-k"), "tls")[0]
    (above,) = tls["chain"]
    assert above["subject"] == tls["certificate"]["issuer"]
    assert "Root of it" in above["issuer"]
    assert unverified["chain"] == tls["chain"]
    assert b"days left" in shown.stdout
    assert b"chain 1" in shown.stdout
    assert b"* chain subject=" in plain.stdout


async def test_session_secrets_go_to_the_key_log(tmp_path: Path) -> None:
    log = tmp_path / "keys.log"
    async with raw_server(echo, tls=True) as server:
        trust = ("--cacert", write_ca(tmp_path))
        await events("handshake", server.url, *trust, env={"SSLKEYLOGFILE": str(log)})
    assert "TRAFFIC_SECRET" in log.read_text()


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
async def test_resolve_gives_a_name_its_address(command: tuple[str, ...]) -> None:
    async with raw_server(echo) as server:
        url = f"ws://nowhere.invalid:{server.port}/"
        told = await events(*command, url, "--resolve", f"nowhere.invalid:{server.port}:127.0.0.1")
    assert named(told, "resolve")[0]["addresses"] == ["127.0.0.1"]
    assert server.peer.request is not None
    assert server.peer.request.get("Host") == f"nowhere.invalid:{server.port}"


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
async def test_connect_to_leads_elsewhere_and_keeps_the_host(command: tuple[str, ...]) -> None:
    async with raw_server(echo) as server:
        await events(*command, "ws://nowhere.invalid/x", "--connect-to", f"127.0.0.1:{server.port}")
    assert server.peer.request is not None
    assert server.peer.request.get("Host") == "nowhere.invalid"


@asynccontextmanager
async def unix_server(path: Path) -> AsyncIterator[None]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from tests.peers.framing import accept_for, parse_request

        request = parse_request(await reader.readuntil(b"\r\n\r\n"))
        accept = accept_for(request.get("Sec-WebSocket-Key") or "")
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n\x88\x02\x03\xe8"
        )
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_unix_server(serve, path)
    async with server:
        yield


async def test_a_unix_socket_is_connected_to(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with unix_server(path):
        told = await events("connect", "ws://anything/", "-n", "--unix-socket", str(path))
    assert named(told, "connect")[0]["address"] == str(path)


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
async def test_an_http_proxy_with_a_password_leads_through(command: tuple[str, ...]) -> None:
    seen = Seen()
    async with raw_server(echo) as server, raw_server(http_proxy(seen)) as proxy:
        url = f"http://user:{PASSWORD.replace(' ', '%20')}@127.0.0.1:{proxy.port}"
        told = await events(*command, server.url, "--proxy", url)
    assert seen.tunnels == [f"127.0.0.1:{server.port}"]
    assert seen.credentials[0].startswith("Basic ")
    assert named(told, "proxy")[0]["status"] == 200
    assert "sesame" not in json.dumps(told)
    assert seen.credentials[0].split()[1] not in json.dumps(told)


async def test_a_socks_proxy_resolves_the_name_itself() -> None:
    seen = Seen()
    async with raw_server(echo) as server, raw_server(socks5_proxy(seen, to="127.0.0.1")) as proxy:
        url = f"ws://inner.example:{server.port}/"
        await events("handshake", url, "--proxy", f"socks5h://127.0.0.1:{proxy.port}")
    assert seen.tunnels == [f"inner.example:{server.port}"]


async def test_the_environments_proxy_is_used_but_not_for_loopback_nor_with_no_proxy() -> None:
    seen = Seen()
    async with raw_server(echo) as server, raw_server(http_proxy(seen, to="127.0.0.1")) as proxy:
        env = {"http_proxy": f"http://127.0.0.1:{proxy.port}"}
        away = f"ws://nowhere.invalid:{server.port}/"
        await events("handshake", away, env=env)
        assert seen.tunnels == [f"nowhere.invalid:{server.port}"]
        await events("handshake", server.url, env=env)
        await events("handshake", away, "--no-proxy", env=env, code=6)
        await events("handshake", away, env={**env, "no_proxy": "nowhere.invalid"}, code=6)
        assert len(seen.tunnels) == 1


async def test_a_proxy_that_refuses_is_97_with_its_status_and_body() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.respond(407, "Who are you", body=b"no entry")

    async with raw_server(refuse) as proxy:
        told = await events(
            "handshake", "ws://x.example/", "--proxy", proxy.url.replace("ws", "http"), code=97
        )
    assert named(told, "response")[0]["body"] == "no entry"
    assert named(told, "proxy")[0]["status"] == 407


async def test_the_family_can_be_chosen() -> None:
    async with raw_server(echo) as server:
        told = await events("handshake", f"ws://localhost:{server.port}/", "-4")
        assert named(told, "connect")[0]["address"] == "127.0.0.1"
        await events("handshake", server.url, "-6", code=2)


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
async def test_redirects_are_followed_when_told_to(command: tuple[str, ...]) -> None:
    async def leave(peer: Peer) -> None:
        await peer.respond(307, "Temporary Redirect", headers=[("Location", there.url)])

    async with raw_server(echo) as there, raw_server(leave) as here:
        told = await events(*command, here.url, "-L", "--bearer", "abcdefgh12345678")
        assert [event["followed"] for event in named(told, "redirect")] == [True]
        assert there.peer.request is not None
        assert there.peer.request.get("Authorization") is None
        told = await events(*command, here.url, code=22)
        assert [event["followed"] for event in named(told, "redirect")] == [False]
        assert "-L" in named(told, "error")[0]["hint"]


async def test_a_circle_of_redirects_is_47() -> None:
    async def around(peer: Peer) -> None:
        await peer.respond(302, "Found", headers=[("Location", "?again")])

    async with raw_server(around) as server:
        done = await wscli("handshake", server.url, "--location")
    assert done.returncode == 47
    assert b"circle" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--client-max-window-bits", "8"], b"zlib"),
        (["--client-max-window-bits", "7"], b"from 9 to 15"),
        (["--server-max-window-bits", "16"], b"from 8 to 15"),
        (["--compression", "none", "--server-no-context-takeover"], b"contradicts"),
        (["--extension", "permessage-deflate"], b"no opaque extension"),
        (["--extension", "a b"], b"Sec-WebSocket-Extensions"),
        (["--extension", ""], b"Sec-WebSocket-Extensions"),
        (["--extension", "x\ny"], b"Sec-WebSocket-Extensions"),
    ],
)
async def test_offers_that_cannot_be_are_usage_errors(arguments: list[str], words: bytes) -> None:
    done = await wscli("handshake", "ws://127.0.0.1:1/", *arguments)
    assert done.returncode == 2
    assert words in done.stderr


async def test_what_was_offered_stands_beside_what_was_agreed() -> None:
    async def agree(peer: Peer) -> None:
        await peer.accept(
            extensions="permessage-deflate; server_no_context_takeover; server_max_window_bits=9"
        )
        await peer.echo()

    offer = (
        *("--server-no-context-takeover", "--client-no-context-takeover"),
        *("--server-max-window-bits", "10", "--client-max-window-bits", "11", "--extension", "x-other; a=1"),
    )
    async with raw_server(agree) as server:
        done = await wscli("handshake", server.url, *offer)
        (opened,) = named(await events("connect", server.url, *offer, "-n", "--duration", "0"), "open")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    offered = (
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
        "server_max_window_bits=10; client_max_window_bits=11"
    )
    assert f"* offered {offered}" in lines
    assert "* offered x-other; a=1" in lines
    agreed = "permessage-deflate; server_no_context_takeover; server_max_window_bits=9"
    assert f"* extension {agreed}" in lines
    assert [each["name"] for each in opened["offered"]] == ["permessage-deflate", "x-other"]
    assert [each["name"] for each in opened["extensions"]] == ["permessage-deflate"]
