"""Prometheus' text format, for node_exporter's textfile collector.

Metrics have blackbox exporter's names where it has such a thing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final

from ..check.result import CheckResult, RunResult
from ..sinks.escape import escape
from .names import named_suites

# blackbox exporter calls the HTTP exchange by this name's phases; ours part TCP, TLS and the upgrade.
_PHASES: Final = ("resolve", "connect", "proxy", "tls", "upgrade")
Sample = tuple[str, float]


def render(result: RunResult) -> str:
    """The whole file, each series once; checks that were not run have no samples."""
    checks = [
        (_labels(suite, name, check.url), check)
        for suite, named in named_suites(result)
        for name, check in named
        if check.verdict != "skipped"
    ]
    metrics: list[tuple[str, str, Callable[[CheckResult], Iterable[Sample]]]] = [
        ("probe_success", "Whether the check passed.", _success),
        ("probe_duration_seconds", "How long the check took, its last attempt.", _duration),
        ("probe_websocket_duration_seconds", "How long each phase of the opening took.", _phases),
        ("probe_websocket_status_code", "The HTTP status of the reply.", _status),
        ("probe_ssl_earliest_cert_expiry", "When the certificate ends, as a Unix time.", _expiry),
        ("probe_websocket_messages_received", "Messages that were received.", _received),
        ("probe_websocket_attempts", "How often the check was tried.", _attempts),
        ("probe_websocket_exit_code", "Why the check failed, as an exit code of wscli.", _exit_code),
    ]
    lines: list[str] = []
    for name, text, samples in metrics:
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge"]
        for own, check in checks:
            lines += [f"{name}{{{own}{labels}}} {value:.12g}" for labels, value in samples(check)]
    finished = _unix(result.started) + result.duration_ms / 1000
    name = "wscli_check_last_run_timestamp_seconds"
    lines += [f"# HELP {name} When the run ended.", f"# TYPE {name} gauge", f"{name} {finished:.3f}"]
    return "\n".join(lines) + "\n"


def _labels(suite: str, name: str, url: str) -> str:
    return f'suite="{_label(suite)}",check="{_label(name)}",instance="{_label(url)}"'


def _label(text: str) -> str:
    # After `escape` there is no newline; what is left are the two that the format escapes itself.
    return escape(text, inside=True).replace("\\", "\\\\").replace('"', '\\"')


def _success(check: CheckResult) -> list[Sample]:
    return [("", float(check.verdict == "passed"))]


def _duration(check: CheckResult) -> list[Sample]:
    return [("", check.duration_ms / 1000)]


def _phases(check: CheckResult) -> list[Sample]:
    took = dict(check.phases_ms)
    return [(f',phase="{phase}"', took[phase] / 1000) for phase in _PHASES if phase in took]


def _status(check: CheckResult) -> list[Sample]:
    return [] if check.status is None else [("", check.status)]


def _expiry(check: CheckResult) -> list[Sample]:
    return [] if check.tls_not_after is None else [("", _unix(check.tls_not_after))]


def _received(check: CheckResult) -> list[Sample]:
    return [("", check.messages_in)]


def _attempts(check: CheckResult) -> list[Sample]:
    return [("", check.attempts)]


def _exit_code(check: CheckResult) -> list[Sample]:
    return [("", check.exit_code)]


def _unix(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
