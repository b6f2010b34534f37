"""The lines of frames and messages in the `plain` format (plain.py says how a line is made)."""

from __future__ import annotations

from msgspec import UNSET

from ..events import FrameSeen, MessageSeen
from ..wire.closecodes import parse_close
from .escape import escape


def frame_line(event: FrameSeen, *, verbose: bool) -> str:
    """The line of a frame; with `verbose` its header bytes and its mask."""
    content = _close_payload(event) if event.type == "close" else _payload(event)
    return f"{frame_facts(event, verbose=verbose)} {content}"


def frame_facts(event: FrameSeen, *, verbose: bool) -> str:
    """That line but for its payload."""
    flags = [name for name in ("fin", "rsv1", "rsv2", "rsv3", "masked", "truncated") if getattr(event, name)]
    kind = event.type if event.type != "reserved" else f"reserved opcode={event.opcode:#x}"
    facts = f"len={event.length} wire={event.wire_length} t={event.t:.6f}"
    if verbose:
        facts += f" header={event.header} mask={event.mask or '-'}"
    return f"{_mark(event.direction)} frame {event.n} {' '.join([kind, *flags, facts])}"


def _close_payload(event: FrameSeen) -> str:
    close = parse_close(event.payload)
    if close.code is None or close.problems:
        return _payload(event)
    return f'code={close.code} "{escape(close.reason)}"'


def message_line(event: MessageSeen) -> str:
    """The line of a message."""
    return f"{message_facts(event)} {_payload(event)}"


def message_facts(event: MessageSeen) -> str:
    """That line but for its payload."""
    facts = f"len={event.length} wire={event.wire_length} fragments={event.fragments}"
    if event.compressed:
        facts += " compressed"
    return f"{_mark(event.direction)} message {event.n} {event.type} {facts} t={event.t:.6f}"


def _payload(event: FrameSeen | MessageSeen) -> str:
    if event.text is not UNSET:
        return f'"{escape(event.text)}"'
    return "hex:" if event.base64 is UNSET else f"hex:{event.base64.hex()}"


def _mark(direction: str) -> str:
    return "<" if direction == "in" else ">"
