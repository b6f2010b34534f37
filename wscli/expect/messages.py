"""Expectations about messages: text that matches, JSON that holds a value, bytes, a number of messages."""

from __future__ import annotations

import re

from .expectation import Expectation, State, plural
from .jsonpath import JsonPath
from .pattern import SECONDS, TooSlow, compiled
from .quoting import NearestMiss, quoted, shown_bytes


def given_up(text: str) -> str:
    """What an expectation tells of a search that did not end."""
    return (
        f"searching {plural(len(text), 'character')} was given up after {SECONDS:g} s of computing:"
        f" a repeat inside a repeat, as in (a+)+, tries every way there is; it was {quoted(text)}"
    )


class Text(Expectation):
    """A text message in which `pattern` is found; `shown` is how to name it, where not as it is."""

    about_messages = True

    def __init__(self, pattern: str, option: str = "--expect", shown: str | None = None) -> None:
        shown = pattern if shown is None else shown
        super().__init__(f"a text message that matches {quoted(shown)}", option)
        self._pattern = compiled(option, pattern)
        self._misses = NearestMiss(shown)
        self._binary = 0
        self._given_up = ""
        self.found: re.Match[str] | None = None

    def message(self, payload: bytes, *, text: bool) -> None:
        if not text:
            self._binary += 1
            return
        content = payload.decode()
        try:
            self.found = self._pattern.search(content)
        except TooSlow:
            self._given_up = given_up(content)
            self.state = State.FAILED
            return
        if self.found is not None:
            self.state = State.MET
        else:
            self._misses.note(content)

    def came(self) -> str:
        if self._given_up:
            return self._given_up
        misses = self._misses
        binary = f", {plural(self._binary, 'binary message')}" if self._binary else ""
        if not misses.count:
            return f"no text message came{binary}"
        return f"{plural(misses.count, 'text message')} came{binary}: {misses.told()}"


class Reject(Expectation):
    """No text message in which `pattern` is found, until the end."""

    lasting = True
    about_messages = True

    def __init__(self, pattern: str, option: str = "--reject") -> None:
        super().__init__(f"no text message that matches {quoted(pattern)}", option)
        self._pattern = compiled(option, pattern)
        self._came = ""

    def message(self, payload: bytes, *, text: bool) -> None:
        if not text:
            return
        content = payload.decode()
        try:
            if self._pattern.search(content):
                self._came = f"this one came: {quoted(content)}"
        except TooSlow:
            # Nobody knows that it does not match.
            self._came = given_up(content)
        if self._came:
            self.state = State.FAILED

    def end(self) -> None:
        if self.state is State.PENDING:
            self.state = State.MET

    def came(self) -> str:
        return self._came


class Json(Expectation):
    """A text message of JSON for which a JMESPath holds, or has a value."""

    about_messages = True

    def __init__(self, expression: str | JsonPath, option: str = "--expect-json") -> None:
        if isinstance(expression, str):
            expression = JsonPath.parse(expression, option)
        self._path = expression
        super().__init__(f"a JSON message with {self._path}", option)
        self._misses = self._no_json = 0
        self._nearest = ""
        self.document: object = None

    def message(self, payload: bytes, *, text: bool) -> None:
        document = self._path.load(payload) if text else None
        if document is None:
            self._no_json += 1
            return
        found = self._path.search(document.value)
        if self._path.holds(found):
            self.document = document.value
            self.state = State.MET
            return
        self._misses += 1
        if found is not None or not self._nearest:
            self._nearest = self._path.describe(found)

    def came(self) -> str:
        others = f"{plural(self._no_json, 'message')} without JSON" if self._no_json else ""
        if not self._misses:
            return f"{others or 'no message'} came"
        others = f", {others}" if others else ""
        return f"{plural(self._misses, 'JSON message')} came{others}: {self._nearest}"


class Binary(Expectation):
    """A binary message of exactly these bytes."""

    about_messages = True

    def __init__(self, payload: bytes, option: str = "--expect-binary") -> None:
        super().__init__(f"the binary message {shown_bytes(payload)}", option)
        self._payload = payload
        self._misses = self._texts = 0
        self._alike = -1
        self._nearest = b""

    def message(self, payload: bytes, *, text: bool) -> None:
        if text:
            self._texts += 1
        elif payload == self._payload:
            self.state = State.MET
        else:
            self._misses += 1
            alike = _common_prefix(payload, self._payload)
            if alike > self._alike:
                self._alike, self._nearest = alike, payload[:64]

    def came(self) -> str:
        texts = f", {plural(self._texts, 'text message')}" if self._texts else ""
        if not self._misses:
            return f"no binary message came{texts}"
        return (
            f"{plural(self._misses, 'binary message')} came{texts}:"
            f" the nearest, {shown_bytes(self._nearest)}, differs from byte {self._alike} on"
        )


def _common_prefix(left: bytes, right: bytes) -> int:
    """How many bytes at the beginning are the same; at most 64 are looked at."""
    length = min(len(left), len(right), 64)
    return next((index for index in range(length) if left[index] != right[index]), length)


class Count(Expectation):
    """At least this many messages."""

    about_messages = True

    def __init__(self, wanted: int, option: str = "--expect-count") -> None:
        super().__init__(plural(wanted, "message"), option)
        self._wanted = wanted
        self._count = 0

    def message(self, payload: bytes, *, text: bool) -> None:  # noqa: ARG002 # any message counts
        self._count += 1
        if self._count >= self._wanted:
            self.state = State.MET

    def came(self) -> str:
        return f"{plural(self._count, 'message')} came"
