"""What every expectation is: fed with messages and events, it is pending, met or failed, and can tell why."""

from __future__ import annotations

from enum import Enum
from typing import ClassVar

from ..events import Event


class State(Enum):
    """`FAILED` means that it cannot be met any more."""

    PENDING = "pending"
    MET = "met"
    FAILED = "failed"


class Expectation:
    """One thing that the user expects; `wanted` says what, `option` where that was said.

    `lasting` marks what must hold until the end and so never ends a run by being met. `about_messages`
    spares the others each message of a flood.
    """

    lasting: ClassVar[bool] = False
    about_messages: ClassVar[bool] = False

    def __init__(self, wanted: str, option: str) -> None:
        self.wanted = wanted
        self.option = option
        self.state = State.PENDING

    def message(self, payload: bytes, *, text: bool) -> None:
        """A message came; `text` says of which kind (RFC 6455 §5.6)."""

    def event(self, event: Event) -> None:
        """Something other than a message happened."""

    def end(self) -> None:
        """Nothing more will come: what is pending has failed."""
        if self.state is State.PENDING:
            self.state = State.FAILED

    def came(self) -> str:
        """What came instead, with the nearest miss; quotes the peer, bounded in length."""
        raise NotImplementedError

    def story(self, when: str = "") -> str:
        """What was expected (`when`: by when), and what came, in one line."""
        return f"expected {self.wanted}{when} ({self.option}); {self.came()}"

    def _decide(self, met: bool) -> None:
        self.state = State.MET if met else State.FAILED


def plural(count: int, noun: str) -> str:
    """`1 message`, `2 messages`; `no message` for none."""
    if count == 0:
        return f"no {noun}"
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
