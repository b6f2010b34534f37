"""Every await of a run is cancelled once: each suspension of each of wscli's own tasks is counted, and at one
of them tasks are cancelled.

Who is cancelled is `run`, the task that a command runs in, as a run that has to be cut off is; or `all`, each
task of wscli's that is there, as the end of an event loop does it: the one that just began to wait is one of
them. Or a run is told to `stop` there, as Ctrl-C does it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal

import wscli
from tests.peers import raw_server
from tests.session.driving import Told
from wscli.errors import ExitCode, Interrupted, exit_code_for
from wscli.events import Closed
from wscli.probes.report import Report
from wscli.probes.stop import Stop

from . import sessions
from .faults import INJECTED
from .sessions import COMMANDS, start

# wscli's own code, and what stands for a command of it.
OURS = (str(Path(wscli.__file__).parent), sessions.__file__)
Whom = Literal["run", "all", "stop"]
WHOM: tuple[Whom, ...] = ("run", "all", "stop")
# Seconds after which a run hangs; no run takes one.
DEADLINE = 30.0


class Suspensions:
    """Counts the suspensions of wscli's tasks, and cancels at number `at` (from 1; 0 never)."""

    def __init__(self, at: int, whom: Whom) -> None:
        self.at = at
        self.whom = whom
        self.stop = Stop()
        self.count = 0
        self.tasks: list[asyncio.Task[Any]] = []

    def make_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        """A task factory: tasks of other people's coroutines are as they always are."""
        code = getattr(coroutine, "cr_code", None)
        if code is None or not code.co_filename.startswith(OURS):
            return asyncio.Task(coroutine, loop=loop, **options)
        counted = _Counted(coroutine, self)
        counted.task = asyncio.Task(counted, loop=loop, **options)
        self.tasks.append(counted.task)
        return counted.task

    def suspended(self, task: asyncio.Task[Any]) -> None:
        """Notes that `task` begins to wait."""
        self.count += 1
        if self.count == self.at:
            # Not at once: only when this step is over does the task wait for what it yields.
            task.get_loop().call_soon(self._cancel)

    def _cancel(self) -> None:
        if self.whom == "stop":
            self.stop.request(Interrupted("interrupted"))
        for each in {"run": self.tasks[:1], "all": list(self.tasks), "stop": []}[self.whom]:
            each.cancel()


class _Counted(Coroutine[Any, Any, Any]):
    """A coroutine whose suspensions are told."""

    def __init__(self, inner: Coroutine[Any, Any, Any], suspensions: Suspensions) -> None:
        self._inner = inner
        self._suspensions = suspensions
        self.task: asyncio.Task[Any] | None = None

    def send(self, value: Any) -> Any:
        return self._told(self._inner.send(value))

    def throw(self, *failure: Any) -> Any:
        return self._told(self._inner.throw(*failure))

    def close(self) -> None:
        self._inner.close()

    def __await__(self) -> Any:
        return self._inner.__await__()

    def _told(self, awaited: Any) -> Any:
        if self.task is not None:
            self._suspensions.suspended(self.task)
        return awaited


async def cancelled_at(name: str, at: int, whom: Whom, *, tls: bool = False) -> tuple[bool, Told]:
    """A run of command `name` that is cancelled at suspension `at`: whether that came, and what was told.

    Raises: AssertionError for a run that hangs, ends as a bug does, or leaves a task.
    """
    told, suspensions = Told(), Suspensions(at, whom)
    loop = asyncio.get_running_loop()
    async with raw_server(COMMANDS[name][1], tls=tls) as server:
        loop.set_task_factory(suspensions.make_task)
        try:
            run = loop.create_task(start(name, server.url, told, suspensions.stop))
            done, _ = await asyncio.wait([run], timeout=DEADLINE)
        finally:
            loop.set_task_factory(None)
        assert done, f"{name} hangs, cancelled at {at}"
        # The peer sees the end of the connection, or there never was one.
        await server.finished()
    came = 0 < at <= suspensions.count
    _judge(name, run, told, whom if came else None)
    left = [task for task in suspensions.tasks if not task.done()]
    assert not left, left
    INJECTED["cancellations"] += came
    return came, told


def _judge(name: str, run: asyncio.Task[Report], told: Told, whom: Whom | None) -> None:
    if whom in ("run", "all"):
        assert run.cancelled()
        return
    code = exit_code_for(run.result().failure)
    expected = {ExitCode.INTERRUPTED} if whom == "stop" else {ExitCode.OK}
    # What was over by then was no failure; `ping` sums up, and ends by that.
    if name == "ping" or any(closed.clean for closed in told.of(Closed)):
        expected |= {ExitCode.OK}
    assert code in expected, run.result()
