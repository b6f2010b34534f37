"""Blocking calls in threads of their own."""

from __future__ import annotations

import asyncio
import threading

import pytest

from wscli.threads import in_daemon_thread

NAME = "a call that blocks"


async def test_what_a_call_returns_or_raises_comes_back() -> None:
    assert await in_daemon_thread(lambda: threading.current_thread().name, NAME) == NAME
    with pytest.raises(ZeroDivisionError):
        await in_daemon_thread(lambda: 1 // 0, NAME)


def test_a_call_that_hangs_outlasts_neither_who_waits_nor_the_loop() -> None:
    release, returned = threading.Event(), threading.Event()

    def call() -> None:
        release.wait()
        returned.set()

    async def wait() -> None:
        task = asyncio.create_task(in_daemon_thread(call, NAME))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    asyncio.run(wait())
    (thread,) = (each for each in threading.enumerate() if each.name == NAME)
    assert thread.daemon
    # The loop is closed by now: nobody is told, and the thread does not fail (pytest would see that).
    release.set()
    thread.join(30)
    assert returned.is_set()
