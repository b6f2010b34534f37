"""Runs one case through the program and measures it."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from tests.peers import raw_server
from tests.support import clean_env, command

from .cases import Case, never_closes


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
stdout = subprocess.DEVNULL
if sys.argv[1] == "terminal":
    shown, stdout = os.openpty()
    threading.Thread(target=drain, args=[shown], daemon=True).start()
code = subprocess.run(sys.argv[2:], stdout=stdout).returncode
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
            [*launcher, "terminal" if case.terminal else "nowhere", *command(*arguments)],
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
        url = server.url.replace("ws:", "wss:") if case.secure else server.url
        trust = ("-k",) if case.tls else ()
        arguments = [case.options[0], url, *case.options[1:], *trust]
        return await asyncio.to_thread(_measure, arguments, case, deadline)


async def idle_peak() -> float:
    """Peak memory of a run that only opens and closes, in MiB."""
    options = ("connect", "-n", "--duration", "0.1", "--close-timeout", "0.1")
    return (await play(Case("idle", never_closes, 28, "", options))).peak
