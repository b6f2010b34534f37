"""Payloads as a user writes them: `hex:…`, `base64:…`, `@file`; for options and REPL commands alike."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path

from .errors import InputFailed, UsageError


def parse_bytes(label: str, value: str) -> bytes:
    """The bytes of `hex:…` or `base64:…`; `label` is what errors call the place of the value.

    Raises: UsageError for anything else.
    """
    kind, colon, rest = value.partition(":")
    try:
        if kind == "hex" and colon:
            return bytes.fromhex(rest)
        if kind == "base64" and colon:
            return base64.b64decode(rest, validate=True)
    except (ValueError, binascii.Error):
        raise UsageError(f"{label}: what follows {kind}: is not {kind}", hint=_example(kind)) from None
    raise UsageError(f"{label}: say how the bytes are written", hint="hex:00ff, base64:AP8=, or @FILE")


def parse_binary(label: str, value: str) -> bytes:
    """The bytes of `hex:…`, `base64:…` or `@file`.

    Raises: UsageError for anything else, InputFailed for a file that cannot be read.
    """
    name = file_name(value)
    return parse_bytes(label, value) if name is None else read_file(label, name)


def file_name(value: str) -> str | None:
    """The name in `@name`, or None for any other value (`@@x` means the text `@x`)."""
    return value[1:] if value.startswith("@") and not value.startswith("@@") else None


def read_file(label: str, name: str) -> bytes:
    """What the file `name` holds; `~` is the home folder.

    Raises: InputFailed when it cannot be read.
    """
    try:
        return Path(name).expanduser().read_bytes()
    except (OSError, ValueError, RuntimeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else "not a file name"
        raise InputFailed(
            f"{label}: cannot read the file {name!r}: {reason}",
            hint="a value that begins with @ names a file; write @@ for a plain @",
        ) from None


def _example(kind: str) -> str:
    return "an even number of hex digits: hex:00ff" if kind == "hex" else "whole groups of four: base64:AP8="
