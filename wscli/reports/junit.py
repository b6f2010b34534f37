"""JUnit XML, as Jenkins' schema allows it and GitLab and GitHub's reporters read it.

A test suite for each suite, a test case for each check: what failed is in the element's text, names are
unique, and there is no attribute that the schema does not know.
"""

from __future__ import annotations

from itertools import groupby
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape, escape_lines


def render(result: RunResult) -> str:
    """The whole document."""
    suites = [
        list(checks) for _, checks in groupby(result.checks, key=lambda check: (check.suite, check.file))
    ]
    names = _unique([checks[0].suite for checks in suites])
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="wscli check" tests="{len(result.checks)}" failures="{result.failed}"'
        f' errors="0" time="{result.duration_ms / 1000:.3f}">',
    ]
    for name, checks in zip(names, suites, strict=True):
        lines += _suite(name, checks)
    return "\n".join([*lines, "</testsuites>"]) + "\n"


def _suite(name: str, checks: list[CheckResult]) -> list[str]:
    failed = sum(check.verdict == "failed" for check in checks)
    skipped = sum(check.verdict == "skipped" for check in checks)
    seconds = sum(check.duration_ms for check in checks) / 1000
    started = min((check.started for check in checks if check.started), default="")
    # ISO 8601 without a zone, as the schema has it; it is UTC.
    timestamp = f' timestamp="{started.partition(".")[0].rstrip("Z")}"' if started else ""
    lines = [
        f'  <testsuite name={_attribute(name)} tests="{len(checks)}" failures="{failed}" errors="0"'
        f' skipped="{skipped}" time="{seconds:.3f}"{timestamp}>'
    ]
    for case, check in zip(_unique([check.name for check in checks]), checks, strict=True):
        lines += _case(name, case, check)
    return [*lines, "  </testsuite>"]


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


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return unique


def _attribute(text: str) -> str:
    # XML 1.0 §2.2 has no C0 characters, no surrogates, no U+FFFE: after `escape` there are none.
    return quoteattr(escape(text, inside=True))


def _text(text: str) -> str:
    return escape_xml(escape_lines(text))
