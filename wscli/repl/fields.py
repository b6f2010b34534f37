"""What a command sends, as it is typed: payloads, numbers, JSON, the fields of `/frame`; pure."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from ..errors import UsageError
from ..payloads import file_name, parse_bytes
from ..wire.frame import Opcode
from . import commands as c

_OPCODES: Final = {opcode.name.lower(): int(opcode) for opcode in Opcode}
_SWITCH: Final = {"1": True, "0": False, "on": True, "off": False, "true": True, "false": False}
_FRAME_FIELDS: Final = frozenset({"opcode", "payload", "fin", "rsv1", "rsv2", "rsv3", "mask", "length"})


def split_word(text: str) -> tuple[str, str]:
    """The first word, and what follows the one white space after it, untouched."""
    match = re.match(r"(\S*)\s?(.*)", text, re.DOTALL)
    return (match[1], match[2]) if match else (text, "")


def check_json(text: str) -> None:
    """Raises: UsageError, with where it is wrong, when `text` is not JSON (RFC 8259)."""
    try:
        msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError) as wrong:
        reason = str(wrong).removeprefix("JSON is malformed: ") or "nested too deeply"
        raise UsageError(
            f"not valid JSON: {reason}: nothing was sent", hint="/text sends it all the same"
        ) from None


def parse_payload(value: str) -> c.Payload:
    """`hex:…`, `base64:…` or `@file`; never empty. Raises: UsageError."""
    if not value:
        raise UsageError("the payload is missing", hint="hex:00ff, base64:AP8=, or @FILE")
    name = file_name(value)
    return c.AtFile(name) if name else _bytes(value)


def _bytes(value: str) -> bytes:
    try:
        return parse_bytes("payload", value)
    except UsageError as wrong:
        # The command's name stands before it; what it is about is seen.
        raise UsageError(wrong.message.removeprefix("payload: "), hint=wrong.hint) from None


def parse_number(text: str, what: str) -> int:
    """A number of up to 20 digits, that is, 64 bits; `what` is what errors call it. Raises: UsageError."""
    if not re.fullmatch(r"-?[0-9]{1,20}", text):
        raise UsageError(f"{what} is a number, not {text[:40]!r}" if text else f"{what} is missing")
    return int(text)


def parse_frame(rest: str) -> c.Command:
    """The fields of `/frame`, in any order but for the payload. Raises: UsageError."""
    given: dict[str, str] = {}
    while rest.strip():
        match = re.match(r"\s*(\w+)=", rest)
        if match is None:
            raise UsageError(f"{rest.split()[0][:40]!r} is no NAME=VALUE")
        name = match[1].lower()
        if name not in _FRAME_FIELDS:
            raise UsageError(f"there is no {name!r}", hint=f"known: {', '.join(sorted(_FRAME_FIELDS))}")
        if name in given:
            raise UsageError(f"{name}= is given twice")
        if name == "payload":
            # Last, for it may hold spaces.
            given[name], rest = rest[match.end() :], ""
        else:
            given[name], rest = split_word(rest[match.end() :])
    if "opcode" not in given:
        raise UsageError("opcode= is missing")
    return c.SendFrame(
        opcode=_opcode(given["opcode"]),
        payload=parse_free_payload(given.get("payload", "")),
        fin=_switch("fin", given.get("fin", "1")),
        rsv1=_switch("rsv1", given.get("rsv1", "0")),
        rsv2=_switch("rsv2", given.get("rsv2", "0")),
        rsv3=_switch("rsv3", given.get("rsv3", "0")),
        mask=_mask(given.get("mask", "1")),
        length=_length(given["length"]) if "length" in given else None,
    )


def _opcode(text: str) -> int:
    if text.lower() in _OPCODES:
        return _OPCODES[text.lower()]
    try:
        opcode = int(text, 0)
    except ValueError:
        opcode = -1
    if not 0 <= opcode <= 15:
        raise UsageError(f"opcode is 0 to 15 or a name, not {text[:40]!r}", hint=", ".join(_OPCODES))
    return opcode


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise UsageError(f"{name} is 0 or 1, not {text[:40]!r}")
    return _SWITCH[text.lower()]


def _mask(text: str) -> bytes | bool:
    if re.fullmatch(r"[0-9a-fA-F]{8}", text):
        return bytes.fromhex(text)
    if text.lower() in _SWITCH:
        return _SWITCH[text.lower()]
    raise UsageError("mask is 1, 0 or eight hex digits")


def _length(text: str) -> int:
    length = parse_number(text, "length")
    if not 0 <= length < 2**64:
        raise UsageError("length goes from 0 to 2⁶⁴-1")
    return length


def parse_free_payload(text: str) -> c.Payload:
    """`hex:…`, `base64:…`, `@file`, or the text itself (`@@x` for `@x`)."""
    name = file_name(text)
    if name:
        return c.AtFile(name)
    if text.startswith(("hex:", "base64:")):
        return _bytes(text)
    return text.removeprefix("@").encode() if text.startswith("@@") else text.encode()
