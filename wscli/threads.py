"""Calls that block, off the event loop, in threads that hold up no end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


async def in_daemon_thread(call: Callable[[], T], name: str) -> T:
    """Calls `call` in a thread of its own, which goes by `name`; returns or raises what it does.

    Unlike asyncio's own executor, whose threads `asyncio.run` waits for, a call that hangs (a resolver, a
    FIFO, a password manager) outlasts neither a deadline nor a signal: who waits can be cancelled.
    """
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as failure:  # noqa: BLE001 # told to whoever waits
            outcome.set_exception(failure)

    Thread(target=run, name=name, daemon=True).start()
    return await asyncio.wrap_future(outcome)
