"""Names that tell checks apart in a whole report: two files may have a suite, or a check, of one name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape


def named_suites(result: RunResult) -> Iterator[tuple[str, list[tuple[str, CheckResult]]]]:
    """Each suite with its checks, in the order of the run, under names that are safe and unique."""
    suites = [
        list(checks) for _, checks in groupby(result.checks, key=lambda check: (check.suite, check.file))
    ]
    for name, checks in zip(_unique(checks[0].suite for checks in suites), suites, strict=True):
        yield name, list(zip(_unique(check.name for check in checks), checks, strict=True))


def _unique(names: Iterable[str]) -> list[str]:
    # What is shown is escaped, and has to differ. To JUnit's schemas a name of white space alone is none.
    wanted = [escape(name, inside=True) if name.strip() else "unnamed" for name in names]
    taken = set(wanted)
    numbers: dict[str, int] = {}
    unique = []
    for name in wanted:
        free = name
        while free in taken and name in numbers:
            numbers[name] += 1
            free = f"{name} ({numbers[name]})"
        numbers.setdefault(name, 1)
        taken.add(free)
        unique.append(free)
    return unique
