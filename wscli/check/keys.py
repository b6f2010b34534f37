"""What errors say of the options of a command, in the keys of a suite: `check` has no such options."""

from __future__ import annotations

import re
from typing import Final, get_args, get_type_hints

from .tables import ExpectTable, TargetTable

_SHORT: Final = {
    "--header": "headers",
    "-k": "insecure",
    "-o": "origin",
    "-L": "location",
    "-s": "subprotocol",
    "-u": "user",
    "-H": "headers",
    "-4": "ipv4",
    "-6": "ipv6",
}
# What has no key of the same name, as a whole.
_OTHERWISE: Final = {
    "--reconnect comes back": "retries = 3 tries again",
    "text or binary (--binary)?": "text (send) or binary (send-binary)?",
    "-v --frames shows them": "wscli connect -v --frames shows them",
}
_KEYS: Final = frozenset(TargetTable.__struct_encode_fields__)
_EXPECT_KEYS: Final = frozenset(ExpectTable.__struct_encode_fields__)
_TRUE: Final = frozenset(
    field.replace("_", "-") for field, kind in get_type_hints(TargetTable).items() if bool in get_args(kind)
)
_NAME: Final = r"(?<![\w'-])(?:--[a-z][a-z-]*[a-z]|-[a-zA-Z46])(?![\w-])"
# What options take in hints: USER:PASSWORD, FILE, @FILE, 1011, https://…, 'Name: value', a host with a port.
_VALUE: Final = r"[A-Z][A-Z:]+(?![\w-])|@[A-Z]+|https://…|'[^']*'|none(?!\w)|\d{4}(?!\d)|[a-z0-9.]+:\d[\d.:]*"
_ASSIGNED: Final = re.compile(rf"({_NAME}) ({_VALUE})")
_NAMED: Final = re.compile(rf"{_NAME}(?:(?:, | or | and ){_NAME})*")
_SEPARATOR: Final = re.compile(r"(, | or | and )")
_OF_A_SUITE: Final = "; these are keys of a suite, and wscli check --init writes one"


def in_keys(text: str, *, suite: bool = True) -> str:
    """What names options of the command line, in the keys of a suite; says so where there is no `suite`."""
    told = text
    for option, otherwise in _OTHERWISE.items():
        told = told.replace(option, otherwise)
    spoken = _NAMED.sub(_named, _ASSIGNED.sub(_assigned, told))
    return spoken if suite or spoken == told else spoken + _OF_A_SUITE


def _key(option: str) -> str | None:
    name = _SHORT.get(option) or option[2:]
    if name.startswith("expect-") and name[7:] in _EXPECT_KEYS:
        return f"expect.{name[7:]}"
    return name if name in _KEYS else None


def _assigned(found: re.Match[str]) -> str:
    """An option with its value, as TOML."""
    option, value = found[1], found[2]
    key = _key(option)
    if key is None or key in _TRUE:
        return found[0]
    if key == "ok-close":
        return f"{key} = [{value}]"
    if key == "headers":
        name, _, content = value.strip("'").partition(": ")
        return f'{key} = {{ {name} = "{content}" }}'
    return f"{key} = {value}" if value.isdigit() else f'{key} = "{value}"'


def _named(found: re.Match[str]) -> str:
    """Options without values: those that take none are set, the others only named."""
    parts = _SEPARATOR.split(found[0])
    keys = [_key(option) for option in parts[::2]]
    if None in keys:
        return found[0]
    # In front of a colon it is the culprit.
    if all(key in _TRUE for key in keys) and found.string[found.end() : found.end() + 1] != ":":
        said = [f"{key} = true" for key in keys]
        return "".join(a + b for a, b in zip(said, [*parts[1::2], ""], strict=True))
    quoted = "".join(f"{key!r}{between}" for key, between in zip(keys, [*parts[1::2], ""], strict=True))
    return f"the key {quoted}" if len(keys) == 1 else f"the keys {quoted}"
