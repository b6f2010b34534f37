"""One frame taken apart: its header drawn in the order of RFC 6455 §5.2, what it says, its payload."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from msgspec import UNSET

from ..events import FrameSeen, MessageSeen, ViolationFound
from ..sinks.base import payload_of
from ..sinks.escape import escape
from ..sinks.human_payload import hexdump
from ..sinks.human_style import Palette, cut, wrap
from ..wire.closecodes import name_of, parse_close

_ROW: Final = 32
_FIGURE_WIDTH: Final = 2 * _ROW + 1
_HEXDUMP_ROWS: Final = 16
_TEXT_LINES: Final = 12


@dataclass(frozen=True, slots=True)
class Bits:
    """A field of the header: what the figure calls it, in full and in the space of one bit, and its bits."""

    label: str
    short: str
    bits: str


def anatomy(
    frame: FrameSeen,
    violations: list[ViolationFound],
    message: MessageSeen | None,
    palette: Palette,
    width: int,
) -> Iterator[str]:
    """The lines that show `frame` in at most `width` cells; `message` is the one that it completes."""
    arrow = "← in" if frame.direction == "in" else "→ out"
    yield palette.paint(palette.strong, cut(f"frame {frame.n:,} {arrow}, {frame.time}", width))
    header = bytes.fromhex(frame.header)
    if len(header) >= 2:
        yield from _figure(header, palette, width)
        yield from _meanings(frame, header, palette, width)
    yield from _payload(frame, palette, width)
    if message is not None and message.fragments > 1:
        text = f"completes message {message.n:,}: {message.fragments:,} fragments, {message.length:,} bytes"
        yield cut(text, width)
    for violation in violations:
        style = palette.bad if violation.severity == "error" else palette.warning
        head = f"! {violation.severity} {violation.rule} ({violation.rfc})"
        yield palette.paint(style, cut(escape(head), width))
        yield from (f"    {line}" for line in wrap(escape(violation.detail), width - 4))
    if not violations and frame.direction == "in":
        yield palette.paint(palette.good, cut("✓ lint found nothing wrong with it", width))


def header_fields(header: bytes) -> list[Bits]:
    """The fields of a header of at least two bytes, in wire order (RFC 6455 §5.2)."""
    first, second = f"{header[0]:08b}", f"{header[1]:08b}"
    fields = [
        Bits("FIN", "F", first[0]),
        Bits("RSV1", "1", first[1]),
        Bits("RSV2", "2", first[2]),
        Bits("RSV3", "3", first[3]),
        Bits("opcode", "op", first[4:]),
        Bits("MASK", "M", second[0]),
        Bits("length", "len", second[1:]),
    ]
    code = header[1] & 0x7F
    extended = 2 if code == 126 else 8 if code == 127 else 0
    if extended:
        fields.append(Bits("extended payload length", "ext", _bits(header[2 : 2 + extended])))
    if header[1] & 0x80:
        fields.append(Bits("masking key", "key", _bits(header[2 + extended :])))
    return fields


def _bits(part: bytes) -> str:
    return "".join(f"{byte:08b}" for byte in part)


def _figure(header: bytes, palette: Palette, width: int) -> Iterator[str]:
    """Rows of 32 bits, as the RFC draws them; on a narrow terminal the meanings alone must do."""
    if width < _FIGURE_WIDTH:
        return
    rows = _rows(header_fields(header))
    faint = palette.faint
    used = sum(len(field.bits) for field in rows[0])
    tens = "".join(f"{bit // 10 if bit % 10 == 0 else ' '} " for bit in range(used)).rstrip()
    yield palette.paint(faint, f" {tens}")
    yield palette.paint(faint, " " + " ".join(str(bit % 10) for bit in range(used)))
    above: set[int] = set()
    for row in rows:
        edges = _edges(row)
        yield palette.paint(faint, _border(above, edges))
        bar = palette.paint(faint, "│")
        bits = bar.join(palette.paint(palette.number, " ".join(field.bits)) for field in row)
        names = bar.join(_centred(field) for field in row)
        yield f"{bar}{bits}{bar}"
        yield f"{bar}{names}{bar}"
        above = edges
    yield palette.paint(faint, _border(above, set()))


def _rows(fields: list[Bits]) -> list[list[Bits]]:
    rows: list[list[Bits]] = [[]]
    room = _ROW
    for field in fields:
        bits = field.bits
        while bits:
            part, bits = bits[:room], bits[room:]
            label = field.label if len(part) == len(field.bits) or rows[-1:] == [[]] else f"{field.label}"
            rows[-1].append(Bits(label, field.short, part))
            room -= len(part)
            if not room:
                rows.append([])
                room = _ROW
    return [row for row in rows if row]


def _centred(field: Bits) -> str:
    space = 2 * len(field.bits) - 1
    label = field.label if len(field.label) <= space else field.short
    return f"{label:^{space}}"


def _edges(row: list[Bits]) -> set[int]:
    edges, at = {0}, 0
    for field in row:
        at += 2 * len(field.bits)
        edges.add(at)
    return edges


def _border(above: set[int], below: set[int]) -> str:
    last = max(above | below)
    corners = {(False, True): "┬", (True, False): "┴", (True, True): "┼", (False, False): "─"}
    line = []
    for at in range(last + 1):
        up, down = at in above, at in below
        if at == 0:
            line.append("├" if up and down else "┌" if down else "└")
        elif at == last:
            line.append("┤" if up and down else "┐" if down else "┘")
        else:
            line.append(corners[up, down])
    return "".join(line)


def _meanings(frame: FrameSeen, header: bytes, palette: Palette, width: int) -> Iterator[str]:
    rows = [
        ("FIN", "1: the last, or only, frame of its message" if frame.fin else "0: more fragments follow"),
        ("opcode", f"{frame.opcode:#x} {frame.type}"),
        ("MASK", f"1: key {frame.mask}" if frame.mask else "0: not masked"),
        ("length", _length(frame, header)),
        ("header", header.hex(" ")),
    ]
    set_bits = [name for name in ("rsv1", "rsv2", "rsv3") if getattr(frame, name)]
    if set_bits:
        text = ", ".join(name.upper() for name in set_bits) + " set"
        if set_bits == ["rsv1"] and frame.opcode in (1, 2):
            text = "RSV1: the message is compressed (RFC 7692 §6)"
        rows.insert(1, ("RSV", text))
    if frame.type == "close":
        rows.append(("close", _close(payload_of(frame))))
    for label, value in rows:
        first, *more = wrap(escape(value, inside=True), width - 10)
        yield f"{palette.paint(palette.faint, f'{label:<8}')}  {first}"
        yield from (f"{'':<8}  {line}" for line in more)


def _length(frame: FrameSeen, header: bytes) -> str:
    code = header[1] & 0x7F
    how = {126: " (16 bits)", 127: " (64 bits)"}.get(code, " (7 bits)")
    text = f"{frame.wire_length:,} bytes{how}"
    if frame.length != frame.wire_length:
        text += f", {frame.length:,} after inflation"
    return f"{text}, truncated" if frame.truncated else text


def _close(payload: bytes) -> str:
    close = parse_close(payload)
    if close.code is None:
        return "no code"
    return f"{close.code} {name_of(close.code)}" + (f' "{close.reason}"' if close.reason else "")


def _payload(frame: FrameSeen, palette: Palette, width: int) -> Iterator[str]:
    payload = payload_of(frame)
    if not payload:
        return
    label = "payload, inflated:" if frame.length != frame.wire_length else "payload:"
    yield palette.paint(palette.faint, label)
    yield from (f"  {line}" for line in hexdump(payload, width - 2, _HEXDUMP_ROWS))
    if frame.type in ("text", "continuation") and frame.text is not UNSET:
        lines, all_shown = _text_lines(frame.text, width - 2)
        yield from (f"  {line}" for line in lines)
        if not all_shown:
            more = f"… of {len(frame.text):,} characters (/show {frame.n} | cat shows all)"
            yield from (f"  {line}" for line in wrap(more, width - 2))


def _text_lines(text: str, width: int) -> tuple[list[str], bool]:
    """The first lines of `text` in `width` cells, and whether that is all of it."""
    begin = text[: _TEXT_LINES * width]
    lines = [piece for line in begin.split("\n") for piece in wrap(escape(line, inside=True), width)]
    return lines[:_TEXT_LINES], len(lines) <= _TEXT_LINES and len(begin) == len(text)
