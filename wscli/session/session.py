"""A session: one WebSocket connection from the opening to the closing handshake.

ClientProtocol judges and writes; every byte in either direction also passes a dissector, and what that
tells is what listeners get. The first failure is kept: it decides the exit code. What belongs here is the
life of the connection: opening, reading, deadlines, the end. Its halves are receiving.py and sending.py.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar

from ..config import Target
from ..errors import PeerError, Unsent, WscliError
from ..events import Closed, ViolationFound
from ..net.stream import RECEIVE_LIMIT
from ..wire.lint import FrameLint
from .handshake import Handshake
from .journal import Journal
from .receiving import Receiving
from .sending import FIN_SECONDS

# How much is read at once, in bytes, and how long to work on it before it is less.
_FIRST_READ = 64 * 1024
_LEAST_READ = 4 * 1024
_LONGEST_READ = 1024 * 1024
_LONG_TAKE_SECONDS = 0.05

_Result = TypeVar("_Result")


class Session(Receiving):
    """One connection; use it as an async context manager, which ends what is still open.

    `ok_close` are codes of a peer that closes first which are no failure. With `strict_close` off, silence
    or EOF after our own Close is none either (contract §3, `handshake` and `ping`).
    """

    def __init__(
        self,
        target: Target,
        journal: Journal,
        *,
        ok_close: frozenset[int] = frozenset(),
        strict_close: bool = True,
        fast: bool = True,
    ) -> None:
        super().__init__(target, journal, ok_close=ok_close, fast=fast)
        self.closed: Closed | None = None
        self._strict_close = strict_close
        self._read_size = _FIRST_READ
        self.handshake = Handshake(target, journal)
        self._tasks: list[asyncio.Task[None]] = []
        self._deadline: float | None = None
        self._limit: asyncio.Timeout | None = None
        self._gave_up = False
        # How long the peer may stay at what it was sent, and what had come from it at the last look.
        self._patient_until = 0.0
        self._heard = 0
        # Whether it was still at it when our Close was given up: what was sent last may be lost.
        self.in_doubt = False
        self._tcp_open = False
        self.bytes_received = 0
        self._reader_seconds = 0.0
        # Since when a reader is waited for (the loop's clock).
        self._reader_since: float | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.was_open:
            self.outbox.end()
            self.connection.stream.close()

    async def open(self) -> None:
        """Perform the opening handshake; from then on the connection is read.

        Raises: WscliError, as Handshake.perform says.
        """
        connection = await self.handshake.perform()
        lint = FrameLint(connection.deflate is not None, connection.opaque_rsv)
        self._start_receiving(connection, lint)
        self._start_sending(connection, lint, fast=self._fast)
        self._writing = asyncio.create_task(self._write())
        self._tasks = [asyncio.create_task(self._read()), self._writing]
        if self.target.ping_interval is not None:
            from .keepalive import Keepalive

            keepalive = Keepalive(self, self.target.ping_interval, self.target.ping_timeout)
            self._tasks.append(asyncio.create_task(keepalive.run()))

    async def wait_closed(self) -> None:
        """Wait until the connection has ended; `failure` and `closed` tell how."""
        # Not the tasks themselves: whoever waits may be cancelled. An exception in one of them is a bug.
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_EXCEPTION)
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    @property
    def waited_for_readers(self) -> float:
        """Seconds so far in which nothing was read from the peer, for a slow reader was waited for."""
        if self._reader_since is None:
            return self._reader_seconds
        return self._reader_seconds + asyncio.get_running_loop().time() - self._reader_since

    def give_up(self, failure: WscliError) -> None:
        """End the connection as it stands, for this reason."""
        self._fail_with(failure)
        self._patient_until = 0.0
        self._allow(0, anew=True)

    async def close(
        self, code: int = 1000, reason: str = "", *, seconds: float | None = None, patience: float = 0.0
    ) -> None:
        """Perform the closing handshake, in `seconds` at most (the target's `close_timeout`).

        A peer that is still at the messages it was sent has `patience` seconds in all; after those it is
        `in_doubt` whether they arrived.
        """
        if seconds is not None:
            self._close_timeout = seconds
        self._patient_until = asyncio.get_running_loop().time() + patience
        self._heard = self.bytes_received
        with contextlib.suppress(Unsent):
            self.send_close(code, reason)
        self._allow(self._close_timeout)
        await self.wait_closed()

    async def _write(self) -> None:
        await self.outbox.run()
        # Nothing leaves any more. A peer that shut down only its receiving half would never end the rest.
        self._allow(self._close_timeout)

    async def _read(self) -> None:
        try:
            chunk = self.connection.remainder or await self._receive()
            while chunk:
                await self._take_in_time(chunk)
                await self._let_listeners_catch_up()
                chunk = await self._receive()
        except PeerError as failure:
            self._fail_with(failure)
        if not self._gave_up:
            await self._hear_tcp_end()
        self._end()

    async def _hear_tcp_end(self) -> None:
        """Over TLS the data ends with close_notify, before TCP does (RFC 8446 §6.1): wait for that, too."""
        self._writing.cancel()
        await asyncio.wait([self._writing])
        self._allow(FIN_SECONDS)
        with contextlib.suppress(TimeoutError, PeerError):
            async with asyncio.timeout_at(self._deadline):
                await self.connection.stream.receive()
                return
        self._tcp_open = self.connection.stream.ended != "reset"

    async def _receive(self) -> bytes:
        # The rest of a long frame is looked at, not taken apart: it may come at once.
        size = max(self._read_size, min(self._inbound.expected, _LONGEST_READ))
        chunk = await self._in_time(lambda: self.connection.stream.receive(size)) or b""
        self.bytes_received += len(chunk)
        return chunk

    async def _in_time(self, wait: Callable[[], Awaitable[_Result]]) -> _Result | None:
        """What the peer brings, within its deadline; None once it was given up."""
        while not self._gave_up:
            try:
                async with asyncio.timeout_at(self._deadline) as self._limit:
                    return await wait()
            except TimeoutError:
                self._gave_up = not self._grant_more()
            finally:
                self._limit = None
        return None

    def _grant_more(self) -> bool:
        """Move the deadline for a peer that takes or answers still what was sent before our Close."""
        # A peer that says more than it was asked may do so for ever: that is no sign of what it has read.
        answering = self.bytes_received != self._heard and self._messages_received < self._messages_sent
        taking = self.queued_bytes > 0 or self.connection.stream.unacknowledged > 0
        if self.ending.received is not None or not self._messages_sent or not (answering or taking):
            return False
        now = asyncio.get_running_loop().time()
        if now >= self._patient_until:
            self.in_doubt = True
            return False
        self._heard = self.bytes_received
        self._deadline = min(now + self._close_timeout, self._patient_until)
        return True

    async def _let_listeners_catch_up(self) -> None:
        """Wait for slow readers: that time is not the peer's, so the deadline moves. If `paced`, for room."""
        loop = asyncio.get_running_loop()
        before = self._reader_since = loop.time()
        await self._ready()
        self._reader_seconds, self._reader_since = self.waited_for_readers, None
        # A flood is always readable: without this, signals and timers would wait for its end.
        await asyncio.sleep(0)
        if self._deadline is not None:
            self._deadline += loop.time() - before
        if self.paced:
            # For the answers to be taken: that time is the peer's.
            await self._in_time(self.room)

    async def _take_in_time(self, chunk: bytes) -> None:
        """Take a read, and read less at once when that took long: signals and deadlines wait meanwhile.

        A quarter of a mebibyte is 2,500 plain messages, or 131,072 empty fragments.
        """
        loop = asyncio.get_running_loop()
        begun = loop.time()
        for _ in self._take(chunk):
            paused = loop.time()
            await self._let_listeners_catch_up()
            begun += loop.time() - paused
        if loop.time() - begun > _LONG_TAKE_SECONDS:
            self._read_size = max(_LEAST_READ, self._read_size // 4)
        elif len(chunk) == self._read_size:
            self._read_size = min(RECEIVE_LIMIT, self._read_size * 2)

    def _allow(self, seconds: float, *, anew: bool = False) -> None:
        if self._gave_up:
            return
        when = asyncio.get_running_loop().time() + seconds
        if anew or self._deadline is None or when < self._deadline:
            self._deadline = when
            if self._limit is not None and not self._limit.expired():
                self._limit.reschedule(when)

    def _end(self) -> None:
        stamp = self.journal.stamp()
        stream, ending = self.connection.stream, self.ending
        left = self._gave_up and stream.ended != "reset"
        for item in self._inbound.eof(stamp, left=left):
            self.journal.record(item)
            if isinstance(item, ViolationFound):
                self._note_violation(item)
        ending.tcp = "open" if self._tcp_open or left else stream.ended
        self.failure = self.failure or self._judge_ending()
        self.closed = ending.event(self.journal.stamp())
        self.journal.record(self.closed)
        stream.close()
        self.outbox.end()
        for task in self._tasks[1:]:
            task.cancel()

    def _judge_ending(self) -> WscliError | None:
        ending = self.ending
        unanswered = ending.received is None and ending.sent is not None
        if unanswered and not self._strict_close:
            return None
        if ending.received is None and self._gave_up and ending.tcp == "open":
            return ending.unanswered(self._close_timeout, self.target.close_timeout, self.journal.clock.now())
        if self._concluded and ending.received is not None:
            return None
        return ending.failure(self._ok_close)
