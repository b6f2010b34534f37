"""What goes to a shell command, and what it answers, for `/show N | …` and `/save | …`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from ..errors import OutputFailed
from ..sinks.output import Output

MOST_ANSWER: Final = 1 << 20
"""Bytes of a command's answer that are kept; the rest is read and let go."""

_SECONDS_TO_END: Final = 1.0

Feed: TypeAlias = Callable[[Output], Awaitable[str]]
"""Writes to a command's stdin, no faster than it is read, and says what that was."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command wrote (stdout and stderr) and its exit status.

    `taken` is what was handed over to it; None when it ended, or stopped reading, before that was all.
    """

    text: str
    status: int
    taken: str | None
    truncated: bool = False


async def pipe_to(shell_command: str, feed: Feed) -> Answer:
    """Run the user's `shell_command` with what `feed` writes on its stdin.

    Raises: OutputFailed when there is no starting it.

    It gets a session of its own: no command of a pipe reads the REPL's terminal. Cancelled, it is killed.
    """
    read_end, write_end = os.pipe()
    try:
        process = await asyncio.create_subprocess_shell(
            shell_command,
            stdin=read_end,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except BaseException as failure:
        os.close(write_end)
        if not isinstance(failure, OSError | ValueError):
            raise
        # No processes or memory left, a command that is too long, a NUL in it.
        reason = failure.strerror if isinstance(failure, OSError) else str(failure)
        raise OutputFailed(f"the shell command was not started: {reason}") from None
    finally:
        os.close(read_end)
    feeding = asyncio.create_task(_feed(write_end, feed))
    try:
        kept, truncated = await _read(process)
        status = await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        # Where nobody reads any more it ends by itself.
        await asyncio.wait({feeding}, timeout=_SECONDS_TO_END)
        feeding.cancel()
        await asyncio.gather(feeding, return_exceptions=True)
    taken = None if feeding.cancelled() else feeding.result()
    return Answer(kept.decode("utf-8", "replace"), status, taken, truncated)


async def _feed(write_end: int, feed: Feed) -> str | None:
    """What was handed over; None when the command stopped reading before that, as `head` does."""
    output = Output(write_end, name="the shell command")
    try:
        what = await feed(output)
        return what if await output.close() else None
    finally:
        if not output.queued:
            # Otherwise a thread still writes there.
            os.close(write_end)


async def _read(process: asyncio.subprocess.Process) -> tuple[bytes, bool]:
    kept, truncated = bytearray(), False
    while process.stdout is not None and (chunk := await process.stdout.read(65536)):
        room = MOST_ANSWER - len(kept)
        kept += chunk[:room]
        truncated = truncated or len(chunk) > room
    return bytes(kept), truncated
