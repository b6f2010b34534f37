"""wscli through the proxies that people run: tinyproxy, stunnel in front of it, microsocks, dante."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.peers import authority, raw_server, write_ca
from tests.peers.servers import aiohttp_server, websockets_server
from tests.support import wscli

from .daemons import dante, free_port, microsocks, stunnel, tinyproxy
from .test_nginx import SECRET, events_of, failure_of, write_leaf

pytestmark = pytest.mark.system

ONE = ["--count", "1", "--json"]


@contextlib.asynccontextmanager
async def https_proxy(folder: Path) -> AsyncIterator[int]:
    """tinyproxy with a password, behind TLS; the port of the TLS side."""
    certificate = Path(write_leaf(folder, authority().issue_cert("localhost"), "proxy"))
    async with tinyproxy(folder, user="me", password=SECRET) as inner:
        async with stunnel(folder, certificate, inner) as port:
            yield port


@pytest.mark.parametrize("server", [websockets_server, aiohttp_server])
async def test_tinyproxy_with_the_right_password_leads_through(server: object, tmp_path: Path) -> None:
    async with server() as url, tinyproxy(tmp_path, user="me", password=SECRET) as port:  # type: ignore[operator] # one of two context managers
        proxy = f"http://me:{SECRET}@127.0.0.1:{port}"
        done = await wscli("connect", url, "--proxy", proxy, *ONE, stdin=b"hi\n")
    assert done.returncode == 0, done.stderr
    assert SECRET.encode() not in done.stdout + done.stderr
    events = events_of(done)
    assert [event["method"] for event in events if event["event"] == "request"] == ["CONNECT", "GET"]
    assert [event["status"] for event in events if event["event"] == "proxy"] == [200]
    assert [event["text"] for event in events if event["event"] == "message"] == ["hi", "hi"]


async def test_tls_goes_end_to_end_through_tinyproxy(tmp_path: Path) -> None:
    ca = write_ca(tmp_path)
    async with websockets_server(tls=True) as url, tinyproxy(tmp_path) as port:
        proxy = f"127.0.0.1:{port}"
        done = await wscli("connect", url, "--proxy", proxy, "--cacert", ca, *ONE, stdin=b"hi\n")
    assert done.returncode == 0, done.stderr
    assert next(event for event in events_of(done) if event["event"] == "tls")["verified"] is True


@pytest.mark.parametrize("login", ["", f"me:wrong-{SECRET}@", "me@"])
async def test_tinyproxy_without_the_right_password_refuses(login: str, tmp_path: Path) -> None:
    async with websockets_server() as url, tinyproxy(tmp_path, user="me", password="right-word") as port:
        done = await wscli("handshake", url, "--proxy", f"http://{login}127.0.0.1:{port}", "--json")
    assert done.returncode == 97
    failure = failure_of(done)
    assert failure["kind"] == "proxy"
    response = next(event for event in events_of(done) if event["event"] == "response")
    # tinyproxy says 407 to none, and 401 to wrong ones.
    assert response["status"] in {401, 407}
    assert str(response["status"]) in failure["message"]
    assert "USER:PASSWORD" in failure["hint"]
    assert response["body"]


async def test_what_tinyproxy_cannot_reach_is_the_proxys_failure_with_its_page(tmp_path: Path) -> None:
    async with tinyproxy(tmp_path) as port:
        environment = {"http_proxy": f"http://me:{SECRET}@127.0.0.1:{port}"}
        # The name is never looked up here: that is the proxy's part.
        url = "ws://service.invalid/"
        through = await wscli("handshake", url, "--json", env=environment)
        around = await wscli("handshake", url, "--json", env=environment | {"no_proxy": "service.invalid"})
        without = await wscli("handshake", url, "--json", "--no-proxy", env=environment)
    assert through.returncode == 97
    failure = failure_of(through)
    response = next(event for event in events_of(through) if event["event"] == "response")
    assert str(response["status"]) in failure["message"]
    assert "service.invalid:80" in failure["message"]
    assert "tinyproxy" in response["body"]
    for done in (around, without):
        assert done.returncode == 6
        assert "service.invalid" in failure_of(done)["message"]


async def test_an_https_proxy_is_verified_and_leads_through(tmp_path: Path) -> None:
    ca = write_ca(tmp_path)
    async with websockets_server() as plain, websockets_server(tls=True) as secure:
        async with https_proxy(tmp_path) as port:
            proxy = f"https://me:{SECRET}@localhost:{port}"
            over_plain = await wscli("connect", plain, "--proxy", proxy, "--cacert", ca, *ONE, stdin=b"hi\n")
            over_tls = await wscli("connect", secure, "--proxy", proxy, "--cacert", ca, *ONE, stdin=b"hi\n")
            untrusted = await wscli("handshake", plain, "--proxy", proxy, "--json")
            as_http = await wscli(
                "handshake", plain, "--proxy", proxy.replace("https://", "http://"), "--json"
            )
    for done, layers in ((over_plain, 1), (over_tls, 2)):
        assert done.returncode == 0, done.stderr
        assert SECRET.encode() not in done.stdout + done.stderr
        assert [event["event"] for event in events_of(done)].count("tls") == layers
    assert untrusted.returncode == 97
    assert "--cacert" in failure_of(untrusted)["hint"]
    assert as_http.returncode == 97
    assert "scheme" in failure_of(as_http)["hint"]


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
async def test_microsocks_with_and_without_a_password(scheme: str, tmp_path: Path) -> None:
    async with websockets_server() as url, microsocks(tmp_path) as open_port:
        by_name = url.replace("127.0.0.1", "localhost")
        done = await wscli(
            "connect", by_name, "-4", "--proxy", f"{scheme}://127.0.0.1:{open_port}", *ONE, stdin=b"hi\n"
        )
        async with microsocks(tmp_path, user="me", password=SECRET) as port:
            right = f"{scheme}://me:{SECRET}@127.0.0.1:{port}"
            let_in = await wscli("connect", by_name, "-4", "--proxy", right, *ONE, stdin=b"hi\n")
            refused = [
                await wscli("handshake", by_name, "--json", "--proxy", f"{scheme}://{login}127.0.0.1:{port}")
                for login in ("", f"me:not-{SECRET}@")
            ]
    for each in (done, let_in):
        assert each.returncode == 0, each.stderr
        assert SECRET.encode() not in each.stdout + each.stderr
        assert [event["text"] for event in events_of(each) if event["event"] == "message"] == ["hi", "hi"]
        # Who resolves the name is the difference between the two.
        resolved = [event["host"] for event in events_of(each) if event["event"] == "resolve"]
        assert ("localhost" in resolved) is (scheme == "socks5")
    for each in refused:
        assert each.returncode == 97
        assert "proxy" in failure_of(each)["message"]
        assert "USER:PASSWORD" in failure_of(each)["hint"]


@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5"])
async def test_dante_leads_through_and_says_when_nothing_listens(scheme: str, tmp_path: Path) -> None:
    async with websockets_server() as url, dante(tmp_path) as port:
        proxy = f"{scheme}://127.0.0.1:{port}"
        done = await wscli("connect", url, "--proxy", proxy, *ONE, stdin=b"hi\n")
        nobody = await wscli("handshake", f"ws://127.0.0.1:{free_port()}/", "--proxy", proxy, "--json")
    assert done.returncode == 0, done.stderr
    assert nobody.returncode == 97
    assert "refused the tunnel" in failure_of(nobody)["message"]


@pytest.mark.parametrize("scheme", ["http", "https", "socks5", "socks4"])
@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"\x00\x1b]0;owned\x07\xff" * 8])
async def test_a_proxy_that_answers_nothing_or_garbage_is_the_proxys_failure(
    scheme: str, answer: bytes, tmp_path: Path
) -> None:
    async def script(peer: object) -> None:
        await peer.receive()  # type: ignore[attr-defined] # a Peer
        await peer.send(answer)  # type: ignore[attr-defined] # a Peer
        await peer.fin()  # type: ignore[attr-defined] # a Peer

    async with raw_server(script) as server:
        proxy = f"{scheme}://me:{SECRET}@127.0.0.1:{server.port}"
        done = await wscli("handshake", "ws://127.0.0.1:9/", "--proxy", proxy, "--json")
    assert done.returncode == 97
    failure = failure_of(done)
    assert failure["message"].startswith(f"proxy {scheme}://127.0.0.1")
    assert failure["hint"]
    assert b"\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize("scheme", ["http", "socks5"])
async def test_a_proxy_that_never_answers_ends_with_the_deadline(scheme: str) -> None:
    async def script(peer: object) -> None:
        while await peer.receive():  # type: ignore[attr-defined] # a Peer
            pass

    async with raw_server(script) as server:
        proxy = f"{scheme}://me:{SECRET}@127.0.0.1:{server.port}"
        done = await wscli(
            "handshake", "ws://127.0.0.1:9/", "--proxy", proxy, "--json", "--connect-timeout", "300ms"
        )
    assert done.returncode == 28
    assert "proxy" in failure_of(done)["message"]


async def test_an_unknown_kind_of_proxy_is_a_usage_error_that_lists_the_known() -> None:
    done = await wscli("handshake", "ws://127.0.0.1:9/", "--proxy", f"gopher://me:{SECRET}@127.0.0.1:1")
    assert done.returncode == 2
    shown = done.stderr.decode()
    assert "gopher" in shown
    assert "socks5://" in shown
    assert SECRET not in shown
