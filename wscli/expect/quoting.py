"""How an expectation's story shows what came: bounded, binary as hex, and which miss was the nearest."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

_MOST_SHOWN: Final = 80
_MOST_COMPARED: Final = 200
# Comparing costs 0.1 ms a message: in a flood only the first ones are looked at, and the last is kept.
_MOST_SCORED: Final = 64
_ALIKE: Final = 0.4


def quoted(text: str) -> str:
    """`text` in quotes, at most 80 characters of it."""
    shown = text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
    return f"'{shown}'"


def shown_bytes(payload: bytes) -> str:
    """The bytes as `hex:…`, at most 32 of them, with their number when there are more."""
    if len(payload) <= 32:
        return f"hex:{payload.hex()}"
    return f"hex:{payload[:32].hex()}… ({len(payload):,} bytes)"


class NearestMiss:
    """Keeps, of the texts that did not match, the one that is most like `wanted`, and the last."""

    def __init__(self, wanted: str) -> None:
        self._matcher = SequenceMatcher(None, autojunk=False)
        self._matcher.set_seq2(wanted[:_MOST_COMPARED])
        self._best: tuple[float, str] = (0.0, "")
        self._last = ""
        self.count = 0

    def note(self, text: str) -> None:
        """`text` did not match."""
        self.count += 1
        self._last = text[:_MOST_COMPARED]
        if self.count <= _MOST_SCORED:
            self._matcher.set_seq1(self._last)
            score = self._matcher.ratio()
            if score > self._best[0]:
                self._best = score, self._last

    def told(self) -> str:
        """`the nearest was …`, or the last one when none was alike; empty when none came."""
        if not self.count:
            return ""
        score, text = self._best
        if self.count == 1:
            return f"it was {quoted(self._last)}"
        return f"the nearest was {quoted(text)}" if score >= _ALIKE else f"the last was {quoted(self._last)}"
