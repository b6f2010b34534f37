from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.exceptions import ProtocolError
from websockets.frames import Close

from wscli.wire.closecodes import may_be_on_wire, name_of, parse_close, why_not


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (1000, "Normal Closure"),
        (1001, "Going Away"),
        (1006, "Abnormal Closure"),
        (1014, "Bad Gateway"),
        (1015, "TLS Handshake"),
        (1016, "Reserved"),
        (2999, "Reserved"),
        (3000, "Unauthorized"),
        (3001, "Unregistered"),
        (3003, "Forbidden"),
        (3008, "Timeout"),
        (4000, "Private Use"),
        (4999, "Private Use"),
        (5000, "Invalid"),
        (999, "Invalid"),
        (0, "Invalid"),
        (-1, "Invalid"),
    ],
)
def test_code_has_the_registry_s_name(code: int, name: str) -> None:
    assert name_of(code) == name


@pytest.mark.parametrize("code", [*range(1000, 1004), *range(1007, 1015), 3000, 3999, 4000, 4999])
def test_code_that_may_be_on_the_wire(code: int) -> None:
    assert may_be_on_wire(code)
    assert why_not(code) == ""


@pytest.mark.parametrize(
    ("code", "section"),
    [
        (-1, "§5.5.1"),
        (65536, "§5.5.1"),
        (0, "§7.4.2"),
        (999, "§7.4.2"),
        (1004, "§7.4.1"),
        (1005, "§7.4.1"),
        (1006, "§7.4.1"),
        (1015, "§7.4.1"),
        (1016, "§7.4.2"),
        (2999, "§7.4.2"),
        (5000, "§7.4.2"),
        (65535, "§7.4.2"),
    ],
)
def test_code_that_may_not_says_why(code: int, section: str) -> None:
    assert not may_be_on_wire(code)
    assert str(code) in why_not(code)
    assert f"RFC 6455 {section}" in why_not(code)


def _websockets_accepts(code: int) -> bool:
    try:
        Close(code, "").check()
    except ProtocolError:
        return False
    return True


def test_websockets_agrees_on_every_code() -> None:
    assert [code for code in range(0x10000) if may_be_on_wire(code) != _websockets_accepts(code)] == []


@pytest.mark.parametrize(
    ("payload", "code", "reason", "rules"),
    [
        (b"", None, "", []),
        (b"\x03", None, "", ["close-one-byte"]),
        (b"\x03\xe8", 1000, "", []),
        (b"\x03\xe8bye \xc3\xa9", 1000, "bye é", []),
        (b"\x03\xee", 1006, "", ["close-code"]),
        (b"\x03\xe8\xff!", 1000, "\\xff!", ["close-reason-utf8"]),
        (b"\x00\x00\xed\xa0\x80", 0, "\\xed\\xa0\\x80", ["close-code", "close-reason-utf8"]),
    ],
)
def test_close_payload_is_read(payload: bytes, code: int | None, reason: str, rules: list[str]) -> None:
    close = parse_close(payload)
    assert (close.code, close.reason, close.raw_reason) == (code, reason, payload[2:])
    assert [problem.rule for problem in close.problems] == rules


@settings(deadline=None)
@given(payload=st.binary(max_size=130))
def test_close_payload_never_raises(payload: bytes) -> None:
    close = parse_close(payload)
    close.reason.encode()
    assert (close.code is None) == (len(payload) < 2)


def test_a_reason_that_is_not_utf8_is_quoted_with_one_escape_a_byte() -> None:
    (found,) = parse_close(b"\x03\xe8\xff!").problems
    assert found.detail == r"the close reason is not UTF-8: b'\xff!'"
