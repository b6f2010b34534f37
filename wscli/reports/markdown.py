"""Markdown, for a pull request or a job's summary: a line of sums, then a table, what failed first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape
from ..sinks.human_style import milliseconds, plural

_SIGNS: Final = {"passed": "✅", "failed": "❌", "skipped": "⏭️"}
_ORDER: Final = {"failed": 0, "skipped": 1, "passed": 2}
# CommonMark §2.4: a backslash makes any of these plain. `<`, `&` and `@` become entities: HTML and mentions.
_MARKS: Final = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>:$^=\"'/])")
_ENTITIES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", "@": "&#64;"})
# A table that a person still scrolls through.
_MOST_ROWS: Final = 1000
MOST_BYTES: Final = 1024 * 1024
"""GitHub takes a step's summary of 1 MiB at most, and nothing of one that is longer."""
LEAST_BYTES: Final = 400
"""What the document takes without a row."""


def render(result: RunResult, room: int = MOST_BYTES) -> str:
    """The whole document, in `room` bytes of UTF-8 (`LEAST_BYTES` or more); what failed is left out last."""
    sums = f"{result.passed:,} passed, {result.failed:,} failed"
    if result.skipped:
        sums += f", {result.skipped:,} skipped"
    text = "\n".join(
        [
            "## WebSocket checks",
            "",
            f"**{plural(len(result.checks), 'check')}: {sums}** in {milliseconds(result.duration_ms)}",
            "",
            "| | check | took | opening | what came of it |",
            "|---|---|--:|--:|---|",
            "",
        ]
    )
    checks = sorted(result.checks, key=lambda check: _ORDER[check.verdict])
    rows = _rows(checks, room - len(text.encode()) - len(_left_out(checks).encode()))
    return f"{text}{''.join(rows)}{_left_out(checks[len(rows) :])}"


def _rows(checks: Sequence[CheckResult], room: int) -> list[str]:
    """As many rows as there is room for, in bytes."""
    rows: list[str] = []
    for check in checks[:_MOST_ROWS]:
        row = f"{_row(check)}\n"
        room -= len(row.encode())
        if room < 0:
            break
        rows.append(row)
    return rows


def _left_out(checks: Sequence[CheckResult]) -> str:
    if not checks:
        return ""
    failed = sum(check.verdict == "failed" for check in checks)
    return f"\n…and {len(checks):,} more, {failed:,} of them failed.\n"


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
