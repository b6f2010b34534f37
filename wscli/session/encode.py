"""Whole messages to wire bytes, many at once: what ClientProtocol would write, without a step for each.

A whole data frame that is sent between messages does not change the judge's state (it only looks whether
the connection is open), so a batch of them can be written past it. Only for connections without an
extension: compression has a context, which is the judge's.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence

try:
    from websockets.speedups import apply_mask
except ImportError:  # websockets without its C part (an unusual platform)
    from websockets.utils import apply_mask

# A multiple of the masking key's four bytes. A longer payload leaves in pieces, each free once it is sent.
_PIECE = 256 * 1024


def encode_messages(opcode: int, payloads: Sequence[bytes]) -> Iterator[bytes]:
    """Each payload as one masked, final frame of `opcode` (RFC 6455 §5.2, §5.3), in chunks for the wire."""
    first = 0x80 | opcode
    # RFC 6455 §5.3: a fresh masking key for each frame, from a strong source of entropy.
    keys = secrets.token_bytes(4 * len(payloads))
    short_heads = [bytes((first, 0x80 | length)) for length in range(126)]
    pieces: list[bytes] = []
    add = pieces.append
    position = 0
    for payload in payloads:
        key = keys[position : position + 4]
        position += 4
        length = len(payload)
        if length < 126:
            add(short_heads[length])
        elif length < 65536:
            add(bytes((first, 0xFE, length >> 8, length & 0xFF)))
        else:
            add(bytes((first, 0xFF)) + length.to_bytes(8, "big"))
        add(key)
        if length <= _PIECE:
            add(apply_mask(payload, key))
            continue
        yield b"".join(pieces)
        pieces.clear()
        for begin in range(0, length, _PIECE):
            yield apply_mask(payload[begin : begin + _PIECE], key)
    yield b"".join(pieces)
