"""A frame's header as RFC 6455 §5.2 orders it."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.repl.samples import frame
from wscli.events import ViolationFound
from wscli.repl.anatomy import anatomy, header_fields
from wscli.sinks.human_style import PLAIN, cells
from wscli.wire.frame import encode_frame


def test_the_example_of_the_rfc() -> None:
    # RFC 6455 §5.7: a single-frame unmasked text message that contains "Hello".
    shown = list(anatomy(frame(1, b"Hello", header=b"\x81\x05"), [], None, PLAIN, 80))
    assert shown[1:7] == [
        " 0                   1",
        " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5",
        "┌─┬─┬─┬─┬───────┬─┬─────────────┐",
        "│1│0│0│0│0 0 0 1│0│0 0 0 0 1 0 1│",
        "│F│1│2│3│opcode │M│   length    │",
        "└─┴─┴─┴─┴───────┴─┴─────────────┘",
    ]
    assert "✓ lint found nothing wrong with it" in shown


@pytest.mark.parametrize(("size", "bits"), [(5, 0), (126, 16), (65536, 64)])
@pytest.mark.parametrize("mask", [None, b"\1\2\3\4"])
def test_the_fields_are_all_of_the_header(size: int, bits: int, mask: bytes | None) -> None:
    wire = encode_frame(1, b"x" * size, mask=mask)
    header = wire[: len(wire) - size]
    fields = header_fields(header)
    assert "".join(field.bits for field in fields) == "".join(f"{byte:08b}" for byte in header)
    extended = [field.bits for field in fields if field.label == "extended payload length"]
    assert [len(field) for field in extended] == ([bits] if bits else [])


@settings(deadline=None)
@given(st.integers(20, 140), st.text(max_size=300), st.booleans(), st.integers(0, 15))
def test_no_line_is_wider_than_the_terminal(width: int, text: str, masked: bool, opcode: int) -> None:
    payload = text.encode("utf-8", "replace")
    wire = encode_frame(opcode, payload, mask=b"\1\2\3\4" if masked else None)
    seen = frame(1, payload, opcode=opcode, header=wire[: len(wire) - len(payload)])
    for line in anatomy(seen, [], None, PLAIN, width):
        assert not any(unicodedata.category(char)[0] == "C" for char in line)
        assert cells(line) <= max(width, 33)


def test_what_lint_said_is_told() -> None:
    said = ViolationFound(
        t=1.0,
        time="",
        rule="masked-by-server",
        rfc="RFC 6455 §5.1",
        severity="error",
        detail="a text frame is masked",
        frame=1,
    )
    shown = "\n".join(anatomy(frame(1, b"x"), [said], None, PLAIN, 80))
    assert "! error masked-by-server (RFC 6455 §5.1)" in shown
    assert "nothing wrong" not in shown


@pytest.mark.parametrize("text", ["x" * 5000, "line\n" * 20, "a " * 600])
@pytest.mark.parametrize("width", [40, 80])
def test_a_text_that_is_not_all_shown_says_so(text: str, width: int) -> None:
    shown = list(anatomy(frame(3, text.encode()), [], None, PLAIN, width))
    assert f"of {len(text):,} characters" in " ".join(line.strip() for line in shown)
    assert "characters" not in " ".join(anatomy(frame(3, b"short\ntext"), [], None, PLAIN, width))
