"""Pastes from terminals that do not bracket them: more keys at once than anybody types, Enter among them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Final

from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

# Keys of one read.
_FEWEST: Final = 32
# Seconds: an Enter followed by more within this time is part of the paste.
_GAP: Final = 0.05
_TEXT: Final = (Keys.ControlM, Keys.ControlJ, Keys.ControlI)
_ENTERS: Final = (Keys.ControlM, Keys.ControlJ)


class Unbracketed(str):
    """A part of a paste, as a terminal sent it; more may follow."""

    __slots__ = ()


def joined(keys: list[KeyPress]) -> list[KeyPress]:
    """The keys of one read, those of a paste as one: each by itself would take its time.

    An Enter at the end stays one: whether it is the paste's or the user's, only what follows can tell.
    """
    if len(keys) < _FEWEST:
        return keys
    result: list[KeyPress] = []
    for of_text, group in groupby(keys, _is_text):
        run = list(group)
        result += _one(run) if of_text else run
    return result


def _one(keys: list[KeyPress]) -> Iterable[KeyPress]:
    end = len(keys)
    while end and keys[end - 1].key in _ENTERS:
        end -= 1
    if end < _FEWEST:
        return keys
    text = Unbracketed("".join(key.data for key in keys[:end]))
    return [KeyPress(Keys.BracketedPaste, text), *keys[end:]]


def _is_text(key: KeyPress) -> bool:
    return key.key in _TEXT or len(key.key) == 1


class Burst:
    """Whether keys belong to a paste; `accept` is called for an Enter that turns out to be the last key."""

    def __init__(self, accept: Callable[[], None]) -> None:
        self._accept = accept
        self._last = float("-inf")
        self._deferred: asyncio.TimerHandle | None = None

    @property
    def lasts(self) -> bool:
        """Whether a part of a paste came just now."""
        return asyncio.get_running_loop().time() - self._last < _GAP

    def go_on(self) -> None:
        """A part of a paste has come."""
        self._last = asyncio.get_running_loop().time()

    def defer(self) -> None:
        """An Enter has come that may be the paste's last key, or one in its midst."""
        self._deferred = asyncio.get_running_loop().call_later(_GAP, self._end)

    def resume(self) -> bool:
        """Another key has come: whether the Enter before it was one in the midst."""
        if self._deferred is None:
            return False
        self.cancel()
        self.go_on()
        return True

    def cancel(self) -> None:
        """Forget an Enter that was deferred."""
        if self._deferred is not None:
            self._deferred.cancel()
            self._deferred = None

    def _end(self) -> None:
        self._deferred = None
        self._accept()
