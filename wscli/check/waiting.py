"""What the steps of a check wait with: for what changes, not longer than there is something to wait for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from ..errors import Unsent
from ..probes.conduct import Watch, until_one_is_done
from ..probes.stop import Stop
from ..session.outbox import Outbox

# How long a peer may read nothing while there is something for it.
STALL_SECONDS = 10.0
# How long what nothing depends on may still take when the run is told to end.
_STOPPED_SECONDS = 0.3


async def until(holds: Callable[[], bool], changed: asyncio.Event, watch: Watch, seconds: float) -> bool:
    """Waits until it holds, for `seconds` at most, not longer than the connection lasts; whether it does."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not holds() and not watch.over:
                changed.clear()
                await either(changed.wait(), watch)
    return holds()


async def either(change: Coroutine[Any, Any, object], watch: Watch) -> None:
    """Waits for a change, or for there to be nothing more to wait for."""
    await until_one_is_done(change, watch.pause())


async def room(outbox: Outbox, watch: Watch) -> None:
    """Waits until the peer has taken enough for the next step, for as long as it takes anything at all.

    Raises: Unsent.
    """
    before = -1
    while not watch.over and outbox.queued != before:
        before = outbox.queued
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STALL_SECONDS):
                await either(outbox.room(), watch)
            return
    if not watch.over:
        raise Unsent(f"the peer took nothing of what was sent for {STALL_SECONDS:g} s")


async def briefly(work: Coroutine[Any, Any, object], stop: Stop, seconds: float) -> None:
    """Does work that nothing depends on, in `seconds` at most; less once the run is told to end."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await until_one_is_done(work, _over(stop))


async def _over(stop: Stop) -> None:
    await stop.wait()
    await asyncio.sleep(_STOPPED_SECONDS)
