"""The outbox: bytes on their way to the peer, written in batches by a task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..net.stream import Stream, StreamBroken

# Senders wait above this many queued bytes; one write takes as much at most.
QUEUE_LIMIT = 1024 * 1024
_WRITE_LIMIT = 256 * 1024


class RawBytes(bytes):
    """Wire bytes of the user's own: written in a batch of their own, whatever messages are in them."""


class Outbox:
    """A queue of bytes; `on_sent` is told exactly those that were handed to the kernel, raw ones apart.

    After a failed write `broken` is set and nothing more leaves; what the peer said before can still be
    read, so the connection is not closed here.
    """

    def __init__(self, stream: Stream, on_sent: Callable[[bytes, bool], Awaitable[None]]) -> None:
        self._stream = stream
        self._on_sent = on_sent
        self._chunks: list[bytes] = []
        self._ends_with_pong = False
        self._changed = asyncio.Event()
        self._drained = asyncio.Event()
        self.queued = 0
        self.broken = False

    def put(self, chunk: bytes) -> None:
        """Queue bytes; they are written in order."""
        if chunk and not self.broken:
            self._chunks.append(chunk)
            self._ends_with_pong = False
            self.queued += len(chunk)
            self._changed.set()

    def put_pong(self, chunk: bytes) -> None:
        """Queue the answer to a ping; while the peer takes nothing, only the latest one waits.

        RFC 6455 §5.5.3 allows to answer the latest ping alone. So a peer that pings and never reads neither
        grows memory nor stops us from reading what else it says.
        """
        if self._ends_with_pong and self._chunks and self.queued >= QUEUE_LIMIT:
            self.queued -= len(self._chunks.pop())
        self.put(chunk)
        self._ends_with_pong = True

    def end(self) -> None:
        """Nothing more leaves; whoever waits for room wakes up."""
        self.broken = True
        self._drained.set()

    async def room(self) -> None:
        """Wait until less than the limit is queued, or nothing more can leave."""
        await self._below(QUEUE_LIMIT)

    async def flushed(self) -> bool:
        """Wait until everything has left; False when it never will."""
        await self._below(1)
        return not self.broken

    async def _below(self, level: int) -> None:
        while self.queued >= level and not self.broken:
            self._drained.clear()
            await self._drained.wait()

    async def run(self) -> None:
        """Write whatever is queued until the connection breaks or the task is cancelled."""
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                while self._chunks:
                    await self._write(self._next_batch())
        except StreamBroken:
            pass
        finally:
            self.end()

    def _next_batch(self) -> bytes:
        if len(self._chunks) == 1 or isinstance(self._chunks[0], RawBytes):
            return self._chunks.pop(0)
        size = count = 0
        for chunk in self._chunks:
            if isinstance(chunk, RawBytes):
                break
            size += len(chunk)
            count += 1
            if size >= _WRITE_LIMIT:
                break
        batch = b"".join(self._chunks[:count])
        del self._chunks[:count]
        return batch

    async def _write(self, batch: bytes) -> None:
        view, raw = memoryview(batch), isinstance(batch, RawBytes)
        while view:
            count = await self._stream.send_some(view)
            self.queued -= count
            self._drained.set()
            await self._on_sent(batch if count == len(batch) else bytes(view[:count]), raw)
            view = view[count:]
