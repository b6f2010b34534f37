"""`--send` and `--send-binary`: messages from the command line, in the order in which they were typed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

from ..errors import InputFailed
from ..oneshot.plan import Send
from ..payloads import file_name, parse_binary, read_file
from ..wire.frame import Opcode

__all__ = ["collect_sends", "parse_binary"]

_OPTIONS: Final = ("--send", "--send-binary")


def collect_sends(
    arguments: Sequence[str], texts: Sequence[str], binaries: Sequence[str]
) -> tuple[Send, ...]:
    """The messages of both options, which Typer gives apart; `arguments` tell their order.

    Raises: UsageError for a value that cannot be read, InputFailed for a file.
    """
    waiting = {"--send": list(texts), "--send-binary": list(binaries)}
    ordered: list[tuple[str, str]] = []
    for index, argument in enumerate(arguments):
        option, equals, inline = argument.partition("=")
        if option not in waiting or not waiting[option]:
            continue
        value = inline if equals else arguments[index + 1] if index + 1 < len(arguments) else None
        # The word may also be the value of another option; then it is followed by something else.
        if value == waiting[option][0]:
            ordered.append((option, waiting[option].pop(0)))
    ordered += [(option, value) for option in _OPTIONS for value in waiting[option]]
    return tuple(_text(value) if option == "--send" else _binary(value) for option, value in ordered)


def _text(value: str) -> Send:
    name = file_name(value)
    if name is not None:
        payload = read_file("--send", name)
    else:
        payload = os.fsencode(value.removeprefix("@") if value.startswith("@@") else value)
    try:
        payload.decode()
    except UnicodeDecodeError as failure:
        raise InputFailed(
            f"--send: the text is not UTF-8 (byte 0x{payload[failure.start]:02x} at offset {failure.start})",
            hint="send it as binary: --send-binary @FILE",
        ) from None
    return Send(Opcode.TEXT, payload)


def _binary(value: str) -> Send:
    return Send(Opcode.BINARY, parse_binary("--send-binary", value))
