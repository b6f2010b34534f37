"""`Output`: the way of bytes to a file descriptor, through a thread and a bounded queue.

A write that blocks (a stalled pipe, a terminal that was stopped with Ctrl-S) stops a thread here, never the
event loop or a signal handler. Whoever produces awaits `ready()` between batches: that is the back-pressure
which, through TCP, slows the peer down.
"""

from __future__ import annotations

import asyncio
import os
import select
import threading
from collections import deque
from collections.abc import Iterable
from typing import Final

from ..errors import OutputFailed

QUEUE_LIMIT: Final = 1 << 20
"""Bytes that may wait before `ready()` makes the producer wait."""

# Small chunks are joined up to this size; one call of write() gets as much as the other at most.
_PIECE: Final = 1 << 18
_WRITE: Final = 1 << 20


class Output:
    """Writes bytes to `fd`, in order, off the event loop; it never closes `fd`.

    `name` is what error messages call it. `broken` means that the reader has gone (EPIPE); `failure` is any
    other reason why nothing can be written any more. After either, writes are let go.
    """

    def __init__(self, fd: int, *, name: str = "standard output", limit: int = QUEUE_LIMIT) -> None:
        self.fd = fd
        self.name = name
        self.broken = False
        self.failure: OutputFailed | None = None
        self._limit = limit
        self._queue: deque[bytes | _Pieces] = deque()
        self._queued = 0
        self._closing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._waiters: list[_Waiter] = []

    @property
    def queued(self) -> int:
        """Bytes that were handed over and not yet written."""
        return self._queued

    @property
    def ended(self) -> bool:
        """Whether nothing can be written any more: `broken` or `failure`."""
        return self.broken or self.failure is not None

    def write(self, chunk: bytes) -> None:
        """Queue bytes; returns at once."""
        if chunk:
            self._put(chunk, len(chunk))

    def write_pieces(self, pieces: Iterable[bytes], size: int) -> None:
        """Queue what is long and is made only when its turn has come, so that it never is in memory at once.

        It counts as `size` bytes until its last piece is written. It is made in the thread: it must be pure.
        """
        self._put(_Pieces(pieces, size), size)

    def _put(self, chunk: bytes | _Pieces, size: int) -> None:
        with self._changed:
            if self.ended:
                return
            self._queue.append(chunk)
            self._queued += size
            if self._thread is None:
                self._start()
            self._changed.notify_all()

    async def ready(self) -> None:
        """Return once less than the limit is queued.

        Raises: OutputFailed when the descriptor cannot be written (a broken pipe is no failure).
        """
        if self._queued >= self._limit:
            await self._until(self._limit - 1)
        if self.failure is not None:
            raise self.failure

    async def flush(self) -> None:
        """Return once everything is written, or the reader has gone.

        Raises: OutputFailed.
        """
        if self._queued:
            await self._until(0)
        if self.failure is not None:
            raise self.failure

    async def gone(self) -> None:
        """Return once nothing can be written any more; then look at `broken` and `failure`."""
        if not self.ended:
            await self._until(-1)

    async def close(self, timeout: float | None = None) -> bool:
        """Flush and end the thread; whether all was written within `timeout` seconds (none: for ever).

        Raises: OutputFailed.
        """
        try:
            async with asyncio.timeout(timeout):
                await self.flush()
        except TimeoutError:
            pass
        return self._stop()

    def _stop(self) -> bool:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            done = self._queued == 0
        if done and self._thread is not None:
            self._thread.join()
            self._thread = None
        return done and not self.broken

    async def _until(self, level: int) -> None:
        loop = asyncio.get_running_loop()
        waiter = _Waiter(level, loop, loop.create_future())
        with self._changed:
            if self._queued <= level or self.ended:
                return
            self._waiters.append(waiter)
        try:
            await waiter.future
        finally:
            with self._changed:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    def _start(self) -> None:
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"wscli {self.name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (chunk := self._next()) is not None:
            try:
                self._write_pieces(chunk) if isinstance(chunk, _Pieces) else self._write_all(chunk)
            except BrokenPipeError:
                self._end(broken=True)
            except OSError as error:
                reason = error.strerror or str(error)
                self._end(failure=_failure(self.name, reason))
            except Exception as bug:  # noqa: BLE001 (without a word of it everybody would wait for ever)
                self._end(failure=_failure(self.name, f"internal error: {type(bug).__name__}: {bug}"))

    def _next(self) -> bytes | _Pieces | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
            if not self._queue:
                return None
            first = self._queue.popleft()
            if isinstance(first, _Pieces):
                return first
            chunks, size = [first], len(first)
            while self._queue and not isinstance(chunk := self._queue[0], _Pieces):
                size += len(chunk)
                if size > _PIECE:
                    break
                chunks.append(chunk)
                self._queue.popleft()
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _write_pieces(self, whole: _Pieces) -> None:
        for piece in whole.pieces:
            self._write_all(piece, counted=False)
        self._written(whole.size)

    def _write_all(self, chunk: bytes, *, counted: bool = True) -> None:
        view = memoryview(chunk)
        while view:
            try:
                written = os.write(self.fd, view[:_WRITE])
            except BlockingIOError:  # somebody who shares the descriptor made it non-blocking
                poll = select.poll()
                poll.register(self.fd, select.POLLOUT)
                poll.poll()
                continue
            view = view[written:]
            if counted:
                self._written(written)

    def _written(self, size: int) -> None:
        with self._changed:
            self._queued -= size
            self._wake()

    def _end(self, *, broken: bool = False, failure: OutputFailed | None = None) -> None:
        with self._changed:
            self.broken, self.failure = broken, failure
            self._queue.clear()
            self._queued = 0
            self._wake()

    def _wake(self) -> None:
        """Wake who waits for this level; called with the lock held."""
        self._changed.notify_all()
        due = [waiter for waiter in self._waiters if self.ended or self._queued <= waiter.level]
        for waiter in due:
            self._waiters.remove(waiter)
            waiter.wake()


class _Pieces:
    """Bytes that are made piece by piece, and what they count for in the queue."""

    __slots__ = ("pieces", "size")

    def __init__(self, pieces: Iterable[bytes], size: int) -> None:
        self.pieces = pieces
        self.size = size


class _Waiter:
    """Somebody in an event loop who waits until no more than `level` bytes are queued."""

    __slots__ = ("future", "level", "loop")

    def __init__(self, level: int, loop: asyncio.AbstractEventLoop, future: asyncio.Future[None]) -> None:
        self.level = level
        self.loop = loop
        self.future = future

    def wake(self) -> None:
        try:
            self.loop.call_soon_threadsafe(self._resolve)
        except RuntimeError:
            # The loop has closed meanwhile: nobody waits any more.
            return

    def _resolve(self) -> None:
        if not self.future.done():
            self.future.set_result(None)


def _failure(name: str, reason: str) -> OutputFailed:
    hint = "check the disk, or send the output elsewhere"
    return OutputFailed(f"cannot write to {name}: {reason}", hint=hint)
