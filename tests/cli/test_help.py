"""Help and version: whole, grouped, and without importing what is not needed."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pexpect
import pytest

from tests.support import ROOT, clean_env, run_wscli
from wscli.cli.app import COMMANDS

from .running import run_main

CONNECTING = ("connect", "handshake", "ping", "close")
SHARED = [
    "-H",
    "--header",
    "-s",
    "--subprotocol",
    "-o",
    "--origin",
    "--user-agent",
    "--cookie",
    "--cookie-jar",
    "--netrc",
    "-u",
    "--auth",
    "--user",
    "--bearer",
    "--compression",
    "--max-size",
    "--connect-timeout",
    "--close-timeout",
    "--timeout",
    "-k",
    "--insecure",
    "--cacert",
    "-4",
    "-6",
    "--format",
    "--json",
    "-q",
    "-v",
    "--frames",
    "--color",
    "--show-secrets",
    "--ok-close",
    "--cert",
    "--key",
    "--servername",
    "--tls-min",
    "--proxy",
    "--no-proxy",
    "--resolve",
    "--connect-to",
    "--unix-socket",
]


@pytest.mark.parametrize("command", CONNECTING)
def test_each_command_has_every_shared_option_in_groups_and_an_example(command: str) -> None:
    shown = run_wscli(command, "--help").stdout.decode()
    words = set(shown.replace(",", " ").split())
    assert [option for option in SHARED if option not in words] == []
    assert f"wscli {command}" in shown
    assert "Example: " in shown
    order = [
        shown.index(group) for group in ("Options:", "Request:", "Output:", "Limits", "TLS:", "Network:")
    ]
    assert order == sorted(order)


def test_the_program_lists_its_commands_without_importing_them() -> None:
    probe = (
        "import sys; from wscli.cli.app import COMMANDS, main; code = main(['--help']);"
        "sys.exit(code or any(f'wscli.cli.{name}' in sys.modules for name in COMMANDS))"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, env=clean_env(), cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    for command in (*CONNECTING, "serve"):
        assert f"\n  {command} " in done.stdout.decode()


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version_is_one_line(option: str) -> None:
    from wscli import __version__

    done = run_wscli(option)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"wscli {__version__}\n".encode(), b"")


@pytest.mark.parametrize("arguments", [("--help",), ("ping", "--help"), ("--version",)])
def test_help_into_a_closed_pipe_ends_quietly(arguments: tuple[str, ...]) -> None:
    import os

    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "wscli", *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=clean_env(),
            check=False,
        )
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("wanted", ["--version", "--help", "connect --help"])
@pytest.mark.parametrize(
    ("redirection", "reason"), [(">/dev/full", "No space left on device"), (">&-", "it is closed")]
)
def test_a_text_that_cannot_be_written_is_one_line_and_exit_23(
    wanted: str, redirection: str, reason: str
) -> None:
    command = ["sh", "-c", f'exec "$0" -m wscli {wanted} {redirection}', sys.executable]
    done = subprocess.run(command, capture_output=True, env=clean_env(), cwd=ROOT, check=False)
    said = f"wscli: cannot write to standard output: {reason}\n".encode()
    assert (done.returncode, done.stderr) == (23, said)


def on_terminal(*arguments: str, **variables: str) -> str:
    environ = {**clean_env(), "TERM": "xterm-256color", **variables}
    command = shlex.join([sys.executable, "-m", "wscli", *arguments])
    shown = pexpect.run(command, env=environ, cwd=str(ROOT), dimensions=(24, 80), encoding="utf-8")
    return str(shown).replace("\r\n", "\n")


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_on_a_terminal_of_80_columns_is_the_plain_text_in_colour(command: tuple[str, ...]) -> None:
    plain = run_wscli(*command, "--help").stdout.decode()
    text = on_terminal(*command, "--help")
    assert "\x1b[1mUsage:\x1b[0m" in text
    assert re.sub(r"\x1b\[[\d;]+m", "", text) == plain
    assert max(map(len, plain.splitlines())) < 80


def test_no_color_leaves_the_help_plain() -> None:
    shown = on_terminal("--help", NO_COLOR="1")
    assert "Usage:" in shown
    assert "\x1b" not in shown


def test_the_usage_names_arguments_without_braces() -> None:
    usages = [run_wscli(name, "--help").stdout.decode().splitlines()[0] for name in ("connect", "completion")]
    assert usages == ["Usage: wscli connect [OPTIONS] URL", "Usage: wscli completion [OPTIONS] SHELL"]


@pytest.mark.parametrize("command", CONNECTING)
def test_units_and_profiles_are_told_once(command: str) -> None:
    shown = run_wscli(command, "--help").stdout.decode()
    assert shown.count("DURATION: seconds") == shown.count("SIZE: bytes") == shown.count("@PROFILE") == 1


def test_force_promises_no_reason_that_is_refused_all_the_same() -> None:
    ran = run_main("close", "ws://127.0.0.1:9/", "--force", "--reason", "x" * 124)
    assert (ran.code, "at most 123 bytes" in ran.stderr) == (2, True)
    told = run_wscli("close", "--help").stdout.decode()
    assert "Send a code that RFC 6455 forbids" in " ".join(told.split())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_comes_first_and_what_is_the_default_is_left_out(command: str) -> None:
    shown = run_wscli(command, "--help").stdout.decode()
    assert shown.index("  Example: wscli" if command != "completion" else "  Example: ") < shown.index(":\n")
    assert "/ --no-" not in shown
    assert "default: no-" not in shown
    assert not re.search(r"[\[ ]x[<>]=|<=x", shown)
