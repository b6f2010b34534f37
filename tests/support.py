"""What every test may need: deadlines, servers in a thread, wscli as a process or on a terminal."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

import pyte

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
# Generous, for a slow machine under load: reaching it means a hang, never slowness.
DEADLINE = 30.0


def run(coroutine: Coroutine[Any, Any, T], timeout: float = DEADLINE) -> T:
    """Runs `coroutine` under a deadline (seconds); a task it leaks, or an error nobody saw, fails the test.

    Tests that are `async def` go through this by themselves (see conftest.py).
    """
    return asyncio.run(_guarded(coroutine, timeout))


async def _guarded(coroutine: Coroutine[Any, Any, T], timeout: float) -> T:
    unseen: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unseen.append(context))
    async with asyncio.timeout(timeout):
        result = await coroutine
    # What is done but for its last step may take it: that is no leak.
    for _ in range(5):
        await asyncio.sleep(0)
    leaked = asyncio.all_tasks() - {asyncio.current_task()}
    if leaked:
        raise AssertionError(f"leaked tasks: {leaked}")
    if unseen:
        raise AssertionError(f"errors that nobody saw: {unseen}")
    return result


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what no event announces, a few milliseconds at a time; the test's deadline bounds it."""
    while not condition():  # noqa: ASYNC110 - for conditions in code that sets no event
        await asyncio.sleep(0.002)


@contextlib.contextmanager
def in_thread(manager: AbstractAsyncContextManager[T], timeout: float = 60.0) -> Iterator[T]:
    """Keeps an async server up in a thread, for tests that block: `with in_thread(raw_server(script))`."""
    started, stop = threading.Event(), asyncio.Event()
    outcome: list[Any] = []
    loops: list[asyncio.AbstractEventLoop] = []

    async def keep_up() -> None:
        loops.append(asyncio.get_running_loop())
        async with manager as server:
            outcome.append(server)
            started.set()
            await stop.wait()

    failures: list[BaseException] = []

    def body() -> None:
        try:
            run(keep_up(), timeout)
        except BaseException as failure:
            failures.append(failure)
        finally:
            started.set()

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    started.wait(timeout)
    try:
        if outcome:
            yield outcome[0]
    finally:
        if outcome and thread.is_alive():
            with contextlib.suppress(RuntimeError):
                loops[0].call_soon_threadsafe(stop.set)
        thread.join(timeout)
    if failures:
        raise failures[0]


def clean_env(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what changes wscli's output, and with `env` over it."""
    unwanted = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES", "SSLKEYLOGFILE", "CI", "GITHUB_ACTIONS")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in unwanted and not name.lower().endswith("_proxy") and not name.startswith("WSCLI_")
    }
    # A coloured TERM, the tree's own package, and no waiting for a cursor report that no pty here sends.
    kept |= {"TERM": "xterm", "PYTHONPATH": str(ROOT), "PROMPT_TOOLKIT_NO_CPR": "1", "LC_ALL": "C.UTF-8"}
    return kept | dict(env or {})


def command(*args: str) -> list[str]:
    """The command line that runs this tree's wscli."""
    return [sys.executable, "-m", "wscli", *args]


def run_wscli(
    *args: str,
    stdin: bytes | None = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    timeout: float = DEADLINE,
) -> subprocess.CompletedProcess[bytes]:
    """Runs `wscli args` to its end and captures it; `stdin` None means a closed one (/dev/null)."""
    source: dict[str, Any] = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    return subprocess.run(
        command(*args),
        capture_output=True,
        env=clean_env(env),
        cwd=cwd,
        timeout=timeout,
        check=False,
        **source,
    )


async def wscli(
    *args: str,
    stdin: bytes | None = b"",
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    timeout: float = DEADLINE,
) -> subprocess.CompletedProcess[bytes]:
    """`run_wscli` for async tests: the servers of the same loop go on meanwhile."""
    process = await asyncio.create_subprocess_exec(
        *command(*args),
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_env(env),
        cwd=cwd,
    )
    try:
        async with asyncio.timeout(timeout):
            stdout, stderr = await process.communicate(stdin)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return subprocess.CompletedProcess(args, process.returncode or 0, stdout, stderr)


class Terminal:
    """wscli on a pseudo-terminal: what it wrote, and what a person would see of that.

    `written` holds every byte, `screen` is pyte's (it answers cursor reports as a real terminal does).
    Its methods block: keep servers elsewhere (`in_thread`), or call them through `asyncio.to_thread`.
    """

    def __init__(self, process: subprocess.Popen[bytes], master: int, screen: pyte.Screen) -> None:
        self.process = process
        self.written = bytearray()
        self.screen = screen
        self._master = master
        self._stream = pyte.ByteStream(screen)
        screen.write_process_input = self.send  # type: ignore[method-assign, assignment]  # its hook

    @property
    def lines(self) -> list[str]:
        """The lines on the screen, without white space at their ends."""
        return [line.rstrip() for line in self.screen.display]

    @property
    def text(self) -> str:
        """The screen as one text, without empty lines at the end."""
        return "\n".join(self.lines).rstrip()

    def send(self, keys: str | bytes) -> None:
        """Types `keys`; Enter is `\\r`, Ctrl-C is `\\x03`."""
        pending = keys.encode() if isinstance(keys, str) else keys
        while pending:
            pending = pending[os.write(self._master, pending) :]

    def expect(self, text: str, timeout: float = DEADLINE) -> None:
        """Waits until `text` stands on the screen."""
        self.wait_for(lambda: text in self.text, f"{text!r} on the screen", timeout)

    def wait_for(self, condition: Callable[[], bool], what: str, timeout: float = DEADLINE) -> None:
        """Reads on until `condition` holds. Raises: AssertionError, which shows the screen."""
        deadline = time.monotonic() + timeout
        while not condition():
            if not self._read(deadline - time.monotonic()):
                if condition():
                    return
                raise AssertionError(f"never came: {what}; on the screen:\n{self.text}")

    def wait(self, timeout: float = DEADLINE) -> int:
        """Reads to the end of the program; its exit status (negative for a signal)."""
        deadline = time.monotonic() + timeout
        while self._read(deadline - time.monotonic()):
            pass
        return self.process.wait(max(0.1, deadline - time.monotonic()))

    def resize(self, columns: int, rows: int) -> None:
        """Gives the terminal another size, as dragging a window's corner does (SIGWINCH)."""
        self.screen.resize(rows, columns)
        termios.tcsetwinsize(self._master, (rows, columns))

    def _read(self, timeout: float) -> bool:
        """Takes in what was written; False at the end of the program or of the time."""
        if not select.select([self._master], [], [], max(0.0, timeout))[0]:
            return False
        try:
            chunk = os.read(self._master, 65536)
        except OSError:  # Linux: EIO once the last descriptor of the other side is closed
            return False
        self.written += chunk
        self._stream.feed(chunk)
        return bool(chunk)


# A session's terminal has to be claimed from inside; a fork of the tests' own threads would be a warning.
_CLAIM_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(1, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


@contextlib.contextmanager
def pty_wscli(
    *args: str,
    columns: int = 80,
    rows: int = 24,
    env: Mapping[str, str] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    stdin: int | None = None,
    program: list[str] | None = None,
) -> Iterator[Terminal]:
    """Runs `wscli args` on a terminal of that size; ended by force where the `with` ends, if it still runs.

    `stdin` replaces the terminal as standard input (a descriptor, or subprocess.DEVNULL); `program` runs
    another command line than wscli's.
    """
    master, slave = os.openpty()
    try:
        termios.tcsetwinsize(slave, (rows, columns))
        process = subprocess.Popen(
            [sys.executable, "-c", _CLAIM_TERMINAL, *(program or command(*args))],
            stdin=slave if stdin is None else stdin,
            stdout=slave,
            stderr=slave,
            env=clean_env(env),
            cwd=cwd,
            start_new_session=True,
        )
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    try:
        yield Terminal(process, master, pyte.Screen(columns, rows))
    finally:
        process.kill()
        process.wait()
        os.close(master)
