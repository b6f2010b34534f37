"""What is fuzzed: each target takes any bytes, and raises only when a promise is broken.

Besides never raising, every reader has to tell the same however its input was cut: that is where state
machines go wrong.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

import msgspec

from wscli.errors import UsageError
from wscli.events import Event, FrameSeen, MessageSeen, Stamp
from wscli.net.x509 import read_certificate
from wscli.sinks.escape import escape, json_safe
from wscli.wire.body import BodyDecoder
from wscli.wire.closecodes import parse_close
from wscli.wire.dissect import Dissector, Numbering
from wscli.wire.extensions import DeflateParams, deflate_params, opaque_rsv, parse_extensions
from wscli.wire.frames import Frame, FrameDecoder
from wscli.wire.head import HeadDecoder, RequestHeadDecoder, ResponseHead, encode_request
from wscli.wire.inflate import InflatedTooLarge, InflateError, Inflater
from wscli.wire.lint import FrameLint
from wscli.wire.runs import MessageRun

Target = Callable[[bytes], None]
STAMP = Stamp(0.0, "2026-11-21T10:00:00.000000Z")
LIMIT = 4096
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def pieces(octets: bytes) -> list[bytes]:
    """`octets` in pieces of sizes that they say themselves, 1 to 17."""
    cut, at = [], 0
    while at < len(octets):
        size = octets[at] % 17 + 1
        cut.append(octets[at : at + size])
        at += size
    return cut


def _frames(chunks: Iterable[bytes], *, masked: bool, fast: bool) -> list[Frame]:
    decoder = FrameDecoder(masked=masked, limit=LIMIT, deflate=True, fast=fast)
    found: list[Frame] = []
    for chunk in chunks:
        for item in decoder.feed(chunk):
            found += (item.frame(n) for n in range(len(item))) if isinstance(item, MessageRun) else [item]
    last = decoder.eof()
    return found if last is None else [*found, last]


def frames(octets: bytes) -> None:
    """The decoder: whole, cut and on the slow way it tells the same frames."""
    for masked in (False, True):
        whole = _frames([octets], masked=masked, fast=True)
        assert whole == _frames([octets], masked=masked, fast=False)
        assert whole == _frames(pieces(octets), masked=masked, fast=True)


def _told(
    chunks: Iterable[bytes], deflate: DeflateParams | None, opaque: int, *, fast: bool = True
) -> list[Event]:
    dissector = Dissector(
        "in",
        Numbering(),
        max_size=LIMIT,
        deflate=deflate,
        lint=FrameLint(deflate is not None, opaque),
        opaque_rsv=opaque,
        fast=fast,
    )
    told: list[Event] = []
    for chunk in chunks:
        for item in dissector.feed(chunk, STAMP):
            if isinstance(item, MessageRun):
                for pair in zip(item.frames(), item.messages(), strict=True):
                    told += pair
            else:
                told.append(item)
        told += dissector.look_ahead(STAMP, alive=True)
    told += dissector.eof(STAMP)
    for event in told:
        _encodes(event)
    return told


def _messages(told: Iterable[Event]) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = [
        (event.type, event.payload) for event in told if isinstance(event, MessageSeen)
    ]
    assert all(len(payload) <= LIMIT for _, payload in found)
    return found


def _encodes(item: object) -> None:
    if isinstance(item, FrameSeen | MessageSeen):
        safe = json_safe(msgspec.json.encode(item))
        assert all(0x20 <= byte <= 0x7E for byte in safe)


def dissector(octets: bytes) -> None:
    """Frames to messages, first byte the terms: cut or whole, the same messages within the limit.

    The fast way tells what the slow one does, to the last event, in the same reads.
    """
    terms, stream = octets[:1] or b"\0", octets[1:]
    deflate = DeflateParams(server_no_context_takeover=bool(terms[0] & 2)) if terms[0] & 1 else None
    opaque = (0x30 if deflate else 0x70) if terms[0] & 4 else 0
    whole, cut = (_told(chunks, deflate, opaque) for chunks in ([stream], pieces(stream)))
    assert whole == _told([stream], deflate, opaque, fast=False)
    assert cut == _told(pieces(stream), deflate, opaque, fast=False)
    assert _messages(whole) == _messages(cut)


def _head(
    chunks: Iterable[bytes], kind: type[HeadDecoder] | type[RequestHeadDecoder]
) -> tuple[object, bytes]:
    decoder = kind(max_bytes=LIMIT)
    outcome: object = None
    for chunk in chunks:
        outcome = decoder.feed(chunk)
    if outcome is None:
        outcome = decoder.eof()
    raw = getattr(outcome, "raw", b"")
    assert len(raw) <= LIMIT
    return outcome, decoder.remainder


def heads(octets: bytes) -> None:
    """Replies and requests: a head however cut is the same head, and what followed it is kept."""
    for kind in (HeadDecoder, RequestHeadDecoder):
        outcome, rest = _head([octets], kind)
        again, rest_again = _head(pieces(octets), kind)
        assert type(outcome) is type(again)
        if isinstance(outcome, ResponseHead):
            assert (outcome, rest) == (again, rest_again)
            assert outcome.raw + rest == octets
            list(parse_extensions(value for _, value in outcome.headers).problems)


def body(octets: bytes) -> None:
    """Bodies with the framing that the first line names."""
    line, _, content = octets.partition(b"\n")
    name, _, value = line.decode("latin-1").partition(":")
    outcomes = []
    for chunks in ([content], pieces(content)):
        decoder = BodyDecoder(403, ((name, value.strip()),), max_bytes=LIMIT)
        for chunk in chunks:
            decoder.feed(chunk)
        decoder.eof()
        assert len(decoder.body) <= LIMIT
        outcomes.append((decoder.body, decoder.truncated, decoder.trailers))
    (whole, truncated, _), (cut, _, _) = outcomes
    # Of a body that only claims to be chunked, what was here when that showed is kept.
    assert whole.startswith(cut) if truncated else outcomes[0] == outcomes[1]


def extensions(octets: bytes) -> None:
    """Sec-WebSocket-Extensions: what was read, written again, reads the same."""
    parsed = parse_extensions([octets.decode("latin-1")]).extensions
    deflate_params(parsed)
    assert opaque_rsv(parsed) in (0, 0x30, 0x70)
    quoted = (
        "; ".join([each.name, *(n if v is None else f'{n}="{_quote(v)}"' for n, v in each.params)])
        for each in parsed
    )
    text = ", ".join(quoted)
    assert not parsed or parse_extensions([text]).extensions == parsed


def _quote(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def close(octets: bytes) -> None:
    """Close payloads."""
    parsed = parse_close(octets)
    parsed.reason.encode()
    assert (parsed.code is None) == (len(octets) < 2)


def inflate(octets: bytes) -> None:
    """DEFLATE, the first byte being window and takeover: never over the limit, one kind of error."""
    terms, stream = octets[:1] or b"\0", octets[1:]
    for chunks in ([stream], pieces(stream)):
        inflater = Inflater(window_bits=8 + terms[0] % 8, takeover=bool(terms[0] & 8))
        room = LIMIT
        try:
            for chunk in chunks:
                room -= len(inflater.inflate(chunk, room))
                assert room >= 0
            assert len(inflater.finish(room)) <= room
        except (InflateError, InflatedTooLarge):
            continue


def shown(octets: bytes) -> None:
    """What is escaped holds no control, and escaping it again changes nothing."""
    for text in (octets.decode("latin-1"), octets.decode(errors="surrogateescape")):
        safe = escape(text)
        assert not {unicodedata.category(char) for char in safe} & _UNSAFE
        assert escape(safe) == safe


def request(octets: bytes) -> None:
    """Our own request: what it lets through, a server reads as it was meant."""
    name, _, value = octets.decode("latin-1").partition(":")
    try:
        raw = encode_request("GET", "/", [(name, value)])
    except UsageError:
        return
    assert raw.count(b"\r\n") == 3
    assert raw.endswith(b"\r\n\r\n")


def certificate(octets: bytes) -> None:
    """DER: whatever comes, some fields are None, and what is there is text."""
    msgspec.json.encode(read_certificate(octets))


TARGETS: dict[str, Target] = {
    target.__name__: target
    for target in (frames, dissector, heads, body, extensions, close, inflate, shown, request, certificate)
}
