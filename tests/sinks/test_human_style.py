"""The colours of `human` read well, whatever the ground."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import asdict

from tests.contrast import contrast
from wscli.sinks.human_style import COLORED

COLOURS = {name: sgr for name, sgr in asdict(COLORED).items() if "38;5;" in sgr}


def rgb(sgr: str) -> str:
    """The colour of the 256 that `sgr` names: the cube of six levels a channel."""
    found = re.search(r"38;5;(\d+)m", sgr)
    assert found is not None
    number = int(found[1]) - 16
    levels = (0, 95, 135, 175, 215, 255)
    return "".join(f"{levels[number // step % 6]:02x}" for step in (36, 6, 1))


def test_all_but_bold_and_faint_are_of_the_256() -> None:
    assert set(asdict(COLORED)) - set(COLOURS) == {"reset", "strong", "faint"}


@pytest.mark.parametrize("ground", ["000000", "ffffff"])
@pytest.mark.parametrize("name", COLOURS)
def test_a_colour_can_be_read_on_dark_and_on_light(name: str, ground: str) -> None:
    # 3 to 1 is for bold, 4.5 for text; no colour reaches that on both grounds with room to spare.
    assert contrast(rgb(COLOURS[name]), ground) >= (3.0 if "1;38" in COLOURS[name] else 4.0)
