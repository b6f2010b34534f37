"""What a person wants to see of a stream: direction, kind of frame, content; pure."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Final

from ..errors import UsageError
from ..events import Direction, Event, FrameSeen, MessageSeen
from ..expect.jsonpath import JsonPath
from ..expect.pattern import SECONDS, Pattern, TooSlow, expression_of
from ..sinks.base import payload_of
from ..wire.runs import MessageRun

_DIRECTIONS: Final[dict[str, Direction]] = {"in": "in", "out": "out"}
CONTROL: Final = frozenset({"close", "ping", "pong"})
DATA: Final = frozenset({"text", "binary", "continuation"})
KINDS: Final = {name: frozenset({name}) for name in sorted(CONTROL | DATA)} | {
    "control": CONTROL,
    "data": DATA,
}

ADVICE: Final = "a repeat inside a repeat, as in (a+)+, tries every way there is"
"""What makes a search take so long."""


class Searches:
    """A regular expression for payloads, whose searches have `SECONDS` of computing together until `allow`.

    One search may be endless (expect/pattern.py), and a peer may know how to make a thousand nearly so.
    """

    def __init__(self, expression: re.Pattern[bytes]) -> None:
        self._pattern = Pattern(expression)
        self.allow()

    def allow(self) -> None:
        """Grant the whole time anew."""
        self._until = time.thread_time() + SECONDS

    def found_in(self, payload: bytes) -> bool:
        """Whether it matches somewhere. Raises: TooSlow when the time is over."""
        found = self._pattern.search(payload) is not None
        if time.thread_time() > self._until:
            raise TooSlow
        return found


@dataclass(frozen=True, slots=True)
class Filter:
    """Frames and messages that fit all of it are shown; whatever is left empty fits everything.

    `pattern` is a regular expression for the payload, `query` a `JMESPATH[=VALUE]` that a JSON payload must
    meet. `fits` and `in_run` raise TooSlow when what came since `begin` took too long.
    """

    direction: Direction | None = None
    kinds: frozenset[str] = frozenset()
    pattern: Searches | None = None
    query: JsonPath | None = None
    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.direction or self.kinds or self.pattern or self.query is not None)

    def begin(self) -> None:
        """What comes now has all the time again that a filter may take."""
        if self.pattern is not None:
            self.pattern.allow()

    def fits(self, event: Event) -> bool:
        """Whether `event` is shown; what is neither a frame nor a message always is."""
        if not isinstance(event, FrameSeen | MessageSeen):
            return True
        return self._fits_kind(event.direction, event.type) and self._fits_payload(payload_of(event))

    def in_run(self, run: MessageRun) -> list[int]:
        """The indexes of the messages of a run that fit."""
        if not self._fits_kind(run.direction, run.type):
            return []
        if self.pattern is None and self.query is None:
            return list(range(len(run)))
        # `wire_payloads` and `inflated` are not kept, `payloads` would be: the ring holds these runs.
        payloads = run.wire_payloads if run.inflated is None else run.inflated
        return [index for index, payload in enumerate(payloads) if self._fits_payload(payload)]

    def _fits_kind(self, direction: Direction, kind: str) -> bool:
        return (self.direction is None or direction == self.direction) and (
            not self.kinds or kind in self.kinds
        )

    def _fits_payload(self, payload: bytes) -> bool:
        if self.pattern is not None and not self.pattern.found_in(payload):
            return False
        return self.query is None or _holds(self.query, payload)


def parse_filter(text: str) -> Filter:
    """The filter that `text` describes; `off` and `all` give an empty one.

    Raises: UsageError for a bad expression.
    """
    if text.strip() in ("off", "all", "none"):
        return Filter()
    direction: Direction | None = None
    kinds: frozenset[str] = frozenset()
    rest = text.strip()
    while rest:
        word, _, after = rest.partition(" ")
        if word in _DIRECTIONS:
            direction = _DIRECTIONS[word]
        elif word in KINDS:
            kinds |= KINDS[word]
        else:
            break
        rest = after.lstrip()
    if rest.startswith("jmespath:"):
        query = JsonPath.parse(rest.removeprefix("jmespath:").strip(), "jmespath")
        return Filter(direction, kinds, None, query, text.strip())
    return Filter(direction, kinds, compile_pattern(rest) if rest else None, None, text.strip())


def compile_pattern(text: str) -> Searches:
    """A regular expression over payload bytes; `/…/` around it may be left out.

    Raises: UsageError.
    """
    inner = text[1:-1] if len(text) > 2 and text[0] == text[-1] == "/" else text
    try:
        return Searches(expression_of(inner.encode()))
    except (re.error, UnicodeEncodeError, OverflowError, RecursionError) as wrong:
        raise UsageError(
            f"{inner!r} is not a regular expression: {wrong}",
            hint=r"write \ before . * + ? ( ) [ ] { } | ^ $",
        ) from None


def _holds(query: JsonPath, payload: bytes) -> bool:
    document = query.load(payload)
    return document is not None and query.holds(query.search(document.value))
