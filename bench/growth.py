"""Rows 10 and 12: memory over a long session, and cost against the size of the work."""

from __future__ import annotations

from pathlib import Path

from measure import Stdin, measure
from works import Tools

MOST_MEMORY = 64


def remember(tools: Tools, base: str, scale: float) -> None:
    """Peak memory of a session ten times as long as the one before it, in raw, large, and as JSON frames."""
    print("\n### 10. memory\n\n| session | messages | peak MiB | target | |\n|---|---|---|---|---|")
    raw = [tools.wscli, "connect", "-n", "--compression", "none", "--format", "raw"]
    frames = [tools.wscli, "connect", "-n", "--compression", "none", "--json", "--frames"]
    long = int(10_000_000 * scale)
    for title, command, size, counts in (
        ("raw, 100 B", raw, 100, (long // 100, long // 10, long)),
        ("raw, 1 MiB", raw, 1 << 20, (int(200 * scale), int(2_000 * scale))),
        ("json --frames, 100 B", frames, 100, (long // 100, long // 10)),
    ):
        for count in counts:
            run = measure([*command, f"{base}/flood?count={count}&size={size}"], "open")
            verdict = "met" if run.memory <= MOST_MEMORY else "**missed**"
            print(f"| {title} | {count:,} | {run.memory:.0f} | ≤ {MOST_MEMORY} | {verdict} |", flush=True)


def grow(tools: Tools, base: str, folder: Path, *, most: int) -> None:
    """Seconds for 10^3 up to `most` messages, and what one of them costs more than in the column before."""
    from __main__ import write_lines

    print("\n### 12. cost against size: s of wall clock (µs a message more than in the column before)\n")
    counts = [10**power for power in range(3, 8) if 10**power <= most]
    print(f"| row | {' | '.join(f'{count:,}' for count in counts)} |\n|---|{'---|' * len(counts)}")
    raw = [tools.wscli, "connect", "-n", "--compression", "none", "--format", "raw"]
    as_json = [tools.wscli, "connect", "-n", "--compression", "none", "--json"]
    send = [tools.wscli, "connect", "--compression", "none", "--wait", "0", f"{base}/sink"]
    for row, command in (("1", raw), ("4", as_json), ("6", send)):
        cells: list[str] = []
        before = (0, 0.0)
        for count in counts:
            if row == "6":
                write_lines(folder / "grown.txt", count)
            # The least of several: what else the machine does must not look like growth.
            times = 15 if count < 10**5 else 5 if count < 10**7 else 1
            seconds = min(_seconds(command, base, folder, count, row) for _ in range(times))
            each = (seconds - before[1]) / (count - before[0]) * 1e6
            cells.append(f"{seconds:.3f} ({each:.2f})" if count >= 10**5 else f"{seconds:.3f}")
            before = (count, seconds)
        print(f"| {row} | {' | '.join(cells)} |", flush=True)


def _seconds(command: list[str], base: str, folder: Path, count: int, row: str) -> float:
    stdin: Stdin = "open"
    if row == "6":
        stdin = folder / "grown.txt"
    else:
        command = [*command, f"{base}/flood?count={count}&size=100"]
    return measure(command, stdin).wall
