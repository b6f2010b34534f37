"""One process, measured: wall clock, CPU, peak memory, and what it wrote."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# What stands behind stdin: a file, a pipe that stays open and empty, a terminal, or somebody who writes a
# line and hangs up once it came back.
Stdin = Path | Literal["open", "terminal", "conversation"]


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds of wall clock and of CPU, peak memory in MiB, bytes written, exit status."""

    wall: float
    cpu: float
    memory: float
    written: int
    status: int


def measure(command: list[str], stdin: Stdin) -> Run:
    """Run a command with its output through a pipe into a reader that only counts."""
    with _source(stdin) as (source, talk):
        started = time.perf_counter()
        with subprocess.Popen(
            command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            written = _drain(process, talk)
            _, wait_status, usage = os.wait4(process.pid, 0)
            wall = time.perf_counter() - started
            process.returncode = os.waitstatus_to_exitcode(wait_status)
    cpu = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu, usage.ru_maxrss / 1024, written, process.returncode)


@contextlib.contextmanager
def _source(stdin: Stdin) -> Iterator[tuple[int, int | None]]:
    """The descriptor to read from, and the one through which to talk, if somebody does."""
    talk: int | None = None
    held: list[int] = []
    if isinstance(stdin, Path):
        source = os.open(stdin, os.O_RDONLY)
    elif stdin == "terminal":
        other, source = pty.openpty()
        held.append(other)
    else:
        source, other = os.pipe()
        held.append(other)
        talk = other if stdin == "conversation" else None
    try:
        yield source, talk
    finally:
        for descriptor in (source, *held):
            with contextlib.suppress(OSError):
                os.close(descriptor)


def _drain(process: subprocess.Popen[bytes], talk: int | None) -> int:
    written = 0
    if talk is not None:
        os.write(talk, b"x\n")
    if process.stdout is None:
        return 0
    # Into the same memory each time, as cat does: the reader shall not be what is measured.
    buffer = bytearray(1 << 17)
    while count := os.readv(process.stdout.fileno(), [buffer]):
        written += count
        if talk is not None and b"x" in buffer[:count]:
            os.close(talk)
            talk = None
    return written
