"""Nothing that a peer says anywhere is a control to a terminal or a command to a CI runner (contract §2).

The whole command line runs in this process, its output into files; pyte says what a terminal makes of it.
"""

from __future__ import annotations

import datetime
import io
import json
import re
import ssl
import tempfile
import unicodedata
from pathlib import Path

import pyte
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.peers import raw_server
from tests.peers.raw import Script
from tests.repl.test_terminal import enter, leave, taken
from tests.sinks.samples import HOSTILE
from tests.support import in_thread, pty_wscli
from wscli.cli.app import main
from wscli.cli.environment import Environment

from .places import PLACES, conversation, no_http, refusal

# No style of wscli's own is this one.
FOREIGN = "\x1b[38;5;199m"
EVERYTHING = ("|".join((*HOSTILE, FOREIGN)) + "\r::warning::x\n::error::y").encode() + b"\x9b\xc2\x9b\xff\x00"
FORMATS = {
    "human": ("--format", "human", "--color", "always"),
    "human -v": ("--format", "human", "--color", "never", "-v"),
    "plain": ("--format", "plain", "--frames"),
    "plain -v": ("--format", "plain", "-v"),
    "json": ("--json", "--frames"),
    "json -v": ("--json", "-v"),
    "raw": ("--format", "raw", "-v"),
}
_SGR = re.compile(r"\x1b\[[0-9;]*m")
_COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE | re.IGNORECASE)
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# What a terminal is asked to do by our own output, and nothing else.
_OURS = {"draw", "linefeed", "carriage_return", "select_graphic_rendition"}


def ran(url: str, *options: str, command: str = "connect") -> tuple[bytes, bytes, int]:
    """stdout, stderr and exit code of a run."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        environment = Environment(None, stdout.fileno(), stderr.fileno(), environ={}, width=80)
        arguments = (
            command,
            *(("-n",) if command == "connect" else ()),
            url,
            "--close-timeout",
            "1",
            *options,
        )
        code = main(arguments, environment)
        stdout.seek(0)
        stderr.seek(0)
        return stdout.read(), stderr.read(), int(code)


def assert_safe(written: bytes, *, color: bool) -> None:
    """No control but newlines and our own styles, no format character, no command."""
    text = written.decode()
    if color:
        assert FOREIGN not in text
        text = _SGR.sub("", text)
    unsafe = {char for char in text if unicodedata.category(char) in _UNSAFE} - {"\n"}
    assert not unsafe, unsafe
    assert not _COMMAND.search(text), _COMMAND.search(text)
    assert_terminal_unmoved(written)


def assert_terminal_unmoved(written: bytes) -> None:
    told = io.StringIO()
    pyte.ByteStream(pyte.DebugScreen(to=told)).feed(written)
    asked = {json.loads(line)[0] for line in told.getvalue().splitlines()}
    assert asked <= _OURS, asked - _OURS


def assert_safe_run(url: str, form: str, *options: str, command: str = "connect") -> tuple[bytes, int]:
    stdout, stderr, code = ran(url, *FORMATS[form], *options, command=command)
    if form != "raw":
        assert_safe(stdout, color=form == "human")
    if form.startswith("json"):
        assert all(byte == 0x0A or 0x20 <= byte <= 0x7E for byte in stdout)
    # --color always holds for both streams.
    assert_safe(stderr, color=form == "human")
    assert code != 70, stderr.decode()
    return stdout + stderr, code


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", PLACES)
def test_no_place_lets_a_control_through(place: str, form: str) -> None:
    with in_thread(raw_server(PLACES[place](EVERYTHING))) as server:
        _, code = assert_safe_run(server.url, form, "-s", "chat")
        # Otherwise the frames were never looked at.
        assert code == 90 or place != "conversation"


_said = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(lambda text: text.encode(errors="replace")),
    st.lists(st.sampled_from([*HOSTILE, "\n", "\r", " ", "a", "::", "##[", "\\"]), max_size=6).map(
        lambda parts: "".join(parts).encode()
    ),
)


@pytest.mark.parametrize("place", PLACES)
def test_arbitrary_bytes_in_every_place(place: str) -> None:
    said: list[bytes] = [b""]

    async def script(peer: object) -> None:
        await PLACES[place](said[0])(peer)  # type: ignore[arg-type]  # a Peer

    with in_thread(raw_server(script), timeout=110) as server:

        @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(_said, st.sampled_from(sorted(FORMATS)), st.sampled_from(["connect", "handshake"]))
        def hold(octets: bytes, form: str, command: str) -> None:
            said[0] = octets
            if command == "handshake" and form == "raw":
                form = "plain"
            assert_safe_run(server.url, form, *(("-L",) if "location" in place else ()), command=command)

        hold()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("place", [refusal, no_http], ids=["refusal", "no HTTP"])
def test_refusal_of_a_proxy_is_safe(place: object, form: str) -> None:
    script: Script = place(EVERYTHING)  # type: ignore[operator]  # a Place
    with in_thread(raw_server(script)) as proxy:
        url = proxy.url.replace("ws:", "http:")
        _, code = assert_safe_run("ws://example.invalid/", form, "--proxy", url)
        assert code == 97


def hostile_certificate(directory: Path) -> ssl.SSLContext:
    """A certificate whose every name holds what a terminal would act upon."""
    text = EVERYTHING.decode(errors="replace").replace("\x00", "")[:20]
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, text),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, FOREIGN),
        ]
    )
    names = [
        x509.DNSName("\x1b]0;dns\x07::error::"),
        x509.UniformResourceIdentifier("x:\x1b[6n"),
        x509.DNSName("##[group]"),
    ]
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / "hostile.pem"
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.mark.parametrize("form", FORMATS)
def test_names_in_a_certificate_are_safe(tmp_path: Path, form: str) -> None:
    context = hostile_certificate(tmp_path)
    with in_thread(raw_server(conversation(b"hello"), tls=context)) as server:
        shown, code = assert_safe_run(server.url, form)
        assert code == 60
        _, code = assert_safe_run(server.url, form, "-k")
        assert code == 90
        # It says something: the names are shown, escaped.
        assert b"title" in shown


# What a terminal is asked by the prompt itself: no control of a peer's looks like that.
_PROMPT = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
REPL_PLACES = ("conversation", "close reason", "invalid text", "reserved frame", "refusal", "no http")


def assert_safe_screen(written: bytes) -> None:
    """No control of a peer's among those that the prompt draws with."""
    text = written.decode()
    for harmful in (FOREIGN, "\x1b[6n", "\x1b]"):
        assert harmful not in text
    text = _PROMPT.sub("", text)
    unsafe = {char for char in text if unicodedata.category(char) in _UNSAFE} - set("\r\n")
    assert not unsafe, unsafe


@pytest.mark.parametrize("term", ["xterm", "dumb"])
@pytest.mark.parametrize("place", REPL_PLACES)
def test_no_place_lets_a_control_through_to_the_repl(tmp_path: Path, place: str, term: str) -> None:
    environ = {"TERM": term, "HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    with in_thread(raw_server(PLACES[place](EVERYTHING))) as server:
        arguments = ("connect", server.url, "-v", "--exit-on-close", "--close-timeout", "1")
        with pty_wscli(*arguments, columns=120, env=environ) as terminal:
            assert terminal.wait() != 70, terminal.text
    assert_safe_screen(bytes(terminal.written))


def test_no_view_of_the_repl_lets_a_control_through(tmp_path: Path) -> None:
    environ = {"HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)}
    lines = ("/headers", "/info", "/stats", *(f"/show {n}" for n in range(1, 9)), "/find a", "/history")
    with in_thread(raw_server(PLACES["conversation"](EVERYTHING))) as server:
        with pty_wscli("connect", server.url, columns=120, rows=400, env=environ) as terminal:
            terminal.expect("closed 4001")
            for line in lines:
                enter(terminal, line)
                taken(terminal, line)
            assert leave(terminal) == 90
    assert_safe_screen(bytes(terminal.written))
