"""Tables in Markdown, as docs/performance.md holds them: medians, their spread, ratios, verdicts."""

from __future__ import annotations

import statistics

from measure import Run
from works import Target, Work


def report(work: Work, runs: dict[str, list[Run]]) -> None:
    """One table a work; a ratio over 1 means that wscli is that many times as fast."""
    print(f"\n### {work.number}. {work.title}\n")
    print("| tool | wall s, median (min–max) | CPU s | peak MiB | wscli is | target | |")
    print("|---|---|---|---|---|---|---|")
    ours = statistics.median(run.wall for run in runs["wscli"])
    for name, each in runs.items():
        walls = [run.wall for run in each]
        wall = statistics.median(walls)
        cpu = statistics.median(run.cpu for run in each)
        memory = max(run.memory for run in each)
        cells = [f"{wall:.3f} ({min(walls):.3f}–{max(walls):.3f})", f"{cpu:.3f}", f"{memory:.0f}"]
        ratio = "" if name == "wscli" else f"{wall / ours:.2f}×"
        target = work.targets.get(name)
        wanted = f"≥ {target.least:.2f}×" if target else ""
        remarks = [verdict(wall / ours, target)] if target else []
        remarks += _incomplete(work, each)
        print(f"| {name} | {' | '.join(cells)} | {ratio} | {wanted} | {', '.join(remarks)} |", flush=True)


def verdict(ratio: float, target: Target) -> str:
    """Whether a ratio of wall clocks is what it should be."""
    if ratio >= target.least:
        return "met"
    if target.floor is not None and ratio >= target.floor:
        return f"missed, within the bound of {target.floor:.2f}×"
    return "**missed**"


def _incomplete(work: Work, runs: list[Run]) -> list[str]:
    """What a tool did not do: its time counts for less then."""
    remarks = []
    if work.written is not None and (missing := [run for run in runs if 0 < run.written < work.written]):
        worst = min(run.written for run in missing)
        remarks.append(f"lost {100 - 100 * worst / work.written:.0f} % of the output")
    if any(run.status for run in runs):
        remarks.append(f"exit status {max(run.status for run in runs)}")
    return remarks
