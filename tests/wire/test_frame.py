"""The encoder: right by an independent reading of RFC 6455 §5.2, and as wrong as asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peers.framing import decode_frame
from wscli.wire.frame import Frame, Opcode, encode_frame, header_missing

LENGTHS = [0, 1, 125, 126, 127, 65535, 65536]
HEADERS = {
    0: b"\x00",
    1: b"\x01",
    125: b"\x7d",
    126: b"\x7e\x00\x7e",
    127: b"\x7e\x00\x7f",
    65535: b"\x7e\xff\xff",
    65536: b"\x7f\x00\x00\x00\x00\x00\x01\x00\x00",
}


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("mask", [None, b"\x01\x02\x03\x04"])
def test_a_length_takes_the_fewest_bytes(length: int, mask: bytes | None) -> None:
    octets = encode_frame(Opcode.BINARY, bytes(length), mask=mask)
    head = bytearray(b"\x82" + HEADERS[length])
    if mask is not None:
        head[1] |= 0x80
        head += mask
    assert octets[: len(head)] == head
    assert len(octets) == len(head) + length


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (encode_frame(1, b"hi", fin=False), b"\x01\x02hi"),
        (encode_frame(0, b"hi"), b"\x80\x02hi"),
        (encode_frame(1, b"", rsv1=True, rsv2=True, rsv3=True), b"\xf1\x00"),
        (encode_frame(15, b"", fin=False, rsv2=True), b"\x2f\x00"),
        (encode_frame(1, b"hi", length_bytes=2), b"\x81\x7e\x00\x02hi"),
        (encode_frame(1, b"hi", length_bytes=8), b"\x81\x7f\x00\x00\x00\x00\x00\x00\x00\x02hi"),
        (encode_frame(1, b"hi", declared_length=5), b"\x81\x05hi"),
        (encode_frame(1, b"hi", declared_length=1 << 63), b"\x81\x7f\x80" + bytes(7) + b"hi"),
        (encode_frame(9, bytes(126), length_bytes=0), b"\x89\x7e" + bytes(126)),
        (encode_frame(1, b"abc", mask=b"\x01\x01\x01\x01"), b"\x81\x83\x01\x01\x01\x01`cb"),
    ],
)
def test_a_frame_is_written_as_told_also_when_that_is_wrong(octets: bytes, expected: bytes) -> None:
    assert octets == expected


@pytest.mark.parametrize("opcode", [-1, 16])
def test_an_opcode_that_no_header_holds_is_refused(opcode: int) -> None:
    with pytest.raises(ValueError, match="0 to 15"):
        encode_frame(opcode)


@pytest.mark.parametrize("mask", [b"", b"abc", b"abcde"])
def test_a_mask_of_another_size_is_refused(mask: bytes) -> None:
    with pytest.raises(ValueError, match="four bytes"):
        encode_frame(1, mask=mask)


@settings(deadline=None)
@given(
    opcode=st.integers(0, 15),
    payload=st.binary(max_size=300),
    fin=st.booleans(),
    rsv=st.integers(0, 7),
    mask=st.none() | st.binary(min_size=4, max_size=4),
)
def test_what_is_written_reads_the_same_elsewhere(
    opcode: int, payload: bytes, fin: bool, rsv: int, mask: bytes | None
) -> None:
    octets = encode_frame(
        opcode, payload, fin=fin, rsv1=bool(rsv & 4), rsv2=bool(rsv & 2), rsv3=bool(rsv & 1), mask=mask
    )
    decoded = decode_frame(octets)
    assert decoded is not None
    frame, size = decoded
    assert size == len(octets)
    assert (frame.opcode, frame.payload, frame.fin, frame.rsv, frame.mask) == (
        opcode,
        payload,
        fin,
        rsv,
        mask,
    )


def test_a_frame_names_each_bit_of_its_header() -> None:
    frame = Frame(b"\xd9\x81abcd", b"x", 1)
    assert (frame.fin, frame.rsv1, frame.rsv2, frame.rsv3) == (True, True, False, True)
    assert (frame.opcode, frame.is_control, frame.masked, frame.mask) == (9, True, True, b"abcd")
    assert frame.header_complete


@pytest.mark.parametrize(
    ("header", "missing"),
    [
        (b"", 2),
        (b"\x81", 1),
        (b"\x81\x05", 0),
        (b"\x81\x85", 4),
        (b"\x81\x7e\x00", 1),
        (b"\x81\xfe\x00\x7e", 4),
        (b"\x81\x7f", 8),
        (b"\x81\xff", 12),
    ],
)
def test_a_header_says_how_much_of_it_is_missing(header: bytes, missing: int) -> None:
    assert header_missing(header) == missing
