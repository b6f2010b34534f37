"""The lines of frames and messages with long payloads, in pieces, in `plain` and in `json`.

They are made while they are written: in one piece such a line may be ten times as long as what came.
"""

from __future__ import annotations

from binascii import b2a_base64
from collections.abc import Iterator
from itertools import chain
from typing import Final

import msgspec
from msgspec import UNSET

from ..events import FrameSeen, MessageSeen
from .escape import escape_long, json_long

# A multiple of three, so that base64 is padded at the end alone.
_PIECE: Final = 96 * 1024


def plain_line(facts: str, event: FrameSeen | MessageSeen) -> Iterator[bytes]:
    """`facts`, then the payload as REST of the line (plain.py)."""
    if event.text is not UNSET:
        shown = (piece.encode() for piece in escape_long(event.text.encode()))
        return chain((f'{facts} "'.encode(),), shown, (b'"\n',))
    hexadecimal = (piece.hex().encode() for piece in _pieces(event.payload))
    return chain((f"{facts} hex:".encode(),), hexadecimal, (b"\n",))


def json_line(event: FrameSeen | MessageSeen) -> Iterator[bytes]:
    """The event as JSON: what stands around the payload, and that in its place."""
    if event.text is not UNSET:
        empty, place = msgspec.structs.replace(event, text=""), b'"text":"'
        content = json_long(event.text.encode())
    else:
        empty, place = msgspec.structs.replace(event, base64=b""), b'"base64":"'
        content = (b2a_base64(piece, newline=False) for piece in _pieces(event.payload))
    before, _, after = msgspec.json.encode(empty).partition(place)
    return chain((before + place,), content, (after + b"\n",))


def _pieces(payload: bytes) -> Iterator[bytes]:
    return (payload[begin : begin + _PIECE] for begin in range(0, len(payload), _PIECE))
