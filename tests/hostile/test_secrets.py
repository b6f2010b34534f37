"""Planted secrets are in no output, message or traceback; with --show-secrets they are (contract §2)."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.peers import Peer, authority, raw_server
from tests.support import in_thread, run_wscli
from wscli.cli.app import main
from wscli.cli.environment import Environment
from wscli.oneshot.run import OneShot

from .secrets_table import Planted, plantings
from .test_terminal import FORMATS

ISSUED = "iSsUeD-by-the-server-77"


def everything(arguments: Sequence[str], environ: dict[str, str] | None = None) -> bytes:
    """stdout and stderr of a run, and what its base64 holds."""
    with tempfile.TemporaryFile() as written:
        descriptor = written.fileno()
        main(arguments, Environment(None, descriptor, descriptor, environ=environ or {}))
        written.seek(0)
        return written.read()


def assert_unseen(written: bytes, planted: Planted) -> None:
    for form in planted.forms():
        assert form not in written, (planted.name, form, written.decode())


async def refuse_and_reflect(peer: Peer) -> None:
    """Says all that it was told once more: in the reason, headers and the body of a refusal."""
    request = await peer.read_request()
    reflected = [("X-Seen", f"{name}: {value}") for name, value in request.headers]
    headers = [*reflected, ("Set-Cookie", f"sid={ISSUED}; HttpOnly"), ("X-Refresh-Token", ISSUED)]
    await peer.respond(403, f"No {request.target}", headers=headers, body=request.raw)


async def accept_and_reflect(peer: Peer) -> None:
    request = await peer.read_request()
    offered = (request.get("Sec-WebSocket-Protocol") or "").split(",")[-1].strip()
    reflected = [("X-Seen", f"{name}: {value}") for name, value in request.headers if "ebsocket" not in name]
    await peer.accept(headers=[*reflected, ("Set-Cookie", f"sid={ISSUED}")], subprotocol=offered or None)
    secret = request.target[-80:] if "=" in request.target else (request.get("Authorization") or "")[-80:]
    await peer.close(4000, secret)
    await peer.read_until(8)


async def redirect_and_reflect(peer: Peer) -> None:
    request = await peer.read_request()
    location = f"ws://user:{ISSUED}@127.0.0.1:1{request.target}"
    await peer.respond(302, "Found", headers=[("Location", location)])


SCRIPTS = {"refused": refuse_and_reflect, "accepted": accept_and_reflect, "redirected": redirect_and_reflect}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("script", SCRIPTS)
def test_planted_secrets_show_nowhere(tmp_path: Path, script: str, form: str) -> None:
    with in_thread(raw_server(SCRIPTS[script])) as server:
        for planted in plantings(tmp_path):
            url = f"ws://{planted.userinfo}127.0.0.1:{server.port}{planted.resource}"
            for command in ("connect", "handshake", "close", "ping"):
                if form == "raw" and command != "connect":
                    continue
                options = ("-n",) if command == "connect" else ("-c", "1") if command == "ping" else ()
                follow = ("-L",) if script == "redirected" else ()
                written = everything([command, *options, url, *planted.options, *FORMATS[form], *follow])
                assert_unseen(written, planted)
                assert ISSUED.encode() not in written, written.decode()


@pytest.mark.parametrize("form", ["human", "plain", "json"])
def test_show_secrets_shows_them(tmp_path: Path, form: str) -> None:
    with in_thread(raw_server(refuse_and_reflect)) as server:
        for planted in plantings(tmp_path):
            url = f"ws://{planted.userinfo}127.0.0.1:{server.port}{planted.resource}"
            written = everything(["handshake", url, *planted.options, *FORMATS[form], "--show-secrets"])
            for secret in planted.secrets:
                plain = secret.encode() in written
                basic = base64.b64encode(f"bob:{secret}".encode()) in written
                assert plain or basic, (planted.name, secret, written.decode())
            assert ISSUED.encode() in written


@pytest.mark.parametrize("form", FORMATS)
def test_secrets_for_a_proxy_show_nowhere(form: str) -> None:
    planted = Planted("proxy")

    async def refuse(peer: Peer) -> None:
        request = await peer.read_request()
        await peer.respond(407, "No", headers=[("X-Seen", str(request.headers))], body=request.raw)

    with in_thread(raw_server(refuse)) as proxy:
        address = f"http://user:{planted.plant('proxy')}@127.0.0.1:{proxy.port}"
        options = ["connect", "-n", "ws://example.invalid/", *FORMATS[form]]
        assert_unseen(everything([*options, "--proxy", address]), planted)
        assert_unseen(everything(options, {"http_proxy": address}), planted)
        gone = ["connect", "-n", "ws://example.invalid/", "--proxy", address.replace(str(proxy.port), "1")]
        assert_unseen(everything([*gone, *FORMATS[form]]), planted)


def test_password_of_a_client_key_shows_nowhere(tmp_path: Path) -> None:
    planted = Planted("key password")
    password = planted.plant("keypassword")
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"another one"),
    )
    (tmp_path / "key.pem").write_bytes(key)
    authority().issue_cert("client").cert_chain_pems[0].write_to_path(str(tmp_path / "cert.pem"))
    files = ["--cert", str(tmp_path / "cert.pem"), "--key", str(tmp_path / "key.pem")]
    for form in FORMATS:
        arguments = ["connect", "-n", "wss://localhost:1/", *files, *FORMATS[form]]
        assert_unseen(everything(arguments, {"WSCLI_KEY_PASSWORD": password}), planted)


@pytest.mark.parametrize("verbose", [True, False])
def test_bug_report_holds_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verbose: bool) -> None:
    """A bug whose exception quotes all that the program knows."""
    planted_now: list[Planted] = []

    async def burst(self: OneShot) -> None:
        raise RuntimeError(f"{self!r} {planted_now[0].secrets} {planted_now[0].options} \x1b[31m")

    monkeypatch.setattr(OneShot, "perform", burst)
    for planted in plantings(tmp_path):
        planted_now[:] = [planted]
        url = f"ws://{planted.userinfo}127.0.0.1:1{planted.resource}"
        written = everything(["connect", "-n", url, *planted.options, *(("-v",) if verbose else ())])
        assert b"internal error: RuntimeError" in written
        assert (b"Traceback" in written) is verbose
        assert_unseen(written, planted)


def test_bad_command_lines_repeat_no_secret(tmp_path: Path) -> None:
    for planted in plantings(tmp_path):
        url = f"ws://{planted.userinfo}127.0.0.1:1{planted.resource}"
        for wrong in (["--no-such-option"], ["--max-size", "x"], [url], ["--close-timeout", "soon"]):
            assert_unseen(everything(["connect", url, *planted.options, *wrong]), planted)
        broken = url.replace("ws://", "ws:/").replace(":1/", ":99999/")
        assert_unseen(everything(["connect", broken, *planted.options]), planted)
        options = [option.replace(": ", " ").replace("bob:", ":\x00") for option in planted.options]
        assert_unseen(everything(["connect", url, *options]), planted)


def test_help_holds_no_secret_of_the_environment() -> None:
    secret = "sEcReT-in-the-environment"
    names = ("WSCLI_KEY_PASSWORD", "WSCLI_BEARER", "WSCLI_AUTH", "WSCLI_HEADER", "WSCLI_COOKIE")
    for command in ("connect", "check"):
        shown = run_wscli(command, "--help", env=dict.fromkeys(names, secret))
        assert shown.returncode == 0
        assert secret.encode() not in shown.stdout + shown.stderr
