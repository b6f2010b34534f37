"""The user's regular expressions on the peer's text: a peer that knows them must not be able to hold us up.

`re` backtracks: `(a+)+$` needs years for fifty characters that a hostile peer chose. It looks for signals
while it searches, so that a timer can end it; what counts is the process's own time, not a busy machine's.
"""

from __future__ import annotations

import re
import signal
import threading
import warnings
from types import FrameType
from typing import AnyStr, Final, Generic

from ..errors import UsageError

SECONDS: Final = 2.0
"""How much of the processor's time one search may take at most, and at least half of it."""
# Without one of these there is nothing to try in more than one way.
_REPEATS: Final = re.compile(r"[*+{]")


class TooSlow(Exception):
    """The search was given up; whether there is a match is not known."""


class Pattern(Generic[AnyStr]):
    """A regular expression whose searches end."""

    def __init__(self, expression: re.Pattern[AnyStr]) -> None:
        self._expression: re.Pattern[AnyStr] = expression
        self._repeats = _REPEATS.search(repr(expression.pattern)) is not None

    def search(self, text: AnyStr) -> re.Match[AnyStr] | None:
        """The first match. Raises: TooSlow after `SECONDS` at most (where there is no timer, never)."""
        if not self._repeats or not _can_be_timed():
            return self._expression.search(text)
        return _timed(self._expression, text)


def expression_of(pattern: AnyStr) -> re.Pattern[AnyStr]:
    """The pattern as `re` compiles it. Raises: what that raises, no warning."""
    with warnings.catch_warnings():
        # What a later Python may take `[[x]` for is no business of the user's, who would be shown our source.
        warnings.simplefilter("ignore")
        return re.compile(pattern)


def compiled(option: str, pattern: str) -> Pattern[str]:
    """The regular expression. Raises: UsageError, which says where it is wrong."""
    try:
        return Pattern(expression_of(pattern))
    except re.error as wrong:
        where = "" if wrong.pos is None else f" at character {wrong.pos + 1}"
        raise UsageError(
            f"{option}: not a regular expression: {wrong.msg}{where}",
            hint="a backslash before a character takes its meaning away: \\( \\[ \\.",
        ) from None
    except (OverflowError, RecursionError):
        raise UsageError(f"{option}: not a regular expression that can be used: it is too large") from None


def _can_be_timed() -> bool:
    """Signals reach the main thread alone; Windows has no such timer."""
    return hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()


# What a signal's handler may know is global: whether there is a search, how many there were, and how many at
# the last tick. A timer for each search would cost more than most searches.
_searching = _ticking = False
_searches = _seen = 0


def _tick(_signal: int, _frame: FrameType | None) -> None:
    global _seen, _ticking  # noqa: PLW0603 # see above
    if _searches != _seen:
        _seen = _searches
    elif _searching:
        raise TooSlow
    else:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        _ticking = False


def _timed(expression: re.Pattern[AnyStr], text: AnyStr) -> re.Match[AnyStr] | None:
    global _searches, _searching, _ticking  # noqa: PLW0603 # see above
    _searches += 1
    if not _ticking:
        signal.signal(signal.SIGVTALRM, _tick)
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS / 2, SECONDS / 2)
        _ticking = True
    try:
        _searching = True
        return expression.search(text)
    finally:
        _searching = False
