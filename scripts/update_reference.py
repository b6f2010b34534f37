"""Writes docs/events.md from the event types and the table of rules, as they are now.

.venv/bin/python -m scripts.update_reference
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from wscli.events import Attempt, Certificate, Event, Extension, SentClose
from wscli.wire.rules import BODY_RULES, CLOSING_RULES, FRAME_RULES, HANDSHAKE_RULES, HEAD_RULES

PAGE = Path(__file__).resolve().parent.parent / "docs" / "events.md"

_INTRO: Final = """\
# Events and violations

Made by `python -m scripts.update_reference`: change the docstrings of `wscli/events.py` and the table of
`wscli/wire/rules.py`, not this page.

`--format json` writes one event a line: a JSON object in bytes 0x20 to 0x7E. The JSON Schema is in the
package, as `wscli/events.schema.json`. Every event has `event` (its name), `t` (seconds since start,
monotonic; what one read brought shares it) and `time` (RFC 3339, UTC). Durations end in `_ms`. Bytes that are
not text are in `base64`. `n` counts from 1 over both directions, frames and messages apart, on through
reconnects. A frame of ours is told once its bytes were handed to the socket, one of the peer's as it stood on
the wire. Fields are added, never renamed.
"""
_FRAMES: Final = (
    "`frame` comes with `--frames` or `-v`; all others always. A field with `?` may be left out.\n"
)
_RULES: Final = """\
What a peer breaks is a `violation` event, a `!` line in the other formats, and, if it is an error, exit code
76 (in the opening handshake 8 or 22), unless something else went wrong before. Slugs stay as they are.
"""
_TABLES: Final = {
    "HTTP heads": HEAD_RULES,
    "Bodies of refusals": BODY_RULES,
    "The opening handshake": HANDSHAKE_RULES,
    "Frames and messages": FRAME_RULES,
    "The closing handshake (`wscli close`)": CLOSING_RULES,
}


def reference() -> str:
    """The whole page."""
    parts = [_INTRO, "## Events\n", _FRAMES, _table(("event", "fields", "what it tells"), _events())]
    parts += ["Inside them:\n", _table(("value", "fields", "what it is"), _values())]
    parts += ["## Violations\n", _RULES]
    for title, rules in _TABLES.items():
        rows = ((f"`{slug}`", rule.rfc, rule.severity, rule.explanation) for slug, rule in rules.items())
        parts += [f"### {title}\n", _table(("slug", "section", "severity", "what is asked for"), rows)]
    return "\n".join(parts)


def _events() -> Iterator[tuple[str, ...]]:
    for kind in get_args(Event):
        yield f"`{kind.__struct_config__.tag}`", _fields(kind, {"t", "time"}), _said_of(kind)


def _values() -> Iterator[tuple[str, ...]]:
    owners = {
        Attempt: "attempts",
        Certificate: "certificate, chain",
        Extension: "extensions, offered",
        SentClose: "sent",
    }
    for kind, owner in owners.items():
        yield owner, _fields(kind, set()), _said_of(kind)


def _fields(kind: Any, without: set[str]) -> str:
    own = (field for field in msgspec.structs.fields(kind) if field.name not in without)
    return ", ".join(f"{field.encode_name}{'?' * (field.default is msgspec.UNSET)}" for field in own)


def _said_of(kind: Any) -> str:
    return re.sub(r" \(contract §\d+\)", "", " ".join((kind.__doc__ or "").split()))


def _table(heads: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


if __name__ == "__main__":
    PAGE.write_text(reference(), encoding="utf-8")
