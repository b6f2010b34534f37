"""Masking (RFC 6455 §5.3): the same operation masks and unmasks."""

from __future__ import annotations

# A multiple of the mask's four bytes; an XOR takes five times as much memory as it has bytes.
_PIECE = 256 * 1024


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """`payload` XORed with the four bytes of `mask`, repeated (RFC 6455 §5.3)."""
    if len(payload) <= _PIECE:
        return xor(payload, repeated(mask, len(payload))) if payload else payload
    begins = range(0, len(payload), _PIECE)
    return b"".join(apply_mask(payload[begin : begin + _PIECE], mask) for begin in begins)


def repeated(mask: bytes, length: int) -> bytes:
    """`length` bytes of the mask, from its first one on."""
    return (mask * (length // 4 + 1))[:length]


def xor(one: bytes, other: bytes) -> bytes:
    """Two byte strings of the same length, bit by bit."""
    # One XOR of two big integers: a C loop over all of it, without a dependency.
    number = int.from_bytes(one, "little") ^ int.from_bytes(other, "little")
    return number.to_bytes(len(one), "little")
