"""JUnit XML that both published schemas accept, and that GitLab and GitHub's reporters read.

The schemas are Jenkins' (junit-10.xsd of its xUnit plugin) and that of Ant's tasks (JUnit.xsd): the root has
no attributes, for Ant's has none, and a suite has all that Ant's demands. A test suite for each suite, a test
case for each check: what failed is in the element's text, and names are unique.
"""

from __future__ import annotations

from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape, escape_lines
from .names import named_suites


def render(result: RunResult) -> str:
    """The whole document."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<testsuites>",
    ]
    for number, (name, named) in enumerate(named_suites(result)):
        lines += _suite(number, name, named, result.started)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(number: int, name: str, named: list[tuple[str, CheckResult]], otherwise: str) -> list[str]:
    """The suite; `otherwise` is when it started if none of its checks did."""
    checks = [check for _, check in named]
    failed = sum(check.verdict == "failed" for check in checks)
    skipped = sum(check.verdict == "skipped" for check in checks)
    seconds = sum(check.duration_ms for check in checks) / 1000
    started = min((check.started for check in checks if check.started), default=otherwise)
    # ISO 8601 without a zone, as the schema has it; it is UTC.
    timestamp = started.partition(".")[0].rstrip("Z")
    lines = [
        f'  <testsuite id="{number}" package="" name={_attribute(name)} hostname="localhost"'
        f' timestamp="{timestamp}" time="{seconds:.3f}" tests="{len(checks)}" failures="{failed}" errors="0"'
        f' skipped="{skipped}">',
        "    <properties/>",
    ]
    for case, check in named:
        lines += _case(name, case, check)
    return [*lines, "    <system-out/>", "    <system-err/>", "  </testsuite>"]


def _case(suite: str, name: str, check: CheckResult) -> list[str]:
    opening = (
        f"    <testcase name={_attribute(name)} classname={_attribute(suite)}"
        f' time="{check.duration_ms / 1000:.3f}"'
    )
    if check.verdict == "passed":
        return [f"{opening}/>"]
    if check.verdict == "skipped":
        return [f"{opening}>", '      <skipped message="not run"/>', "    </testcase>"]
    message = f"{check.place}: {check.message}" if check.place else check.message
    return [
        f"{opening}>",
        f"      <failure message={_attribute(message)} type={_attribute(check.kind)}>{_text(_details(check))}"
        "</failure>",
        "    </testcase>",
    ]


def _details(check: CheckResult) -> str:
    lines = [f"{check.place}: {check.message}" if check.place else check.message]
    if check.hint:
        lines.append(f"hint: {check.hint}")
    lines.append(f"{check.kind}, exit code {check.exit_code}, attempt {check.attempts}")
    lines.append(check.url)
    if check.file is not None:
        lines.append(f"{check.file}:{check.line}")
    # Ours are the newlines between them; those inside one may be the peer's.
    return "\n".join(escape(line) for line in lines)


def _attribute(text: str) -> str:
    # XML 1.0 §2.2 has no C0 characters, no surrogates, no U+FFFE: after `escape` there are none.
    return quoteattr(escape(text, inside=True))


def _text(text: str) -> str:
    return escape_xml(escape_lines(text))
