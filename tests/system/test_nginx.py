"""wscli against nginx as it stands in front of real services: TLS, identities, redirects, gateways."""

from __future__ import annotations

import contextlib
import datetime
import json
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.peers import authority, write_ca
from tests.peers.servers import aiohttp_server, websockets_server
from tests.support import wscli

from .daemons import free_port, nginx, to_upstream

pytestmark = pytest.mark.system

SERVERS = [websockets_server, aiohttp_server]
# Typed by the user in the tests below; it may stand in no output at all.
SECRET = "tok-5f3a9c1e7b"


def write_leaf(folder: Path, leaf: trustme.LeafCert, name: str = "server") -> str:
    """Certificate, chain and key of `leaf` in one file; its path."""
    path = folder / f"{name}.pem"
    leaf.private_key_and_cert_chain_pem.write_to_path(str(path))
    return str(path)


def tls_directives(pem: str) -> str:
    return f"ssl_certificate {pem}; ssl_certificate_key {pem}; ssl_protocols TLSv1.2 TLSv1.3;\n"


@contextlib.asynccontextmanager
async def terminator(
    folder: Path, leaf: trustme.LeafCert, upstream: str, more: str = ""
) -> AsyncIterator[int]:
    """nginx that ends TLS with `leaf` and passes everything on to `upstream`; its port."""
    directives = tls_directives(write_leaf(folder, leaf)) + more
    location = f"location / {{ {to_upstream(upstream)} }}"
    async with nginx(folder, "127.0.0.1:{port} ssl", directives + location) as port:
        yield port


def events_of(done: subprocess.CompletedProcess[bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def failure_of(done: subprocess.CompletedProcess[bytes]) -> dict[str, Any]:
    """The `error` event; stderr says the same, and no secret stands anywhere."""
    assert SECRET.encode() not in done.stdout + done.stderr
    found = events_of(done)[-1]
    assert found["event"] == "error"
    assert found["exit_code"] == done.returncode
    assert found["message"].split("\n")[0][:40] in done.stderr.decode()
    return found


@pytest.mark.parametrize("server", SERVERS)
async def test_a_service_behind_nginx_is_reached_and_its_certificate_told(
    server: Any, tmp_path: Path
) -> None:
    ca = write_ca(tmp_path)
    async with (
        server() as upstream,
        terminator(tmp_path, authority().issue_cert("localhost"), upstream) as port,
    ):
        url = f"wss://localhost:{port}/"
        done = await wscli("connect", url, "--cacert", ca, "--json", "--count", "1", stdin="grüße\n".encode())
    assert done.returncode == 0, done.stderr
    by_name = {event["event"]: event for event in events_of(done)}
    assert by_name["tls"]["verified"] is True
    assert by_name["tls"]["version"] == "TLSv1.3"
    assert by_name["tls"]["certificate"]["san"] == ["DNS:localhost"]
    assert {name.lower(): value for name, value in by_name["response"]["headers"]}["server"].startswith(
        "nginx"
    )
    received = [event for event in events_of(done) if event["event"] == "message"]
    assert [(event["direction"], event["text"]) for event in received] == [("out", "grüße"), ("in", "grüße")]


def issued(**options: Any) -> trustme.LeafCert:
    return authority().issue_cert("localhost", **options)


# What the server shows, what is said of it, and what the hint names.
WRONG: dict[str, tuple[Callable[[], trustme.LeafCert], str, str]] = {
    "another name": (lambda: authority().issue_cert("other.example"), "not for localhost", "--servername"),
    "expired": (
        lambda: issued(
            not_before=datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
            not_after=datetime.datetime(2020, 2, 1, tzinfo=datetime.UTC),
        ),
        "expired on 2020-02-01",
        "clock",
    ),
    "unknown issuer": (lambda: trustme.CA().issue_cert("localhost"), "is not known", "--cacert"),
}


@pytest.mark.parametrize("kind", WRONG)
async def test_a_certificate_that_cannot_be_trusted_is_explained(kind: str, tmp_path: Path) -> None:
    make, reason, remedy = WRONG[kind]
    ca = write_ca(tmp_path)
    async with websockets_server() as upstream, terminator(tmp_path, make(), upstream) as port:
        url = f"wss://localhost:{port}/"
        done = await wscli("handshake", url, "--cacert", ca, "--json", "--bearer", SECRET)
        anyway = await wscli("handshake", url, "-k", "--cacert", ca, "--json", "--bearer", SECRET)
    assert done.returncode == 60, done.stderr
    failure = failure_of(done)
    assert failure["kind"] == "certificate"
    assert "TLS" in failure["message"]
    assert reason in failure["message"]
    assert remedy in failure["hint"]
    assert "request" not in {event["event"] for event in events_of(done)}
    assert anyway.returncode == 0, anyway.stderr
    tls = next(event for event in events_of(anyway) if event["event"] == "tls")
    assert tls["verified"] is False
    assert tls["certificate"]["subject"]
    assert len(tls["problems"]) == 1
    assert reason in tls["problems"][0]


async def test_a_self_signed_certificate_is_called_that_and_may_be_trusted_by_itself(tmp_path: Path) -> None:
    pem, key = tmp_path / "self.pem", tmp_path / "self.key"
    write_self_signed(pem, key)
    directives = f"ssl_certificate {pem}; ssl_certificate_key {key};\n"
    async with websockets_server() as upstream:
        location = f"location / {{ {to_upstream(upstream)} }}"
        async with nginx(tmp_path, "127.0.0.1:{port} ssl", directives + location) as port:
            url = f"wss://localhost:{port}/"
            done = await wscli("handshake", url, "--json", "--bearer", SECRET)
            trusting = await wscli("handshake", url, "--json", "--cacert", str(pem))
    assert done.returncode == 60
    assert "self-signed" in failure_of(done)["message"]
    assert "--cacert" in failure_of(done)["hint"]
    assert trusting.returncode == 0, trusting.stderr


def write_self_signed(certificate: Path, key: Path) -> None:
    """A certificate for localhost that is its own issuer, as `openssl req -x509` makes it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


async def test_a_client_certificate_opens_what_is_closed_without_it(tmp_path: Path) -> None:
    ca = write_ca(tmp_path)
    own = write_leaf(tmp_path, authority().issue_cert("client@example.com"), "client")
    stranger = write_leaf(tmp_path, trustme.CA().issue_cert("client@example.com"), "stranger")
    demand = f"ssl_client_certificate {ca}; ssl_verify_client on;\n"
    leaf = authority().issue_cert("localhost")
    async with websockets_server() as upstream, terminator(tmp_path, leaf, upstream, demand) as port:
        common = ["handshake", f"wss://localhost:{port}/", "--cacert", ca, "--json"]
        given = await wscli(*common, "--cert", own)
        without = await wscli(*common)
        wrong = await wscli(*common, "--cert", stranger)
    assert given.returncode == 0, given.stderr
    # nginx finishes TLS and refuses in HTTP; its body says why.
    assert without.returncode == 22
    assert "No required SSL certificate" in next(e["body"] for e in events_of(without) if "body" in e)
    assert "--cert" in failure_of(without)["hint"]
    assert wrong.returncode == 22
    assert "certificate" in failure_of(wrong)["hint"]


async def test_a_key_of_another_certificate_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    mine = authority().issue_cert("client@example.com")
    certificate = tmp_path / "client.pem"
    mine.cert_chain_pems[0].write_to_path(str(certificate))
    key = tmp_path / "other.key"
    authority().issue_cert("client@example.com").private_key_pem.write_to_path(str(key))
    empty = tmp_path / "empty.pem"
    empty.touch()
    url = f"wss://localhost:{free_port()}/"
    mismatch = await wscli(
        "handshake", url, "--cert", str(certificate), "--key", str(key), "--bearer", SECRET
    )
    nothing = await wscli("handshake", url, "--cert", str(empty), "--bearer", SECRET)
    no_trust = await wscli("handshake", url, "--cacert", str(empty), "--bearer", SECRET)
    for done, words in (
        (mismatch, ["does not belong to", "--key"]),
        (nothing, ["--cert", "is empty"]),
        (no_trust, ["--cacert", "is empty"]),
    ):
        assert done.returncode == 2
        assert b"> GET" not in done.stdout
        assert all(word in done.stderr.decode() for word in words)
        assert SECRET not in done.stderr.decode()


@pytest.mark.parametrize("path", ["missing", "down", "web", "private"])
async def test_what_a_gateway_says_instead_is_shown_with_a_remedy(path: str, tmp_path: Path) -> None:
    expected = {
        "missing": (404, "check it"),
        "down": (502, "service behind it may be down"),
        "web": (200, "plain web page"),
        "private": (401, "it asks for Basic"),
    }
    (tmp_path / "users").write_text("me:{PLAIN}right\n")
    locations = (
        f"location /down {{ {to_upstream(f'ws://127.0.0.1:{free_port()}')} }}\n"
        "location /web { default_type text/plain; return 200 'welcome'; }\n"
        "location /missing { return 404; }\n"
        f"location /private {{ auth_basic door; auth_basic_user_file {tmp_path / 'users'};"
        " try_files /none =404; }\n"
    )
    status, remedy = expected[path]
    async with nginx(tmp_path, "127.0.0.1:{port}", locations) as port:
        done = await wscli("handshake", f"ws://me:{SECRET}@127.0.0.1:{port}/{path}", "--json")
    assert done.returncode == 22
    failure = failure_of(done)
    assert str(status) in failure["message"]
    assert remedy in failure["hint"]
    response = next(event for event in events_of(done) if event["event"] == "response")
    assert response["status"] == status
    assert response["body"]


async def test_a_plain_url_to_a_tls_port_and_the_other_way_round_name_the_scheme(tmp_path: Path) -> None:
    leaf = authority().issue_cert("localhost")
    async with websockets_server() as upstream, terminator(tmp_path, leaf, upstream) as port:
        plain = await wscli("handshake", f"ws://localhost:{port}/", "--json")
        secure = await wscli("handshake", upstream.replace("ws://", "wss://"), "--json")
    assert plain.returncode == 22
    assert "wss://" in failure_of(plain)["hint"]
    assert secure.returncode == 35
    assert "ws://" in failure_of(secure)["hint"]


async def test_a_unix_socket_and_ipv6_lead_to_the_service(tmp_path: Path) -> None:
    async with websockets_server() as upstream:
        location = f"location / {{ {to_upstream(upstream)} }}"
        listen = f"[::1]:{{port}}; listen unix:{tmp_path}/s"
        async with nginx(tmp_path, listen, location, host="::1") as port:
            unix = await wscli(
                "connect",
                "ws://service.example/",
                "--unix-socket",
                f"{tmp_path}/s",
                "--count",
                "1",
                stdin=b"hi\n",
            )
            six = await wscli("connect", f"ws://[::1]:{port}/", "--count", "1", stdin=b"hi\n")
            four = await wscli("handshake", f"ws://[::1]:{port}/", "-4", "--json")
    assert (unix.returncode, unix.stdout) == (0, b"hi\n"), unix.stderr
    assert (six.returncode, six.stdout) == (0, b"hi\n"), six.stderr
    assert four.returncode == 2
    assert "leave out -4" in failure_of(four)["hint"]


async def test_a_name_that_does_not_resolve_here_is_reached_through_resolve_and_connect_to(
    tmp_path: Path,
) -> None:
    ca = write_ca(tmp_path)
    leaf = authority().issue_cert("service.example")
    async with websockets_server() as upstream, terminator(tmp_path, leaf, upstream) as port:
        url = f"wss://service.example:{port}/"
        resolved = await wscli(
            "handshake", url, "--cacert", ca, "--resolve", f"service.example:{port}:127.0.0.1"
        )
        led = await wscli("handshake", url, "--cacert", ca, "--connect-to", f"localhost:{port}")
        named = await wscli(
            "handshake", f"wss://localhost:{port}/", "--cacert", ca, "--servername", "service.example"
        )
    for done in (resolved, led, named):
        assert done.returncode == 0, done.stderr


REDIRECTS = """
location /here { return 302 http://$http_host/there; }
location /there { return 307 /here; }
location /self { return 301 /self; }
"""


@pytest.mark.parametrize("path", ["here", "self"])
async def test_a_circle_of_redirects_is_left(path: str, tmp_path: Path) -> None:
    async with nginx(tmp_path, "127.0.0.1:{port}", REDIRECTS) as port:
        url = f"ws://me:{SECRET}@127.0.0.1:{port}/{path}"
        followed = await wscli("handshake", url, "-L", "--json")
        stayed = await wscli("handshake", url, "--json")
    assert followed.returncode == 47
    assert "redirect" in failure_of(followed)["message"]
    assert [event["event"] for event in events_of(followed)].count("redirect") >= 1
    assert stayed.returncode == 22
    assert "leads to" in failure_of(stayed)["hint"]
