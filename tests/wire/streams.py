"""Random frame streams of a server, legal and violating, compressed or not, as hypothesis strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.wire.deflating import Deflater
from wscli.wire.frame import encode_frame

TEXTS = st.text(max_size=8).map(str.encode)
BAD_TEXTS = st.sampled_from([b"\xff", b"ok\xed\xa0\x80", b"\xc3", b"a\xe2\x82"])
CLOSES = st.sampled_from(
    [b"", b"\x03", b"\x03\xe8", b"\x03\xe8bye", b"\x0f\xa1", b"\x03\xed", b"\x03\xe8\xff"]
)
LENGTHS = st.sampled_from([0, 1, 5, 124, 125, 126, 127, 140])


@st.composite
def frame_streams(draw: st.DrawFn, *, deflate: bool) -> bytes:
    """Up to a dozen frames; most of them are what a legal server sends."""
    deflater = Deflater()
    return b"".join(_frames(draw, deflater if deflate else None) for _ in range(draw(st.integers(0, 12))))


def _frames(draw: st.DrawFn, deflater: Deflater | None) -> bytes:
    kind = draw(st.sampled_from(_KINDS))
    if kind == "texts":
        return b"".join(encode_frame(1, payload) for payload in draw(st.lists(TEXTS, max_size=4)))
    if kind == "binary":
        return encode_frame(2, bytes(draw(LENGTHS)))
    if kind == "packed":
        return _packed(draw, deflater)
    if kind == "fragments":
        return _fragments(draw(st.lists(TEXTS, min_size=1, max_size=3)), draw(st.booleans()))
    if kind == "control":
        return encode_frame(draw(st.sampled_from([9, 10])), draw(st.binary(max_size=3)))
    if kind == "close":
        return encode_frame(8, draw(CLOSES))
    if kind == "bad text":
        return encode_frame(1, draw(BAD_TEXTS), fin=draw(st.booleans()))
    if kind == "not minimal":
        return encode_frame(
            draw(st.sampled_from([1, 2, 9])), b"x", length_bytes=draw(st.sampled_from([2, 8]))
        )
    if kind == "long":
        return encode_frame(2, b"", declared_length=draw(st.sampled_from([300, 1 << 20, 1 << 63])))
    return encode_frame(
        draw(st.integers(0, 15)),
        draw(st.binary(max_size=4)),
        fin=draw(st.booleans()),
        rsv1=draw(st.booleans()),
        rsv2=draw(st.booleans()),
        mask=draw(st.none() | st.just(b"abcd")),
    )


_KINDS = (
    *("texts", "texts", "binary", "packed", "packed", "fragments", "control"),
    *("close", "bad text", "not minimal", "long", "any"),
)


def _packed(draw: st.DrawFn, deflater: Deflater | None) -> bytes:
    content = draw(TEXTS | BAD_TEXTS | LENGTHS.map(bytes) | st.just(bytes(4000)))
    opcode = draw(st.sampled_from([1, 2]))
    if deflater is None:
        return encode_frame(opcode, content)
    payload = draw(st.binary(max_size=4)) if draw(st.integers(0, 9)) == 0 else deflater.message(content)
    if draw(st.booleans()):
        return encode_frame(opcode, payload, rsv1=True)
    at = draw(st.integers(0, len(payload)))
    return encode_frame(opcode, payload[:at], fin=False, rsv1=True) + encode_frame(0, payload[at:])


def _fragments(parts: list[bytes], ping: bool) -> bytes:
    last = len(parts) - 1
    frames = [encode_frame(0 if i else 1, part, fin=i == last) for i, part in enumerate(parts)]
    return (encode_frame(9, b"between") if ping else b"").join(frames)
