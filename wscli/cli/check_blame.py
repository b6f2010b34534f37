"""Which key of a suite an option's error is about: options know neither files nor lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ..errors import InputFailed, UsageError

if TYPE_CHECKING:
    from ..check.suite import Check, Source

_KEY_FIRST: Final = re.compile(r"the key '([^']*)': ")
# Any that can be connected to: only what is wrong before counts.
_ANY_URL: Final = "ws://localhost/"

Attempt = Callable[["Check"], object]


def blamed(check: Check, wrong: UsageError | InputFailed, attempt: Attempt) -> UsageError:
    """`wrong` with file, line and key; `attempt` makes what it is about of a check, and raises."""
    from ..check.keys import in_keys

    source = _culprit(check, wrong.message, attempt)
    message = in_keys(wrong.message)
    if source is None:
        source = check.source
        where = f"check {check.name!r}: "
    else:
        named = _KEY_FIRST.match(message)
        # The place says it already.
        message = message[named.end() :] if named and named[1] in source.key.split(".") else message
        where = f"{source.key}: "
    place = f"{source.file}:{source.line}: {where}" if source.file else ""
    return UsageError(f"{place}{message}", hint=in_keys(wrong.hint, suite=bool(source.file)))


def _culprit(check: Check, message: str, attempt: Attempt) -> Source | None:
    """The last thing that was said without which the check would be right, or wrong in another way."""
    found = [
        check.sources[name]
        for name, without in _reduced(check)
        if name in check.sources and _complaint(without, attempt) != message
    ]
    return max(found, key=lambda source: source.line, default=None)


def _reduced(check: Check) -> Iterator[tuple[str, Check]]:
    """The check without each of the things that were said of its connection, by their names."""
    yield "url", replace(check, url=_ANY_URL)
    for name in check.connection:
        yield (
            name,
            replace(
                check, connection={key: check.connection[key] for key in check.connection if key != name}
            ),
        )
    headers = check.connection.get("header", [])
    for index in range(len(headers)):
        others = [*headers[:index], *headers[index + 1 :]]
        yield f"header {index}", replace(check, connection={**check.connection, "header": others})


def _complaint(check: Check, attempt: Attempt) -> str:
    try:
        attempt(check)
    except (UsageError, InputFailed) as wrong:
        return wrong.message
    return ""
