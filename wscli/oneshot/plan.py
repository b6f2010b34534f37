"""What a one-shot run was asked to do: frozen values that options become."""

from __future__ import annotations

import msgspec

from ..wire.frame import Opcode


class Send(msgspec.Struct, frozen=True):
    """A message of `--send` or `--send-binary`."""

    opcode: Opcode
    payload: bytes


class Plan(msgspec.Struct, frozen=True):
    """What a run sends and when it ends; times in seconds, None for no such limit.

    `input_opcode` is what stdin's messages are sent as. `wait` is how long silence lasts, once all was
    sent, before the run ends; None when that does not end it.
    """

    sends: tuple[Send, ...] = ()
    input_opcode: Opcode = Opcode.TEXT
    wait: float | None = 1.0
    duration: float | None = None
    echo: bool = False
