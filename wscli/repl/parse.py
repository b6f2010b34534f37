"""A line → a Command value; pure. What is wrong with a line is a UsageError whose hint is the right form."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import Final

from ..config import parse_url
from ..errors import UsageError
from ..payloads import file_name
from ..wire.closecodes import why_not
from . import commands as c
from .fields import check_json, parse_frame, parse_free_payload, parse_number, parse_payload, split_word
from .filters import compile_pattern, parse_filter
from .settings import CHOICES

_MOST_REASON_BYTES: Final = 123
_MOST_FRAGMENTS: Final = 10_000


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
    name, rest = split_word(line[1:])
    name = c.ALIASES.get(name, name)
    if name not in _PARSERS:
        raise UsageError(
            f"/{_short(name)} is no command: nothing was sent",
            hint=f"{_nearest(name)}/help lists all; // sends a line that begins with /",
        )
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


def _nearest(name: str) -> str:
    """`did you mean …? ` when there is a command like `name`."""
    near = difflib.get_close_matches(name.lower(), _PARSERS, n=1, cutoff=0.6)
    starting = [known for known in _PARSERS if name and known.startswith(name.lower())]
    suggestion = starting[0] if len(starting) == 1 else near[0] if near else ""
    return f"did you mean /{suggestion}? " if suggestion else ""


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}…"


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


def _binary(rest: str) -> c.Command:
    return c.SendBinary(parse_payload(rest.strip()))


def _send(rest: str) -> c.Command:
    name = file_name(rest.strip())
    if not name:
        raise UsageError("name the file behind an @")
    return c.SendText(c.AtFile(name))


def _fragment(rest: str) -> c.Command:
    number, text = split_word(rest)
    count = parse_number(number, "N")
    if not 1 <= count <= _MOST_FRAGMENTS:
        raise UsageError(f"N goes from 1 to {_MOST_FRAGMENTS:,}")
    return c.SendFragments(count, text.encode())


def _control(make: Callable[[bytes], c.Command]) -> Callable[[str], c.Command]:
    def parse(rest: str) -> c.Command:
        payload = parse_free_payload(rest)
        if isinstance(payload, c.AtFile):
            raise UsageError("a file is no payload here", hint="write @@ for a plain @")
        if len(payload) > 125:
            raise UsageError(f"a control frame holds at most 125 bytes, not {len(payload):,} (RFC 6455 §5.5)")
        return make(payload)

    return parse


def _close(rest: str) -> c.Command:
    if not rest.strip():
        return c.CloseWith()
    word, reason = split_word(rest.strip())
    code = parse_number(word, "CODE")
    if why := why_not(code):
        fits = 0 <= code <= 0xFFFF
        hint = f"/frame opcode=close payload=hex:{code:04x} sends it all the same" if fits else ""
        raise UsageError(f"{why}: nothing was sent", hint=hint)
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
    return c.ShowFrame(parse_number(number, "N") if number else None, pipe)


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
    if not rest.strip().startswith("@"):
        parse_url(rest.strip())
    return c.ConnectTo(rest.strip())


def _set(rest: str) -> c.Command:
    name, value = split_word(rest.strip())
    if name and not value.strip():
        choices = (
            f"choose {', '.join(CHOICES[name.lower()])}" if name.lower() in CHOICES else "/set shows all"
        )
        raise UsageError(f"the value of {name[:40]!r} is missing", hint=choices)
    return c.SetOption(name.lower(), value.strip()) if name else c.SetOption()


def _help(rest: str) -> c.Command:
    topic = rest.strip().removeprefix("/")
    topic = c.ALIASES.get(topic, topic)
    if topic and topic not in c.FORMS:
        raise UsageError(f"there is no command /{_short(topic)}", hint=f"{_nearest(topic)}/help lists all")
    return c.Help(topic)


_PARSERS: Final[dict[str, Callable[[str], c.Command]]] = {
    "text": _text,
    "json": _json,
    "binary": _binary,
    "send": _send,
    "fragment": _fragment,
    "frame": parse_frame,
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
