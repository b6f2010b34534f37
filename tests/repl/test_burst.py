"""Keys of one read that are a paste."""

from __future__ import annotations

import pytest
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

from wscli.repl.burst import Unbracketed, joined

ENTER, LEFT = KeyPress(Keys.ControlM, "\r"), KeyPress(Keys.Left, "\x1b[D")


def typed(text: str) -> list[KeyPress]:
    return [ENTER if character == "\r" else KeyPress(character) for character in text]


def paste(text: str) -> KeyPress:
    return KeyPress(Keys.BracketedPaste, Unbracketed(text))


LINE = "thirty-two characters and more.. "


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        ([], []),
        (typed("typed\r"), typed("typed\r")),
        (typed(LINE), [paste(LINE)]),
        (typed(f"{LINE}\r{LINE}"), [paste(f"{LINE}\r{LINE}")]),
        (typed(f"{LINE}\r"), [paste(LINE), ENTER]),
        (typed(f"{LINE}\r\r"), [paste(LINE), ENTER, ENTER]),
        ([*typed(LINE), LEFT, *typed("x")], [paste(LINE), LEFT, *typed("x")]),
        ([LEFT] * 40, [LEFT] * 40),
        ([ENTER] * 40, [ENTER] * 40),
    ],
)
def test_text_that_comes_at_once_is_one_key(keys: list[KeyPress], result: list[KeyPress]) -> None:
    assert joined(keys) == result
