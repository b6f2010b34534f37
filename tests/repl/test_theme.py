"""Both themes read well on their ground: contrast as WCAG 2.1 measures it."""

from __future__ import annotations

import pytest
from prompt_toolkit.styles import Attrs

from tests.contrast import contrast
from wscli.repl.theme import style_for

# The sixteen as xterm has them; a terminal may have others.
ANSI = {
    "ansired": "cd0000",
    "ansiblue": "0000ee",
}
GROUNDS = {"dark": "000000", "light": "ffffff"}
ON_THE_GROUND = ["prompt", "command", "continuation", "auto-suggestion", "unknown"]
IN_THE_MENU = [
    "completion-menu",
    "completion-menu.completion.current",
    "completion-menu.meta.completion",
    "completion-menu.meta.completion.current",
]
IN_THE_BAR = [f"bar.state.{state}" for state in ("connecting", "open", "closing", "closed")]


def attributes(theme: str, name: str) -> Attrs:
    return style_for(theme).get_attrs_for_style_str(f"class:{name}")


def rgb(colour: str | None, ground: str) -> str:
    return ANSI.get(colour or "", colour or ground)


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", ON_THE_GROUND)
def test_what_stands_on_the_ground_can_be_read(theme: str, name: str) -> None:
    ground = GROUNDS[theme]
    # 3 to 1 is for bold and for single marks, 4.5 to 1 for text.
    least = 3.0 if attributes(theme, name).bold or name == "unknown" else 4.5
    assert contrast(rgb(attributes(theme, name).color, ground), ground) >= least


@pytest.mark.parametrize("name", ["prompt", "command"])
def test_what_is_typed_can_be_read_on_white_though_dark_was_taken(name: str) -> None:
    assert contrast(rgb(attributes("dark", name).color, ""), GROUNDS["light"]) >= 3.0


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", IN_THE_MENU + IN_THE_BAR)
def test_what_brings_its_own_ground_can_be_read(theme: str, name: str) -> None:
    styled = attributes(theme, name)
    assert contrast(rgb(styled.color, ""), rgb(styled.bgcolor, "")) >= 4.5
