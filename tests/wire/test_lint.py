from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.protocol import State
from websockets.uri import parse_uri

from wscli.wire.frame import Frame, encode_frame
from wscli.wire.lint import RULES, FrameLint, Violation, frame_truncated, inflate_failed, invalid_utf8
from wscli.wire.lint import message_unfinished as unfinished
from wscli.wire.masking import apply_mask
from wscli.wire.rules import quoted, violation

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


def frame(
    opcode: int, payload: bytes = b"", header: bytes | None = None, **options: bool | int | bytes
) -> Frame:
    octets = encode_frame(opcode, payload, **options)  # type: ignore[arg-type]  # options are encode_frame's
    whole = header if header is not None else octets[: len(octets) - len(payload)]
    length = options.get("declared_length", len(payload))
    assert isinstance(length, int)
    return Frame(whole, payload, length)


def found(lint: FrameLint, *frames: Frame) -> list[list[str]]:
    return [[each.rule for each in lint.check(one)] for one in frames]


def plain() -> FrameLint:
    return FrameLint(deflate=False)


LEGAL = {
    "text": [frame(TEXT, b"a"), frame(BINARY, b"\xff" * 126), frame(BINARY, bytes(65536))],
    "fragments": [frame(TEXT, b"a", fin=False), frame(CONTINUATION, fin=False), frame(CONTINUATION, b"b")],
    "control frame between fragments": [frame(TEXT, fin=False), frame(PING, b"x" * 125), frame(CONTINUATION)],
    "message after message": [frame(TEXT, fin=False), frame(CONTINUATION), frame(TEXT)],
    "empty close": [frame(CLOSE)],
    "close": [frame(CLOSE, b"\x03\xe8bye")],
}


@pytest.mark.parametrize("case", LEGAL)
def test_legal_frames_pass(case: str) -> None:
    assert found(plain(), *LEGAL[case]) == [[] for _ in LEGAL[case]]


# One row a rule: the frames, and what the last of them breaks.
BROKEN: dict[str, list[Frame]] = {
    "masked-by-server": [frame(TEXT, b"a", mask=b"abcd")],
    "reserved-opcode": [frame(3)],
    "rsv-without-extension": [frame(TEXT, rsv1=True)],
    "control-fragmented": [frame(PING, fin=False)],
    "control-too-long": [frame(PING, bytes(126))],
    "length-not-minimal": [frame(TEXT, bytes(125), length_bytes=2)],
    "length-top-bit": [Frame(b"\x81\x7f\x80" + bytes(7), b"", 1 << 63, truncated=True)],
    "continuation-without-start": [frame(TEXT), frame(CONTINUATION)],
    "message-interleaved": [frame(TEXT, fin=False), frame(BINARY)],
    "close-one-byte": [frame(CLOSE, b"\x03")],
    "close-code": [frame(CLOSE, b"\x03\xee")],
    "close-reason-utf8": [frame(CLOSE, b"\x03\xe8\xc3")],
    "close-inside-message": [frame(TEXT, fin=False), frame(CLOSE)],
    "after-close": [frame(CLOSE), frame(TEXT, b"late")],
    "pong-unsolicited": [frame(PONG, b"x")],
}


@pytest.mark.parametrize("rule", BROKEN)
def test_broken_rule_is_named(rule: str) -> None:
    lint, (*before, last) = plain(), BROKEN[rule]
    assert found(lint, *before) == [[] for _ in before]
    (broken,) = lint.check(last)
    assert (broken.rule, broken.rfc, broken.severity) == (rule, RULES[rule].rfc, RULES[rule].severity)
    assert broken.detail


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_every_reserved_opcode_is_named(opcode: int) -> None:
    assert found(plain(), frame(opcode)) == [["reserved-opcode"]]


@pytest.mark.parametrize(
    ("frames", "rules"),
    [
        ([frame(TEXT, rsv1=True)], []),
        ([frame(TEXT, fin=False, rsv1=True), frame(CONTINUATION, rsv1=True)], ["rsv1-on-continuation"]),
        ([frame(PING, rsv1=True)], ["rsv1-on-control"]),
        ([frame(TEXT, rsv2=True)], ["rsv-without-extension"]),
        ([frame(PING, rsv1=True, rsv3=True)], ["rsv1-on-control", "rsv-without-extension"]),
        ([frame(3, rsv1=True)], ["reserved-opcode", "rsv-without-extension"]),
    ],
)
def test_rsv1_belongs_on_the_start_of_a_compressed_message(frames: list[Frame], rules: list[str]) -> None:
    assert found(FrameLint(deflate=True), *frames)[-1] == rules


def test_rsv_bits_of_an_unknown_extension_are_not_judged() -> None:
    lint = FrameLint(deflate=False, opaque_rsv=0x70)
    assert found(lint, frame(TEXT, rsv1=True, rsv2=True, rsv3=True), frame(PING, rsv1=True)) == [[], []]
    lint = FrameLint(deflate=True, opaque_rsv=0x30)
    assert found(lint, frame(PING, rsv1=True, rsv2=True)) == [["rsv1-on-control"]]


@pytest.mark.parametrize(
    ("length", "size", "minimal"),
    [(125, 2, False), (126, 2, True), (65535, 8, False), (65535, 2, True), (65536, 8, True), (0, 8, False)],
)
def test_length_is_minimal_or_named(length: int, size: int, minimal: bool) -> None:
    assert found(plain(), frame(TEXT, bytes(length), length_bytes=size)) == [
        [] if minimal else ["length-not-minimal"]
    ]


def test_every_rule_that_one_frame_breaks_is_named() -> None:
    rules = found(plain(), frame(CLOSE, b"\x03", fin=False, rsv2=True, mask=b"abcd", length_bytes=2))
    assert rules == [
        [
            "length-not-minimal",
            "masked-by-server",
            "rsv-without-extension",
            "control-fragmented",
            "close-one-byte",
        ]
    ]


def test_each_frame_after_close_is_one_violation() -> None:
    late = [frame(TEXT, b"a", mask=b"abcd"), frame(CLOSE), frame(PONG), frame(5)]
    assert found(plain(), frame(CLOSE), *late) == [[], *([["after-close"]] * 4)]


def test_interleaved_message_takes_the_place_of_the_unfinished_one() -> None:
    assert found(
        plain(),
        frame(TEXT, fin=False),
        frame(BINARY, fin=False),
        frame(CONTINUATION),
        frame(CONTINUATION),
    ) == [[], ["message-interleaved"], [], ["continuation-without-start"]]


def test_truncated_frame_is_judged_by_its_header() -> None:
    assert found(
        plain(),
        Frame(b"\x81", b"", 0, truncated=True),
        Frame(b"\x81\x7e\x00", b"", 0, truncated=True),
        Frame(b"", b"", 0, truncated=True),
        Frame(b"\x8a\x05", b"ab", 5, truncated=True),
        Frame(b"\x88\x02", b"\x03", 2, truncated=True),
    ) == [[], [], [], [], []]


def test_pong_answers_its_ping_and_all_older_ones() -> None:
    lint = plain()
    for payload in (b"1", b"2", b"3"):
        lint.expect_pong(payload)
    rules = found(lint, *(frame(PONG, payload) for payload in (b"2", b"1", b"3", b"3")))
    assert rules == [[], ["pong-unsolicited"], [], ["pong-unsolicited"]]


def test_pings_of_one_payload_are_answered_one_by_one() -> None:
    lint = plain()
    lint.expect_pong(b"")
    lint.expect_pong(b"")
    assert found(lint, frame(PONG), frame(PONG), frame(PONG)) == [[], [], ["pong-unsolicited"]]


def test_ping_that_was_forgotten_makes_no_false_accusation() -> None:
    lint = plain()
    for number in range(3000):
        lint.expect_pong(b"%d" % number)
    assert found(lint, frame(PONG, b"0"), frame(PONG, b"2999"), frame(PONG, b"0")) == [
        [],
        [],
        ["pong-unsolicited"],
    ]


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (invalid_utf8, "invalid-utf8"),
        (inflate_failed, "inflate-failed"),
        (frame_truncated, "frame-truncated"),
        (unfinished, "message-unfinished"),
    ],
)
def test_message_rules_have_constructors(make: object, rule: str) -> None:
    assert callable(make)
    assert make("why") == Violation(rule, RULES[rule].rfc, RULES[rule].severity, "why")


def test_every_rule_has_a_slug_a_section_and_an_explanation() -> None:
    for slug, rule in RULES.items():
        assert slug == slug.lower()
        assert slug.replace("-", "").isalnum()
        assert rule.rfc.startswith(("RFC 6455 §", "RFC 7692 §", "RFC 9110 §", "RFC 9112 §"))
        assert rule.explanation
        assert violation(slug, "x").severity == rule.severity


def test_quoted_text_is_one_bounded_line() -> None:
    assert quoted("a\n\x1b") == r"'a\n\x1b'"
    assert len(quoted("x" * 100_000)) < 250


@settings(deadline=None)
@given(
    deflate=st.booleans(),
    frames=st.lists(
        st.tuples(
            st.integers(0, 255),
            st.binary(max_size=200),
            st.sampled_from([None, 2, 8]),
            st.booleans(),
            st.booleans(),
        ),
        max_size=12,
    ),
)
def test_lint_never_raises(deflate: bool, frames: list[tuple[int, bytes, int | None, bool, bool]]) -> None:
    lint, closed = FrameLint(deflate), False
    for first, payload, size, masked, cut in frames:
        octets = encode_frame(first & 15, payload, length_bytes=size, mask=b"abcd" if masked else None)
        header = bytes([first]) + octets[1 : len(octets) - len(payload)]
        unmasked = apply_mask(octets[len(header) :], b"abcd") if masked else payload
        kept = unmasked[: len(unmasked) // 2] if cut else unmasked
        rules = [
            each.rule for each in lint.check(Frame(header, kept, len(payload), truncated=kept != payload))
        ]
        assert ("after-close" in rules) == closed
        closed = closed or first & 15 == CLOSE


_octets = st.sampled_from([b"", b"\x03", b"\x03\xe8", b"\x03\xee", b"\x03\xe8\xff", b"a" * 125, b"a" * 126])


@settings(deadline=None)
@given(
    frames=st.lists(
        st.tuples(st.integers(0, 255), _octets, st.sampled_from([None, 2, 8]), st.booleans()),
        max_size=8,
    )
)
def test_whatever_websockets_fails_lint_calls_an_error(
    frames: list[tuple[int, bytes, int | None, bool]],
) -> None:
    protocol = ClientProtocol(parse_uri("ws://localhost/"), state=State.OPEN)
    lint = plain()
    for first, payload, size, masked in frames:
        octets = encode_frame(first & 15, payload, length_bytes=size, mask=b"abcd" if masked else None)
        octets = bytes([first]) + octets[1:]
        errors = [
            each
            for each in lint.check(Frame(octets[: len(octets) - len(payload)], payload, len(payload)))
            if each.severity == "error"
        ]
        protocol.receive_data(octets)
        if protocol.parser_exc is not None:
            assert errors
            break


@pytest.mark.parametrize(("size", "told"), [(0, "0 bytes"), (1, "1 byte"), (2, "2 bytes")])
def test_what_follows_a_close_is_told_with_its_size(size: int, told: str) -> None:
    lint = plain()
    lint.check(frame(CLOSE))
    (late,) = lint.check(frame(TEXT, b"x" * size))
    assert late.detail == f"a text frame of {told} follows a Close"
