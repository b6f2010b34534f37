"""Redirects: where they lead, what crosses an origin, and when they end (contract §5)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.peers import Peer, RawServer, raw_server
from tests.peers.tls import authority, write_ca
from wscli.config import TlsOptions
from wscli.errors import BadReply, Refused, TooManyRedirects
from wscli.events import Opened, Redirected, RequestSent, ResponseReceived, ViolationFound
from wscli.session.redirects import redirected, resolve_location

from .opening import opened, target_for

SECRETS: dict[str, Any] = {
    "headers": (
        ("Authorization", "Basic dTpw"),
        ("Cookie", "sid=1"),
        ("X-Api-Key", "k"),
        ("X-Mine", "m"),
        ("Host", "inner.example"),
    ),
    "subprotocols": ("chat", "bearer", "abc", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "x" * 33),
}


def leads_to(location: str, status: int = 302, body: bytes = b"elsewhere") -> Any:
    async def script(peer: Peer) -> None:
        await peer.respond(status, "Found", headers=[("Location", location)], body=body)

    return script


async def polite(peer: Peer) -> None:
    await peer.accept()
    await peer.answer_close()


@contextlib.asynccontextmanager
async def two(location_path: str = "/", **options: Any) -> AsyncIterator[tuple[RawServer, RawServer]]:
    """A server that redirects to another one (another port, hence another origin)."""
    async with raw_server(polite, **options) as second:
        async with raw_server(leads_to(second.url.rstrip("/") + location_path), **options) as first:
            yield first, second


def names(peer: Peer) -> list[str]:
    assert peer.request is not None
    return [name.lower() for name, _ in peer.request.headers]


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/b", "wss://example.com:8443/b"),
        ("c?x=1", "wss://example.com:8443/a/c?x=1"),
        ("?x=1", "wss://example.com:8443/a/b?x=1"),
        ("//other.example/z", "wss://other.example/z"),
        ("https://other.example/", "wss://other.example/"),
        ("HTTPS://Other.Example:443/#part", "wss://other.example/"),
        ("wss://user:pw@other.example/", "wss://other.example/"),
        ("/\xe4 b", "wss://example.com:8443/%E4%20b"),
    ],
)
def test_a_location_is_read_against_the_url(location: str, url: str) -> None:
    base = target_for("wss://example.com:8443/a/b").url
    assert str(resolve_location(base, location, 302)) == url
    assert resolve_location(base, location, 302).username is None


@pytest.mark.parametrize(
    "location", ["demo:", "mailto:x@y.example", "file:///etc/passwd", "wss://h:0/", "wss://"]
)
def test_a_location_that_is_no_websocket_url_is_refused(location: str) -> None:
    with pytest.raises(Refused, match="no WebSocket URL"):
        resolve_location(target_for("ws://a.example/").url, location, 301)


@pytest.mark.parametrize("location", ["ws://a.example/", "http://b.example/"])
def test_tls_is_never_downgraded(location: str) -> None:
    with pytest.raises(Refused, match="never downgraded"):
        resolve_location(target_for("wss://a.example/").url, location, 301)


def test_identity_and_ways_serve_the_first_origin_alone() -> None:
    tls = TlsOptions(
        insecure=True, cacert="ca", cert="c", key="k", servername="s", minimum="1.2", key_password="p"
    )
    first = target_for(
        "wss://a.example/", tls=tls, unix_socket="/s", connect_to=("h", 1), no_proxy=True, **SECRETS
    )
    away = redirected(first, first, target_for("wss://b.example/").url)
    assert away.tls == TlsOptions(insecure=True, cacert="ca", minimum="1.2")
    assert (away.unix_socket, away.connect_to, away.no_proxy) == (None, None, True)
    back = redirected(first, away, target_for("wss://a.example/x").url)
    assert (back.tls, back.unix_socket, back.connect_to) == (tls, "/s", ("h", 1))
    assert (back.headers, back.subprotocols) == ((), ("chat",))


@pytest.mark.parametrize(
    ("offered", "left"),
    [
        (("bearer", "abc"), ()),
        (("Bearer", "abc", "chat"), ("chat",)),
        (("chat", "bearer"), ("chat", "bearer")),
        (("chat", "token", "bearer", "abc"), ("chat",)),
    ],
)
def test_what_announces_a_token_does_not_cross_an_origin_without_it(
    offered: tuple[str, ...], left: tuple[str, ...]
) -> None:
    first = target_for("wss://a.example/", subprotocols=offered)
    assert redirected(first, first, target_for("wss://b.example/").url).subprotocols == left


def test_an_extension_with_a_secret_parameter_does_not_cross_an_origin() -> None:
    offered = ("x-plain; size=3", 'x-own; Token="abc"')
    first = target_for("wss://a.example/", extensions=offered)
    assert redirected(first, first, target_for("wss://a.example/x").url).extensions == offered
    assert redirected(first, first, target_for("wss://b.example/").url).extensions == offered[:1]


def test_everything_stays_within_the_origin() -> None:
    first = target_for("wss://a.example/", unix_socket="/s", **SECRETS)
    moved = redirected(first, first, target_for("wss://a.example:443/x").url)
    assert (moved.headers, moved.subprotocols) == (first.headers, first.subprotocols)
    assert moved.unix_socket == "/s"


@pytest.mark.parametrize("other", ["ws://a.example/", "wss://a.example:444/", "wss://b.example/"])
def test_scheme_port_and_host_make_another_origin(other: str) -> None:
    first = target_for("wss://a.example/", **SECRETS)
    assert redirected(first, first, target_for(other).url).headers == ()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_followed_redirect_has_all_its_events_and_no_violation(status: int) -> None:
    async with raw_server(polite) as second, raw_server(leads_to(second.url, status)) as first:
        failure, kept = await opened(first.url, max_redirects=10)
    assert failure is None
    assert [event.status for event in kept.of(ResponseReceived)] == [status, 101]
    assert kept.of(ResponseReceived)[0].body == "elsewhere"
    assert [(event.status, event.location, event.followed) for event in kept.of(Redirected)] == [
        (status, second.url, True)
    ]
    assert len(kept.of(RequestSent)) == 2
    assert kept.of(Opened)[0].url == second.url
    assert not kept.of(ViolationFound)


async def test_a_redirect_that_is_not_followed_is_a_refusal_that_says_where_it_leads() -> None:
    async with two() as (first, second):
        failure, kept = await opened(first.url)
    assert isinstance(failure, Refused)
    assert failure.status == 302
    assert second.url in failure.hint
    assert "-L" in failure.hint
    assert [event.followed for event in kept.of(Redirected)] == [False]
    assert not second.peers


async def test_credentials_headers_and_tokens_do_not_cross_an_origin() -> None:
    async with two() as (first, second):
        await opened(first.url, max_redirects=10, **SECRETS)
    assert {"authorization", "cookie", "x-api-key", "x-mine"} <= set(names(first.peer))
    assert not {"authorization", "cookie", "x-api-key", "x-mine"} & set(names(second.peer))
    assert second.peer.request is not None
    assert second.peer.request.get("Host") == f"127.0.0.1:{second.port}"
    assert second.peer.request.get("Sec-WebSocket-Protocol") == "chat"


async def test_headers_stay_within_the_origin() -> None:
    async def script(peer: Peer) -> None:
        request = await peer.read_request()
        if request.target == "/":
            await peer.respond(302, headers=[("Location", "/in")])
        else:
            await polite(peer)

    async with raw_server(script) as server:
        failure, _ = await opened(server.url, max_redirects=10, headers=(("X-Mine", "m"),))
    assert failure is None
    assert "x-mine" in names(server.peers[1])


async def test_a_refusal_after_the_origin_changed_says_that_nothing_was_sent_along() -> None:
    async def refuse(peer: Peer) -> None:
        await peer.respond(401)

    async with raw_server(refuse) as second, raw_server(leads_to(second.url)) as first:
        failure, _ = await opened(first.url, max_redirects=10, **SECRETS)
    assert isinstance(failure, Refused)
    assert "not sent" in failure.hint


async def test_userinfo_of_a_location_is_not_sent() -> None:
    async with raw_server(polite) as second:
        with_userinfo = second.url.replace("//", "//user:pw@")
        async with raw_server(leads_to(with_userinfo)) as first:
            failure, _ = await opened(first.url, max_redirects=10)
    assert failure is None
    assert "authorization" not in names(second.peer)


async def test_a_circle_ends_it() -> None:
    async with raw_server(leads_to("/")) as server:
        failure, kept = await opened(server.url, max_redirects=10)
    assert isinstance(failure, TooManyRedirects)
    assert "circle" in failure.message
    assert [event.followed for event in kept.of(Redirected)] == [False]


async def test_the_eleventh_redirect_ends_it() -> None:
    async def onward(peer: Peer) -> None:
        request = await peer.read_request()
        await peer.respond(302, headers=[("Location", f"{request.target}x")])

    async with raw_server(onward) as server:
        failure, kept = await opened(server.url, max_redirects=10)
    assert isinstance(failure, TooManyRedirects)
    assert [event.followed for event in kept.of(Redirected)] == [True] * 10 + [False]


async def test_a_downgrade_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with raw_server(polite) as second, raw_server(leads_to(second.url), tls=True) as first:
        failure, kept = await opened(
            first.url.replace("127.0.0.1", "localhost"),
            max_redirects=10,
            tls=TlsOptions(cacert=write_ca(tmp_path)),
        )
        assert not second.peers
    assert isinstance(failure, Refused)
    assert "never downgraded" in failure.message
    assert [event.followed for event in kept.of(Redirected)] == [False]


async def test_the_client_certificate_and_the_name_are_for_the_first_origin(tmp_path: Path) -> None:
    import ssl

    client = authority().issue_cert("client.example")
    identity = tmp_path / "client.pem"
    identity.write_bytes(client.private_key_and_cert_chain_pem.bytes())
    seen: list[tuple[str | None, bool]] = []

    def context(name: str) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority().issue_cert(name, "127.0.0.1").configure_cert(made)
        made.verify_mode = ssl.CERT_OPTIONAL
        authority().configure_trust(made)
        made.sni_callback = lambda _, asked, __: sni.append(asked)
        return made

    sni: list[str | None] = []

    def noting(then: Any) -> Any:
        async def script(peer: Peer) -> None:
            tls = peer._tls
            assert tls is not None
            seen.append((sni[-1], tls.getpeercert() is not None))
            await then(peer)

        return script

    async with raw_server(noting(polite), tls=context("localhost")) as second:
        location = f"wss://localhost:{second.port}/"
        async with raw_server(noting(leads_to(location)), tls=context("inner.example")) as first:
            failure, _ = await opened(
                first.url,
                max_redirects=10,
                tls=TlsOptions(cacert=write_ca(tmp_path), cert=str(identity), servername="inner.example"),
            )
    assert failure is None
    assert seen == [("inner.example", True), ("localhost", False)]


async def test_the_unix_socket_is_for_the_first_origin() -> None:
    loop = asyncio.get_running_loop()
    async with raw_server(polite) as second:
        with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
            path = f"{folder}/s"
            listener.bind(path)
            listener.listen()
            listener.setblocking(False)

            async def serve() -> None:
                sock, _ = await loop.sock_accept(listener)
                peer = Peer(sock, None)
                with sock:
                    await leads_to(second.url)(peer)

            serving = asyncio.create_task(serve())
            failure, _ = await opened("ws://anything.example/", max_redirects=10, unix_socket=path)
            await serving
    assert failure is None
    assert len(second.peers) == 1


async def test_connect_to_is_for_the_first_origin() -> None:
    async with raw_server(polite) as second, raw_server(leads_to(second.url)) as first:
        failure, _ = await opened(
            "ws://anything.example/", max_redirects=10, connect_to=("127.0.0.1", first.port)
        )
    assert failure is None
    assert (len(first.peers), len(second.peers)) == (1, 1)


@pytest.mark.parametrize("status", [300, 304, 305])
async def test_other_statuses_are_not_followed(status: int) -> None:
    async with raw_server(leads_to("/x", status, b"")) as server:
        failure, kept = await opened(server.url, max_redirects=10)
    assert isinstance(failure, Refused)
    assert not kept.of(Redirected)


async def test_a_redirect_to_a_bad_reply_keeps_that_failure() -> None:
    async def lie(peer: Peer) -> None:
        await peer.accept(accept="AAAAAAAAAAAAAAAAAAAAAAAAAAA=")

    async with raw_server(lie) as second, raw_server(leads_to(second.url)) as first:
        failure, _ = await opened(first.url, max_redirects=10)
    assert isinstance(failure, BadReply)
