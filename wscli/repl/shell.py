"""Bytes to a shell command, and what it answers, for `/show N | …` and `/save | …`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from dataclasses import dataclass
from typing import Final

from ..errors import OutputFailed

MOST_ANSWER: Final = 1 << 20
"""Bytes of a command's answer that are kept; the rest is read and let go."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command wrote (stdout and stderr) and its exit status."""

    text: str
    status: int
    truncated: bool = False


async def pipe_to(shell_command: str, payload: bytes) -> Answer:
    """Run the user's `shell_command` with `payload` on its stdin.

    Raises: OutputFailed when there is no starting it.

    It gets a session of its own: no command of a pipe reads the REPL's terminal. Cancelled, it is killed.
    """
    try:
        process = await asyncio.create_subprocess_shell(
            shell_command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as failure:
        # No processes or memory left, a command that is too long, a NUL in it.
        reason = failure.strerror if isinstance(failure, OSError) else str(failure)
        raise OutputFailed(f"the shell command was not started: {reason}") from None
    writing = asyncio.create_task(_write(process, payload))
    try:
        kept, truncated = await _read(process)
        status = await process.wait()
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    return Answer(kept.decode("utf-8", "replace"), status, truncated)


async def _write(process: asyncio.subprocess.Process, payload: bytes) -> None:
    """A command may end before it has read everything, as `head` does."""
    if process.stdin is None:
        return
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(payload)
        await process.stdin.drain()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.close()


async def _read(process: asyncio.subprocess.Process) -> tuple[bytes, bool]:
    kept, truncated = bytearray(), False
    while process.stdout is not None and (chunk := await process.stdout.read(65536)):
        room = MOST_ANSWER - len(kept)
        kept += chunk[:room]
        truncated = truncated or len(chunk) > room
    return bytes(kept), truncated
