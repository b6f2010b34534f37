"""Pastes stay whole; JSON that is not finished is known."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.repl.paste import FOLD_CHARACTERS, Folds, as_it_stands, as_text, is_unfinished


@pytest.mark.parametrize(
    ("pasted", "text"), [("a\rb\r", "a\nb"), ("a\r\nb", "a\nb"), ("a\n\n", "a\n"), ("", ""), ("\r", "")]
)
def test_line_ends_are_those_of_a_text(pasted: str, text: str) -> None:
    assert as_text(pasted) == text


def test_short_pastes_show_as_they_are() -> None:
    assert Folds().fold("a\nb") == "a\nb"


@settings(deadline=None)
@given(st.text(min_size=FOLD_CHARACTERS + 1, max_size=FOLD_CHARACTERS + 50), st.text("ab "), st.text("ab "))
def test_a_long_paste_folds_and_unfolds(paste: str, before: str, after: str) -> None:
    folds = Folds()
    mark = folds.fold(paste)
    assert len(mark) < 80
    assert folds.unfold(before + mark + after) == before + paste + after


def test_two_pastes_keep_apart() -> None:
    folds = Folds()
    first, second = folds.fold("x" * 5000), folds.fold("y\n" * 5000)
    assert folds.unfold(second + first) == "y\n" * 5000 + "x" * 5000


@pytest.mark.parametrize(
    "line", ["{", '{"a": [1,', '{"a": tr', '["\\u12', '{"a": 1,\n', '["}', '/json {"a":', '  [{"\\"}":1}']
)
def test_open_brackets_go_on(line: str) -> None:
    assert is_unfinished(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "hello {",
        "{}",
        "[1]]",
        '{"a": "}"}',
        "/text {",
        "//{",
        "/find [",
        "[INFO] up",
        "{bad",
        "/json {bad",
        "[\ud800",
    ],
)
def test_other_lines_do_not(line: str) -> None:
    assert not is_unfinished(line)


@settings(deadline=None)
@given(st.recursive(st.none() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_whole_json_is_finished(value: object) -> None:
    assert not is_unfinished(json.dumps(value))


@settings(deadline=None)
@given(
    st.recursive(st.none() | st.text(), lambda inner: st.lists(inner, min_size=1)), st.integers(min_value=1)
)
def test_the_beginning_of_an_array_is_unfinished(value: object, at: int) -> None:
    text = json.dumps([value])
    assert is_unfinished(text[: at % len(text) or 1])


@pytest.mark.parametrize(
    ("line", "stands"), [('{"a":\n  ', '{"a":'), ("{", None), ("{\n1", None), ("\n", None), ("", None)]
)
def test_an_empty_last_line_ends_what_is_unfinished(line: str, stands: str | None) -> None:
    assert as_it_stands(line) == stands
