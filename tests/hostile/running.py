"""Runs one case through the program and measures it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.peers import RawServer, raw_server
from tests.support import clean_env, command

from .cases import Case
from .streams import never_closes

_IDLE: list[float] = []


@dataclass(frozen=True)
class Outcome:
    """How a run ended: exit code, stderr, peak memory in MiB, seconds."""

    code: int
    stderr: str
    peak: float
    seconds: float


# Linux hands the peak of a process on to what it executes: a small launcher stands between this process,
# which has grown, and the one that is measured.
_LAUNCHER = """
import os, resource, subprocess, sys, threading
def drain(descriptor):
    try:
        while os.read(descriptor, 65536):
            pass
    except OSError:
        pass
stdin, stdout = None, subprocess.DEVNULL
if sys.argv[1] in ("terminal", "repl"):
    shown, stdout = os.openpty()
    threading.Thread(target=drain, args=[shown], daemon=True).start()
if sys.argv[1] == "repl":
    stdin = stdout
on_its_own = sys.argv[1] == "repl"
code = subprocess.run(sys.argv[2:], stdin=stdin, stdout=stdout, start_new_session=on_its_own).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(code, peak)
"""


def _measure(arguments: list[str], case: Case, deadline: float) -> Outcome:
    started = time.monotonic()
    launcher = ["timeout", f"{deadline:.0f}", sys.executable, "-c", _LAUNCHER]
    with tempfile.TemporaryFile() as source, tempfile.TemporaryFile() as errors:
        source.write(case.stdin)
        source.seek(0)
        launched = subprocess.run(
            [*launcher, case.stdout, *command(*arguments)],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=clean_env(),
            check=False,
        )
        errors.seek(0)
        text = errors.read().decode()
    code, peak = map(int, launched.stdout.split() or (-9, 0))
    return Outcome(code, text, peak / 1024, time.monotonic() - started)


async def play(case: Case, deadline: float = 60.0) -> Outcome:
    """What becomes of wscli at this peer; a hang shows as exit code -9."""
    async with raw_server(case.script, tls=case.tls) as server:  # type: ignore[arg-type]  # scripts that never return
        with tempfile.TemporaryDirectory() as folder:
            arguments = _arguments(case, server, Path(folder))
            return await asyncio.to_thread(_measure, arguments, case, deadline)


def _arguments(case: Case, server: RawServer, folder: Path) -> list[str]:
    """The command line: the server's URL, or a suite that has it, or what leads to the server as a proxy."""
    url = server.url.replace("ws:", "wss:") if case.secure else server.url
    more = ["-k"] if case.tls else []
    if case.suite:
        (folder / "suite.toml").write_text(f'[[check]]\nname = "hostile"\nurl = "{url}"\n{case.suite}')
        url = str(folder / "suite.toml")
    elif case.proxy:
        more += ["--proxy", f"{case.proxy}://{server.host}:{server.port}"]
        # TEST-NET-1 (RFC 5737): nobody is there, and nobody is asked.
        url = "ws://192.0.2.1/"
    return [case.options[0], url, *case.options[1:], *more]


async def idle_peak() -> float:
    """Peak memory of a run that only opens and closes, in MiB; measured once in a process."""
    if not _IDLE:
        options = ("connect", "-n", "--duration", "0.1", "--close-timeout", "0.1")
        _IDLE.append((await play(Case("idle", never_closes, 28, "", options))).peak)
    return _IDLE[0]
