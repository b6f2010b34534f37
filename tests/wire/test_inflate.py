"""Passive inflation: takeover, windows, final blocks and the cap (RFC 7692 §7.2)."""

from __future__ import annotations

import random
import zlib
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.deflating import Deflater
from tests.wire.feeding import cut
from wscli.wire.inflate import InflatedTooLarge, InflateError, Inflater

LIMIT = 1 << 20


def inflated(inflater: Inflater, *pieces: bytes, limit: int = LIMIT) -> bytes:
    """One message, its pieces as they come."""
    content = b""
    for piece in pieces:
        content += inflater.inflate(piece, limit - len(content))
    return content + inflater.finish(limit - len(content))


# The examples of RFC 7692 §7.2.3, a list of messages on one connection each.
EXAMPLES: dict[str, list[tuple[str, bytes]]] = {
    "a message": [("f248cdc9c90700", b"Hello")],
    "shared window": [("f248cdc9c90700", b"Hello"), ("f200110000", b"Hello")],
    "no compression": [("000500faff48656c6c6f00", b"Hello")],
    "final block": [("f348cdc9c9070000", b"Hello")],
    "two blocks": [("f248050000 00ffffcac9c90700".replace(" ", ""), b"Hello")],
    "empty": [("00", b"")],
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_of_the_rfc_inflate(name: str) -> None:
    whole, bytewise = Inflater(), Inflater()
    for octets, content in EXAMPLES[name]:
        payload = bytes.fromhex(octets)
        assert inflated(whole, payload) == content
        assert inflated(bytewise, *(payload[i : i + 1] for i in range(len(payload)))) == content


def test_a_final_block_without_the_block_after_it_ends_a_message_too() -> None:
    inflater = Inflater()
    final = bytes.fromhex("f348cdc9c90700")
    assert [inflated(inflater, final), inflated(inflater, final)] == [b"Hello", b"Hello"]


def test_blocks_after_a_final_one_refer_to_what_came_before_it() -> None:
    text = random.Random(1).randbytes(600)
    first, second = text[:300], text[300:]
    final = zlib.compressobj(wbits=-15)
    begin = final.compress(first) + final.flush(zlib.Z_FINISH)
    more = zlib.compressobj(wbits=-15, zdict=first)
    end = more.compress(second + first) + more.flush(zlib.Z_FINISH)
    last = zlib.compressobj(wbits=-15, zdict=text + first)
    rest = last.compress(text) + last.flush(zlib.Z_SYNC_FLUSH)
    assert inflated(Inflater(), begin + end + rest[:-4]) == text + first + text


@pytest.mark.parametrize("cut", [False, True])
def test_blocks_after_a_final_one_refer_to_earlier_messages_and_reads(cut: bool) -> None:
    first, second = random.Random(7).randbytes(20_000), random.Random(8).randbytes(10_000)
    inflater = Inflater()
    assert inflated(inflater, Deflater().message(first)) == first
    final = zlib.compressobj(wbits=-15, zdict=first)
    begin = final.compress(second) + final.flush(zlib.Z_FINISH)
    end = zlib.compressobj(wbits=-15, zdict=first + second)
    payload = begin + end.compress(first[-5_000:]) + end.flush(zlib.Z_SYNC_FLUSH)
    assert len(payload) < len(second) + 1_000
    pieces = [payload[at : at + 7] for at in range(0, len(payload), 7)] if cut else [payload]
    told = b"".join([inflater.inflate(piece, 1 << 20) for piece in pieces]) + inflater.finish(0)
    assert told == second + first[-5_000:]


def test_without_takeover_nothing_refers_across_messages_behind_a_final_block() -> None:
    noise = random.Random(4).randbytes(500)
    inflater = Inflater(takeover=False)
    assert inflated(inflater, Deflater(takeover=False).message(noise)) == noise
    after = zlib.compressobj(wbits=-15, zdict=noise)
    rest = after.compress(noise) + after.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(InflateError):
        inflated(inflater, b"\x03\x00" + rest[:-4])


MESSAGES = [b"", b"a", b"Hello" * 100, bytes(70000), random.Random(2).randbytes(40000), b"Hello" * 100]


# zlib cannot deflate with a window of 8 bits, it takes 9; what was deflated with 8 inflates with 8.
def zlib_work(chunk: bytes, monkeypatch: pytest.MonkeyPatch) -> int:
    """Bytes that zlib is given, which are those that it may have to copy."""
    given: list[int] = []

    class Counting:
        def __init__(self, bits: int, zdict: bytes = b"") -> None:
            self._real = zlib.decompressobj(bits, zdict=zdict)

        def decompress(self, chunk: bytes, limit: int) -> bytes:
            given.append(len(chunk))
            return self._real.decompress(chunk, limit)

        @property
        def eof(self) -> bool:
            return self._real.eof

        @property
        def unused_data(self) -> bytes:
            return self._real.unused_data

    monkeypatch.setattr("wscli.wire.inflate.zlib", SimpleNamespace(decompressobj=Counting, error=zlib.error))
    assert Inflater().inflate(chunk, 1000) == b""
    return sum(given)


def test_final_blocks_without_end_cost_as_much_as_they_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each left a copy of all that came behind it: 1.2 s for a quarter of a mebibyte.
    once, twice = (zlib_work(b"\x03\x00" * count, monkeypatch) for count in (2000, 4000))
    assert twice < 2.1 * once


@pytest.mark.parametrize("size", [1, 63, 64, 65, 192, 193, 5000])
def test_what_stands_behind_a_final_block_inflates_whatever_its_length(size: int) -> None:
    noise = random.Random(size).randbytes(size)
    blocks = []
    for _ in range(3):
        deflater = zlib.compressobj(wbits=-15)
        blocks.append(deflater.compress(noise) + deflater.flush())
    inflater = Inflater()
    assert inflater.inflate(b"".join(blocks), 3 * size) + inflater.finish(0) == noise * 3
    with pytest.raises(InflatedTooLarge):
        Inflater().inflate(b"".join(blocks), 3 * size - 1)


@pytest.mark.parametrize("bits", range(9, 16))
@pytest.mark.parametrize("takeover", [True, False])
def test_each_window_inflates_what_was_deflated_with_it(bits: int, takeover: bool) -> None:
    deflater = Deflater(window_bits=bits, takeover=takeover)
    inflater = Inflater(window_bits=bits, takeover=takeover)
    assert [inflated(inflater, deflater.message(message)) for message in MESSAGES] == MESSAGES


def test_a_window_of_eight_bits_inflates() -> None:
    # zlib makes 9 of 8; messages shorter than the smaller window can refer no farther back anyway.
    deflater = Deflater(window_bits=9, takeover=False)
    inflater = Inflater(window_bits=8, takeover=False)
    assert [inflated(inflater, deflater.message(message)) for message in (b"ab" * 100, b"")] == [
        b"ab" * 100,
        b"",
    ]


def test_without_takeover_a_message_cannot_refer_to_the_one_before() -> None:
    deflater, inflater = Deflater(), Inflater(takeover=False)
    noise = random.Random(4).randbytes(500)
    assert inflated(inflater, deflater.message(noise)) == noise
    with pytest.raises(InflateError):
        inflated(inflater, deflater.message(noise))


@pytest.mark.parametrize("size", [0, 1, 999, 1000])
def test_a_message_of_the_limit_passes_and_one_byte_more_does_not(size: int) -> None:
    payload = Deflater().message(bytes(size))
    assert inflated(Inflater(), payload, limit=size) == bytes(size)
    if size:
        with pytest.raises(InflatedTooLarge):
            inflated(Inflater(), payload, limit=size - 1)


def test_a_bomb_stops_at_the_cap() -> None:
    bomb = Deflater().message(bytes(1 << 26))
    assert len(bomb) < 1 << 17
    inflater = Inflater()
    with pytest.raises(InflatedTooLarge):
        inflater.inflate(bomb, 1000)


@pytest.mark.parametrize("garbage", [b"\xff\xff\xff", b"\x07", b"\x00\x05\x00\x00\x00hello"])
def test_garbage_is_named(garbage: bytes) -> None:
    with pytest.raises(InflateError):
        inflated(Inflater(), garbage)


@settings(deadline=None)
@given(messages=st.lists(st.binary(max_size=300), max_size=5), takeover=st.booleans(), data=st.data())
def test_what_was_deflated_inflates_however_it_is_cut(
    messages: list[bytes], takeover: bool, data: st.DataObject
) -> None:
    deflater, inflater = Deflater(takeover=takeover), Inflater(takeover=takeover)
    for message in messages:
        assert inflated(inflater, *data.draw(cut(deflater.message(message)))) == message


@settings(deadline=None)
@given(payloads=st.lists(st.binary(max_size=40), max_size=5))
def test_arbitrary_bytes_inflate_within_the_cap_or_are_refused(payloads: list[bytes]) -> None:
    inflater = Inflater()
    try:
        for payload in payloads:
            assert len(inflated(inflater, payload, limit=100)) <= 100
    except (InflateError, InflatedTooLarge):
        pass
