from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.wire.body import BodyDecoder

from .feeding import cut, splits

CHUNKED = (("Transfer-Encoding", "chunked"),)
Headers = tuple[tuple[str, str], ...]


def length(number: int | str) -> Headers:
    return (("Content-Length", str(number)),)


def rules(decoder: BodyDecoder) -> list[str]:
    return [problem.rule for problem in decoder.problems]


WHOLE = [
    # headers, bytes, body, remainder, problems
    (length(5), b"hello", b"hello", b"", []),
    (length(5), b"helloNEXT", b"hello", b"NEXT", []),
    (length("5, 5"), b"hello", b"hello", b"", []),
    (length("5, 6"), b"hello!", b"hello", b"!", ["body-length"]),
    (length(5) * 2, b"hello", b"hello", b"", []),
    (CHUNKED, b"5\r\nhello\r\n0\r\n\r\nNEXT", b"hello", b"NEXT", []),
    (CHUNKED, b"2\r\nhe\r\n003;a=b\r\nllo\r\n0\r\n\r\n", b"hello", b"", []),
    (CHUNKED, b"A \r\n0123456789\r\n0\r\n\r\n", b"0123456789", b"", []),
    (CHUNKED, b"5\nhello\n0\n\n", b"hello", b"", ["body-chunk"]),
    (CHUNKED, b"0\r\nA: b\r\n\r\n", b"", b"", []),
    (CHUNKED + length(3), b"5\r\nhello\r\n0\r\n\r\n", b"hello", b"", ["body-framing"]),
    ((("Transfer-Encoding", "gzip, Chunked"),), b"1\r\nx\r\n0\r\n\r\n", b"x", b"", []),
]


@pytest.mark.parametrize("row", WHOLE, ids=lambda row: repr(row[1]))
def test_body_ends_where_its_framing_says(row: tuple[Headers, bytes, bytes, bytes, list[str]]) -> None:
    headers, octets, body, remainder, problems = row
    for pieces in splits(octets):
        decoder = BodyDecoder(403, headers)
        for piece in pieces:
            decoder.feed(piece)
        assert decoder.complete
        assert not decoder.truncated
        assert (decoder.body, decoder.remainder, rules(decoder)) == (body, remainder, problems)
        decoder.eof()
        assert rules(decoder) == problems


def test_trailers_are_kept() -> None:
    decoder = BodyDecoder(403, CHUNKED)
    assert decoder.feed(b"0\r\nX-Sum: 1\r\nB: c\r\n\r\n")
    assert decoder.trailers == (("X-Sum", "1"), ("B", "c"))


@pytest.mark.parametrize("headers", [(), length("-1"), length("x"), (("Transfer-Encoding", "gzip"),)])
def test_body_without_known_length_ends_with_the_stream(headers: Headers) -> None:
    decoder = BodyDecoder(403, headers)
    assert not decoder.feed(b"some")
    assert not decoder.feed(b"thing")
    decoder.eof()
    assert decoder.complete
    assert not decoder.truncated
    assert decoder.body == b"something"


@pytest.mark.parametrize(
    ("headers", "rule"),
    [
        (length("x"), "body-length"),
        (length("+5"), "body-length"),
        (length("9" * 5000), "body-length"),
        (length("\N{SUPERSCRIPT TWO}"), "body-length"),
        ((("Transfer-Encoding", "gzip"),), "body-coding"),
        ((("Transfer-Encoding", "chunked, chunked"),), "body-coding"),
    ],
)
def test_bad_framing_is_named(headers: Headers, rule: str) -> None:
    assert rules(BodyDecoder(403, headers)) == [rule]


@pytest.mark.parametrize(("status", "method"), [(101, "GET"), (204, "GET"), (304, "GET"), (200, "HEAD")])
def test_reply_that_has_no_body_is_complete_at_once(status: int, method: str) -> None:
    assert BodyDecoder(status, length(5), method=method).complete


def test_empty_body_is_complete_at_once() -> None:
    assert BodyDecoder(403, length(0)).complete


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (b'{"error": 1}\r\n', b'{"error": 1}\r\n'),
        (b"-1\r\n", b"-1\r\n"),
        (b"0x5\r\nhello", b"0x5\r\nhello"),
        (b"2\r\nhello\r\n", b"hello\r\n"),
        (b"f" * 20 + b"\r\n", b"f" * 20 + b"\r\n"),
        (b"x" * 9000, b"x" * 9000),
    ],
)
def test_broken_chunk_ends_the_body_and_loses_nothing(octets: bytes, shown: bytes) -> None:
    decoder = BodyDecoder(403, CHUNKED)
    assert decoder.feed(octets)
    assert decoder.truncated
    assert decoder.body == shown
    assert rules(decoder) == ["body-chunk"]


def test_endless_trailers_end_at_the_limit() -> None:
    decoder = BodyDecoder(403, CHUNKED)
    decoder.feed(b"0\r\n")
    assert any(decoder.feed(b"A: b\r\n") for _ in range(10_000))
    assert rules(decoder) == ["body-chunk"]


@pytest.mark.parametrize(
    ("headers", "octets", "body", "where"),
    [
        (length(9), b"hello", b"hello", "4 bytes before the body's end"),
        (CHUNKED, b"5\r\nhe", b"he", "inside a chunked body"),
        (CHUNKED, b"plain after all", b"plain after all", "inside a chunked body"),
    ],
)
def test_body_that_the_stream_cut_is_truncated(
    headers: Headers, octets: bytes, body: bytes, where: str
) -> None:
    decoder = BodyDecoder(403, headers)
    assert not decoder.feed(octets)
    decoder.eof()
    assert decoder.complete
    assert decoder.truncated
    assert decoder.body == body
    assert [(each.rule, each.detail) for each in decoder.problems] == [
        ("body-truncated", f"the connection ended {where}")
    ]


@pytest.mark.parametrize(
    ("headers", "octets"),
    [
        ((), b"x" * 101),
        (length(500), b"x" * 101),
        (CHUNKED, b"65\r\n" + b"x" * 101),
        (CHUNKED, b"1\r\nx\r\n" * 101),
    ],
)
def test_body_over_the_limit_is_cut(headers: Headers, octets: bytes) -> None:
    for pieces in splits(octets):
        decoder = BodyDecoder(403, headers, max_bytes=100)
        for piece in pieces:
            decoder.feed(piece)
        assert decoder.complete
        assert decoder.truncated
        assert decoder.body == b"x" * 100


def test_body_of_just_the_limit_is_whole() -> None:
    decoder = BodyDecoder(403, length(100), max_bytes=100)
    assert decoder.feed(b"x" * 100)
    assert not decoder.truncated


@settings(deadline=None)
@given(data=st.data(), chunks=st.lists(st.binary(min_size=1, max_size=20), max_size=5))
def test_chunks_give_their_content_however_they_are_cut(data: st.DataObject, chunks: list[bytes]) -> None:
    octets = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\nrest"
    decoder = BodyDecoder(403, CHUNKED)
    for piece in data.draw(cut(octets)):
        decoder.feed(piece)
    assert decoder.complete
    assert decoder.body == b"".join(chunks)
    assert decoder.remainder == b"rest"


_headers = st.lists(
    st.tuples(
        st.sampled_from(["Transfer-Encoding", "Content-Length"]), st.text(max_size=6) | st.just("chunked")
    ),
    max_size=3,
)


@settings(deadline=None)
@given(
    headers=_headers,
    pieces=st.lists(st.binary(max_size=30) | st.sampled_from([b"1\r\n", b"0\r\n"]), max_size=8),
)
def test_body_decoder_never_raises(headers: list[tuple[str, str]], pieces: list[bytes]) -> None:
    decoder = BodyDecoder(403, tuple(headers), max_bytes=50)
    for piece in pieces:
        decoder.feed(piece)
    decoder.eof()
    assert decoder.complete
    assert len(decoder.body) <= 50
