"""What checks came to: one value, from which every report is written.

Texts in it hold no secrets; but they may quote the peer, so that each report makes them safe for its format.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check. `kind` and `exit_code` are those of contract §3; durations are milliseconds.

    `message` may quote the peer; `place` (a step, or what else failed) never does. `phases_ms` has resolve,
    connect, proxy, tls and upgrade as far as the last attempt came; `tls_not_after` is RFC 3339. `warning` is
    what was not as it should be in a check that passed.
    """

    name: str
    suite: str
    url: str
    verdict: Verdict
    file: str | None = None
    line: int = 0
    tags: tuple[str, ...] = ()
    kind: str = "ok"
    exit_code: int = 0
    place: str = ""
    message: str = ""
    hint: str = ""
    warning: str = ""
    attempts: int = 0
    started: str = ""
    duration_ms: float = 0.0
    open_ms: float | None = None
    phases_ms: tuple[tuple[str, float], ...] = ()
    status: int | None = None
    subprotocol: str | None = None
    extensions: tuple[str, ...] = ()
    close_code: int | None = None
    tls_not_after: str | None = None
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """All checks of a run, in the order of their files; `started` is RFC 3339."""

    checks: tuple[CheckResult, ...]
    started: str
    duration_ms: float

    @property
    def passed(self) -> int:
        return sum(check.verdict == "passed" for check in self.checks)

    @property
    def failed(self) -> int:
        return sum(check.verdict == "failed" for check in self.checks)

    @property
    def skipped(self) -> int:
        return sum(check.verdict == "skipped" for check in self.checks)
