"""Standard input as messages: read by a daemon thread, so that no read can hold up signals or the peer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import sys
import threading
from collections import deque
from collections.abc import Callable

from ..errors import InputFailed, WscliError
from .split import InvalidText, Splitter, check_text

READ_SIZE = 256 * 1024
# Batches that wait to be taken; the thread stops reading then, and so the writer behind stdin waits.
MOST_BATCHES = 4
# How long to wait for the thread to have read what is readable.
_SETTLE_SECONDS = 1.0
_HURRIED_SECONDS = 0.1


class Source:
    """Messages from the file descriptor `fd` (None: closed, that is, at its end), in order.

    Reading begins with `start`, while the connection is still being opened. `text` has every message
    checked for UTF-8.
    """

    def __init__(self, fd: int | None, splitter: Splitter, *, text: bool = True) -> None:
        self._fd = fd
        self._splitter = splitter
        self._text = text
        self._batches: deque[list[bytes]] = deque()
        # How many of the front batch are taken: a read may hold too many to take at once.
        self._front_taken = 0
        self._changed = threading.Condition()
        self._arrived: Callable[[], None] | None = None
        self._ended = fd is None
        # Set while the thread waits for input and has none in hand.
        self._idle = False
        self._failure: WscliError | None = None
        self._event = asyncio.Event()
        self._read = 0
        self._taken = 0
        self._all_read = fd is None
        # Messages that are no text, and those behind them: they were read, and cannot be taken.
        self.refused = 0

    def start(self) -> None:
        """Begin to read; call it within the event loop that takes the messages."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(self._event.set)
            except RuntimeError:
                # The loop has ended: nobody takes messages any more.
                return

        self._arrived = wake
        if self._fd is not None:
            threading.Thread(target=self._run, name="wscli standard input", daemon=True).start()

    async def take(self, most: int = sys.maxsize) -> list[bytes] | None:
        """The next messages, `most` of them at once, or None at the end of the input.

        Raises: InputFailed when it cannot be read, or is not UTF-8 where text is sent; all before was taken.
        """
        while True:
            self._event.clear()
            with self._changed:
                if self._batches:
                    batch = self._next(most)
                    self._taken += len(batch)
                    return batch
                if self._ended:
                    if self._failure is not None:
                        raise self._failure
                    return None
            await self._event.wait()

    def _next(self, most: int) -> list[bytes]:
        """The next part of the front batch; the thread may read on once all of it is gone."""
        front, begin = self._batches[0], self._front_taken
        self._front_taken += most
        if self._front_taken >= len(front):
            self._batches.popleft()
            self._front_taken = 0
            self._changed.notify_all()
        return front[begin : begin + most] if len(front) > most else front

    @property
    def waiting(self) -> int:
        """Messages that were read and not taken."""
        return self._read - self._taken

    @property
    def begun(self) -> bool:
        """Whether part of a message was read, and no end of it."""
        return self._splitter.begun

    @property
    def ended(self) -> bool:
        """Whether all of the input was read."""
        return self._all_read

    async def holds_more(self, *, at_once: bool = False) -> bool:
        """Whether input is there that nobody took: read already, or readable now.

        `at_once` leaves the thread little time to read what is readable.
        """
        if self._fd is None:
            return False
        settle = _HURRIED_SECONDS if at_once else _SETTLE_SECONDS
        deadline = asyncio.get_running_loop().time() + settle
        # The thread's progress has no event: how much is readable is the kernel's to know.
        while not self._settled() and asyncio.get_running_loop().time() < deadline:  # noqa: ASYNC110 (see above)
            await asyncio.sleep(0.001)
        return self.waiting > 0

    def _settled(self) -> bool:
        """Whether the thread has read what is readable now, as far as its queue goes."""
        with self._changed:
            if self._ended or len(self._batches) >= MOST_BATCHES:
                return True
            # In this order: what the thread takes between the two looks it has in hand, and is not idle then.
            return not self._readable(0) and self._idle

    def _readable(self, seconds: float | None) -> bool:
        """Whether input, or its end, comes within `seconds` (None: whenever it does)."""
        try:
            return bool(select.select([self._fd or 0], [], [], seconds)[0])
        except (OSError, ValueError):
            return False

    def _run(self) -> None:
        try:
            while chunk := self._read_chunk():
                self._hand_over(self._splitter.feed(chunk))
            self._all_read = True
            self._hand_over(self._splitter.end())
        except WscliError as failure:
            self._failure = failure
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
            self._wake()

    def _read_chunk(self) -> bytes:
        try:
            while True:
                self._idle = True
                self._readable(None)
                self._idle = False
                # Somebody who shares the descriptor may have made it non-blocking, or taken what was there.
                with contextlib.suppress(BlockingIOError):
                    return os.read(self._fd or 0, READ_SIZE)
        except OSError as failure:
            raise InputFailed(f"standard input cannot be read: {failure.strerror}") from None

    def _hand_over(self, messages: list[bytes]) -> None:
        invalid: InvalidText | None = None
        if self._text:
            try:
                check_text(messages, self._read)
            except InvalidText as failure:
                self.refused = len(messages) - len(failure.good)
                messages, invalid = failure.good, failure
        if messages:
            with self._changed:
                self._read += len(messages)
                self._batches.append(messages)
                self._changed.notify_all()
            self._wake()
            with self._changed:
                self._changed.wait_for(lambda: len(self._batches) < MOST_BATCHES)
        if invalid is not None:
            raise invalid

    def _wake(self) -> None:
        if self._arrived is not None:
            self._arrived()
