"""The result as one JSON document."""

from __future__ import annotations

import json

import msgspec

from ..check.result import RunResult
from ..sinks.escape import json_safe


def render(result: RunResult) -> str:
    """The whole document, in ASCII."""
    document = {
        "started": result.started,
        "duration_ms": result.duration_ms,
        "passed": result.passed,
        "failed": result.failed,
        "skipped": result.skipped,
        "checks": [
            {**msgspec.to_builtins(check), "phases_ms": dict(check.phases_ms)} for check in result.checks
        ],
    }
    # Not msgspec's encoder: a path may hold what is not UTF-8.
    return json_safe(json.dumps(document, indent=2).encode()).decode("ascii") + "\n"
