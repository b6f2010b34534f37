"""What is measured by running whole programs: each work, and how every tool that can do it is called."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from measure import Stdin

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs are."""

    python: str
    wscli: str
    websocat: str
    wscat: str
    websockets: str

    def client(self, *arguments: str) -> list[str]:
        return [self.python, str(HERE / "websockets_client.py"), *arguments]


@dataclass(frozen=True, slots=True)
class Target:
    """Of the wall clock: the other's time over ours must be `least` or more; `floor` is the least allowed."""

    least: float
    floor: float | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """One row; `written` is how many bytes a tool has written that did all of the work, where known."""

    number: str
    title: str
    commands: dict[str, list[str]]
    targets: dict[str, Target] = field(default_factory=dict)
    stdin: Stdin = "open"
    stdins: dict[str, Stdin] = field(default_factory=dict)
    written: int | None = None


def works(tools: Tools, base: str, lines: Path, scale: float) -> list[Work]:
    """The rows of docs/performance.md; `scale` shrinks the counts for a quick look."""
    return [*_flows(tools, base, lines, scale), *_starts(tools, base)]


def _flows(tools: Tools, base: str, lines: Path, scale: float) -> list[Work]:
    many, few = int(1_000_000 * scale), max(1, int(2_000 * scale))
    small, large = f"{base}/flood?count={many}&size=100", f"{base}/flood?count={few}&size={1 << 20}"
    deflated = f"{small}&deflate=1"
    receive = [tools.wscli, "connect", "-n", "--format", "raw"]
    plain = [*receive, "--compression", "none"]
    as_json = [tools.wscli, "connect", "-n", "--json", "--compression", "none"]
    websocat, wscat = [tools.websocat, "-U", "-t", small], [tools.wscat, "-c", small]
    return [
        Work(
            "1",
            f"receive {many:,} texts of 100 B",
            {
                "wscli": [*plain, small],
                "websocat": websocat,
                "wscat": wscat,
                "websockets": tools.client("receive", small),
            },
            {"websocat": Target(1.0, 0.7), "wscat": Target(3.0)},
            written=many * 101,
        ),
        Work(
            "2",
            f"receive {few:,} texts of 1 MiB",
            {
                "wscli": [*plain, large],
                "websocat": [tools.websocat, "-U", "-t", "-B", "2000000", large],
                "websockets": tools.client("receive", large),
            },
            {"websocat": Target(2.0)},
            written=few * ((1 << 20) + 1),
        ),
        Work(
            "3",
            "as 1, with permessage-deflate",
            {
                "wscli": [*receive, deflated],
                "wscat": [tools.wscat, "-c", deflated],
                "websockets": tools.client("receive-deflate", deflated),
                "zlib alone": [sys.executable, str(HERE / "inflate_bound.py"), str(many)],
            },
            {"wscat": Target(2.0)},
            written=many * 101,
        ),
        Work(
            "4",
            "as 1, --format json",
            {"wscli": [*as_json, small], "websocat (raw)": websocat, "wscat (raw)": wscat},
            {"websocat (raw)": Target(0.2), "wscat (raw)": Target(1.0)},
        ),
        Work(
            "5",
            "as 4, --frames",
            {"wscli": [*as_json, "--frames", small], "wscli, row 4": [*as_json, small]},
            {"wscli, row 4": Target(1 / 3)},
        ),
        Work(
            "6",
            f"send {int(500_000 * scale):,} lines of a file",
            {
                "wscli": [tools.wscli, "connect", "--compression", "none", "--wait", "0", f"{base}/sink"],
                "websocat": [tools.websocat, "-t", f"{base}/sink"],
                "websockets": tools.client("send", f"{base}/sink"),
            },
            {"websocat": Target(1.0, 0.7)},
            stdin=lines,
        ),
    ]


def _starts(tools: Tools, base: str) -> list[Work]:
    nothing = [tools.python, "-c", "pass"]
    completion = HERE.parent / "completions" / "wscli.bash"
    press_tab = (
        f"source {completion}; COMP_WORDS=(wscli c); COMP_CWORD=1; COMP_LINE='wscli c'; COMP_POINT=7; _wscli"
    )
    return [
        Work(
            "7",
            "one message there and back",
            {
                "wscli": [tools.wscli, "connect", f"{base}/echo", "--send", "x", "--count", "1"],
                "wscat": [tools.wscat, "-c", f"{base}/echo", "-x", "x", "-w", "0"],
                "websockets CLI": [tools.websockets, f"{base}/echo"],
                "websocat": [tools.websocat, "-t", f"{base}/echo"],
            },
            {"wscat": Target(1.0, 1 / 1.3), "websockets CLI": Target(1 / 1.1)},
            stdin="open",
            # wscat sends nothing when its stdin is no terminal; the other two have no option for a message.
            stdins={"wscat": "terminal", "websockets CLI": "conversation", "websocat": "conversation"},
        ),
        Work(
            "8a",
            "--version",
            {"wscli": [tools.wscli, "--version"], "python -c pass": nothing},
            {"python -c pass": Target(1 / 3)},
        ),
        Work(
            "8b",
            "one TAB (bash)",
            {"wscli": ["bash", "-c", press_tab], "python -c pass": nothing},
            {"python -c pass": Target(1 / 7)},
        ),
        Work(
            "8c",
            "--help",
            {"wscli": [tools.wscli, "--help"], "python -c pass": nothing},
            {"python -c pass": Target(1 / 13)},
        ),
    ]
