"""What the steps of a check wait with: for what changes, not longer than there is something to wait for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any

from ..probes.conduct import Watch, until_one_is_done


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
