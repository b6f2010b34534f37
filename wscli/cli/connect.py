"""`wscli connect`: a session, one-shot and in pipes (contract §6)."""

import functools
from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer
from msgspec.structs import replace

from ..config import Format, parse_duration, parse_size
from ..errors import UsageError
from .environment import Environment
from .expectations import SessionExpectations, expecting
from .lasting import reconnect_policy, with_keepalive
from .options import SharedOptions, UrlArgument, command
from .settings import Settings, build_settings, parsed

if TYPE_CHECKING:
    from ..config import Target
    from ..expect.expected import Expected
    from ..oneshot.plan import Plan
    from ..probes.report import Report
    from ..session.reconnect import ReconnectPolicy
    from .run import Runtime
    from .wiring import Body

EXAMPLES: Final = (
    "Example: wscli connect demo:, or: echo hello | wscli connect demo:,"
    " or: wscli connect demo: --send hi --count 1"
)


_lasting = functools.partial(typer.Option, rich_help_panel="Keepalive and reconnecting")


class Delimiter(str, Enum):
    """What stands after each payload in `--format raw`."""

    NEWLINE = "newline"
    NUL = "nul"
    NONE = "none"


_DELIMITERS: Final = {Delimiter.NEWLINE: b"\n", Delimiter.NUL: b"\0", Delimiter.NONE: b""}


@command
@expecting
def main(
    context: typer.Context,
    url: UrlArgument,
    shared: SharedOptions,
    expected: SessionExpectations,
    send: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT|@FILE", help="Send this text message first. Repeatable, in order."),
    ] = None,
    send_binary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="hex:…|base64:…|@FILE",
            help="Send this binary message first. Repeatable, in order with --send.",
        ),
    ] = None,
    no_input: Annotated[
        bool, typer.Option("-n", "--no-input", help="Never read stdin; receive until the peer closes.")
    ] = False,
    count: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="End at the Nth message received; fewer are no failure (--expect-count)."
        ),
    ] = None,
    wait: Annotated[
        str | None,
        typer.Option(metavar="DURATION", help="Once stdin ended, end after such a silence (1s)."),
    ] = None,
    duration: Annotated[
        str | None,
        typer.Option(
            metavar="DURATION",
            help="Close after this long: success once that is answered (28 if it is not), unless what is"
            " expected has not come.",
        ),
    ] = None,
    echo: Annotated[bool, typer.Option(help="Return each message as it came; never reads stdin.")] = False,
    null: Annotated[bool, typer.Option("-0", "--null", help="Messages on stdin end with NUL.")] = False,
    binary: Annotated[bool, typer.Option(help="Send stdin's messages as binary.")] = False,
    whole: Annotated[bool, typer.Option(help="Send all of stdin as one message.")] = False,
    delimiter: Annotated[
        Delimiter, typer.Option(help="What follows each payload in --format raw.")
    ] = Delimiter.NEWLINE,
    ping_interval: Annotated[
        str | None, _lasting(metavar="DURATION", help="Ping the peer this often; never, if not given.")
    ] = None,
    ping_timeout: Annotated[
        str | None,
        _lasting(metavar="DURATION", help="Take the peer for dead when a ping is not answered within this."),
    ] = None,
    reconnect: Annotated[
        bool,
        _lasting("--reconnect", help="Connect again when the connection is lost, and send --send again."),
    ] = False,
    max_retries: Annotated[
        int | None,
        _lasting(
            metavar="N",
            min=0,
            help="Give up after N attempts in a row (10); 0: no limit. After a connection of 10 s a"
            " new row begins.",
        ),
    ] = None,
    max_backoff: Annotated[
        str | None, _lasting(metavar="DURATION", help="The longest pause between two attempts (30s).")
    ] = None,
    exit_on_close: Annotated[
        bool, typer.Option(help="Leave the REPL when the connection closes.", rich_help_panel="REPL")
    ] = False,
    no_history: Annotated[
        bool, typer.Option("--no-history", help="Neither read nor write the history.", rich_help_panel="REPL")
    ] = False,
    ring: Annotated[
        str,
        typer.Option(metavar="SIZE", help="Keep so much for /show, /find and /save.", rich_help_panel="REPL"),
    ] = "32M",
) -> int:
    """Open a session: a REPL on a terminal. In a pipe each line of stdin is one message."""
    from ..oneshot.plan import Plan
    from ..wire.frame import Opcode
    from .interactive import run_repl, wants_repl
    from .sends import collect_sends
    from .wiring import run_connected

    environment: Environment = context.obj
    settings = build_settings(
        url, shared, environment, piped_format=Format.RAW, delimiter=_DELIMITERS[delimiter]
    )
    settings = with_keepalive(settings, ping_interval, ping_timeout)
    policy = reconnect_policy(reconnect, max_retries, max_backoff)
    if whole and null:
        raise UsageError("--whole and -0 contradict each other")
    expectations = _Expectations(expected.build(), expected.seconds)
    # With expectations it is their verdict that ends the run (contract §6).
    awaited = expectations.expected.ends_by_itself
    reads = not (no_input or echo)
    if not reads and (null or binary or whole):
        raise UsageError("--no-input and --echo read no stdin: -0, --binary and --whole have no meaning then")
    sends = collect_sends(environment.arguments, send or [], send_binary or [])
    ring_size = parsed("--ring", parse_size, ring)
    one_shot = (no_input, count, wait, duration, echo, null, binary, whole, expectations.expected)
    if wants_repl(settings, environment, *one_shot):
        from ..repl.settings import ReplOptions

        repl_options = ReplOptions(not no_history, exit_on_close, ring_size)
        return run_repl(settings, environment, sends, repl_options, policy)
    plan = Plan(
        sends=sends,
        input_opcode=Opcode.BINARY if binary else Opcode.TEXT,
        wait=_wait(wait, reads=reads, counted=count is not None or awaited),
        duration=None if duration is None else parsed("--duration", parse_duration, duration),
        echo=echo,
    )
    stdin = _Stdin(whole, b"\0" if null else b"\n", text=not binary) if reads else None
    body = _body(plan, stdin, None if awaited else count, settings, expectations, policy)
    return run_connected(body, settings, environment)


class _Expectations(msgspec.Struct, frozen=True):
    """What is expected, and within how many seconds."""

    expected: "Expected"
    within: float | None


class _Stdin(msgspec.Struct, frozen=True):
    """How stdin is cut into messages."""

    whole: bool
    delimiter: bytes
    text: bool


def _wait(text: str | None, *, reads: bool, counted: bool) -> float | None:
    """Seconds of silence that end the run; None where `--count` or the peer ends it (contract §6)."""
    if text is None:
        return 1.0 if reads and not counted else None
    seconds = parsed("--wait", parse_duration, text)
    return None if counted else seconds


def _body(
    plan: "Plan",
    stdin: _Stdin | None,
    count: int | None,
    settings: Settings,
    expectations: _Expectations,
    policy: "ReconnectPolicy | None",
) -> "Body":
    async def connect(runtime: "Runtime", target: "Target") -> "Report":
        from ..oneshot.gate import Gate
        from ..oneshot.run import OneShot
        from ..oneshot.source import Source
        from ..oneshot.split import DelimitedSplitter, WholeSplitter
        from ..session.session import Session

        source = None
        if stdin is not None:
            splitter = WholeSplitter() if stdin.whole else DelimitedSplitter(stdin.delimiter)
            source = Source(runtime.environment.stdin, splitter, text=stdin.text)
        target = replace(target, expected_status=expectations.expected.status)
        gate = Gate(*runtime.journal.listeners, limit=count, journal=runtime.journal)
        runtime.journal.listeners[:] = [gate]

        def make() -> "Session":
            return Session(target, runtime.journal, ok_close=settings.ok_close)

        session = make()
        renewal = expecting = None
        if policy is not None:
            from ..oneshot.renewal import Renewal
            from ..session.reconnect import Reconnector

            renewal = Renewal(Reconnector(policy, runtime.journal), make, runtime.stop)
        if expectations.expected:
            from ..oneshot.expecting import Expecting

            expecting = Expecting(expectations.expected, session, expectations.within)
            gate.listeners.append(expecting)
        limited = settings.timeout or plan.duration is not None or expectations.within is not None
        note = None if limited or settings.output.quiet else _noting(runtime)
        run = OneShot(session, plan, source, gate, runtime.stop, expecting, renewal, note)
        return await run.perform()

    return connect


def _noting(runtime: "Runtime") -> Callable[[str], None]:
    from .report import report_note

    return lambda text: report_note(runtime.redactor.scrub(text), runtime.environment)
