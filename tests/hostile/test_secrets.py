"""Planted secrets are in no output, message or traceback; with --show-secrets they are (contract §2)."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.peers import Peer, authority, raw_server
from tests.repl.test_terminal import enter, leave, taken
from tests.support import in_thread, pty_wscli, run_wscli
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


def assert_sent(peer: Peer, planted: Planted) -> None:
    """The secrets were used: what is nowhere to be seen was there to be seen."""
    sent = bytes(peer.received)
    for secret in planted.secrets:
        basic = base64.b64encode(f"bob:{secret}".encode())
        assert secret.encode() in sent or basic in sent, (planted.name, secret)


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
            line = planted.command_line(server.port)
            for command in ("connect", "handshake", "close", "ping"):
                if form == "raw" and command != "connect":
                    continue
                options = ("-n",) if command == "connect" else ("-c", "1") if command == "ping" else ()
                follow = ("-L",) if script == "redirected" else ()
                written = everything([command, *options, *line, *FORMATS[form], *follow], planted.environ)
                assert_unseen(written, planted)
                assert_sent(server.peers[-1], planted)
                assert ISSUED.encode() not in written, written.decode()


@pytest.mark.parametrize("form", ["human", "plain", "json"])
def test_show_secrets_shows_them(tmp_path: Path, form: str) -> None:
    with in_thread(raw_server(refuse_and_reflect)) as server:
        for planted in plantings(tmp_path):
            line = planted.command_line(server.port)
            written = everything(["handshake", *line, *FORMATS[form], "--show-secrets"], planted.environ)
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
        line = planted.command_line(1)
        written = everything(["connect", "-n", *line, *(("-v",) if verbose else ())], planted.environ)
        assert b"internal error: RuntimeError" in written
        assert (b"Traceback" in written) is verbose
        assert_unseen(written, planted)


def test_bad_command_lines_repeat_no_secret(tmp_path: Path) -> None:
    for planted in plantings(tmp_path):
        url, *options = planted.command_line(1)
        for wrong in (["--no-such-option"], ["--max-size", "x"], [url], ["--close-timeout", "soon"]):
            assert_unseen(everything(["connect", url, *options, *wrong], planted.environ), planted)
        broken = url.replace("ws://", "ws:/").replace(":1/", ":99999/")
        assert_unseen(everything(["connect", broken, *options], planted.environ), planted)
        options = [option.replace(": ", " ").replace("bob:", ":\x00") for option in options]
        assert_unseen(everything(["connect", url, *options], planted.environ), planted)


def test_effective_options_and_completions_hold_no_secret(tmp_path: Path) -> None:
    for planted in plantings(tmp_path):
        url, *options = planted.command_line(1)
        for arguments in (["config"], ["config", url], ["config", url, *options], ["completion", "bash"]):
            for form in ([], ["--json"]):
                assert_unseen(everything([*arguments, *form], planted.environ), planted)


def _keys(options: list[str]) -> str:
    """The options as a suite's keys."""
    keys: dict[str, Any] = {}
    headers: dict[str, str] = {}
    subprotocols: list[str] = []
    rest = iter(options)
    for option in rest:
        if option == "--netrc":
            keys["netrc"] = True
            continue
        value = next(rest)
        if option == "-s":
            subprotocols.append(value)
        elif option == "-H":
            lines = Path(value[1:]).read_text().splitlines() if value.startswith("@") else [value]
            headers |= {name: text for name, _, text in (line.partition(": ") for line in lines)}
        elif option == "--extension":
            headers["Sec-WebSocket-Extensions"] = value
        else:
            keys[{"-u": "user", "-o": "origin"}.get(option, option[2:])] = value
    keys |= {"headers": headers} if headers else {}
    keys |= {"subprotocol": subprotocols} if subprotocols else {}
    return "".join(f"{name} = {_toml(value)}\n" for name, value in keys.items())


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return (
            "{ "
            + ", ".join(f"{json.dumps(name)} = {json.dumps(text)}" for name, text in value.items())
            + " }"
        )
    return json.dumps(value)


@pytest.mark.parametrize("script", SCRIPTS)
def test_reports_of_a_check_hold_no_secret(tmp_path: Path, script: str) -> None:
    kinds = ("junit", "tap", "json", "markdown", "prometheus", "github")
    for planted in plantings(tmp_path):
        with in_thread(raw_server(SCRIPTS[script])) as server:
            url, *options = planted.command_line(server.port)
            # A suite has keys for what a command line has options for; the rest is in the URL.
            suite = tmp_path / "suite.toml"
            check = f'[[check]]\nname = "{" ".join(planted.secrets)}"\nurl = "{url}"\n'
            suite.write_text(check + _keys(options))
            reports = [f"--report={kind}={tmp_path / kind}" for kind in kinds]
            for form in ([], ["-v"], ["--json"], ["--format", "human"]):
                written = everything(["check", str(suite), *reports, *form], planted.environ)
                assert_unseen(written, planted)
                for kind in kinds:
                    assert_unseen((tmp_path / kind).read_bytes(), planted)
            assert_sent(server.peers[-1], planted)


def test_help_holds_no_secret_of_the_environment() -> None:
    secret = "sEcReT-in-the-environment"
    names = ("WSCLI_KEY_PASSWORD", "WSCLI_BEARER", "WSCLI_AUTH", "WSCLI_HEADER", "WSCLI_COOKIE")
    for command in ("connect", "check"):
        shown = run_wscli(command, "--help", env=dict.fromkeys(names, secret))
        assert shown.returncode == 0
        assert secret.encode() not in shown.stdout + shown.stderr


async def echo_and_reflect(peer: Peer) -> None:
    request = await peer.read_request()
    offered = (request.get("Sec-WebSocket-Protocol") or "").split(",")[-1].strip()
    reflected = [("X-Seen", f"{name}: {value}") for name, value in request.headers if "ebsocket" not in name]
    await peer.accept(headers=[*reflected, ("Set-Cookie", f"sid={ISSUED}")], subprotocol=offered or None)
    await peer.echo()


# Each kind of place that a secret has in a request.
REPL_WAYS = (
    "-u",
    "userinfo and query",
    "headers, cookie, subprotocol",
    "--cookie-jar",
    "a subprotocol behind bearer",
    "a profile's variable and command",
)


@pytest.mark.parametrize("way", REPL_WAYS)
def test_the_repl_shows_and_keeps_no_secret(tmp_path: Path, way: str) -> None:
    """What stands on the terminal, in the history, the list of URLs and in what is saved."""
    state, saved = tmp_path / "state", tmp_path / "saved.ndjson"
    lines = ("/headers", "/info", "/stats", "hello", "/show 1", "/set", "/history", "/nonsense", "/reconnect")
    (planted,) = (each for each in plantings(tmp_path) if each.name == way)
    environ = planted.environ | {"HOME": str(state), "XDG_STATE_HOME": str(state)}
    with in_thread(raw_server(echo_and_reflect)) as server:
        arguments = ("connect", *planted.command_line(server.port), "-v")
        with pty_wscli(*arguments, columns=200, rows=200, env=environ) as terminal:
            terminal.expect(" OPEN ")
            for line in (*lines, f"/save {saved}"):
                enter(terminal, line)
                taken(terminal, line)
            terminal.expect("saved to")
            assert leave(terminal) == 0, terminal.text
            written = bytes(terminal.written)
        kept = [path.read_bytes() for path in state.rglob("*") if path.is_file()]
        assert kept
        for found in (written, saved.read_bytes(), *kept):
            assert_unseen(found, planted)
            assert ISSUED.encode() not in found
        assert_sent(server.peers[-1], planted)
