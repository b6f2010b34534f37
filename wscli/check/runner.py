"""Runs checks, so many at a time, each with its retries; one result, in the order of the files."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from ..config import Target
from ..errors import DeadlineExceeded, WscliError, exit_code_for, internal_error
from ..probes.stop import Stop
from ..sinks.human_style import plural
from ..sinks.redact import Redactor
from ..wire.extensions import extension_text
from .failing import CutOff
from .keys import in_keys
from .play import Attempt
from .result import CheckResult, RunResult
from .suite import Check

DEFAULT_JOBS: Final = 50
# What checks get to end cleanly when the run is told to end: within contract §3's second, reports included.
_GRACE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a check connects to; close codes that are no failure; secrets that were looked up for it."""

    target: Target
    ok_close: frozenset[int] = frozenset()
    secrets: tuple[str, ...] = field(default=(), repr=False)


Connect = Callable[[Check], AbstractAsyncContextManager[Endpoint]]


class Watcher(Protocol):
    """Whoever wants to know how far the run is."""

    def began(self, check: Check) -> None:
        """A check begins, or begins again."""

    def ended(self, check: Check, result: CheckResult) -> None:
        """A check has its result."""

    def broke(self, bug: Exception, redactor: Redactor) -> None:
        """wscli itself failed in a check; `redactor` knows the check's secrets."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run and how: `checks` with the names of their suites, `jobs` at a time."""

    checks: Sequence[tuple[str, Check]]
    jobs: int = DEFAULT_JOBS
    fail_fast: bool = False
    show_secrets: bool = False


class Runner:
    """One run of `plan`; `connect` gives a check's endpoint, and holds up what it needs (a demo server)."""

    def __init__(self, plan: Plan, connect: Connect, watcher: Watcher, stop: Stop) -> None:
        self._plan = plan
        self._connect = connect
        self._watcher = watcher
        self._asked = stop
        self._stop = Stop()
        self._results: list[CheckResult | None] = [None] * len(plan.checks)
        # What runs, the oldest first.
        self._running: dict[int, tuple[Check, Attempt | None]] = {}
        self._workers: list[asyncio.Task[None]] = []
        self._pausing = 0
        self._cut_off = False
        stop.phase = self._doing

    async def run(self) -> RunResult:
        """All results. When it is told to end, what has none by then is skipped."""
        loop = asyncio.get_running_loop()
        started, since = _now(), loop.time()
        queue = iter(enumerate(self._plan.checks))
        jobs = min(self._plan.jobs, len(self._plan.checks))
        passing_on = asyncio.create_task(self._pass_on())
        try:
            async with asyncio.TaskGroup() as group:
                self._workers += [group.create_task(self._work(queue)) for _ in range(jobs)]
        finally:
            passing_on.cancel()
            await asyncio.gather(passing_on, return_exceptions=True)
        results = tuple(
            result or _skipped(suite, check, show=self._plan.show_secrets)
            for result, (suite, check) in zip(self._results, self._plan.checks, strict=True)
        )
        return RunResult(results, started, round((loop.time() - since) * 1000, 3))

    async def _pass_on(self) -> None:
        await self._asked.wait()
        self._stop.request(self._asked.cause)
        await asyncio.sleep(self._asked.left(_GRACE))
        self._cut_off = True
        for worker in self._workers:
            worker.cancel()

    def _doing(self) -> str:
        """What is being done, for the message of a deadline."""
        for check, attempt in self._running.values():
            others = len(self._running) - 1
            beside = f" and {plural(others, 'other')} ran" if others else ""
            doing = "starting" if attempt is None else attempt.doing
            return f"the check {check.name!r} was {doing}{beside}"
        return "waiting to try again" if self._pausing else "starting"

    async def _work(self, queue: Iterator[tuple[int, tuple[str, Check]]]) -> None:
        for index, (suite, check) in queue:
            if self._stop.requested:
                return
            result = await self._check(suite, check)
            self._results[index] = result
            self._watcher.ended(check, result)
            if result.verdict == "failed" and self._plan.fail_fast:
                self._stop.request(None)

    async def _check(self, suite: str, check: Check) -> CheckResult:
        number = 1
        earlier: CheckResult | None = None
        while True:
            self._watcher.began(check)
            result = await self._attempt(suite, check, number)
            if result.verdict == "skipped" and earlier is not None:
                # It was cut off in another attempt: what is known of the check is that it failed.
                return earlier
            if result.verdict != "failed" or number > check.retries or self._stop.requested:
                return result
            await self._pause(check.retry_seconds)
            if self._stop.requested:
                return result
            number, earlier = number + 1, result

    async def _pause(self, seconds: float) -> None:
        self._pausing += 1
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        self._pausing -= 1

    async def _attempt(self, suite: str, check: Check, number: int) -> CheckResult:
        loop = asyncio.get_running_loop()
        started, since = _now(), loop.time()
        attempt: Attempt | None = None
        failure: WscliError | None
        redactor = Redactor(check.secrets, show=self._plan.show_secrets)
        self._running[id(check)] = (check, None)
        try:
            async with self._connect(check) as endpoint:
                secrets = (*check.secrets, *endpoint.secrets)
                redactor = Redactor.for_target(endpoint.target, secrets, show=self._plan.show_secrets)
                attempt = Attempt(check, endpoint.target, self._stop, endpoint.ok_close)
                self._running[id(check)] = (check, attempt)
                failure = await attempt.perform()
        except WscliError as raised:
            failure = raised
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._cut_off or task is None:
                raise
            task.uncancel()
            failure = (attempt and attempt.failure) or CutOff("the run was told to end")
        except Exception as bug:  # noqa: BLE001 (a bug that one peer meets must not take the other checks along)
            failure = internal_error(bug, "the suite and what -v adds to this")
            self._watcher.broke(bug, redactor)
        finally:
            del self._running[id(check)]
        if attempt is not None:
            redactor.learn(attempt.secrets)
        if isinstance(failure, CutOff):
            # It did not pass, and failed only if it was its time that was up.
            if not isinstance(self._stop.cause, DeadlineExceeded):
                return _skipped(suite, check, show=self._plan.show_secrets)
            failure = _too_late(self._stop.cause, attempt)
        duration = round((loop.time() - since) * 1000, 3)
        return _result(suite, check, attempt, failure, redactor, (number, started, duration))


def _too_late(cause: DeadlineExceeded, attempt: Attempt | None) -> WscliError:
    doing = "" if attempt is None or attempt.place else f": it was {attempt.doing}"
    return DeadlineExceeded(
        f"the check was not over when the time of the whole run was (--timeout){doing}", hint=cause.hint
    )


def _result(
    suite: str,
    check: Check,
    attempt: Attempt | None,
    failure: WscliError | None,
    redactor: Redactor,
    measured: tuple[int, str, float],
) -> CheckResult:
    attempts, started, duration_ms = measured
    code = exit_code_for(failure)
    facts = None if attempt is None else attempt.facts
    opened = None if facts is None or facts.opened is None else redactor.opened(facts.opened)
    totals = None if attempt is None else attempt.journal.totals
    return CheckResult(
        name=redactor.scrub(check.name),
        suite=suite,
        url=redactor.scrub(check.url),
        verdict="passed" if failure is None else "failed",
        file=check.source.file,
        line=check.source.line,
        tags=tuple(map(redactor.scrub, check.tags)),
        kind=code.kind,
        exit_code=int(code),
        place="" if failure is None or attempt is None else attempt.place,
        message="" if failure is None else redactor.scrub(failure.message),
        hint="" if failure is None else in_keys(redactor.scrub(failure.hint), suite=bool(check.source.file)),
        warning="" if failure is not None or attempt is None else attempt.warning,
        attempts=attempts,
        started=started,
        duration_ms=duration_ms,
        open_ms=None if opened is None else opened.total_ms,
        phases_ms=() if facts is None else tuple(facts.phases.items()),
        status=None if facts is None else facts.status,
        subprotocol=None
        if opened is None or opened.subprotocol is None
        else redactor.scrub(opened.subprotocol),
        extensions=() if opened is None else tuple(map(extension_text, opened.extensions)),
        close_code=None if facts is None or facts.closed is None else facts.closed.code,
        tls_not_after=None if facts is None else facts.tls_not_after,
        messages_in=0 if totals is None else totals.messages_in,
        messages_out=0 if totals is None else totals.messages_out,
        bytes_in=0 if totals is None else totals.bytes_in,
        bytes_out=0 if totals is None else totals.bytes_out,
        violations=() if facts is None else tuple(facts.violations),
    )


def _skipped(suite: str, check: Check, *, show: bool) -> CheckResult:
    redactor = Redactor(check.secrets, show=show)
    return CheckResult(
        name=redactor.scrub(check.name),
        suite=suite,
        url=redactor.scrub(check.url),
        verdict="skipped",
        file=check.source.file,
        line=check.source.line,
        tags=tuple(map(redactor.scrub, check.tags)),
    )


def _now() -> str:
    return datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
