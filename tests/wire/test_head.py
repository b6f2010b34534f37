from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.errors import UsageError
from wscli.wire.head import (
    MAX_HEAD_BYTES,
    HeadDecoder,
    MalformedHead,
    RequestHead,
    RequestHeadDecoder,
    ResponseHead,
    accept_for,
    encode_request,
    header_value,
    header_values,
    list_items,
)

from .feeding import cut, splits

Outcome = RequestHead | ResponseHead | MalformedHead | None
SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nX-Case:  a b \r\n\r\n"


def fed(decoder: HeadDecoder | RequestHeadDecoder, pieces: list[bytes]) -> Outcome:
    outcome: Outcome = None
    for piece in pieces:
        outcome = decoder.feed(piece)
    return outcome


def response(octets: bytes) -> ResponseHead:
    head = HeadDecoder().feed(octets)
    assert isinstance(head, ResponseHead)
    return head


def rules(head: Outcome) -> list[str]:
    assert isinstance(head, RequestHead | ResponseHead)
    return [problem.rule for problem in head.problems]


RESPONSES = [
    # bytes, version, status, reason, headers, problems
    (
        SWITCHING,
        "HTTP/1.1",
        101,
        "Switching Protocols",
        (("Upgrade", "websocket"), ("X-Case", "a b")),
        [],
    ),
    (b"HTTP/1.1 200 \r\n\r\n", "HTTP/1.1", 200, "", (), []),
    (b"HTTP/1.1 200\r\n\r\n", "HTTP/1.1", 200, "", (), ["head-status-line"]),
    (b"HTTP/1.1  200 OK\r\n\r\n", "HTTP/1.1", 200, "OK", (), ["head-status-line"]),
    (b"HTTP/1.0 403 No\r\nA:b\r\n\r\n", "HTTP/1.0", 403, "No", (("A", "b"),), []),
    (b"HTTP/2 200 OK\r\n\r\n", "HTTP/2", 200, "OK", (), []),
    (b"HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1", 200, "OK", (("A", "b"),), ["head-line-ending"]),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n\n", "HTTP/1.1", 200, "OK", (("A", "b"),), ["head-line-ending"]),
    (b"\r\n\nHTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1", 200, "OK", (), ["head-leading-line"]),
    (b"HTTP/1.1 200 OK\r\nA: b\r\n\t c\r\n\r\n", "HTTP/1.1", 200, "OK", (("A", "b c"),), ["head-obs-fold"]),
    (b"HTTP/1.1 200 OK\r\nnothing\r\n\r\n", "HTTP/1.1", 200, "OK", (), ["head-header-line"]),
    (b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n", "HTTP/1.1", 200, "OK", (("A", "b"),), ["head-header-name"]),
    (b"HTTP/1.1 200 OK\r\n: b\r\n\r\n", "HTTP/1.1", 200, "OK", (("", "b"),), ["head-header-name"]),
    (
        b"HTTP/1.1 200 OK\r\nA: b\x1bc\r\n\r\n",
        "HTTP/1.1",
        200,
        "OK",
        (("A", "b\x1bc"),),
        ["head-header-value"],
    ),
    (b"HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n", "HTTP/1.1", 200, "OK", (("A", "b\rc"),), ["head-header-value"]),
    (b"HTTP/1.1 200 \xe9\r\nA: \xff\r\n\r\n", "HTTP/1.1", 200, "é", (("A", "ÿ"),), []),
    (b"HTTP/1.1 200 O\x00K\r\n\r\n", "HTTP/1.1", 200, "O\x00K", (), ["head-status-line"]),
]


@pytest.mark.parametrize("row", RESPONSES, ids=lambda row: repr(row[0][:24]))
def test_response_head_is_read_however_it_is_cut(
    row: tuple[bytes, str, int, str, tuple[()], list[str]],
) -> None:
    octets, version, status, reason, headers, problems = row
    for pieces in splits(octets + b"\x81\x00"):
        decoder = HeadDecoder()
        head = fed(decoder, pieces)
        assert isinstance(head, ResponseHead)
        assert (head.version, head.status, head.reason, head.headers) == (version, status, reason, headers)
        assert head.raw == octets
        assert rules(head) == problems
        assert decoder.remainder == b"\x81\x00"
        assert decoder.eof() is None


REQUESTS = [
    (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET", "/", "HTTP/1.1", []),
    (b"GET  /a b HTTP/1.0\r\n\r\n", "GET", "/a b", "HTTP/1.0", ["head-request-line"]),
    (b"\r\nGET * HTTP/1.1\n\n", "GET", "*", "HTTP/1.1", ["head-leading-line", "head-line-ending"]),
]


@pytest.mark.parametrize("row", REQUESTS, ids=lambda row: repr(row[0][:24]))
def test_request_head_is_read_however_it_is_cut(row: tuple[bytes, str, str, str, list[str]]) -> None:
    octets, method, target, version, problems = row
    for pieces in splits(octets + b"rest"):
        decoder = RequestHeadDecoder()
        head = fed(decoder, pieces)
        assert isinstance(head, RequestHead)
        assert (head.method, head.target, head.version, head.raw) == (method, target, version, octets)
        assert rules(head) == problems
        assert decoder.remainder == b"rest"


NOT_HTTP = [
    (b"SSH-2.0-OpenSSH_9.9\r\n", "SSH"),
    (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
    (b"\x16\x03\x03", "TLS"),
    (b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\x00", "HTTP/2"),
    (b"<!doctype html>", "bare HTML"),
    (b"220 mail ESMTP\r\n", "SMTP or FTP"),
    (b"http/1.1 101 X\r\n", ""),
    (b"HTTX", ""),
    (b"\rHTTP/1.1 200 OK\r\n\r\n", ""),
    (b"\xff\xfe", ""),
]


@pytest.mark.parametrize(("octets", "likeness"), NOT_HTTP)
def test_what_is_not_http_is_malformed_at_once(octets: bytes, likeness: str) -> None:
    head = HeadDecoder().feed(octets)
    assert isinstance(head, MalformedHead)
    assert head.looks_like == likeness
    assert head.raw == octets
    assert head.rfc == "RFC 9112 §4"
    assert not head.truncated
    assert isinstance(fed(HeadDecoder(), [octets[i : i + 1] for i in range(len(octets))]), MalformedHead)


@pytest.mark.parametrize(
    "line", [b"HTTP/1.1", b"HTTP/1.1 abc", b"HTTP/1.1 99 X", b"HTTP/1.1 1010 X", b"HTTP/x 101 X", b"HTTP/"]
)
def test_bad_status_line_is_malformed_at_its_end(line: bytes) -> None:
    decoder = HeadDecoder()
    assert decoder.feed(line) is None
    head = decoder.feed(b"\r\n")
    assert isinstance(head, MalformedHead)
    assert repr(line.decode()) in head.reason


@pytest.mark.parametrize("line", [b"GET /", b"GET HTTP/1.1", b"GET / HTTP/1.1 x", b"\x16\x03\x01", b"{}"])
def test_bad_request_line_is_malformed(line: bytes) -> None:
    assert isinstance(RequestHeadDecoder().feed(line + b"\r\n"), MalformedHead)


@pytest.mark.parametrize(
    ("octets", "place"),
    [
        (b"", "before a byte of the reply"),
        (b"\r\n", "before a byte of the reply"),
        (b"HTTP/1.1 1", "in the reply's first line, after 'HTTP/1.1 1'"),
        (b"HTTP/1.1 101 X\r\nA: b\r\nC", "in the reply's headers, after 1 whole header line"),
    ],
)
def test_end_of_stream_names_the_place(octets: bytes, place: str) -> None:
    decoder = HeadDecoder()
    assert decoder.feed(octets) is None
    head = decoder.eof()
    assert head == MalformedHead(f"the connection ended {place}", "RFC 9112 §4", octets, truncated=True)
    assert decoder.eof() is head


ENDLESS = {
    "headers": (b"HTTP/1.1 101 X\r\n", b"A: b\r\n"),
    "reason": (b"HTTP/1.1 101 ", b"x"),
    "value": (b"HTTP/1.1 101 X\r\nA: ", b"x"),
    "blank lines": (b"\r\n", b"\r\n"),
}


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("step", [1, 100])
def test_endless_head_ends_at_the_limit(kind: str, step: int) -> None:
    start, more = ENDLESS[kind]
    decoder = HeadDecoder(max_bytes=2000)
    head = decoder.feed(start)
    fed_bytes = len(start)
    while head is None:
        assert fed_bytes <= 2000
        head = decoder.feed(more * step)
        fed_bytes += len(more) * step
    assert isinstance(head, MalformedHead)
    assert head.too_large
    assert "over 2000 bytes" in head.reason
    assert len(head.raw) <= 2000


def test_limit_counts_the_head_alone() -> None:
    head = HeadDecoder(max_bytes=len(SWITCHING)).feed(SWITCHING + bytes(MAX_HEAD_BYTES))
    assert isinstance(head, ResponseHead)
    assert isinstance(HeadDecoder(max_bytes=len(SWITCHING) - 1).feed(SWITCHING), MalformedHead)


def test_interim_replies_are_kept_apart() -> None:
    octets = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + SWITCHING + b"\x81\x00"
    first = HeadDecoder()
    hints = first.feed(octets)
    assert isinstance(hints, ResponseHead)
    assert hints.is_interim
    second = HeadDecoder()
    final = second.feed(first.remainder)
    assert isinstance(final, ResponseHead)
    assert not final.is_interim
    assert second.remainder == b"\x81\x00"


def test_bytes_after_the_outcome_are_kept() -> None:
    decoder = HeadDecoder()
    head = decoder.feed(SWITCHING)
    assert decoder.feed(b"\x81") is head
    assert decoder.feed(b"\x00") is head
    assert decoder.remainder == b"\x81\x00"


def test_one_problem_of_a_kind_however_often_it_occurs() -> None:
    assert rules(response(b"HTTP/1.1 200 OK\r\n" + b"junk\r\n" * 1000 + b"\r\n")) == ["head-header-line"]


def test_folded_secret_stays_out_of_the_problem() -> None:
    head = response(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=\r\n hunter2\x01\r\n\r\n")
    assert header_values(head.headers, "set-cookie") == ["a= hunter2\x01"]
    assert "hunter2" not in repr(head.problems)


@settings(deadline=None)
@given(
    octets=st.binary(max_size=200), start=st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", b"GET / HTTP/1.1\n"])
)
def test_decoders_never_raise(octets: bytes, start: bytes) -> None:
    for decoder in (HeadDecoder(max_bytes=150), RequestHeadDecoder(max_bytes=150)):
        outcome = fed(decoder, [start, octets])
        ended = decoder.eof()
        assert outcome is not None or (ended is not None and ended.truncated)


@settings(deadline=None)
@given(data=st.data(), lines=st.lists(st.binary(max_size=12), max_size=6))
def test_cuts_change_nothing(data: st.DataObject, lines: list[bytes]) -> None:
    octets = b"\r\n".join([b"HTTP/1.1 101 X", *lines, b"", b""]) + b"frames"
    whole, parts = HeadDecoder(), HeadDecoder()
    expected = fed(whole, [octets])
    assert fed(parts, data.draw(cut(octets))) == expected
    assert parts.remainder == whole.remainder
    assert isinstance(expected, ResponseHead)
    assert expected.raw + whole.remainder == octets


_names = st.text("abcXYZ-_!", min_size=1, max_size=8)
_values = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=12
)


@settings(deadline=None)
@given(headers=st.lists(st.tuples(_names, _values), max_size=6))
def test_encoded_request_decodes_to_itself(headers: list[tuple[str, str]]) -> None:
    octets = encode_request("GET", "/a?b", headers)
    assert RequestHeadDecoder().feed(octets) == RequestHead("GET", "/a?b", "HTTP/1.1", tuple(headers), octets)


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", "/", [("A", "b\r\nX: y")]),
        ("GET", "/", [("A", "b\nc")]),
        ("GET", "/", [("A", "b\0")]),
        ("GET", "/", [("A\r\nB", "c")]),
        ("GET", "/", [("A B", "c")]),
        ("GET", "/", [("", "c")]),
        ("GET", "/", [("A", "\N{SNOWMAN}")]),
        ("GET", "/ x", []),
        ("GET", "/\r\nA: b", []),
        ("GET", "", []),
        ("G T", "/", []),
    ],
)
def test_request_that_would_break_the_head_is_refused(
    method: str, target: str, headers: list[tuple[str, str]]
) -> None:
    with pytest.raises(UsageError):
        encode_request(method, target, headers)


def test_refused_request_keeps_the_value_secret() -> None:
    with pytest.raises(UsageError) as caught:
        encode_request("GET", "/", [("Authorization", "hunter2\n")])
    assert "Authorization" in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_accept_is_that_of_the_rfc() -> None:
    # The example of RFC 6455 §1.3.
    assert accept_for("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_headers_are_found_in_any_case() -> None:
    headers = (("Via", "1"), ("VIA", "2, 3"), ("Other", ""))
    assert header_values(headers, "via") == ["1", "2, 3"]
    assert header_value(headers, "viA") == "1"
    assert header_value(headers, "missing") is None
    assert list_items(header_values(headers, "Via")) == ["1", "2", "3"]
