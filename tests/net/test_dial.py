from __future__ import annotations

import asyncio
import gc
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.peers import Peer, authority, raw_server, server_context, write_ca
from wscli.config import TlsOptions
from wscli.errors import CertificateUntrusted, ConnectFailed, TLSFailed, UsageError, WscliError
from wscli.events import Connected, Resolved, TlsEstablished
from wscli.net.stream import address_text
from wscli.net.trust import explain_mistrust

from .dialing import PAST, context_for, dialed, read_all


async def greet(peer: Peer) -> None:
    await peer.send(b"hello")


async def wait(peer: Peer) -> None:
    await peer.wait_eof()


@pytest.fixture
def trusted(tmp_path: Path) -> TlsOptions:
    return TlsOptions(cacert=write_ca(tmp_path))


async def fails(url: str, kind: type[WscliError], **options: Any) -> WscliError:
    with pytest.raises(kind) as caught:
        (await dialed(url, **options).open()).close()
    return caught.value


async def test_a_plain_dial_tells_how_it_came_about() -> None:
    async with raw_server(greet) as server:
        one = dialed(server.url)
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    assert one.phases == ["resolve", "connect"]
    resolved, connected = one.event(Resolved), one.event(Connected)
    assert (resolved.host, resolved.addresses) == ("127.0.0.1", ("127.0.0.1",))
    assert (connected.address, connected.port) == (server.host, server.port)
    assert connected.local_address == stream.local_address
    assert stream.peer_address == address_text(server.host, server.port)
    assert [attempt.error for attempt in connected.attempts] == [None]
    assert connected.duration_ms == round(connected.duration_ms, 3) > 0
    assert resolved.t <= connected.t


async def test_a_secure_dial_shows_the_certificate(trusted: TlsOptions) -> None:
    async with raw_server(greet, tls=True) as server:
        one = dialed(server.url, tls=trusted)
        stream = await one.open()
        assert await read_all(stream) == b"hello"
        stream.close()
    assert one.phases == ["resolve", "connect", "tls"]
    tls = one.event(TlsEstablished)
    assert (tls.version, tls.server_name, tls.verified) == ("TLSv1.3", "localhost", True)
    assert tls.cipher.startswith("TLS_")
    assert tls.certificate is not None
    assert "DNS:localhost" in (tls.certificate.san or ())
    assert len(tls.certificate.sha256) == 64


async def test_an_insecure_dial_shows_the_certificate_too() -> None:
    async with raw_server(greet, tls=True) as server:
        one = dialed(server.url, tls=TlsOptions(insecure=True))
        (await one.open()).close()
    tls = one.event(TlsEstablished)
    assert tls.verified is False
    assert tls.certificate is not None
    assert tls.certificate.not_after is not None
    assert tls.certificate.days_left is not None
    assert tls.certificate.days_left > 0
    (problem,) = tls.problems or ()
    assert "its issuer is not known" in problem


async def test_an_insecure_dial_says_when_nothing_speaks_against_the_certificate(trusted: TlsOptions) -> None:
    async with raw_server(greet, tls=True) as server:
        one = dialed(server.url, tls=TlsOptions(insecure=True, cacert=trusted.cacert))
        (await one.open()).close()
    assert one.event(TlsEstablished).verified is False
    assert one.event(TlsEstablished).problems == ()


async def test_http_is_offered_as_the_protocol_inside(trusted: TlsOptions) -> None:
    context = context_for(authority().issue_cert("localhost"))
    context.set_alpn_protocols(["http/1.1"])
    async with raw_server(greet, tls=context) as server:
        one = dialed(server.url, tls=trusted)
        (await one.open()).close()
    assert one.event(TlsEstablished).alpn == "http/1.1"


async def test_an_address_is_verified_but_not_sent_as_a_name(trusted: TlsOptions) -> None:
    async with raw_server(greet, tls=True) as server:
        one = dialed(f"wss://127.0.0.1:{server.port}/", tls=trusted)
        (await one.open()).close()
    assert one.event(TlsEstablished).server_name is None
    assert one.event(TlsEstablished).verified


async def test_servername_is_sent_and_verified(trusted: TlsOptions) -> None:
    names: list[str] = []
    context = context_for(authority().issue_cert("inner.example"))
    context.sni_callback = lambda sslobj, name, context: names.append(name)
    async with raw_server(greet, tls=context) as server:
        options = TlsOptions(cacert=trusted.cacert, servername="inner.example")
        one = dialed(server.url, tls=options)
        (await one.open()).close()
    assert names == ["inner.example"]
    assert one.event(TlsEstablished).server_name == "inner.example"


async def test_an_expired_certificate_says_since_when(trusted: TlsOptions) -> None:
    context = context_for(authority().issue_cert("localhost", not_before=PAST, not_after=PAST))
    async with raw_server(greet, tls=context) as server:
        failure = await fails(server.url, CertificateUntrusted, tls=trusted)
    assert "it expired on 2020-03-01 12:30 UTC" in failure.message
    assert "-k" in failure.hint


async def test_a_certificate_for_another_name_says_for_which(trusted: TlsOptions) -> None:
    async with raw_server(greet, tls=server_context("a.example", "b.example")) as server:
        failure = await fails(server.url, CertificateUntrusted, tls=trusted)
    assert "not for localhost but for DNS:a.example, DNS:b.example" in failure.message
    assert "--servername" in failure.hint


async def test_all_that_speaks_against_a_certificate_is_said_at_once() -> None:
    context = context_for(authority().issue_cert("other.example", not_before=PAST, not_after=PAST))
    async with raw_server(greet, tls=context) as server:
        failure = await fails(server.url, CertificateUntrusted)
    assert "its issuer is not known" in failure.message
    assert "; it expired on 2020-03-01" in failure.message
    assert "; it is not for localhost but for DNS:other.example" in failure.message
    assert failure.message.count("; it") == 2
    assert "--cacert" in failure.hint


async def test_an_unknown_issuer_is_named_with_the_remedy() -> None:
    async with raw_server(greet, tls=True) as server:
        failure = await fails(server.url, CertificateUntrusted)
    assert "issuer is not known" in failure.message
    assert "trustme" in failure.message
    assert "--cacert" in failure.hint


async def test_a_self_signed_certificate_is_called_so(tmp_path: Path) -> None:
    ca = trustme.CA(organization_name="homemade")
    (tmp_path / "both.pem").write_bytes(ca.private_key_pem.bytes() + ca.cert_pem.bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both.pem")
    async with raw_server(greet, tls=context) as server:
        failure = await fails(server.url, CertificateUntrusted)
    assert "self-signed" in failure.message
    assert "homemade" in failure.message


@pytest.mark.parametrize(
    ("code", "message"), [(66, "EE certificate key too weak"), (68, "CA signature digest algorithm too weak")]
)
def test_what_is_too_weak_is_no_matter_of_trust(code: int, message: str) -> None:
    # How weak is too weak differs from one build of OpenSSL to the next: its verdict is made here.
    verdict = ssl.SSLCertVerificationError(1, "certificate verify failed")
    verdict.verify_code, verdict.verify_message = code, message
    failure = explain_mistrust(verdict, "localhost", None)
    assert message in failure.message
    assert "--cacert" not in failure.hint
    assert "-k" in failure.hint


async def test_the_second_look_at_a_certificate_sends_nothing() -> None:
    async with raw_server(wait, tls=True) as server:
        await fails(server.url, CertificateUntrusted)
        await server.finished()
    first, second = server.peers
    assert not first.received
    assert not second.received


async def test_tls_on_a_plain_port_is_recognized_by_its_http_answer() -> None:
    async def bad_request(peer: Peer) -> None:
        await peer.receive()
        await peer.send(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")

    async with raw_server(bad_request) as server:
        failure = await fails(f"wss://127.0.0.1:{server.port}/", TLSFailed)
    assert "plain HTTP" in failure.message
    assert "plain ws:// port" in failure.hint


async def test_another_protocol_on_a_tls_port_is_shown() -> None:
    async def banner(peer: Peer) -> None:
        await peer.send(b"SSH-2.0-OpenSSH_9.9\r\n")

    async with raw_server(banner) as server:
        failure = await fails(f"wss://127.0.0.1:{server.port}/", TLSFailed)
    assert "SSH-2.0" in failure.message


@pytest.mark.parametrize("reset", [False, True])
async def test_an_end_in_the_tls_handshake_is_a_tls_failure(reset: bool) -> None:
    async def end(peer: Peer) -> None:
        await peer.receive()
        if reset:
            peer.reset()

    async with raw_server(end) as server:
        failure = await fails(f"wss://127.0.0.1:{server.port}/", TLSFailed)
    assert ("reset" if reset else "closed") in failure.message
    assert failure.hint


async def test_no_common_version_is_explained(trusted: TlsOptions) -> None:
    context = context_for(authority().issue_cert("localhost"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with raw_server(greet, tls=context) as server:
        options = TlsOptions(cacert=trusted.cacert, minimum="1.3")
        failure = await fails(server.url, TLSFailed, tls=options)
    assert "version" in failure.message
    assert "--tls-min" in failure.hint


async def test_a_bad_option_is_found_before_anything_is_sent() -> None:
    async with raw_server(greet, tls=True) as server:
        one = dialed(server.url, tls=TlsOptions(cacert="/nowhere/ca.pem"))
        with pytest.raises(UsageError, match="--cacert"):
            await one.open()
        assert one.phases == []
        assert server.peers == []


async def test_a_refused_port_fails_in_the_connect_phase() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        one = dialed(f"ws://127.0.0.1:{port}/")
        with pytest.raises(ConnectFailed, match=f"nothing listens on 127.0.0.1:{port}"):
            await one.open()
    assert one.phases == ["resolve", "connect"]


async def test_ipv6_is_dialed() -> None:
    async with raw_server(greet, host="::1") as server:
        one = dialed(f"ws://[::1]:{server.port}/", family=6)
        stream = await one.open()
        stream.close()
    assert one.event(Connected).address == "::1"
    assert one.event(Connected).local_address.startswith("[::1]:")


@pytest.mark.parametrize("how", ["plain", "secure", "untrusted"])
async def test_cancelled_at_any_moment_it_leaves_no_socket(how: str, trusted: TlsOptions) -> None:
    # ResourceWarning, an error here, tells of a socket that was left; the server, of one that stayed open.
    async with raw_server(wait, tls=how != "plain") as server:
        url = server.url.replace("127.0.0.1", "localhost")
        for steps in range(400):
            one = dialed(url, tls=trusted if how == "secure" else TlsOptions())
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
        # Every script ends with the client's connection: one that stayed open would be waited for.
        await server.finished()
