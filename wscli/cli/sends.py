"""`--send` and `--send-binary`: messages from the command line, in the order in which they were typed."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ..errors import InputFailed, UsageError
from ..oneshot.run import Send
from ..wire.frame import Opcode

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
    if value.startswith("@") and not value.startswith("@@"):
        payload = _read("--send", value[1:])
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


def parse_binary(option: str, value: str) -> bytes:
    """The bytes of `hex:…`, `base64:…` or `@file`.

    Raises: UsageError for anything else, InputFailed for a file that cannot be read.
    """
    kind, colon, rest = value.partition(":")
    try:
        if kind == "hex" and colon:
            return bytes.fromhex(rest)
        if kind == "base64" and colon:
            return base64.b64decode(rest, validate=True)
    except (ValueError, binascii.Error):
        raise UsageError(f"{option}: what follows {kind}: is not {kind}", hint=_example(kind)) from None
    if value.startswith("@") and not value.startswith("@@"):
        return _read(option, value[1:])
    raise UsageError(f"{option}: say how the bytes are written", hint="hex:00ff, base64:AP8=, or @FILE")


def _example(kind: str) -> str:
    return "an even number of hex digits: hex:00ff" if kind == "hex" else "whole groups of four: base64:AP8="


def _read(option: str, name: str) -> bytes:
    try:
        return Path(name).expanduser().read_bytes()
    except (OSError, ValueError, RuntimeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else "not a file name"
        raise InputFailed(
            f"{option}: cannot read the file {name!r}: {reason}",
            hint="a value that begins with @ names a file; write @@ for a plain @",
        ) from None
