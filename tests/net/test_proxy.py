from __future__ import annotations

import asyncio
import base64
import gc
import socket
import sys
from pathlib import Path

import pytest

from tests.peers import Peer, raw_server, server_context, write_ca
from tests.peers.raw import Script
from wscli.config import TlsOptions
from wscli.errors import CertificateUntrusted, ProxyFailed, ResolveFailed, UsageError
from wscli.events import Connected, Proxied, RequestSent, Resolved, ResponseReceived, TlsEstablished

from .dialing import dialed, read_all
from .proxies import Seen, http_proxy, socks4_proxy, socks5_proxy

NAME = "app.example.invalid"


async def greet(peer: Peer) -> None:
    await peer.send(b"hello")


@pytest.fixture
def trusted(tmp_path: Path) -> TlsOptions:
    return TlsOptions(cacert=write_ca(tmp_path))


async def refused(
    script: object, url: str = "ws://app.example.invalid/", scheme: str = "http"
) -> ProxyFailed:
    async with raw_server(script) as proxy:  # type: ignore[arg-type]  # any script
        with pytest.raises(ProxyFailed) as caught:
            await dialed(url, proxy=f"{scheme}://user:s3cret@127.0.0.1:{proxy.port}").open()
    assert "s3cret" not in caught.value.message + caught.value.hint
    return caught.value


async def test_a_tunnel_is_asked_for_and_told() -> None:
    seen = Seen()
    async with raw_server(greet) as server, raw_server(http_proxy(seen, to="127.0.0.1")) as proxy:
        one = dialed(f"ws://{NAME}:{server.port}/", proxy=f"http://user:p%3Aw@127.0.0.1:{proxy.port}")
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    assert one.phases == ["resolve", "connect", "proxy"]
    assert seen.tunnels == [f"{NAME}:{server.port}"]
    assert seen.credentials == ["Basic " + base64.b64encode(b"user:p:w").decode()]
    assert one.event(Connected).port == proxy.port
    request, response = one.event(RequestSent), one.event(ResponseReceived)
    assert (request.method, request.target) == ("CONNECT", f"{NAME}:{server.port}")
    assert request.raw == bytes(proxy.peer.received[: len(request.raw)])
    assert (response.status, response.raw) == (200, b"HTTP/1.1 200 Connection established\r\n\r\n")
    proxied = one.event(Proxied)
    assert (proxied.url, proxied.status) == (f"http://127.0.0.1:{proxy.port}", 200)


async def test_without_credentials_none_are_sent() -> None:
    seen = Seen()
    async with raw_server(greet) as server, raw_server(http_proxy(seen, to="127.0.0.1")) as proxy:
        (await dialed(f"ws://{NAME}:{server.port}/", proxy=f"127.0.0.1:{proxy.port}").open()).close()
    assert seen.credentials == [""]


async def test_tls_goes_through_the_tunnel(trusted: TlsOptions) -> None:
    seen = Seen()
    async with (
        raw_server(greet, tls=server_context(NAME)) as server,
        raw_server(http_proxy(seen, to="127.0.0.1")) as proxy,
    ):
        one = dialed(f"wss://{NAME}:{server.port}/", tls=trusted, proxy=f"http://127.0.0.1:{proxy.port}")
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    assert one.phases == ["resolve", "connect", "proxy", "tls"]
    assert one.event(TlsEstablished).server_name == NAME


async def test_an_https_proxy_has_tls_of_its_own(trusted: TlsOptions) -> None:
    seen = Seen()
    async with (
        raw_server(greet, tls=server_context(NAME)) as server,
        raw_server(http_proxy(seen, to="127.0.0.1"), tls=True) as proxy,
    ):
        one = dialed(f"wss://{NAME}:{server.port}/", tls=trusted, proxy=f"https://localhost:{proxy.port}")
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    assert one.phases == ["resolve", "connect", "tls", "proxy", "tls"]
    names = [event.server_name for event in one.events if isinstance(event, TlsEstablished)]
    assert names == ["localhost", NAME]


async def test_an_untrusted_https_proxy_is_the_proxys_failure() -> None:
    async with raw_server(http_proxy(Seen()), tls=True) as proxy:
        with pytest.raises(ProxyFailed, match="not trusted") as caught:
            await dialed("ws://x.invalid/", proxy=f"https://localhost:{proxy.port}").open()
        await proxy.finished()
        assert not any(peer.received for peer in proxy.peers)
    assert "--cacert" in caught.value.hint


async def test_a_plain_proxy_called_https_is_recognized() -> None:
    async def bad_request(peer: Peer) -> None:
        await peer.receive()
        await peer.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    failure = await refused(bad_request, scheme="https")
    assert "plain HTTP" in failure.message
    assert "http://" in failure.hint
    assert "ws://" not in failure.hint


async def test_an_untrusted_server_behind_a_proxy_is_looked_at_through_it() -> None:
    seen = Seen()
    async with (
        raw_server(greet, tls=server_context("other.example")) as server,
        raw_server(http_proxy(seen, to="127.0.0.1")) as proxy,
    ):
        one = dialed(f"wss://{NAME}:{server.port}/", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(CertificateUntrusted, match="trustme"):
            await one.open()
    assert len(seen.tunnels) == 2
    assert one.event(Proxied).status == 200


async def test_a_refusal_shows_status_and_body() -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(407, "Proxy Authentication Required", body=b"who are you?")

    async with raw_server(script) as proxy:
        one = dialed("ws://x.invalid/", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(ProxyFailed, match=r"refused the tunnel to x\.invalid:80: 407 Proxy") as caught:
            await one.open()
    assert "USER:PASSWORD" in caught.value.hint
    response = one.event(ResponseReceived)
    assert (response.status, response.body, response.body_truncated) == (407, "who are you?", False)
    assert one.event(Proxied).status == 407


async def test_a_refusal_whose_body_never_ends_is_still_told() -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(503, "", body=b"\xff\x00", content_length=False)
        await peer.wait_eof()

    async with raw_server(script) as proxy:
        one = dialed("ws://x.invalid/", proxy=f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(ProxyFailed, match="503 Service Unavailable"):
            await one.open()
    assert (one.event(ResponseReceived).base64, one.event(ResponseReceived).body_truncated) == (
        b"\xff\x00",
        True,
    )


async def test_an_interim_response_is_passed_over_and_first_bytes_are_kept() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.0 200 OK\r\nX: y\r\n\r\nfirst bytes")

    async with raw_server(script) as proxy:
        stream = await dialed("ws://x.invalid/", proxy=f"http://127.0.0.1:{proxy.port}").open()
        assert await stream.receive(5) == b"first"
        assert await read_all(stream) == b" bytes"
        stream.close()


async def test_a_proxy_that_answers_nothing_is_said_to() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()

    assert "without an answer" in (await refused(script)).message


async def test_a_proxy_that_resets_is_said_to() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        peer.reset()

    assert "reset the connection" in (await refused(script)).message


async def test_garbage_from_a_proxy_is_named() -> None:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"SSH-2.0-OpenSSH_9.9\r\n")

    failure = await refused(script)
    assert "no valid HTTP" in failure.message
    assert "SSH" in failure.message


async def test_a_socks_proxy_called_http_is_recognized() -> None:
    failure = await refused(_answering([b"\x05\xff"]))
    assert "no valid HTTP" in failure.message
    assert "socks5://" in failure.hint


async def test_a_proxy_that_is_not_there_is_the_proxys_failure() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        with pytest.raises(ProxyFailed, match=f"nothing listens on 127.0.0.1:{port}") as caught:
            await dialed("ws://x.invalid/", proxy=f"http://127.0.0.1:{port}").open()
    assert "is the proxy running" in caught.value.hint


async def test_a_proxy_of_the_environment_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(peer: Peer) -> None:
        await peer.respond(403)

    async with raw_server(refuse) as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(ProxyFailed) as caught:
            await dialed("ws://x.invalid/").open()
    assert "http_proxy names this proxy" in caught.value.hint
    assert "--no-proxy" in caught.value.hint


async def test_a_proxy_without_an_address_is_the_proxys_failure() -> None:
    with pytest.raises(ProxyFailed, match=r"could not resolve proxy\.invalid"):
        await dialed("ws://x.invalid/", proxy="http://proxy.invalid:1").open()


@pytest.mark.parametrize(("scheme", "kind"), [("socks5", 1), ("socks5h", 3)])
async def test_socks5_resolves_here_or_there(scheme: str, kind: int, trusted: TlsOptions) -> None:
    seen = Seen()
    async with (
        raw_server(greet, tls=server_context(NAME)) as server,
        raw_server(socks5_proxy(seen, to="127.0.0.1", password="s3cret")) as proxy,
    ):
        one = dialed(
            f"wss://{NAME}:{server.port}/",
            tls=trusted,
            proxy=f"{scheme}://user:s3cret@127.0.0.1:{proxy.port}",
            resolve_overrides=((NAME, server.port, ("127.0.0.1",)),),
        )
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    assert seen.kinds == [kind]
    assert seen.credentials == ["user:s3cret"]
    resolved = [event.host for event in one.events if isinstance(event, Resolved)]
    assert resolved == ["127.0.0.1", NAME] if scheme == "socks5" else ["127.0.0.1"]
    assert one.event(Proxied).status is None
    assert one.phases[-2:] == ["proxy", "tls"]


@pytest.mark.parametrize(("scheme", "asked"), [("socks4", "127.0.0.1"), ("socks4a", NAME)])
async def test_socks4_resolves_here_or_there(scheme: str, asked: str) -> None:
    seen = Seen()
    async with raw_server(greet) as server, raw_server(socks4_proxy(seen, to="127.0.0.1")) as proxy:
        one = dialed(
            f"ws://{NAME}:{server.port}/",
            proxy=f"{scheme}://user@127.0.0.1:{proxy.port}",
            resolve_overrides=((NAME, server.port, ("127.0.0.1",)),),
        )
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    assert seen.tunnels == [f"{asked}:{server.port}"]
    assert seen.credentials == ["user"]


async def test_a_name_that_is_not_known_here_fails_before_socks() -> None:
    async with raw_server(socks5_proxy(Seen())) as proxy:
        with pytest.raises(ResolveFailed, match=r"app\.example\.invalid"):
            await dialed(f"ws://{NAME}/", proxy=f"socks5://127.0.0.1:{proxy.port}").open()


async def test_a_refusal_over_socks_is_explained() -> None:
    assert "Connection refused" in (await refused(socks5_proxy(Seen(), reply=5), scheme="socks5h")).message
    assert "refused the tunnel" in (await refused(socks4_proxy(Seen(), reply=0x5B), scheme="socks4a")).message


async def test_wrong_socks_credentials_are_a_refusal() -> None:
    failure = await refused(socks5_proxy(Seen(), password="other"), scheme="socks5h")
    assert "USER:PASSWORD" in failure.hint


# What a SOCKS proxy answers, piece by piece, to which scheme; what is said of it, and what the hint names.
NO_SOCKS = [
    ("socks5", [b""], "closed the connection without an answer", "port"),
    ("socks4a", [b""], "closed the connection without an answer", "port"),
    ("socks5", [b"\x05"], "in the middle of the SOCKS handshake", "port"),
    ("socks5", [b"\x05\x00", b"\x05\x00"], "in the middle of the SOCKS handshake", "port"),
    ("socks5", [b"HTTP/1.1 400 Bad Request\r\n\r\n"], "no SOCKS 5 (it looks like HTTP)", "scheme"),
    ("socks4", [b"SSH-2.0-OpenSSH_9.9\r\n"], "no SOCKS 4 (it looks like SSH)", "scheme"),
    ("socks5", [b"\xff" * 64], "is no SOCKS", "scheme"),
    ("socks5", [b"\x00\x5b" + bytes(6)], "is no SOCKS", "socks4://"),
    ("socks4", [b"\x05\xff" + bytes(6)], "is no SOCKS", "socks5://"),
    ("socks4", [b"\x05\xff"], "is no SOCKS", "socks5://"),
    ("socks5", [b"\x05\x07"], "breaks the SOCKS protocol", "scheme"),
    ("socks5", [b"\x05\x02", b"\x09\x00"], "breaks the SOCKS protocol", "scheme"),
    ("socks5", [b"\x05\x00", b"\x05\x63\x00"], "breaks the SOCKS protocol", "scheme"),
    ("socks5", [b"\x05\x00", b"SSH-2.0"], "breaks the SOCKS protocol", "scheme"),
    ("socks4", [b"\x00\x01" + bytes(6)], "breaks the SOCKS protocol", "scheme"),
]


@pytest.mark.parametrize(("scheme", "answers", "said", "hint"), NO_SOCKS)
async def test_a_socks_proxy_that_answers_garbage_or_nothing_has_failed_and_not_refused(
    scheme: str, answers: list[bytes], said: str, hint: str
) -> None:
    failure = await refused(_answering(answers), "ws://127.0.0.1:9/", scheme)
    assert said in failure.message
    assert hint in failure.hint
    assert "refused" not in failure.message
    assert "USER" not in failure.hint


@pytest.mark.parametrize(
    ("scheme", "answers", "said", "hint"),
    [
        ("socks5", [b"\x05\xff"], "takes no login by name and password", "of another kind"),
        ("socks5", [b"\x05\x02", b"\x01\x01"], "wrong user name or password", "USER:PASSWORD"),
        ("socks5", [b"\x05\x00", b"\x05\x02\x00"], "not allowed by ruleset", "does not allow"),
        ("socks5", [b"\x05\x00", b"\x05\x05\x00"], "refused by destination host", "nothing listens"),
        ("socks4", [b"\x00\x5d" + bytes(6)], "user-ids", "USER@"),
    ],
)
async def test_a_refusal_over_socks_says_what_would_help(
    scheme: str, answers: list[bytes], said: str, hint: str
) -> None:
    failure = await refused(_answering(answers), "ws://127.0.0.1:9/", scheme)
    assert "refused the tunnel to 127.0.0.1:9" in failure.message
    assert said in failure.message
    assert hint in failure.hint


async def test_a_socks_proxy_that_wants_a_login_and_gets_none_says_so() -> None:
    async with raw_server(_answering([b"\x05\x02"])) as proxy:
        with pytest.raises(ProxyFailed, match="wants a login") as caught:
            await dialed("ws://127.0.0.1:9/", proxy=f"socks5://127.0.0.1:{proxy.port}").open()
    assert "USER:PASSWORD" in caught.value.hint


def _answering(answers: list[bytes]) -> Script:
    async def script(peer: Peer) -> None:
        for answer in answers:
            await peer.receive()
            await peer.send(answer)

    return script


async def test_socks_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_socks", None)
    async with raw_server(socks5_proxy(Seen())) as proxy:
        with pytest.raises(UsageError, match="python-socks") as caught:
            await dialed("ws://x.invalid/", proxy=f"socks5h://127.0.0.1:{proxy.port}").open()
        assert not proxy.peers
    assert "pip install" in caught.value.hint


@pytest.mark.parametrize("scheme", ["http", "https", "socks5h"])
async def test_cancelled_at_any_moment_it_leaves_no_socket(scheme: str, trusted: TlsOptions) -> None:
    # ResourceWarning, an error here, tells of a socket that was left; the servers, of one that stayed open.
    script = (
        socks5_proxy(Seen(), to="127.0.0.1") if scheme == "socks5h" else http_proxy(Seen(), to="127.0.0.1")
    )
    async with raw_server(greet, tls=True) as server, raw_server(script, tls=scheme == "https") as proxy:
        for steps in range(400):
            one = dialed(server.url, tls=trusted, proxy=f"{scheme}://localhost:{proxy.port}")
            dialing = asyncio.create_task(one.open())
            for _ in range(steps):
                await asyncio.sleep(0)
            cancelled = dialing.cancel()
            (outcome,) = await asyncio.gather(dialing, return_exceptions=True)
            if not isinstance(outcome, BaseException):
                outcome.close()
            if not cancelled:
                break
            del dialing, outcome, one
        gc.collect()
        await proxy.finished()
