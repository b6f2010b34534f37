"""A suite as frozen values, every name resolved but for what replies bring; `load.py` makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import isfinite
from typing import Any

from ..config import parse_duration
from ..expect.expectation import Expectation
from ..sinks.redact import Redactor
from .variables import Template

Make = Callable[[], Expectation]


@dataclass(frozen=True, slots=True)
class Source:
    """Where something was said: a file, a line (from 1), a key; no file for what the command line said."""

    file: str | None = None
    line: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Send:
    """Send a message: text, a JSON value (texts in it are templates), or binary."""

    text: Template | None = None
    json: Any = None
    binary: bytes | None = None


@dataclass(frozen=True, slots=True)
class Ping:
    """Send a ping, await its pong."""

    payload: bytes
    seconds: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Await:
    """Await what `make` expects of the messages not yet looked at; `capture` are names with JMESPaths.

    `make` takes what was captured so far. `closing` means that it is the peer's Close that is awaited.
    """

    make: Callable[[Mapping[str, object]], Expectation]
    seconds: float
    capture: tuple[tuple[str, str], ...] = ()
    closing: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """Perform the closing handshake."""

    code: int
    reason: Template
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `title` is how messages name it: its key, no value in it."""

    action: Send | Ping | Wait | Await | Close
    title: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds at most, None for no limit."""

    open: float | None = None
    first_message: float | None = None
    rtt: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One check. `connection` are option names with their values, as `wscli connect` takes them, but the URL.

    `sources` are where each of them was said, the URL and each header (`header 0`, …) among them. `secrets`
    are values of variables that are out of sight in everything that is reported.
    """

    name: str
    url: str
    source: Source = Source()
    connection: Mapping[str, Any] = field(default_factory=dict, repr=False)
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False)
    tags: tuple[str, ...] = ()
    retries: int = 0
    retry_seconds: float = 1.0
    steps: tuple[Step, ...] = ()
    limits: Limits = Limits()
    expect: tuple[Make, ...] = ()
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Suite:
    """All checks of one file, or of the command line."""

    name: str
    checks: tuple[Check, ...]
    jobs: int | None = None


def without_secrets(suite: Suite) -> Suite:
    """The suite, its names and tags without the secrets of its checks: they stand in all that is shown."""
    secrets = suite.checks[0].secrets if suite.checks else ()
    redactor = Redactor(secrets)
    name = redactor.scrub(suite.name)
    checks = []
    for check in suite.checks:
        # Most have the same, and a redactor is dear.
        if check.secrets != secrets:
            secrets, redactor = check.secrets, Redactor(check.secrets)
        checks.append(_without_secrets(check, redactor.scrub))
    return Suite(name, tuple(checks), suite.jobs)


def _without_secrets(check: Check, scrub: Callable[[str], str]) -> Check:
    name, tags = scrub(check.name), tuple(map(scrub, check.tags))
    return check if (name, tags) == (check.name, check.tags) else replace(check, name=name, tags=tags)


def seconds_of(value: str | float) -> float:
    """A duration as a file may give it: a number of seconds, or a text with a unit. Raises: UsageError."""
    if isinstance(value, str):
        return parse_duration(value)
    if not isfinite(value):
        return parse_duration(str(value))
    # Without an exponent, which no duration has, and with the digits that the file has.
    return parse_duration(format(Decimal(repr(value)), "f").removesuffix(".0"))
