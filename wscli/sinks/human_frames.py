"""Lines for frames, messages, pings and pongs: the hot part of the human format, in aligned columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from ..events import FrameSeen, MessageSeen
from ..wire.closecodes import parse_close
from .base import payload_of
from .escape import escape
from .human_payload import fits_inline, hexdump, inline_hex, text_in, text_rows
from .human_style import Palette, chop, cut, plural, size_text

_SHORT_TYPES: Final = {"continuation": "cont", "reserved": "op"}
_NARROW: Final = 60
_WIDE: Final = 100


class FrameLines:
    """Renders frames and messages in columns that fit the terminal's width.

    Number, time, direction, type, FIN and fragment marks, length (on the wire → inflated), payload:
        12    0.123 ← text  fin        27 B  {"a": 1}
    """

    def __init__(self, width: int, palette: Palette, *, verbose: bool) -> None:
        self._width = width
        self._palette = palette
        self._verbose = verbose
        self._narrow = width < _NARROW
        self.set_compressed(False)
        self._fragmented_text = {"in": False, "out": False}
        self._arrows = {
            "in": palette.paint(palette.incoming, "←"),
            "out": palette.paint(palette.outgoing, "→"),
        }

    def set_compressed(self, compressed: bool) -> None:
        """Whether permessage-deflate was agreed: then lengths and RSV1 need more room."""
        wide = self._width >= _WIDE
        self._marks_width = 3 if self._narrow else 8 if compressed or wide else 4
        self._size_width = 7 if self._narrow else 16 if wide else 14 if compressed else 9

    def frame(self, event: FrameSeen) -> Iterator[str]:
        """The lines of one frame."""
        prefix, used = self._columns(event, _type_of(event), self._marks(event), _lengths(event))
        room = self._width - used
        if event.truncated:
            prefix += self._palette.paint(self._palette.bad, "truncated ")
            room -= len("truncated ")
        whole = event.fin and event.opcode and not event.truncated
        below = self._text_below(event, room) if whole else None
        yield (prefix + ("" if below is not None else self._content(event, room))).rstrip(" ")
        if self._verbose:
            mask = f" · mask {event.mask}" if event.mask else ""
            yield self._below(cut(f"header {event.header}{mask}", self._width - 4))
        yield from self._rows(event, below)

    def message(self, event: MessageSeen, *, frames: bool) -> Iterator[str]:
        """The lines of one message; with `frames` shown, only those that say more than its frame did."""
        if frames and event.fragments == 1:
            return
        if frames:
            sentence = f"= {event.type} message, {plural(event.fragments, 'fragment')}, {_lengths(event)}  "
            sentence = cut(sentence, self._width - 4)
            room = self._width - 4 - len(sentence)
            prefix = "    " + self._palette.paint(self._palette.faint, sentence)
        else:
            prefix, used = self._columns(event, event.type, "", _lengths(event))
            room = self._width - used
        below = self._text_below(event, room)
        yield (prefix + ("" if below is not None else self._content(event, max(room, 0)))).rstrip(" ")
        yield from self._rows(event, below)

    def _text_below(self, event: FrameSeen | MessageSeen, room: int) -> str | None:
        """The text of a whole message that does not fit beside its frame, to stand below it; else None."""
        if event.type != "text" or event.text is UNSET:
            return None
        text = event.text
        fits = len(text) <= room and len(chop(escape(text), max(room, 2))) <= 1
        return None if fits else text

    def _rows(self, event: FrameSeen | MessageSeen, text: str | None) -> Iterator[str]:
        if text is not None:
            yield from (f"    {row}" for row in text_rows(text, self._width - 4, self._palette))
        elif _has_hexdump(event):
            yield from map(self._below, hexdump(payload_of(event), self._width - 4))

    def _columns(self, event: FrameSeen | MessageSeen, kind: str, marks: str, size: str) -> tuple[str, int]:
        """The line up to the payload, and how many cells it takes."""
        palette = self._palette
        number = f"{event.n:>{3 if self._narrow else 5}} "
        time = f"{event.t:>6.2f}" if self._narrow else f"{event.t:>8.3f}"
        style = palette.incoming if event.direction == "in" else palette.outgoing
        if kind in ("ping", "pong", "close") or kind.startswith("op"):
            style = palette.control
        columns = f"{kind:<7}{marks:<{self._marks_width}} {size:>{self._size_width}}"
        used = len(number) + len(time) + 3 + len(columns) + 2
        faint = palette.paint(palette.faint, f"{number}{time}")
        kind_shown = palette.paint(style, kind)
        return f"{faint} {self._arrows[event.direction]} {kind_shown}{columns[len(kind) :]}  ", used

    def _marks(self, event: FrameSeen) -> str:
        """FIN, where the frame stands in a fragmented message, and what RSV bits are set."""
        first, last = event.opcode != 0, event.fin
        place = ("" if first else "└") if last else "┌" if first else "│"
        fin = "fin" if last else ""
        bits = "".join(number for number in "123" if getattr(event, f"rsv{number}"))
        mark = place + fin if not (self._narrow and place) else place
        return f"{mark} r{bits}" if bits else mark

    def _content(self, event: FrameSeen | MessageSeen, room: int) -> str:
        if room < 1:
            return ""
        if event.type == "close":
            return cut(_close_text(payload_of(event)), room)
        text = self._text_of(event)
        if text is None:
            payload = payload_of(event)
            # A hexdump follows such a one.
            return "" if _has_hexdump(event) else inline_hex(payload, room)
        return text_in(text, room, self._palette)

    def _text_of(self, event: FrameSeen | MessageSeen) -> str | None:
        """The payload as text where it is one; a fragment may begin and end inside a character."""
        if isinstance(event, FrameSeen) and event.type in ("text", "binary"):
            self._fragmented_text[event.direction] = event.type == "text"
        if event.type in ("ping", "pong", "binary", "reserved"):
            payload = payload_of(event)
            readable = event.type in ("ping", "pong") and payload.isascii() and payload.decode().isprintable()
            return payload.decode() if readable else None
        if event.text is not UNSET and self._is_text(event):
            return event.text
        return payload_of(event).decode("utf-8", "backslashreplace") if self._is_text(event) else None

    def _is_text(self, event: FrameSeen | MessageSeen) -> bool:
        return event.type == "text" or self._fragmented_text[event.direction]

    def _below(self, text: str) -> str:
        return "    " + self._palette.paint(self._palette.faint, text)


def _has_hexdump(event: FrameSeen | MessageSeen) -> bool:
    """Whether there is more binary than fits a line, and it is whole: fragments are shown as a message."""
    if event.type != "binary" or (isinstance(event, FrameSeen) and not event.fin):
        return False
    return not fits_inline(payload_of(event))


def _type_of(event: FrameSeen) -> str:
    if event.type == "reserved":
        return f"op {event.opcode:#x}"
    return _SHORT_TYPES.get(event.type, event.type)


def _lengths(event: FrameSeen | MessageSeen) -> str:
    if event.wire_length == event.length:
        return size_text(event.length)
    if max(event.wire_length, event.length) < 100_000:
        return f"{event.wire_length:,}→{event.length:,} B"
    return f"{size_text(event.wire_length)}→{size_text(event.length)}".replace(" ", "")


def _close_text(payload: bytes) -> str:
    from ..wire.closecodes import name_of

    close = parse_close(payload)
    if close.code is None:
        return "without a code" if not payload else f"hex {payload.hex()}"
    reason = f' "{escape(close.reason)}"' if close.reason else ""
    return f"{close.code} {name_of(close.code)}{reason}"
