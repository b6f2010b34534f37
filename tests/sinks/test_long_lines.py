"""Long payloads are written piece by piece, and say the same as in one piece."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from typing import Any

import pytest

from wscli.config import Format
from wscli.events import FrameSeen, MessageSeen
from wscli.longtext import LONG, LongText, text_field
from wscli.sinks.escape import escape
from wscli.sinks.ndjson import NdjsonSink
from wscli.sinks.plain import PlainSink
from wscli.wire.dissect import text_or_base64

from .samples import HOSTILE, options, written_by

TEXTS = {
    "letters": "m" * (LONG + 1),
    "wide": "m" * LONG + "😀",
    "controls": "\x01\n\x7f" * LONG,
    "quotes": '"\\' * LONG,
    "hostile": "|".join(HOSTILE) * (LONG // 20),
    "odd characters": "é€😀\u2028" * (LONG // 7),
}
# As long as a piece at least, so that its end falls on every byte of a command.
COMMANDS = ["##[", "##vso[", "##VSO[a", "#", "####[", "x##[group]"]


def shown(text: str) -> str:
    """What `plain` shows of it: where there is a command, `#` is broken everywhere."""
    safe = escape(text, inside=True)
    return safe.replace("#", r"\x23") if "##[" in text else safe


def told(content: bytes, kind: str = "text") -> list[FrameSeen | MessageSeen]:
    """The frame and the message with this content."""
    text, base64 = text_or_base64(content, as_text=kind == "text")
    stamp: dict[str, Any] = {"t": 0.5, "time": "2026-11-21T10:00:00.000000Z", "n": 1, "direction": "in"}
    lengths: dict[str, Any] = {"length": len(content), "wire_length": len(content)}
    frame: dict[str, Any] = {"opcode": 1 if kind == "text" else 2, "fin": True, "masked": False, "mask": None}
    bits: dict[str, Any] = dict.fromkeys(("rsv1", "rsv2", "rsv3"), False)
    payload: dict[str, Any] = {"text": text, "base64": base64, "type": kind}
    return [
        FrameSeen(**stamp, **lengths, **frame, **bits, **payload, header="817f"),
        MessageSeen(**stamp, **lengths, **payload, fragments=1, compressed=False),
    ]


def plain_lines(content: bytes, kind: str = "text") -> list[str]:
    form = options(format=Format.PLAIN, frames=True)
    return written_by(lambda output: PlainSink(form, output), told(content, kind)).decode().split("\n")


def json_lines(content: bytes, kind: str = "text") -> list[bytes]:
    form = options(format=Format.JSON, frames=True)
    return written_by(lambda output: NdjsonSink(form, output), told(content, kind)).splitlines()


@pytest.mark.parametrize("name", TEXTS)
def test_long_text_is_shown_as_a_short_one_would_be(name: str) -> None:
    text = TEXTS[name]
    frame, message, rest = plain_lines(text.encode())
    assert (frame.split(' "', 1)[1], rest) == (f'{shown(text)}"', "")
    assert message.split(' "', 1)[1] == f'{shown(text)}"'
    assert message.startswith(f"< message 1 text len={len(text.encode())} ")
    for line in json_lines(text.encode()):
        assert all(0x20 <= byte <= 0x7E for byte in line)
        event = json.loads(line)
        assert event["text"] == text
        assert "base64" not in event
        assert event["event"] == ("frame" if "header" in event else "message")


def test_long_binary_is_whole() -> None:
    content = bytes(range(256)) * (LONG // 256 + 1)
    for line in plain_lines(content, "binary")[:2]:
        assert line.endswith(f" hex:{content.hex()}")
    for encoded in json_lines(content, "binary"):
        assert json.loads(encoded)["base64"] == b64encode(content).decode()


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("shift", range(7))
def test_no_command_is_made_where_pieces_meet(command: str, shift: int) -> None:
    content = ("x" * shift + command * (3 * LONG // len(command))).encode()
    for line in [*plain_lines(content), *map(bytes.decode, json_lines(content))]:
        assert not re.search(r"##(\[|vso\[)", line, re.IGNORECASE)
    assert json.loads(json_lines(content)[1])["text"].encode() == content


def test_long_text_answers_what_is_asked_of_a_text() -> None:
    text = "é€😀" * LONG
    long = text_field(text.encode())
    assert isinstance(long, LongText)
    assert (len(long), long[:7], long[3:5], str(long)) == (len(text), text[:7], text[3:5], text)
    assert long == text
    assert long == LongText(text.encode())
    assert long != text[1:]
    assert hash(long) == hash(LongText(text.encode()))
    assert "".join(long.pieces()) == text
    assert text_field(b"short") == "short"


@pytest.mark.parametrize("end", [b"\xff", b"\xc3", b"\xf0\x9f\x98"])
def test_long_content_that_is_no_utf8_is_binary(end: bytes) -> None:
    content = b"m" * LONG + end
    assert text_or_base64(content, as_text=True)[1] == content
