"""`wscli check`: suites of checks, concurrently, to an exit code and reports."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from msgspec.structs import replace

from ..config import ColorChoice, Format, OutputOptions, parse_duration
from ..errors import (
    ExpectationFailed,
    Interrupted,
    OutputFailed,
    Terminated,
    UsageError,
    WscliError,
)
from ..probes.report import Report
from ..threads import in_daemon_thread
from .check_plan import plan_of, prepare_tls, settings_of, warn, within_descriptors
from .environment import Environment
from .report import write_stderr, write_stdout
from .run import Runtime, run_command
from .settings import parsed

if TYPE_CHECKING:
    from ..check.result import RunResult
    from ..check.runner import Endpoint, Plan
    from ..check.suite import Check
    from ..reports.files import Destination
    from .settings import Settings


class ResultFormat(str, Enum):
    """Those of `Format` that results can be written in: `raw` is for payloads."""

    HUMAN = "human"
    PLAIN = "plain"
    JSON = "json"


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
        typer.Option(
            metavar="DURATION", help="End the whole run after this: what runs failed, the others are skipped."
        ),
    ] = None,
    format: Annotated[  # noqa: A002 # the name of the option
        ResultFormat | None,
        typer.Option(help="How to write results: human on a terminal, plain elsewhere, json."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
    quiet: Annotated[bool, typer.Option("-q", "--quiet", help="Only failures, and no progress.")] = False,
    verbose: Annotated[
        bool, typer.Option("-v", "--verbose", help="Add phases, what was agreed on, and message counts.")
    ] = False,
    color: Annotated[ColorChoice, typer.Option(help="When to use colour.")] = ColorChoice.AUTO,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Show credentials instead of ‹redacted›.")
    ] = False,
) -> int:
    """Run suites of checks. Exits 0 when all pass, 1 when one fails, 2 when a suite is wrong."""
    environment: Environment = context.obj
    if init or schema:
        others = {
            "--jobs": jobs,
            "--only": only,
            "--fail-fast": fail_fast,
            "--report": report,
            "--timeout": timeout,
            "--format": format,
            "--json": json,
        }
        _refuse_beside("--init" if init else "--schema", [name for name, value in others.items() if value])
        return _print_shipped(suites or [], environment, init=init, schema=schema)
    if quiet and verbose:
        raise UsageError("-q and -v contradict each other")
    options = replace(
        _output(environment, format, color, json=json, quiet=quiet, show_secrets=show_secrets),
        verbose=verbose,
    )
    destinations = _reports(report or [], environment)
    plan = plan_of(
        suites or [], environment, set(only or []), jobs, fail_fast=fail_fast, show_secrets=show_secrets
    )
    settings = settings_of(plan, environment)
    plan = within_descriptors(plan, settings.values(), environment, quiet=quiet)
    prepare_tls(settings.values())
    if not quiet:
        warn(settings.values(), environment, show_secrets=show_secrets)

    async def check(runtime: Runtime) -> Report:
        return await _check(runtime, plan, settings, destinations)

    from ..sinks.redact import Redactor

    seconds = None if timeout is None else parsed("--timeout", parse_duration, timeout) or None
    redactor = Redactor(show=show_secrets)
    return run_command(check, environment, options, redactor, timeout=seconds, name="check")


def _output(
    environment: Environment,
    wanted: ResultFormat | None,
    color: ColorChoice,
    *,
    json: bool,
    quiet: bool,
    show_secrets: bool,
) -> OutputOptions:
    if json and wanted not in (None, ResultFormat.JSON):
        raise UsageError("--json and another --format contradict each other")
    default = Format.HUMAN if environment.stdout_tty else Format.PLAIN
    return OutputOptions(
        format=Format.JSON if json else Format(wanted.value) if wanted else default,
        color=environment.color(color),
        width=environment.width,
        quiet=quiet,
        show_secrets=show_secrets,
    )


def _refuse_beside(option: str, others: list[str]) -> None:
    """What would be passed over in silence is refused: a report that nobody writes, for one."""
    if others:
        raise UsageError(
            f"{others[0]} means nothing beside {option}, which runs no check",
            hint=f"use {option} alone, then check the FILE",
        )


def _print_shipped(names: list[str], environment: Environment, *, init: bool, schema: bool) -> int:
    from .. import check
    from ..sinks.escape import escape

    if (init and schema) or len(names) > 1 or (schema and names):
        raise UsageError("--init takes one FILE at most, --schema none, and each goes alone")
    file = "starter.toml" if init else "suite.schema.json"
    content = (Path(check.__file__).parent / file).read_text(encoding="utf-8")
    if names:
        if not names[0].strip():
            raise UsageError("--init: the file name is empty", hint="is the variable set?")
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

        def write() -> None:
            write_reports(destinations, result, lambda text: write_stderr(text, runtime.environment))

        try:
            # Where a report goes to /dev/stdout, it stands behind the results.
            await runtime.output.flush()
            await in_daemon_thread(write, "wscli reports")
        except OutputFailed as raised:
            failure = raised
    return Report(_verdict(result, runtime.stop.cause) or failure)


def _verdict(result: RunResult, stopped: WscliError | None) -> WscliError | None:
    """Checks that were not run did not pass, whatever ended the run: a deadline, a reader that has gone."""
    if isinstance(stopped, Interrupted | Terminated):
        return stopped
    total = len(result.checks)
    told = [f"{result.failed:,} of {total:,} checks failed"] if result.failed else []
    if result.skipped and (stopped is not None or not told):
        why = "nobody reads the results" if stopped is None else stopped.message
        told.append(f"{result.skipped:,} of {total:,} checks were not run: {why}")
    elif told and stopped is not None:
        told.append(stopped.message)
    return ExpectationFailed("; ".join(told)) if told else None
