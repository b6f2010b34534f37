"""What a check took from replies, and what it sends with that in it: a peer may have said anything."""

from __future__ import annotations

from typing import Any

from ..errors import ExpectationFailed
from ..expect.expectation import Expectation
from ..expect.jsonpath import compiled, search
from ..expect.messages import Json, Text
from .steps import MOST_REASON_BYTES
from .suite import Await
from .variables import Template, is_secret_name, json_text, text_of


class Captures:
    """The captured values of one attempt, by their names."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What was captured under a name that says that it is secret."""
        return tuple(text_of(value) for name, value in self.values.items() if is_secret_name(name))

    def take(self, expectation: Expectation, action: Await) -> None:
        """Capture what `action` names of what met the expectation. Raises: ExpectationFailed."""
        if isinstance(expectation, Text) and expectation.found is not None:
            self.values |= {name: value or "" for name, value in expectation.found.groupdict().items()}
        if isinstance(expectation, Json):
            for name, path in action.capture:
                self.values[name] = _captured(name, path, expectation.document)

    def text(self, template: Template) -> bytes:
        """A text message."""
        return template.fill(self.values).encode()

    def json(self, value: Any) -> bytes:
        """A JSON message. Raises: ExpectationFailed."""
        try:
            return json_text(value, self.values).encode()
        except RecursionError:
            raise ExpectationFailed("what was captured is nested too deep to be sent as JSON") from None

    def reason(self, template: Template) -> str:
        """A close reason. Raises: ExpectationFailed when what was captured makes it too long."""
        reason = template.fill(self.values)
        if (size := len(reason.encode())) > MOST_REASON_BYTES:
            raise ExpectationFailed(
                f"with what was captured the reason has {size:,} bytes of UTF-8,"
                f" and a close reason has at most {MOST_REASON_BYTES} (RFC 6455 §5.5)",
                hint="capture less of the reply, or send it as a message",
            )
        return reason


def _captured(name: str, path: str, document: object) -> object:
    value = search(compiled(path, "capture"), document)
    if value is None:
        raise ExpectationFailed(f"capture: {path} is null or not there, and {name} needs it")
    try:
        text_of(value).encode()
    except UnicodeEncodeError:
        # "\ud800" is fine in JSON (RFC 8259 §8.2), and nothing that can be sent.
        raise ExpectationFailed(
            f"capture: {path} holds half a surrogate pair, which is no character and cannot be sent as UTF-8"
        ) from None
    except RecursionError:
        raise ExpectationFailed(f"capture: {path} is nested too deep") from None
    return value
