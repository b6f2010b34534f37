"""The bar: how the connection stands, in as many cells as there are; pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..sinks.escape import escape
from ..sinks.human_style import cells, cut, milliseconds, size_text
from .link import State

Piece = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the bar tells of; `rtt_ms` None is not measured yet, `hidden` counts frames while paused."""

    state: State
    where: str
    subprotocol: str | None = None
    rtt_ms: float | None = None
    received: int = 0
    sent: int = 0
    unsent_bytes: int = 0
    paused: bool = False
    hidden: int = 0
    filter: str = ""


def bar(standing: Standing, width: int) -> list[Piece]:
    """Pieces of a style's name and a text; what matters least is left out first."""
    state = (f"bar.state.{standing.state.name.lower()}", f" {standing.state.value}")
    parts = sorted(_parts(standing), reverse=True)
    kept: list[tuple[int, int, str, str]] = []
    room = width - cells(state[1]) - 1
    for part in parts:
        needed = cells(part[3]) + 2
        if needed <= room:
            kept.append(part)
            room -= needed
    # Left to right in an order of its own, whatever was kept.
    ordered = sorted(kept, key=lambda part: part[1])
    return [state, *((style, f"  {text}") for _, _, style, text in ordered)]


def _parts(standing: Standing) -> list[tuple[int, int, str, str]]:
    """Importance, place, style and text of each part that there is something to say of."""
    parts = [(8, 2, "", f"↓ {standing.received:,} ↑ {standing.sent:,}")]
    if standing.rtt_ms is not None:
        parts.append((6, 3, "", f"rtt {milliseconds(standing.rtt_ms)}"))
    if standing.unsent_bytes:
        parts.append((7, 4, "bar.alert", f"{size_text(standing.unsent_bytes)} unsent"))
    if standing.paused:
        hidden = f" ({standing.hidden:,} hidden)" if standing.hidden else ""
        parts.append((10, 0, "bar.alert", f"paused{hidden}"))
    if standing.filter:
        parts.append((9, 1, "bar.alert", f"filter {cut(escape(standing.filter, inside=True), 24)}"))
    if standing.subprotocol:
        parts.append((5, 5, "", cut(escape(standing.subprotocol, inside=True), 24)))
    parts.append((4, 6, "", cut(escape(standing.where, inside=True), 40)))
    if not standing.unsent_bytes:
        parts.append((2, 7, "", "0 B unsent"))
    parts.append((1, 8, "", "/help"))
    return parts
