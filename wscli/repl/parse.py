"""A line → a Command value; pure. What is wrong with a line is a UsageError whose hint is the right form."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from typing import Final

import msgspec

from ..config import parse_url
from ..errors import UsageError
from ..payloads import file_name, parse_bytes
from ..wire.closecodes import why_not
from ..wire.frame import Opcode
from . import commands as c
from .filters import compile_pattern, parse_filter

_MOST_REASON_BYTES: Final = 123
_MOST_FRAGMENTS: Final = 10_000
_OPCODES: Final = {opcode.name.lower(): int(opcode) for opcode in Opcode}
_SWITCH: Final = {"1": True, "0": False, "on": True, "off": False, "true": True, "false": False}


def parse_line(line: str) -> c.Command:
    """What `line` means. A line that does not begin with `/` is a text message as it stands.

    Raises: UsageError.
    """
    if not line:
        return c.Nothing()
    _check_utf8(line)
    if line.startswith("//"):
        return c.SendText(line[1:].encode())
    if not line.startswith("/"):
        return c.SendText(line.encode())
    name, rest = _split_word(line[1:])
    name = c.ALIASES.get(name, name)
    if name not in _PARSERS:
        raise _unknown(name)
    try:
        return _PARSERS[name](rest)
    except UsageError as wrong:
        hint = f"{wrong.hint} · {c.FORMS[name].usage}" if wrong.hint else c.FORMS[name].usage
        raise UsageError(f"/{name}: {wrong.message}", hint=hint) from None


def _check_utf8(line: str) -> None:
    """What a terminal sent that is no UTF-8 stands as lone surrogates in `line` (PEP 383)."""
    for char in line:
        if 0xD800 <= ord(char) <= 0xDFFF:
            byte = f"byte 0x{ord(char) - 0xDC00:02x}" if 0xDC80 <= ord(char) <= 0xDCFF else "a lone surrogate"
            raise UsageError(
                f"the line is not UTF-8 ({byte}): nothing was sent", hint="/binary hex:… sends any bytes"
            )


def _unknown(name: str) -> UsageError:
    near = difflib.get_close_matches(name.lower(), _PARSERS, n=1, cutoff=0.5)
    starting = [known for known in _PARSERS if name and known.startswith(name.lower())]
    suggestion = starting[0] if len(starting) == 1 else near[0] if near else ""
    shown = name if len(name) <= 40 else f"{name[:40]}…"
    meant = f"did you mean /{suggestion}? " if suggestion else ""
    return UsageError(
        f"/{shown} is no command: nothing was sent",
        hint=f"{meant}/help lists all; // sends a line that begins with /",
    )


def _split_word(text: str) -> tuple[str, str]:
    """The first word, and what follows the one white space after it, untouched."""
    match = re.match(r"(\S*)\s?(.*)", text, re.DOTALL)
    return (match[1], match[2]) if match else (text, "")


def _none(make: Callable[[], c.Command]) -> Callable[[str], c.Command]:
    def parse(rest: str) -> c.Command:
        if rest.strip():
            raise UsageError("takes nothing after it")
        return make()

    return parse


def _text(rest: str) -> c.Command:
    return c.SendText(rest.encode())


def _json(rest: str) -> c.Command:
    if not rest.strip():
        raise UsageError("the JSON is missing")
    check_json(rest)
    return c.SendText(rest.encode())


def check_json(text: str) -> None:
    """Raises: UsageError, with where it is wrong, when `text` is not JSON (RFC 8259)."""
    try:
        msgspec.json.decode(text.encode())
    except (msgspec.DecodeError, RecursionError) as wrong:
        reason = str(wrong).removeprefix("JSON is malformed: ") or "nested too deeply"
        raise UsageError(
            f"not valid JSON: {reason}: nothing was sent", hint="/text sends it all the same"
        ) from None


def _binary(rest: str) -> c.Command:
    return c.SendBinary(_payload(rest.strip()))


def _payload(value: str) -> c.Payload:
    if not value:
        raise UsageError("the payload is missing", hint="hex:00ff, base64:AP8=, or @FILE")
    name = file_name(value)
    return c.AtFile(name) if name else parse_bytes("payload", value)


def _send(rest: str) -> c.Command:
    name = file_name(rest.strip())
    if not name:
        raise UsageError("name the file behind an @")
    return c.SendText(c.AtFile(name))


def _fragment(rest: str) -> c.Command:
    number, text = _split_word(rest)
    count = _number(number, "N")
    if not 1 <= count <= _MOST_FRAGMENTS:
        raise UsageError(f"N goes from 1 to {_MOST_FRAGMENTS:,}")
    return c.SendFragments(count, text.encode())


def _number(text: str, what: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", text):
        raise UsageError(f"{what} is a number, not {text[:40]!r}" if text else f"{what} is missing")
    return int(text)


def _frame(rest: str) -> c.Command:
    given: dict[str, str] = {}
    while rest.strip():
        match = re.match(r"\s*(\w+)=", rest)
        if match is None:
            raise UsageError(f"{rest.split()[0][:40]!r} is no NAME=VALUE")
        name = match[1].lower()
        if name not in _FRAME_FIELDS:
            raise UsageError(f"there is no {name!r}", hint=f"known: {', '.join(sorted(_FRAME_FIELDS))}")
        if name == "payload":
            # Last, for it may hold spaces.
            given[name], rest = rest[match.end() :], ""
        else:
            given[name], rest = _split_word(rest[match.end() :])
    if "opcode" not in given:
        raise UsageError("opcode= is missing")
    return c.SendFrame(
        opcode=_opcode(given["opcode"]),
        payload=_free_payload(given.get("payload", "")),
        fin=_switch("fin", given.get("fin", "1")),
        rsv1=_switch("rsv1", given.get("rsv1", "0")),
        rsv2=_switch("rsv2", given.get("rsv2", "0")),
        rsv3=_switch("rsv3", given.get("rsv3", "0")),
        mask=_mask(given.get("mask", "1")),
        length=_length(given["length"]) if "length" in given else None,
    )


_FRAME_FIELDS: Final = frozenset({"opcode", "payload", "fin", "rsv1", "rsv2", "rsv3", "mask", "length"})


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
    length = _number(text, "length")
    if not 0 <= length < 2**64:
        raise UsageError("length goes from 0 up")
    return length


def _free_payload(text: str) -> c.Payload:
    """`hex:…`, `base64:…`, `@file`, or the text itself (`@@x` for `@x`)."""
    name = file_name(text)
    if name:
        return c.AtFile(name)
    if text.startswith(("hex:", "base64:")):
        return parse_bytes("payload", text)
    return text.removeprefix("@").encode() if text.startswith("@@") else text.encode()


def _control(make: Callable[[bytes], c.Command]) -> Callable[[str], c.Command]:
    def parse(rest: str) -> c.Command:
        payload = _free_payload(rest)
        if isinstance(payload, c.AtFile):
            raise UsageError("a file is no payload here", hint="write @@ for a plain @")
        if len(payload) > 125:
            raise UsageError(f"a control frame holds at most 125 bytes, not {len(payload):,} (RFC 6455 §5.5)")
        return make(payload)

    return parse


def _close(rest: str) -> c.Command:
    if not rest.strip():
        return c.CloseWith()
    word, reason = _split_word(rest.strip())
    code = _number(word, "CODE")
    if why := why_not(code):
        raise UsageError(
            f"{why}: nothing was sent",
            hint=f"/frame opcode=close payload=hex:{max(code, 0) & 0xFFFF:04x} sends it all the same",
        )
    length = len(reason.encode())
    if length > _MOST_REASON_BYTES:
        raise UsageError(
            f"a reason has at most 123 bytes of UTF-8, not {length:,} (RFC 6455 §5.5): nothing was sent"
        )
    return c.CloseWith(code, reason)


def _split_pipe(rest: str) -> tuple[str, str | None]:
    before, bar, after = rest.partition("|")
    if bar and not after.strip():
        raise UsageError("the shell command after | is missing")
    return before.strip(), after.strip() if bar else None


def _show(rest: str) -> c.Command:
    number, pipe = _split_pipe(rest)
    return c.ShowFrame(_number(number, "N") if number else None, pipe)


def _save(rest: str) -> c.Command:
    name, pipe = _split_pipe(rest)
    if bool(name) == bool(pipe):
        raise UsageError("name a file, or a shell command behind |")
    return c.Save(name or None, pipe)


def _filter(rest: str) -> c.Command:
    return c.SetFilter(parse_filter(rest) if rest.strip() else None)


def _pretty(rest: str) -> c.Command:
    word = rest.strip().lower()
    if word and word not in ("on", "off"):
        raise UsageError(f"on or off, not {word[:40]!r}")
    return c.Pretty(word == "on" if word else None)


def _find(rest: str) -> c.Command:
    if not rest.strip():
        raise UsageError("what to look for is missing")
    compile_pattern(rest)
    return c.Find(rest)


def _connect(rest: str) -> c.Command:
    parse_url(rest.strip())
    return c.ConnectTo(rest.strip())


def _set(rest: str) -> c.Command:
    name, value = _split_word(rest.strip())
    if name and not value.strip():
        raise UsageError(f"the value of {name[:40]!r} is missing", hint="/set shows all")
    return c.SetOption(name.lower(), value.strip()) if name else c.SetOption()


def _help(rest: str) -> c.Command:
    topic = rest.strip().removeprefix("/")
    topic = c.ALIASES.get(topic, topic)
    if topic and topic not in c.FORMS:
        raise _unknown(topic)
    return c.Help(topic)


_PARSERS: Final[dict[str, Callable[[str], c.Command]]] = {
    "text": _text,
    "json": _json,
    "binary": _binary,
    "send": _send,
    "fragment": _fragment,
    "frame": _frame,
    "ping": _control(c.Ping),
    "pong": _control(c.Pong),
    "close": _close,
    "show": _show,
    "find": _find,
    "filter": _filter,
    "pretty": _pretty,
    "pause": _none(c.Pause),
    "resume": _none(c.Resume),
    "save": _save,
    "info": _none(c.ShowInfo),
    "stats": _none(c.ShowStats),
    "headers": _none(c.ShowHeaders),
    "tls": _none(c.ShowTls),
    "history": lambda rest: c.ShowHistory(rest.strip()),
    "reconnect": _none(c.Reconnect),
    "connect": _connect,
    "set": _set,
    "help": _help,
    "quit": _none(c.Quit),
}
