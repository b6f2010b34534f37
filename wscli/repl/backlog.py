"""The backlog: lines that wait to be shown above the prompt, in bounded memory; pure."""

from __future__ import annotations

from collections import deque
from typing import Final

MOST_BYTES: Final = 1 << 20


class Backlog:
    """Chunks of whole lines; when they are over `most` bytes, the oldest are left out and counted."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._chunks: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0

    def __bool__(self) -> bool:
        return bool(self._chunks)

    def add(self, chunk: bytes) -> None:
        """Let `chunk` wait."""
        self._chunks.append(chunk)
        self._bytes += len(chunk)
        while self._bytes > self._most and len(self._chunks) > 1:
            oldest = self._chunks.popleft()
            self._bytes -= len(oldest)
            self._dropped += oldest.count(b"\n")

    def take(self) -> str:
        """All that waits, and how many lines were left out before it; nothing waits afterwards."""
        text = b"".join(self._chunks).decode("utf-8", "backslashreplace")
        dropped, self._dropped, self._bytes = self._dropped, 0, 0
        self._chunks.clear()
        return f"… {dropped:,} lines not shown\n{text}" if dropped else text
