"""The verdict on text comes with its first bad byte: every pair of bytes, against RFC 3629's own grammar."""

from __future__ import annotations

import itertools

import pytest

from wscli.events import Stamp
from wscli.wire.dissect import Dissector, Numbering
from wscli.wire.frame import encode_frame
from wscli.wire.lint import FrameLint

STAMP = Stamp(0.0, "2026-11-21T10:00:00.000000Z")
_TAIL = (0x80, 0xBF)
# RFC 3629 §4: what may stand at each place of a sequence.
GRAMMAR: tuple[tuple[tuple[int, int], ...], ...] = (
    ((0x00, 0x7F),),
    ((0xC2, 0xDF), _TAIL),
    ((0xE0, 0xE0), (0xA0, 0xBF), _TAIL),
    ((0xE1, 0xEC), _TAIL, _TAIL),
    ((0xED, 0xED), (0x80, 0x9F), _TAIL),
    ((0xEE, 0xEF), _TAIL, _TAIL),
    ((0xF0, 0xF0), (0x90, 0xBF), _TAIL, _TAIL),
    ((0xF1, 0xF3), _TAIL, _TAIL, _TAIL),
    ((0xF4, 0xF4), (0x80, 0x8F), _TAIL, _TAIL),
)
# Both sides of every boundary that the grammar has.
EDGES = (0x00, 0x28, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xED, 0xF4, 0xFF)


def first_bad(octets: bytes) -> int | None:
    """The offset of the first byte after which no text can follow; None when there is none."""
    place, alternatives = 0, GRAMMAR
    for offset, byte in enumerate(octets):
        alternatives = tuple(
            each for each in alternatives if len(each) > place and each[place][0] <= byte <= each[place][1]
        )
        if not alternatives:
            return offset
        place += 1
        if any(len(each) == place for each in alternatives):
            place, alternatives = 0, GRAMMAR
    return None


def verdict(octets: bytes) -> int | None:
    """The offset of the byte with which wscli finds fault, fed one by one in a frame without an end."""
    dissector = Dissector("in", Numbering(), max_size=1 << 20, lint=FrameLint(False))
    list(dissector.feed(encode_frame(1, declared_length=60_000), STAMP))
    for offset in range(len(octets)):
        list(dissector.feed(octets[offset : offset + 1], STAMP))
        list(dissector.look_ahead(STAMP, alive=True))
        if dissector.fault is not None:
            assert dissector.fault.close_code == 1007
            return offset
    return None


@pytest.mark.parametrize("first", range(0, 256, 32))
def test_every_pair_of_bytes_is_judged_at_its_first_bad_one(first: int) -> None:
    for lead, second in itertools.product(range(first, first + 32), range(256)):
        octets = bytes((lead, second))
        assert verdict(octets) == first_bad(octets), octets


@pytest.mark.parametrize("lead", [0xC2, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF3, 0xF4])
def test_longer_sequences_are_judged_at_their_first_bad_byte(lead: int) -> None:
    for rest in itertools.product(EDGES, repeat=3):
        octets = b"ok" + bytes((lead, *rest))
        assert verdict(octets) == first_bad(octets), octets
