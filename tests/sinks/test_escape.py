from __future__ import annotations

import json
import re
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.sinks import escape as escaping
from wscli.sinks.escape import escape, escape_lines, json_safe

UNSAFE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
COMMAND = re.compile(r"^\s*::|##\[|##vso\[", re.MULTILINE | re.IGNORECASE)
any_text = st.one_of(st.text(), st.text("#:[] \tvso\n\u3000", max_size=20))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("", ""),
        ("Zoë 日本 😀", "Zoë 日本 😀"),
        ("ideographic\u3000space", "ideographic\u3000space"),
        ("a\nb\rc\td", r"a\nb\rc\td"),
        ("\x00\x07\x1b\x7f", r"\x00\x07\x1b\x7f"),
        ("\x85\x9b", r"\x85\x9b"),
        ("\u200b\u200d\u202e\ufeff", r"\u200b\u200d\u202e\ufeff"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("\ud800", r"\ud800"),
        ("\ue000\uffff", r"\ue000\uffff"),
        ("\U000e0041\U0010ffff", r"\U000e0041\U0010ffff"),
        (r"a back\slash", r"a back\slash"),
        ("[bold]:smile:[/]", "[bold]:smile:[/]"),
        ("::error::x", r"\x3a:error::x"),
        ("  ::error", r"  \x3a:error"),
        ("\u3000::error", "\u3000\\x3a:error"),
        ("a ::error", "a ::error"),
        ("a##[group]", r"a#\x23[group]"),
        ("###[x", r"##\x23[x"),
        ("##vso[x] ##VSO[y]", r"#\x23vso[x] #\x23VSO[y]"),
        ("## heading", "## heading"),
    ],
)
def test_text_of_a_peer_is_shown_without_its_controls(text: str, shown: str) -> None:
    assert escape(text) == shown


@settings(deadline=None)
@given(any_text)
def test_no_text_keeps_a_control_or_a_ci_command(text: str) -> None:
    shown = escape(text)
    assert not {unicodedata.category(char) for char in shown} & UNSAFE
    assert not COMMAND.search(shown)
    assert escape(shown) == shown


@settings(deadline=None)
@given(any_text)
def test_lines_keep_their_newlines_and_nothing_else(text: str) -> None:
    shown = escape_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert not {unicodedata.category(char) for char in shown.replace("\n", "")} & UNSAFE
    assert not COMMAND.search(shown)


def test_address_inside_a_line_stays_readable() -> None:
    assert escape("::1") == r"\x3a:1"
    assert escape("::1", inside=True) == "::1"


def test_every_code_point_does_not_fill_memory() -> None:
    everything = "".join(map(chr, range(0x110000)))
    assert "\x1b" not in escape(everything)
    assert len(escaping._TABLE) <= escaping._TABLE_LIMIT


@settings(deadline=None)
@given(st.lists(st.one_of(any_text, st.text("#[]vso{}", max_size=12))))
def test_json_means_the_same_in_ascii(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    safe = json_safe(msgspec.json.encode(texts))
    assert all(0x20 <= byte <= 0x7E for byte in safe)
    assert not COMMAND.search(safe.decode())
    assert json.loads(safe) == texts


def test_json_that_is_safe_already_is_not_copied() -> None:
    encoded = b'{"a":"plain"}\n' * 10
    assert json_safe(encoded) is encoded
