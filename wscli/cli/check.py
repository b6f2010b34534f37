"""`wscli check`: suites of checks, concurrently, to an exit code and reports."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec.structs import replace

from ..config import ColorChoice, Format, OutputOptions, parse_duration
from ..errors import (
    ExpectationFailed,
    InputFailed,
    Interrupted,
    OutputFailed,
    Terminated,
    UsageError,
    WscliError,
)
from ..probes.report import Report
from .environment import Environment
from .report import report_warning, write_stderr, write_stdout
from .run import Runtime, run_command
from .settings import parsed

if TYPE_CHECKING:
    from ..check.result import RunResult
    from ..check.runner import Endpoint, Plan
    from ..check.suite import Check, Suite
    from ..reports.files import Destination
    from .settings import Settings

EXAMPLES: Final = (
    "Example: wscli check suite.toml --report junit=report.xml, or: wscli check wss://example.com/ws"
)


def main(
    context: typer.Context,
    suites: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE…|URL…",
            help="Suites in TOML, or URLs (@PROFILE, too) to open and close.",
            show_default=False,
        ),
    ] = None,
    jobs: Annotated[
        int | None,
        typer.Option("-j", "--jobs", metavar="N", min=1, max=10000, help="Run N checks at a time (50)."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="TAG", help="Only checks with this tag. Repeatable.")
    ] = None,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="End at the first failure; the others are skipped.")
    ] = False,
    report: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KIND[=FILE]",
            help="Write a report: junit, tap, json, markdown (also to $GITHUB_STEP_SUMMARY), github,"
            " prometheus. Repeatable.",
        ),
    ] = None,
    init: Annotated[
        bool, typer.Option("--init", help="Print a starter suite, or write it to FILE, never over another.")
    ] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of suites.")] = False,
    timeout: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="End the whole run after this; what is left is skipped."),
    ] = None,
    format: Annotated[  # noqa: A002 # the name of the option
        Format | None, typer.Option(help="How to write results: human on a terminal, plain elsewhere, json.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only failures, and no progress.")] = False,
    color: Annotated[ColorChoice, typer.Option(help="When to use colour.")] = ColorChoice.AUTO,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Show credentials instead of ‹redacted›.")
    ] = False,
) -> int:
    """Run suites of checks. Exits 0 when all pass, 1 when one fails, 2 when a suite is wrong."""
    environment: Environment = context.obj
    if init or schema:
        return _print_shipped(suites or [], environment, init=init, schema=schema)
    options = _output(environment, format, color, json=json, quiet=quiet, show_secrets=show_secrets)
    destinations = _reports(report or [], environment)
    plan = _plan(
        suites or [], environment, set(only or []), jobs, fail_fast=fail_fast, show_secrets=show_secrets
    )
    settings = _checked(plan, environment)
    if not quiet:
        _warn(settings.values(), environment, show_secrets=show_secrets)

    async def check(runtime: Runtime) -> Report:
        return await _check(runtime, plan, settings, destinations)

    from ..sinks.redact import Redactor

    seconds = None if timeout is None else parsed("--timeout", parse_duration, timeout) or None
    return run_command(check, environment, options, Redactor(show=show_secrets), timeout=seconds)


def _warn(settings: Iterable[Settings], environment: Environment, *, show_secrets: bool) -> None:
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


def _output(
    environment: Environment,
    wanted: Format | None,
    color: ColorChoice,
    *,
    json: bool,
    quiet: bool,
    show_secrets: bool,
) -> OutputOptions:
    if json and wanted not in (None, Format.JSON):
        raise UsageError("--json and another --format contradict each other")
    if wanted is Format.RAW:
        raise UsageError("--format raw has no meaning here", hint="use plain or json")
    default = Format.HUMAN if environment.stdout_tty else Format.PLAIN
    return OutputOptions(
        format=Format.JSON if json else wanted or default,
        color=environment.color(color),
        width=environment.width,
        quiet=quiet,
        show_secrets=show_secrets,
    )


def _print_shipped(names: list[str], environment: Environment, *, init: bool, schema: bool) -> int:
    from .. import check
    from ..sinks.escape import escape

    if (init and schema) or len(names) > 1 or (schema and names):
        raise UsageError("--init takes one FILE at most, --schema none, and each goes alone")
    file = "starter.toml" if init else "suite.schema.json"
    content = (Path(check.__file__).parent / file).read_text(encoding="utf-8")
    if names:
        path = Path(names[0]).expanduser()
        _write_new(path, content)
        write_stdout(f"wrote {escape(str(path))}\n", environment)
        return 0
    if environment.stdout is None:
        raise OutputFailed("standard output is closed")
    typer.echo(content, nl=False)
    return 0


def _write_new(path: Path, content: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise UsageError(
            f"{str(path)!r} is there already, and is left as it is", hint="name another FILE"
        ) from None
    except OSError as failure:
        raise OutputFailed(f"cannot write {str(path)!r}: {failure.strerror or failure}") from None


def _reports(texts: list[str], environment: Environment) -> list[Destination]:
    if not texts:
        return []
    from ..reports.files import parse_reports

    return parse_reports(texts, environment.environ)


def _plan(
    names: list[str],
    environment: Environment,
    only: set[str],
    jobs: int | None,
    *,
    fail_fast: bool,
    show_secrets: bool,
) -> Plan:
    from ..check.runner import DEFAULT_JOBS, Plan

    if not names:
        raise UsageError(
            "there is nothing to check", hint="give a FILE or a URL; wscli check --init prints a starter file"
        )
    suites = [_suite(name, environment) for name in names]
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


def _suite(name: str, environment: Environment) -> Suite:
    from ..check.suite import Check, Suite

    # A URL has a scheme; an empty name, as an unset variable gives, is a URL that says so.
    if not name.strip() or _is_url(name):
        from ..config import parse_url
        from ..sinks.redact import redacted_url

        if not name.startswith("@"):
            parse_url(name)
        return Suite("command line", (Check(name=redacted_url(name), url=name),))
    from ..check.load import load_suite

    return load_suite(Path(name).expanduser(), environment.environ)


def _is_url(name: str) -> bool:
    """Whether it is none of a file: a URL, or @PROFILE of the user's configuration (./@NAME is a file)."""
    if name.startswith("@"):
        return True
    scheme, colon, _ = name.partition(":")
    return bool(colon) and scheme.lower() in {"ws", "wss", "http", "https", "demo"}


def _checked(plan: Plan, environment: Environment) -> dict[int, Settings]:
    """Where each check connects to, by its identity: what is wrong is said before anything is sent."""
    found: dict[int, Settings] = {}
    for _, check in plan.checks:
        try:
            found[id(check)] = _settings(check, environment)
            _check_demo(found[id(check)])
        except (UsageError, InputFailed) as wrong:
            source = check.source
            where = f"{source.file}:{source.line}: check {check.name!r}: " if source.file else ""
            raise UsageError(f"{where}{wrong.message}", hint=wrong.hint) from None
    return found


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
    return build_settings(check.url, typed, replace(environment, stdin_tty=False))


async def _check(
    runtime: Runtime, plan: Plan, settings: dict[int, Settings], destinations: list[Destination]
) -> Report:
    from ..check.runner import Endpoint, Runner
    from .check_view import View

    @contextlib.asynccontextmanager
    async def connect(check: Check) -> AsyncIterator[Endpoint]:
        from .wiring import secrets_of, target_of

        own = settings[id(check)]
        async with target_of(own) as target:
            yield Endpoint(target, own.ok_close, secrets_of(own))

    view = View(runtime, len(plan.checks))
    drawing = asyncio.create_task(view.keep_drawing())
    try:
        result = await Runner(plan, connect, view, runtime.stop).run()
    finally:
        drawing.cancel()
        await asyncio.gather(drawing, return_exceptions=True)
    view.finish(result)
    failure: OutputFailed | None = None
    if destinations:
        from ..reports.files import write_reports

        try:
            write_reports(destinations, result, lambda text: write_stderr(text, runtime.environment))
        except OutputFailed as raised:
            failure = raised
    return Report(_verdict(result, runtime.stop.cause) or failure)


def _verdict(result: RunResult, stopped: WscliError | None) -> WscliError | None:
    """Checks that were not run did not pass, whatever ended the run: a deadline, a reader that has gone."""
    if isinstance(stopped, Interrupted | Terminated):
        return stopped
    total = len(result.checks)
    if result.failed:
        return ExpectationFailed(f"{result.failed:,} of {total:,} checks failed")
    if result.skipped:
        why = "nobody reads the results" if stopped is None else stopped.message
        return ExpectationFailed(f"{result.skipped:,} of {total:,} checks were not run: {why}")
    return None
