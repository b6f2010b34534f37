"""Messages out of frames, and the verdict that comes with the first bad byte."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wire.deflating import Deflater
from tests.wire.feeding import cut
from wscli.errors import ProtocolViolated, TooLarge
from wscli.wire.frame import encode_frame
from wscli.wire.frames import FrameDecoder, MessageRun
from wscli.wire.inflate import Inflater
from wscli.wire.messages import Message, MessageAssembler

MAX_SIZE = 1000


class Receiver:
    """A decoder and an assembler, and how many bytes it had when the verdict came."""

    def __init__(self, *, max_size: int = MAX_SIZE, deflate: bool = False, fast: bool = True) -> None:
        self.assembler = MessageAssembler(max_size=max_size, inflater=Inflater() if deflate else None)
        self.decoder = FrameDecoder(masked=False, limit=max_size, deflate=deflate, fast=fast)
        self.messages: list[Message] = []
        self.taken = 0

    def feed(self, octets: bytes) -> bool:
        """Take a read; whether there is no fault yet."""
        self.taken += len(octets)
        for item in self.decoder.feed(octets):
            if isinstance(item, MessageRun):
                good = self.assembler.check_run(item)
                self.messages += [
                    Message(item.type, payload, size, 1, item.compressed)
                    for payload, size in zip(item.payloads[:good], map(len, item.wire_payloads), strict=False)
                ]
            else:
                message = self.assembler.add(item)[1]
                if message is not None:
                    self.messages.append(message)
        if self.decoder.pending is not None:
            self.assembler.look_ahead(self.decoder.pending)
        return self.assembler.fault is None

    def feed_bytewise(self, octets: bytes) -> int | None:
        """How many bytes it took until the verdict, or None without one."""
        for index in range(len(octets)):
            if not self.feed(octets[index : index + 1]):
                return index + 1
        return None

    @property
    def close_code(self) -> int | None:
        return self.assembler.fault.close_code if self.assembler.fault else None


def test_fragments_are_joined_and_control_frames_between_them_left_out() -> None:
    receiver = Receiver()
    receiver.feed(b"\x01\x02He\x89\x01p\x00\x00\x80\x03llo\x82\x01b")
    assert receiver.messages == [Message("text", b"Hello", 5, 3, False), Message("binary", b"b", 1, 1, False)]


def test_a_compressed_message_may_be_fragmented() -> None:
    receiver = Receiver(deflate=True)
    payload = Deflater().message(b"Hello" * 20)
    receiver.feed(encode_frame(1, payload[:3], fin=False, rsv1=True) + encode_frame(0, payload[3:]))
    assert receiver.messages == [Message("text", b"Hello" * 20, len(payload), 2, True)]


def test_a_connection_with_compression_carries_plain_messages_too() -> None:
    receiver = Receiver(deflate=True)
    receiver.feed(encode_frame(1, b"plain") + encode_frame(1, Deflater().message(b"packed"), rsv1=True))
    assert [(message.payload, message.compressed) for message in receiver.messages] == [
        (b"plain", False),
        (b"packed", True),
    ]


# The bytes of a text, and the index of the first byte that no UTF-8 text has there (Unicode, table 3-7).
INVALID: list[tuple[bytes, int]] = [
    (b"\x80", 0),
    (b"abc\xbf", 3),
    (b"\xc0\x80", 0),
    (b"\xc1\xbf", 0),
    (b"\xc3\x28", 1),
    (b"\xc3\xa9\xa9", 2),
    (b"\xe0\x80\x80", 1),
    (b"\xe0\x9f\xbf", 1),
    (b"\xe2\x82\x41", 2),
    (b"\xed\xa0\x80", 1),
    (b"\xed\xbf\xbf", 1),
    (b"\xf0\x80\x80\x80", 1),
    (b"\xf0\x8f\xbf\xbf", 1),
    (b"\xf0\x9f\x98\x41", 3),
    (b"\xf4\x90\x80\x80", 1),
    (b"\xf5\x80\x80\x80", 0),
    (b"\xfe", 0),
    (b"\xff\xfe", 0),
    ("κόσμε".encode() + b"\xed\xa0\x80edited", 11),
]


@pytest.mark.parametrize(("text", "bad"), INVALID)
def test_the_verdict_on_utf8_comes_with_the_first_bad_byte(text: bytes, bad: int) -> None:
    receiver = Receiver()
    assert receiver.feed_bytewise(encode_frame(1, text + b"and on")) == 2 + bad + 1
    assert receiver.close_code == 1007


@pytest.mark.parametrize(("text", "bad"), INVALID)
def test_the_verdict_on_utf8_comes_in_fragments_split_anywhere(text: bytes, bad: int) -> None:
    for at in range(len(text) + 1):
        receiver = Receiver()
        taken = receiver.feed_bytewise(
            encode_frame(1, text[:at], fin=False) + b"\x89\x00" + encode_frame(0, text[at:] + b"and on")
        )
        headers = 2 if bad < at else 6
        assert taken == headers + bad + 1
        assert receiver.close_code == 1007


@pytest.mark.parametrize("text", [b"\xc3", b"\xe2\x82", b"\xf0\x9f\x98", "ü".encode() + b"\xe2"])
@pytest.mark.parametrize("fast", [True, False])
def test_a_text_that_ends_in_a_character_is_invalid_at_its_end(text: bytes, fast: bool) -> None:
    octets = encode_frame(1, text)
    assert Receiver(fast=fast).feed_bytewise(octets) == len(octets)
    whole = Receiver(fast=fast)
    assert not whole.feed(encode_frame(1, b"ok") + octets + encode_frame(1, b"never"))
    assert (whole.close_code, [message.payload for message in whole.messages]) == (1007, [b"ok"])


@pytest.mark.parametrize(("text", "bad"), INVALID)
def test_compressed_text_is_judged_before_its_end(text: bytes, bad: int) -> None:
    receiver = Receiver(deflate=True, max_size=1 << 20)
    deflater = Deflater()
    begin, end = deflater.part(b"fine " + text), deflater.message(b"x" * 5000)
    octets = encode_frame(1, begin + end, rsv1=True)
    assert not receiver.feed(octets[: len(octets) - len(end)])
    assert receiver.close_code == 1007


def test_the_violation_names_the_byte() -> None:
    receiver = Receiver()
    receiver.feed(encode_frame(1, b"a\xff"))
    fault = receiver.assembler.fault
    assert fault is not None
    assert isinstance(fault.error, ProtocolViolated)
    assert fault.violation is not None
    assert (fault.violation.rule, "0xff" in fault.violation.detail) == ("invalid-utf8", True)


def test_binary_messages_hold_any_bytes() -> None:
    receiver = Receiver()
    assert receiver.feed(encode_frame(2, bytes(range(256))))
    assert receiver.messages == [Message("binary", bytes(range(256)), 256, 1, False)]


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("deflate", [True, False])
def test_a_message_of_the_limit_passes_and_one_over_it_does_not(deflate: bool, fast: bool) -> None:
    for size, code in ((MAX_SIZE, None), (MAX_SIZE + 1, 1009), (MAX_SIZE + 20, 1009)):
        receiver = Receiver(deflate=deflate, fast=fast)
        receiver.feed(encode_frame(2, bytes(size)))
        assert (receiver.close_code, len(receiver.messages)) == (code, 0 if code else 1)


def test_a_plain_message_over_the_limit_is_refused_at_its_header() -> None:
    receiver = Receiver()
    octets = encode_frame(2, bytes(MAX_SIZE + 1))
    assert receiver.feed_bytewise(octets) == 4
    assert receiver.close_code == 1009
    assert receiver.assembler.fault is not None
    assert isinstance(receiver.assembler.fault.error, TooLarge)


def test_fragments_over_the_limit_are_refused_at_the_header_that_says_so() -> None:
    receiver = Receiver()
    first, second = encode_frame(2, bytes(600), fin=False), encode_frame(0, bytes(500))
    assert receiver.feed_bytewise(first + second) == len(first) + 4
    assert receiver.close_code == 1009


def test_endless_fragments_end_at_the_limit() -> None:
    receiver = Receiver()
    receiver.feed(encode_frame(1, b"", fin=False))
    piece = encode_frame(0, b"x", fin=False)
    while receiver.feed(piece):
        assert receiver.taken < MAX_SIZE * 4
    assert receiver.close_code == 1009


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("cut_at", [None, 300])
def test_a_bomb_is_refused_once_it_is_over_the_limit(cut_at: int | None, fast: bool) -> None:
    octets = encode_frame(2, Deflater().message(bytes(1 << 20)), rsv1=True)
    receiver = Receiver(deflate=True, fast=fast)
    assert not receiver.feed(octets[:cut_at])
    assert receiver.close_code == 1009
    assert receiver.messages == []


@pytest.mark.parametrize("fast", [True, False])
def test_what_does_not_inflate_fails_the_connection(fast: bool) -> None:
    receiver = Receiver(deflate=True, fast=fast)
    assert not receiver.feed(encode_frame(2, b"\xff\xff\xff", rsv1=True) + encode_frame(2, b"never"))
    assert (receiver.close_code, receiver.messages) == (1002, [])


def test_a_length_with_its_top_bit_set_breaks_the_protocol() -> None:
    receiver = Receiver()
    assert not receiver.feed(encode_frame(2, declared_length=1 << 63))
    assert receiver.close_code == 1002


def test_sixteen_mebibytes_in_small_pieces_are_one_message() -> None:
    payload = bytes(range(256)) * (1 << 12)
    octets = encode_frame(2, payload)
    receiver = Receiver(max_size=1 << 24)
    for begin in range(0, len(octets), 997):
        assert receiver.feed(octets[begin : begin + 997])
    assert [message.payload for message in receiver.messages] == [payload]


@settings(deadline=None)
@given(text=st.text(max_size=60), fragments=st.integers(1, 4), deflate=st.booleans(), data=st.data())
def test_text_arrives_however_it_is_fragmented_and_cut(
    text: str, fragments: int, deflate: bool, data: st.DataObject
) -> None:
    payload = Deflater().message(text.encode()) if deflate else text.encode()
    size = max(1, -(-len(payload) // fragments))
    parts = [payload[begin : begin + size] for begin in range(0, len(payload), size)] or [b""]
    octets = b"".join(
        encode_frame(0 if index else 1, part, fin=index == len(parts) - 1, rsv1=deflate and not index)
        for index, part in enumerate(parts)
    )
    receiver = Receiver(deflate=deflate)
    for piece in data.draw(cut(octets)):
        assert receiver.feed(piece)
    assert receiver.messages == [Message("text", text.encode(), len(payload), len(parts), deflate)]


@settings(deadline=None)
@given(text=st.binary(max_size=12), data=st.data())
def test_utf8_is_judged_as_python_judges_it(text: bytes, data: st.DataObject) -> None:
    try:
        text.decode()
        expected = None
    except UnicodeDecodeError:
        expected = 1007
    receiver = Receiver()
    for piece in data.draw(cut(encode_frame(1, text))):
        receiver.feed(piece)
    assert receiver.close_code == expected
