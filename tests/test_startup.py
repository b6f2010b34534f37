"""What a run may import: time at the start is spent on imports, so each module has to earn its place here."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from functools import partial

import pytest

from tests.peers import Peer, raw_server
from tests.support import wscli

# What every command line takes, whatever it asks for.
PARSING = {
    "wscli",
    "wscli.__main__",
    "wscli.startup",
    "wscli.errors",
    "wscli.config",
    "wscli.cli",
    "wscli.cli.app",
    "wscli.cli.environment",
    "wscli.cli.help",
}
# A plain `connect` with --send and --count, in raw, without TLS, proxy, credentials or expectations.
CONNECTING = PARSING | {
    *(f"wscli.cli.{name}" for name in ("connect", "options", "expectations", "settings", "lasting")),
    *(f"wscli.cli.{name}" for name in ("request", "extensions", "identity", "interactive", "sends")),
    *(f"wscli.cli.{name}" for name in ("wiring", "report", "run")),
    *("wscli.events", "wscli.longtext", "wscli.payloads", "wscli.threads"),
    *("wscli.profiles", "wscli.profiles.location"),
    "wscli.wire",
    *(f"wscli.wire.{name}" for name in ("banners", "closecodes", "dissect", "extensions", "frame", "frames")),
    *(f"wscli.wire.{name}" for name in ("head", "headers", "inflate", "lint", "lint_handshake", "masking")),
    *(f"wscli.wire.{name}" for name in ("messages", "rules", "runs")),
    "wscli.net",
    *(f"wscli.net.{name}" for name in ("connect", "dial", "progress", "resolve", "routes", "stream")),
    "wscli.session",
    *(f"wscli.session.{name}" for name in ("encode", "ending", "extensions", "handshake", "hints")),
    *(f"wscli.session.{name}" for name in ("journal", "opening", "outbox", "pings", "protocol")),
    *(f"wscli.session.{name}" for name in ("receiving", "redirects", "sending", "session")),
    "wscli.sinks",
    *(f"wscli.sinks.{name}" for name in ("base", "escape", "human_style", "make", "output", "raw")),
    *(f"wscli.sinks.{name}" for name in ("redact", "secrets", "status")),
    "wscli.probes",
    *(f"wscli.probes.{name}" for name in ("conduct", "report", "stop")),
    "wscli.expect",
    *(f"wscli.expect.{name}" for name in ("expectation", "expected")),
    "wscli.oneshot",
    *(f"wscli.oneshot.{name}" for name in ("feed", "gate", "plan", "run", "source", "split")),
}
# What is not of Python itself, and what of Python costs a millisecond or more.
LIBRARIES = {"typer", "annotated_doc", "shellingham", "msgspec", "websockets"}
COSTLY_ALWAYS = {"email", "zipfile", "bz2", "lzma", "tokenize"}
COSTLY_HERE = COSTLY_ALWAYS | {"asyncio", "websockets", "ssl", "logging", "concurrent"}

PROGRAM = """
import json, os, sys
sys.argv = ["wscli", *json.loads(sys.argv[1])]
before = set(sys.modules)
from wscli.__main__ import main
try:
    main()
finally:
    stand_ins = {name for name, module in sys.modules.items() if type(module).__name__ == "_ImportedOnUse"}
    os.write(2, json.dumps(sorted(set(sys.modules) - before - stand_ins)).encode())
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a run of wscli imports beyond those of a bare interpreter."""
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    return set(json.loads(finished.stderr.splitlines()[-1]))


def of_wscli(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "wscli"}


def tops(modules: set[str]) -> set[str]:
    return {name.split(".")[0] for name in modules}


def libraries(modules: set[str]) -> set[str]:
    """The packages that were installed beside wscli."""
    packages = {top for top in tops(modules) if any(name.startswith(f"{top}.") for name in modules)}
    return packages - sys.stdlib_module_names - {"wscli"}


def test_version_imports_nothing() -> None:
    assert imported("--version") <= {"wscli", "wscli.__main__", "__future__"}


def test_help_imports_no_command() -> None:
    modules = imported("--help")
    assert of_wscli(modules) <= PARSING
    assert libraries(modules) <= LIBRARIES
    assert not tops(modules) & COSTLY_HERE


@pytest.mark.parametrize("command", ["connect", "handshake", "ping", "close", "serve"])
def test_the_help_of_a_command_imports_nothing_that_runs_it(command: str) -> None:
    modules = imported(command, "--help")
    assert not tops(modules) & COSTLY_HERE
    parts = {".".join(name.split(".")[:2]) for name in of_wscli(modules)}
    assert not parts & {"wscli.session", "wscli.net", "wscli.sinks", "wscli.oneshot", "wscli.repl"}


async def test_a_one_shot_connect_imports_only_what_it_needs() -> None:
    async def echo(peer: Peer) -> None:
        await peer.accept()
        await peer.echo()

    async with raw_server(echo) as server:
        run = partial(imported, "connect", server.url, "--send", "x", "--count", "1", "-q")
        modules = await asyncio.to_thread(run)
    assert of_wscli(modules) <= CONNECTING
    assert libraries(modules) <= LIBRARIES
    assert not tops(modules) & (COSTLY_ALWAYS | {"locale", "ssl", "textwrap"})


async def test_a_run_leaves_nothing_open_that_the_quick_end_would_hide() -> None:
    async def echo(peer: Peer) -> None:
        await peer.accept()
        await peer.echo()

    async with raw_server(echo) as server:
        finished = await wscli(
            "connect", server.url, "--send", "x", "--count", "1", stdin=None, env={"PYTHONDEVMODE": "1"}
        )
    assert (finished.returncode, finished.stdout) == (0, b"x\n")
    # asyncio's remarks on steps that take long, which come with it, are no matter here.
    assert b"Warning" not in finished.stderr


def test_a_module_that_is_imported_on_use_is_the_module() -> None:
    program = (
        "import sys; from wscli.startup import quicken; quicken()\n"
        "import importlib.metadata, textwrap\n"
        "assert 'email' not in sys.modules\n"
        "print(importlib.metadata.version('typer'), textwrap.indent('x', '>'))\n"
        "from importlib.metadata import version; assert version is importlib.metadata.version\n"
        "from textwrap import indent; assert indent is textwrap.indent is sys.modules['textwrap'].indent\n"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stderr == ""
    assert finished.stdout.endswith(" >x\n")
