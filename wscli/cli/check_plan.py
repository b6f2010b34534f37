"""What `check` runs: suites and URLs from the command line, and how each of their checks connects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..errors import InputFailed, UsageError
from .environment import Environment
from .report import report_warning

if TYPE_CHECKING:
    from ..check.runner import Plan
    from ..check.suite import Check, Suite
    from .settings import Settings


def plan_of(
    names: list[str],
    environment: Environment,
    only: set[str],
    jobs: int | None,
    *,
    fail_fast: bool,
    show_secrets: bool,
) -> Plan:
    """The checks of all files and URLs in `names` that have a tag in `only`. Raises: UsageError."""
    from ..check.runner import DEFAULT_JOBS, Plan

    if not names:
        raise UsageError(
            "there is nothing to check", hint="give a FILE or a URL; wscli check --init prints a starter file"
        )
    suites = [_suite(name, environment, show_secrets=show_secrets) for name in names]
    checks = [
        (suite.name, check)
        for suite in suites
        for check in suite.checks
        if not only or only & set(check.tags)
    ]
    if not checks:
        tags = sorted({tag for suite in suites for check in suite.checks for tag in check.tags})
        known = f"the tags are {', '.join(tags)}" if tags else "no check has a tag"
        raise UsageError("--only: no check has such a tag", hint=known)
    said = [suite.jobs for suite in suites if suite.jobs is not None]
    return Plan(checks, jobs or max(said, default=DEFAULT_JOBS), fail_fast, show_secrets)


def _suite(name: str, environment: Environment, *, show_secrets: bool) -> Suite:
    from ..check.suite import Check, Suite

    # A URL has a scheme; an empty name, as an unset variable gives, is a URL that says so.
    if not name.strip() or _is_url(name):
        from ..config import parse_url
        from ..sinks.redact import redacted_url

        if not name.startswith("@"):
            parse_url(name)
        return Suite("command line", (Check(name=redacted_url(name), url=name),))
    from ..check.load import load_suite

    file = Path(name).expanduser()
    try:
        return load_suite(file, environment.environ, show_secrets=show_secrets)
    except UsageError as wrong:
        if file.suffix == ".toml" or file.exists():
            raise
        raise UsageError(wrong.message, hint=_url_meant(name) or wrong.hint) from None


def _url_meant(name: str) -> str:
    """What to type in place of a URL that lacks its scheme."""
    from ..config import parse_url

    try:
        parse_url(name)
    except UsageError as wrong:
        return wrong.hint
    return ""


def _is_url(name: str) -> bool:
    """Whether it is none of a file: a URL, or @PROFILE of the user's configuration (./@NAME is a file)."""
    if name.startswith("@"):
        return True
    scheme, colon, _ = name.partition(":")
    return bool(colon) and scheme.lower() in {"ws", "wss", "http", "https", "demo"}


def settings_of(plan: Plan, environment: Environment) -> dict[int, Settings]:
    """Where each check connects to, by its identity: what is wrong is said before anything is sent."""
    found: dict[int, Settings] = {}
    for _, check in plan.checks:
        try:
            found[id(check)] = _settings(check, environment)
        except (UsageError, InputFailed) as raised:
            from ..sinks.redact import Redactor
            from .check_blame import blamed

            wrong = blamed(check, raised, lambda each: _settings(each, environment))
            scrub = Redactor(check.secrets, show=plan.show_secrets).scrub
            raise UsageError(scrub(wrong.message), hint=scrub(wrong.hint)) from None
    return found


def within_descriptors(
    plan: Plan, settings: Iterable[Settings], environment: Environment, *, quiet: bool
) -> Plan:
    """The plan, its jobs no more than files may be open: too many would fail healthy endpoints."""
    from ..check.descriptors import A_CONNECTION, A_DEMO, affordable

    jobs = min(plan.jobs, len(plan.checks))
    each = A_DEMO if any(one.demo is not None for one in settings) else A_CONNECTION
    most = affordable(jobs, each)
    if most >= jobs:
        return plan
    if not quiet:
        report_warning(
            f"{most:,} checks run at a time, not {jobs:,}: no more files may be open (ulimit -Hn)",
            environment,
        )
    return dataclasses.replace(plan, jobs=most)


def prepare_tls(settings: Iterable[Settings]) -> None:
    """Loads what TLS needs before a clock runs: 40 ms would be in the phases of all that open meanwhile.

    Raises: UsageError.
    """
    kinds = {
        (each.target.tls.insecure, each.target.tls.minimum) for each in settings if each.target.url.secure
    }
    if not kinds:
        return
    from ..config import TlsOptions
    from ..net import secure, verdict  # noqa: F401 # the connections do, in their functions
    from ..net.context import make_context, make_judge

    for insecure, minimum in kinds:
        options = TlsOptions(insecure=insecure, minimum=minimum)
        make_context(options)
        if insecure:
            make_judge(options)


def _check_demo(settings: Settings) -> None:
    """A scenario that does not exist is a slip of the hand, not a check that failed. Raises: UsageError."""
    if settings.demo is not None:
        from .wiring import demo_server

        demo_server(settings.demo)


def _settings(check: Check, environment: Environment) -> Settings:
    from .options import Compression, SharedOptions, TlsVersion
    from .settings import build_settings

    options = dict(check.connection)
    if "compression" in options:
        options["compression"] = Compression(options["compression"])
    if "tls_min" in options:
        options["tls_min"] = TlsVersion(options["tls_min"])
    # What a suite says counts as typed: no variable and no file of the user's changes what it asks for.
    typed = SharedOptions(**options, typed=frozenset(options))
    # Nobody can be asked for a password here.
    settings = build_settings(check.url, typed, replace(environment, stdin_tty=False))
    _check_demo(settings)
    return settings


def warn(settings: Iterable[Settings], environment: Environment, *, show_secrets: bool) -> None:
    """What the user should know of the files that the checks use, each of it once."""
    from ..sinks.redact import Redactor
    from .wiring import secrets_of

    told: set[str] = set()
    for each in settings:
        if not each.warnings:
            continue
        redactor = Redactor.for_target(each.target, secrets_of(each), show=show_secrets)
        for warning in map(redactor.scrub, each.warnings):
            if warning not in told:
                report_warning(warning, environment)
            told.add(warning)
