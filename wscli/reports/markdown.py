"""Markdown, for a pull request or a job's summary: a line of sums, then a table, what failed first."""

from __future__ import annotations

import re
from typing import Final

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape
from ..sinks.human_style import milliseconds, plural

_SIGNS: Final = {"passed": "✅", "failed": "❌", "skipped": "⏭️"}
_ORDER: Final = {"failed": 0, "skipped": 1, "passed": 2}
# CommonMark §2.4: a backslash makes any of these plain. `<`, `&` and `@` become entities: HTML and mentions.
_MARKS: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:$^=\"'/])")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", "@": "&#64;"})
# GitHub takes a summary of 1 MiB at most.
_MOST_ROWS: Final = 1000


def render(result: RunResult) -> str:
    """The whole document."""
    sums = f"{result.passed:,} passed, {result.failed:,} failed"
    if result.skipped:
        sums += f", {result.skipped:,} skipped"
    rows = sorted(result.checks, key=lambda check: _ORDER[check.verdict])
    lines = [
        "## WebSocket checks",
        "",
        f"**{plural(len(result.checks), 'check')}: {sums}** in {milliseconds(result.duration_ms)}",
        "",
        "| | check | took | opening | what came of it |",
        "|---|---|--:|--:|---|",
        *map(_row, rows[:_MOST_ROWS]),
    ]
    if len(rows) > _MOST_ROWS:
        lines += ["", f"…and {len(rows) - _MOST_ROWS:,} more."]
    return "\n".join(lines) + "\n"


def _row(check: CheckResult) -> str:
    came = "" if check.verdict == "passed" else "not run"
    if check.verdict == "failed":
        place = f"{check.place}: " if check.place else ""
        came = f"**{check.kind}** {safe(_bounded(place + check.message))}"
    return (
        f"| {_SIGNS[check.verdict]} | {safe(_bounded(check.name))} | {milliseconds(check.duration_ms)}"
        f" | {milliseconds(check.open_ms)} | {came} |"
    )


def _bounded(text: str) -> str:
    return text if len(text) <= 300 else text[:299] + "…"


def safe(text: str) -> str:
    """`text` as Markdown that shows it and does nothing: no HTML, link, mention, emphasis or table cell."""
    return _MARKS.sub(r"\\\1", escape(text, inside=True)).translate(_ENTITIES)
