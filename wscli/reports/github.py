"""GitHub's annotations: workflow commands that put a failed check beside its line in the suite.

The one place where wscli writes `::`, and nothing that a peer or a URL said is in it: only the file, the
line, the check's name as its author wrote it, and words of ours.
"""

from __future__ import annotations

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape


def render(result: RunResult) -> str:
    """A command for each check that failed; empty when none did."""
    return "".join(_annotation(check) for check in result.checks if check.verdict == "failed")


def _annotation(check: CheckResult) -> str:
    properties = [("title", f"wscli check: {check.kind}")]
    if check.file is not None:
        properties = [("file", check.file), ("line", str(check.line)), *properties]
    told = ",".join(f"{name}={_property(value)}" for name, value in properties)
    where = f" at {check.place}" if check.place else ""
    message = f"{check.name} failed{where}: {check.kind} (exit code {check.exit_code})"
    return f"::error {told}::{_message(message)}\n"


def _message(text: str) -> str:
    """The runner's escaping of a command's message."""
    return escape(text, inside=True).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The runner's escaping of a command's property."""
    return _message(text).replace(":", "%3A").replace(",", "%2C")
