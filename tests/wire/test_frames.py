"""The decoder of frames: (bytes, frames) tables in both directions, however the bytes are cut."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peers import encode_frame as encode_elsewhere
from tests.peers.framing import decode_frame as decode_elsewhere
from tests.wire.feeding import cut, splits
from wscli.wire.frame import Frame, encode_frame
from wscli.wire.frames import FrameDecoder
from wscli.wire.runs import MessageRun

LIMIT = 1 << 20
KEY = b"\x0f\x1e\x2d\x3c"


def decode(
    pieces: Iterable[bytes],
    *,
    masked: bool = False,
    limit: int = LIMIT,
    deflate: bool = False,
    fast: bool = True,
) -> list[Frame]:
    """The frames of these reads, runs taken apart; the one that the end cuts short is the last."""
    decoder = FrameDecoder(masked=masked, limit=limit, deflate=deflate, fast=fast)
    frames: list[Frame] = []
    for piece in pieces:
        before = 0
        for item in decoder.feed(piece):
            assert before <= decoder.consumed <= len(piece)
            before = decoder.consumed
            if isinstance(item, MessageRun):
                frames += [item.frame(index) for index in range(len(item))]
            else:
                frames.append(item)
    last = decoder.eof()
    return frames if last is None else [*frames, last]


def one(header: bytes, payload: bytes = b"", length: int | None = None, *, truncated: bool = False) -> Frame:
    return Frame(header, payload, len(payload) if length is None else length, truncated)


def masked(payload: bytes) -> bytes:
    return bytes(byte ^ KEY[index % 4] for index, byte in enumerate(payload))


EMPTY: list[Frame] = []
# name: bytes of the stream, the frames in it.
STREAMS: dict[str, tuple[bytes, list[Frame]]] = {
    "nothing": (b"", EMPTY),
    "text": (b"\x81\x02hi", [one(b"\x81\x02", b"hi")]),
    "empty text": (b"\x81\x00", [one(b"\x81\x00")]),
    "empty messages": (b"\x81\x00\x81\x00\x82\x00", [one(b"\x81\x00"), one(b"\x81\x00"), one(b"\x82\x00")]),
    "fragments with a ping between": (
        b"\x01\x01a\x89\x01p\x00\x00\x80\x01b",
        [one(b"\x01\x01", b"a"), one(b"\x89\x01", b"p"), one(b"\x00\x00"), one(b"\x80\x01", b"b")],
    ),
    "each length at a boundary": (
        b"\x82\x01x"
        + b"\x82\x7d"
        + bytes(125)
        + b"\x82\x7e\x00\x7e"
        + bytes(126)
        + b"\x82\x7e\x00\x7f"
        + bytes(127),
        [
            one(b"\x82\x01", b"x"),
            one(b"\x82\x7d", bytes(125)),
            one(b"\x82\x7e\x00\x7e", bytes(126)),
            one(b"\x82\x7e\x00\x7f", bytes(127)),
        ],
    ),
    "a length not minimal": (
        b"\x81\x00\x81\x7e\x00\x02hi\x81\x7f" + bytes(7) + b"\x01x",
        [one(b"\x81\x00"), one(b"\x81\x7e\x00\x02", b"hi"), one(b"\x81\x7f" + bytes(7) + b"\x01", b"x")],
    ),
    "a frame that is masked": (
        b"\x81\x82" + KEY + masked(b"hi") + b"\x81\x01x",
        [one(b"\x81\x82" + KEY, b"hi"), one(b"\x81\x01", b"x")],
    ),
    "reserved bits and opcodes": (
        b"\xf1\x01a\x83\x00\xcf\x00",
        [one(b"\xf1\x01", b"a"), one(b"\x83\x00"), one(b"\xcf\x00")],
    ),
    "data after a close": (
        b"\x88\x02\x03\xe8\x81\x01a\x81\x01b",
        [one(b"\x88\x02", b"\x03\xe8"), one(b"\x81\x01", b"a"), one(b"\x81\x01", b"b")],
    ),
    "half a header": (b"\x81\x01a\x81", [one(b"\x81\x01", b"a"), one(b"\x81", truncated=True)]),
    "half a long header": (b"\x82\x7f\x00\x00", [one(b"\x82\x7f\x00\x00", truncated=True)]),
    "half a payload": (b"\x82\x05abc", [one(b"\x82\x05", b"abc", 5, truncated=True)]),
    "a header without its payload": (b"\x82\x05", [one(b"\x82\x05", b"", 5, truncated=True)]),
}


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_is_its_frames_however_it_is_cut(name: str, fast: bool) -> None:
    octets, frames = STREAMS[name]
    for pieces in splits(octets):
        assert decode(pieces, fast=fast) == frames


@pytest.mark.parametrize("fast", [True, False])
def test_a_masked_stream_is_unmasked(fast: bool) -> None:
    octets = b"\x81\x82" + KEY + masked(b"hi") + b"\x82\x80" + KEY + b"\x81\x81" + KEY + masked(b"x")
    frames = [one(b"\x81\x82" + KEY, b"hi"), one(b"\x82\x80" + KEY), one(b"\x81\x81" + KEY, b"x")]
    for pieces in splits(octets):
        assert decode(pieces, masked=True, fast=fast) == frames


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("mask", [None, KEY])
@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65535, 65536])
def test_each_length_survives_in_one_read_and_in_two(length: int, mask: bytes | None, fast: bool) -> None:
    payload = bytes(range(256)) * (length // 256) + bytes(length % 256)
    octets = encode_elsewhere(2, payload, mask=mask)
    for at in (0, 1, 2, 5, len(octets) // 2, len(octets) - 1):
        (frame,) = decode([octets[:at], octets[at:]], masked=mask is not None, fast=fast)
        assert (frame.payload, frame.length, frame.mask, frame.truncated) == (payload, length, mask, False)


@pytest.mark.parametrize("length", [1 << 31, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1])
def test_a_huge_length_is_told_at_its_header(length: int) -> None:
    octets = encode_frame(2, b"", declared_length=length)
    assert decode([octets + bytes(1000)]) == [one(octets, b"", length, truncated=True)]


@pytest.mark.parametrize("fast", [True, False])
def test_a_frame_over_the_limit_is_let_go_by(fast: bool) -> None:
    big = encode_frame(2, bytes(301))
    octets = b"\x81\x01a" + big + b"\x81\x01b"
    for pieces in splits(octets):
        assert decode(pieces, limit=300, fast=fast) == [
            one(b"\x81\x01", b"a"),
            one(big[:4], b"", 301, truncated=True),
            one(b"\x81\x01", b"b"),
        ]


@pytest.mark.parametrize("limit", [0, 1, 124])
def test_a_small_limit_still_shows_legal_control_frames_whole(limit: int) -> None:
    octets = encode_frame(9, bytes(125)) + encode_frame(1, b"")
    assert [frame.truncated for frame in decode([octets], limit=limit)] == [False, False]


def test_only_plain_whole_frames_travel_in_runs() -> None:
    plain = b"\x81\x01a\x81\x01b"
    kinds = [
        type(item)
        for item in FrameDecoder(masked=False, limit=LIMIT).feed(
            plain + b"\x82\x00\x89\x00" + plain + b"\x81"
        )
    ]
    assert kinds == [MessageRun, MessageRun, Frame, MessageRun]


def test_a_compressed_frame_travels_in_a_run_only_where_compression_was_agreed_on() -> None:
    for deflate, kind in ((True, MessageRun), (False, Frame)):
        (item,) = FrameDecoder(masked=False, limit=LIMIT, deflate=deflate).feed(b"\xc1\x01a")
        assert type(item) is kind


def test_a_frame_in_work_can_be_abandoned() -> None:
    decoder = FrameDecoder(masked=False, limit=LIMIT)
    assert list(decoder.feed(b"\x81\x05ab")) == []
    assert decoder.abandon() == one(b"\x81\x05", b"ab", 5, truncated=True)
    assert decoder.abandon() is None
    (rest,) = decoder.feed(b"cde\x89\x00")
    assert rest == one(b"\x89\x00")


@settings(deadline=None)
@given(
    octets=st.binary(max_size=400).flatmap(cut),
    flags=st.tuples(*[st.booleans()] * 3),
    limit=st.integers(0, 200),
)
def test_arbitrary_bytes_never_raise_and_both_ways_agree(
    octets: list[bytes], flags: tuple[bool, bool, bool], limit: int
) -> None:
    masked_, deflate, _ = flags
    fast = decode(octets, masked=masked_, limit=limit, deflate=deflate)
    slow = decode(octets, masked=masked_, limit=limit, deflate=deflate, fast=False)
    assert fast == slow


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 15),
            st.binary(max_size=200),
            st.booleans(),
            st.integers(0, 7),
            st.none() | st.just(KEY),
        ),
        max_size=8,
    ),
    st.data(),
)
def test_frames_come_back_as_they_were_written(
    frames: list[tuple[int, bytes, bool, int, bytes | None]], data: st.DataObject
) -> None:
    octets = b"".join(
        encode_frame(
            opcode, payload, fin=fin, rsv1=bool(rsv & 4), rsv2=bool(rsv & 2), rsv3=bool(rsv & 1), mask=mask
        )
        for opcode, payload, fin, rsv, mask in frames
    )
    decoded = decode(data.draw(cut(octets)), masked=data.draw(st.booleans()))
    read_back = [
        (f.opcode, f.payload, f.fin, f.rsv1 << 2 | f.rsv2 << 1 | f.rsv3 << 0, f.mask) for f in decoded
    ]
    assert read_back == frames


@settings(deadline=None)
@given(octets=st.binary(max_size=60))
def test_an_independent_decoder_sees_the_same_first_frame(octets: bytes) -> None:
    elsewhere = decode_elsewhere(octets)
    ours = decode([octets])
    if elsewhere is not None:
        frame, size = elsewhere
        assert (ours[0].opcode, ours[0].payload, ours[0].mask) == (frame.opcode, frame.payload, frame.mask)
        assert octets.startswith(ours[0].header)
        assert size == len(ours[0].header) + ours[0].length
    elif ours:
        assert ours[0].truncated


def test_a_plain_frame_of_several_reads_comes_as_a_run() -> None:
    decoder = FrameDecoder(masked=False, limit=LIMIT)
    frame = encode_frame(1, b"x" * 300)
    assert len(list(decoder.feed(encode_frame(1, b"before") + frame[:100]))) == 1
    assert (decoder.expected, decoder.held_back(108)) == (204, 100)
    assert list(decoder.feed(frame[100:200])) == []
    assert (decoder.expected, decoder.held_back(100)) == (104, 100)
    run, ping = decoder.feed(frame[200:] + encode_frame(9, b""))
    assert isinstance(run, MessageRun)
    assert (run.payloads, run.lines) == ([b"x" * 300], b"x" * 300 + b"\n")
    assert isinstance(ping, Frame)
    assert (decoder.expected, decoder.held_back(106)) == (0, 0)


@pytest.mark.parametrize(
    ("before", "begin"),
    [
        (b"", b"\x81"),  # whose first byte the judge has seen already
        (b"\x01\x01a", b"\x80\x7e\x01\x2c"),
        (b"", b"\x01\x7e\x01\x2c"),
        (b"", b"\x91\x7e\x01\x2c"),
        (b"", b"\x81\xfe\x01\x2cmask"),
        (b"", b"\x81\x7f" + (300).to_bytes(8, "big")),
        (b"\x88\x00", b"\x81\x7e\x01\x2c"),
    ],
    ids=["header cut", "continuation", "first fragment", "RSV", "masked", "not minimal", "after Close"],
)
def test_what_is_not_plain_is_not_held_back(before: bytes, begin: bytes) -> None:
    decoder = FrameDecoder(masked=False, limit=LIMIT)
    list(decoder.feed(before + begin))
    rest = (b"\x7e\x01\x2c" if len(begin) == 1 else b"") + b"x" * 100
    assert list(decoder.feed(rest)) == []
    assert (decoder.expected, decoder.held_back(len(rest))) == (0, 0)
    (frame,) = decoder.feed(b"x" * 200)
    assert isinstance(frame, Frame)
