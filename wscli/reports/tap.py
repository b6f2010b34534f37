"""TAP version 14: a line for each check, and a YAML block for one that failed."""

from __future__ import annotations

import json
import re
from typing import Final

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape

_DIRECTIVE: Final = re.compile(r"#(\s*(?:skip|todo))", re.IGNORECASE)


def render(result: RunResult) -> str:
    """The whole document."""
    lines = ["TAP version 14", f"1..{len(result.checks)}"]
    for number, check in enumerate(result.checks, 1):
        lines += _check(number, check)
    return "\n".join(lines) + "\n"


def _check(number: int, check: CheckResult) -> list[str]:
    verdict = "not ok" if check.verdict == "failed" else "ok"
    name = _description(check.name)
    directive = " # SKIP not run" if check.verdict == "skipped" else ""
    lines = [f"{verdict} {number} - {name}{directive}"]
    if check.verdict == "failed":
        lines += ["  ---", *(f"  {key}: {_scalar(value)}" for key, value in _details(check)), "  ..."]
    return lines


def _description(name: str) -> str:
    # Readers of TAP 13 know no backslash: to them such a name would make a success of a failure.
    safe = _DIRECTIVE.sub(r"\\x23\1", escape(name, inside=True))
    # TAP 14, "Escaping": in a description these two have a meaning.
    return safe.replace("\\", "\\\\").replace("#", "\\#")


def _details(check: CheckResult) -> list[tuple[str, object]]:
    details: list[tuple[str, object]] = [
        ("message", check.message),
        ("severity", "fail"),
        ("kind", check.kind),
        ("exit_code", check.exit_code),
        ("place", check.place),
        ("url", check.url),
        ("duration_ms", check.duration_ms),
    ]
    if check.file is not None:
        details.append(("at", f"{check.file}:{check.line}"))
    return [(key, value) for key, value in details if value != ""]


def _scalar(value: object) -> str:
    """A YAML scalar: JSON is YAML, and what is escaped first has no control in it."""
    return json.dumps(escape(value, inside=True) if isinstance(value, str) else value, ensure_ascii=False)
