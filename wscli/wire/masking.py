"""Masking (RFC 6455 §5.3): the same operation masks and unmasks."""

from __future__ import annotations


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """`payload` XORed with the four bytes of `mask`, repeated (RFC 6455 §5.3)."""
    if not payload:
        return payload
    length = len(payload)
    repeated = (mask * (length // 4 + 1))[:length]
    # One XOR of two big integers: a C loop over the whole payload, without a dependency.
    number = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return number.to_bytes(length, "little")
