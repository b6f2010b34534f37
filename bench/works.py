"""What is measured: each work with the command line of every tool that can do it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Tools:
    """Where the programs are."""

    python: str
    wscli: str
    websocat: str
    wscat: str

    def client(self, *arguments: str) -> list[str]:
        return [self.python, str(HERE / "websockets_client.py"), *arguments]


@dataclass(frozen=True, slots=True)
class Work:
    """One row: `commands` by tool; `stdin` is a file, or None for a pipe that stays open and empty."""

    number: str
    title: str
    commands: dict[str, list[str]]
    targets: dict[str, float] = field(default_factory=dict)
    stdin: Path | None = None
    ends_stdin: bool = False


def works(tools: Tools, base: str, lines: Path, scale: float) -> list[Work]:
    """The rows of docs/performance.md; `scale` shrinks the counts for a quick look."""

    def flood(count: int, size: int, extra: str = "") -> str:
        return f"{base}/flood?count={max(1, int(count * scale))}&size={size}{extra}"

    small, large = flood(1_000_000, 100), flood(2_000, 1 << 20)
    deflated = flood(1_000_000, 100, "&deflate=1")
    receive = [tools.wscli, "connect", "-n", "--format", "raw"]
    plain = [*receive, "--compression", "none"]
    as_json = [tools.wscli, "connect", "-n", "--json", "--compression", "none"]
    nothing = [tools.python, "-c", "pass"]
    return [
        Work(
            "1",
            "receive 1,000,000 texts of 100 B",
            {
                "wscli": [*plain, small],
                "websocat": [tools.websocat, "-U", "-t", small],
                "wscat": [tools.wscat, "-c", small],
                "websockets": tools.client("receive", small),
            },
            {"websocat": 1.0, "wscat": 3.0},
        ),
        Work(
            "2",
            "receive 2,000 texts of 1 MiB",
            {
                "wscli": [*plain, large],
                "websocat": [tools.websocat, "-U", "-t", "-B", "2000000", large],
                "websockets": tools.client("receive", large),
            },
            {"websocat": 2.0},
        ),
        Work(
            "3",
            "as 1, with permessage-deflate",
            {
                "wscli": [*receive, deflated],
                "wscat": [tools.wscat, "-c", deflated],
                "websockets": tools.client("receive-deflate", deflated),
                "zlib alone": [sys.executable, str(HERE / "inflate_bound.py"), str(int(1_000_000 * scale))],
            },
            {"wscat": 2.0},
        ),
        Work(
            "4",
            "as 1, --format json",
            {
                "wscli": [*as_json, small],
                "websocat": [tools.websocat, "-U", "-t", small],
                "wscat": [tools.wscat, "-c", small],
            },
            {"websocat": 0.2, "wscat": 1.0},
        ),
        Work(
            "5",
            "as 4, --frames",
            {"wscli": [*as_json, "--frames", small], "wscli 4": [*as_json, small]},
            {"wscli 4": 1 / 3},
        ),
        Work(
            "6",
            "send 500,000 lines",
            {
                "wscli": [tools.wscli, "connect", "--compression", "none", "--wait", "0", f"{base}/sink"],
                "websocat": [tools.websocat, "-t", f"{base}/sink"],
                "websockets": tools.client("send", f"{base}/sink"),
            },
            {"websocat": 1.0},
            stdin=lines,
        ),
        Work(
            "7",
            "one message there and back",
            {
                "wscli": [tools.wscli, "connect", f"{base}/echo", "--send", "x", "--count", "1"],
                "wscat": [tools.wscat, "-c", f"{base}/echo", "-x", "x", "-w", "0"],
                "websocat": [tools.websocat, "-1", "-t", f"{base}/echo"],
            },
            {"wscat": 1.0},
            stdin=HERE / "one_line.txt",
        ),
        Work("8a", "--version", {"wscli": [tools.wscli, "--version"], "pass": nothing}, {"pass": 1 / 3}),
        Work("8c", "--help", {"wscli": [tools.wscli, "--help"], "pass": nothing}, {"pass": 1 / 13}),
    ]
