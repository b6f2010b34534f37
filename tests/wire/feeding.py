"""The ways in which a decoder's input may be cut: whole, byte by byte, at random."""

from __future__ import annotations

import random
from collections.abc import Iterator

from hypothesis import strategies as st


def splits(octets: bytes) -> Iterator[list[bytes]]:
    """`octets` whole, byte by byte, and at places that only depend on `octets`."""
    yield [octets]
    yield [octets[i : i + 1] for i in range(len(octets))]
    chance = random.Random(octets)
    for _ in range(3):
        cuts = sorted(chance.sample(range(len(octets) + 1), k=min(3, len(octets))))
        yield [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]


@st.composite
def cut(draw: st.DrawFn, octets: bytes) -> list[bytes]:
    """`octets` in pieces of any sizes, empty ones included."""
    cuts = sorted(draw(st.lists(st.integers(0, len(octets)), max_size=8)))
    return [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True)]
