"""Runs a command's coroutine: signals, the deadline of the whole run, output to its last byte, exit status.

Whatever wants the run to end (a signal, the deadline, a reader that has gone) sets `Runtime.stop`. The
command and its output then have `GRACE` seconds in all to end cleanly. A second signal ends at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import replace

from ..config import Format, OutputOptions
from ..errors import (
    DeadlineExceeded,
    ExitCode,
    Interrupted,
    OutputFailed,
    Terminated,
    WscliError,
    exit_code_for,
)
from ..events import Failed, Stamp
from ..probes.report import Report
from ..probes.stop import Stop
from ..session.journal import Journal
from ..sinks.base import Batch, Sink
from ..sinks.make import make_sink
from ..sinks.output import Output
from ..sinks.redact import Redactor
from .environment import Environment
from .report import report_bug, report_failure, report_warning

if TYPE_CHECKING:
    from ..sinks.status import Status

GRACE: Final = 1.0
"""Seconds from when the run is told to end until it is over, output included (contract §3)."""

# The share of it that is kept for the output when a command does not end by itself.
_FOR_OUTPUT: Final = 0.15
# What cleaning up, and a reader that keeps up, get however late it is; in seconds.
_LEAST: Final = 0.1


class Runtime(msgspec.Struct):
    """What a running command has: where it is, where events go (`journal`), and when to end (`stop`).

    A command reports the failure that decides the exit status; `stop.cause` is not added to it.
    """

    environment: Environment
    options: OutputOptions
    journal: Journal
    output: Output
    redactor: Redactor
    stop: Stop


Command = Callable[[Runtime], Awaitable[Report]]


def run_command(
    command: Command,
    environment: Environment,
    options: OutputOptions,
    redactor: Redactor,
    *,
    timeout: float | None = None,
    name: str = "connect",
) -> int:
    """Runs `command` to its end, within `timeout` seconds; tells its failure; returns the exit status."""
    deadline = None if timeout is None else time.monotonic() + timeout
    try:
        report = asyncio.run(_supervise(command, environment, options, redactor, timeout, name))
    except Exception as raised:  # noqa: BLE001 # a bug is told in one line, never as a traceback
        report_bug(raised, environment, verbose=options.verbose, redactor=redactor)
        return exit_code_for(raised)
    failure = report.failure
    interrupted = isinstance(failure, Interrupted | Terminated)
    left = None if deadline is None else max(deadline - time.monotonic(), GRACE)
    if report.warning and not options.quiet:
        # Whoever was told to end has had its grace by now.
        report_warning(redactor.scrub(report.warning), environment, seconds=_LEAST if interrupted else left)
    if failure is not None and not interrupted:
        scrubbed = WscliError(redactor.scrub(failure.message), hint=redactor.scrub(failure.hint))
        report_failure(scrubbed, environment, seconds=left)
    return exit_code_for(failure)


async def _supervise(
    command: Command,
    environment: Environment,
    options: OutputOptions,
    redactor: Redactor,
    timeout: float | None,
    name: str,
) -> Report:
    if environment.stdout is None:
        closed = OutputFailed("standard output is closed", hint="send it somewhere: > FILE, or > /dev/null")
        return Report(closed)
    output = Output(environment.stdout)
    sink = _with_status(make_sink(options, output, redactor, command=name), options, environment, redactor)
    journal = Journal(listeners=[sink], ready=output.ready)
    runtime = Runtime(environment, options, journal, output, redactor, Stop())
    loop = asyncio.get_running_loop()
    if timeout is not None:
        loop.call_later(timeout, lambda: runtime.stop.request(_deadline(timeout, runtime.stop.phase())))
    watcher = asyncio.create_task(_watch_output(output, runtime.stop))
    try:
        with _signals(loop, runtime, redrawn=name == "check"):
            report = await _within_grace(command(runtime), runtime.stop)
            return Report(await _finish(runtime, sink, report.failure), report.warning)
    finally:
        watcher.cancel()


async def _within_grace(command: Awaitable[Report], stop: Stop) -> Report:
    """What the command reports, or why it was told to end when it did not end in time."""
    task = asyncio.ensure_future(command)
    try:
        await _done_or_late(task, stop, GRACE - _FOR_OUTPUT)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=max(stop.left(GRACE), _LEAST))
    if not task.done() or task.cancelled():
        return Report(stop.earlier or stop.cause)
    try:
        return task.result()
    except WscliError as failure:
        return Report(failure)


async def _done_or_late(task: asyncio.Future[Any], stop: Stop, grace: float, least: float = 0.0) -> None:
    """Waits until it is done; once told to end, until `grace` is over (but for `least`), both in seconds."""
    stopper = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({task, stopper}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            await asyncio.wait({task}, timeout=max(stop.left(grace), least))
    finally:
        stopper.cancel()


async def _finish(runtime: Runtime, sink: Sink, failure: WscliError | None) -> WscliError | None:
    """Writes what is left, whatever the reader's speed; once told to end, only until `GRACE` is over."""
    if failure is not None and runtime.options.format is Format.JSON:
        runtime.journal.record(_event(failure, runtime.journal.stamp()))
    sink.finish()
    closings = [asyncio.create_task(runtime.output.close())]
    if isinstance(sink, _StatusBeside):
        # What follows on stderr is written straight; this must stand before it, but may not hold up the end.
        closings.append(asyncio.create_task(sink.stderr.close(GRACE)))
    closed = asyncio.gather(*closings, return_exceptions=True)
    await _done_or_late(closed, runtime.stop, GRACE, _LEAST)
    closing = closings[0]
    late = not closing.done()
    for each in closings:
        each.cancel()
    await asyncio.wait(closings)
    if late:
        return failure or runtime.stop.cause
    unwritten = closing.exception()
    if unwritten is not None and not isinstance(unwritten, OutputFailed):
        raise unwritten
    return failure or unwritten


class _StatusBeside:
    """A sink with the status beside it: what the format of stdout has no room for goes to stderr."""

    def __init__(self, sink: Sink, status: Status, stderr: Output) -> None:
        self._sink = sink
        self._status = status
        self.stderr = stderr

    def feed(self, batch: Batch, /) -> None:
        self._sink.feed(batch)
        self._status.feed(batch)

    def finish(self) -> None:
        self._sink.finish()
        self._status.finish()


def _with_status(sink: Sink, options: OutputOptions, environment: Environment, redactor: Redactor) -> Sink:
    if options.format is not Format.RAW or options.quiet or environment.stderr is None:
        return sink
    # Costs the import of the human format's styles, which raw does without otherwise.
    from ..sinks.status import Status

    stderr = Output(environment.stderr, name="standard error")
    colored = replace(options, color=environment.color(terminal=environment.stderr_tty))
    return _StatusBeside(sink, Status(colored, stderr, redactor), stderr)


async def _watch_output(output: Output, stop: Stop) -> None:
    """A reader that has gone ends the run quietly; an output that cannot be written is a failure."""
    await output.gone()
    stop.request(output.failure)


def _deadline(timeout: float, phase: str) -> DeadlineExceeded:
    while_doing = f" while {phase}" if phase else ""
    return DeadlineExceeded(
        f"the run was not over after {timeout:g} s{while_doing} (--timeout)", hint="give it more time"
    )


def _event(failure: WscliError, stamp: Stamp) -> Failed:
    t, time = stamp
    code = exit_code_for(failure)
    return Failed(
        t=t, time=time, kind=code.kind, message=failure.message, hint=failure.hint, exit_code=int(code)
    )


@contextlib.contextmanager
def _signals(loop: asyncio.AbstractEventLoop, runtime: Runtime, *, redrawn: bool) -> Iterator[None]:
    """SIGINT and SIGTERM ask the run to end; the second one ends the process at once."""
    environment, stop = runtime.environment, runtime.stop
    # The terminal writes ^C where the cursor stands: what follows begins a line of its own, as with ping(8).
    # What is `redrawn` erases it.
    echoed = environment.stdin_tty and environment.stdout_tty and not redrawn
    causes = {
        signal.SIGINT: Interrupted("interrupted (Ctrl-C)"),
        signal.SIGTERM: Terminated("terminated (SIGTERM)"),
    }
    received: list[int] = []
    restore = terminal_restorer(environment.stdin if environment.stdin_tty else None)

    def on_signal(number: signal.Signals) -> None:
        if number is signal.SIGINT and stop.takes_interrupt():
            return
        if received:
            restore()
            os._exit(ExitCode.INTERRUPTED if number is signal.SIGINT else ExitCode.TERMINATED)
        received.append(number)
        if echoed and runtime.options.format is Format.HUMAN and number is signal.SIGINT:
            runtime.output.write(b"\n")
        stop.request(causes[number])

    installed: list[signal.Signals] = []
    # Windows' loops have none, and neither has a thread other than the main one.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        for number in causes:
            loop.add_signal_handler(number, on_signal, number)
            installed.append(number)
    try:
        yield
    finally:
        for number in installed:
            loop.remove_signal_handler(number)


def terminal_restorer(descriptor: int | None) -> Callable[[], None]:
    """What puts the terminal at `descriptor` back into the modes that it has now; None is no terminal."""
    if descriptor is None:
        return lambda: None
    try:
        import termios
    except ImportError:  # Windows
        return lambda: None
    try:
        modes = termios.tcgetattr(descriptor)
    except termios.error:
        return lambda: None

    def restore() -> None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(descriptor, termios.TCSANOW, modes)

    return restore
