"""How much of a flood a person is shown."""

from __future__ import annotations

LINES_PER_SECOND = 400
"""More than anybody reads, and little enough that no terminal, tmux or ssh line falls behind."""

_BURST_SECONDS = 5.0
_RESUME_SECONDS = 0.25


class Budget:
    """Grants so many things a second, with a generous burst at first; counts what it did not grant.

    Once used up it stays shut until it can grant a good number again, so that a flood shows as a few blocks
    a second with the count of what was left out between them, never as a count after each line.
    """

    def __init__(self, per_second: float) -> None:
        self.left_out = 0
        self._rate = per_second
        self._tokens = per_second * _BURST_SECONDS
        self._at = 0.0

    def take(self, wanted: int, t: float) -> int:
        """How many of `wanted` things may be shown at time `t` (seconds, monotonic); never negative."""
        most = self._rate * _BURST_SECONDS
        self._tokens = min(most, self._tokens + max(t - self._at, 0.0) * self._rate)
        self._at = max(self._at, t)
        if self.left_out and self._tokens < self._rate * _RESUME_SECONDS:
            return 0
        granted = min(wanted, int(self._tokens))
        self._tokens -= granted
        return granted
