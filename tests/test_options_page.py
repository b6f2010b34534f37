"""docs/options.md leaves out no option that the four commands share."""

from __future__ import annotations

from pathlib import Path

import pytest

from wscli.cli.tree import read_program

PAGE = (Path(__file__).parent.parent / "docs" / "options.md").read_text(encoding="utf-8")
COMMANDS = {command.name: command for command in read_program().commands}
CONNECTING = ("connect", "handshake", "ping", "close")


def spellings(name: str) -> set[tuple[str, ...]]:
    return {tuple(option.flags) for option in COMMANDS[name].options}


SHARED = sorted(set.intersection(*map(spellings, CONNECTING)))


@pytest.mark.parametrize("names", SHARED, ids=lambda names: names[-1])
def test_the_page_lists_every_shared_option_in_every_spelling(names: tuple[str, ...]) -> None:
    if "--help" in names or any(name.startswith("--expect") for name in names):
        return
    missing = [name for name in names if f"`{name}" not in PAGE]
    assert not missing, "give it a row in docs/options.md, with curl's name for the same"


@pytest.mark.parametrize(
    "name", ["--ping-interval", "--ping-timeout", "--reconnect", "--max-retries", "--max-backoff"]
)
def test_the_page_lists_what_makes_a_connection_last(name: str) -> None:
    assert any(name in names for names in spellings("connect"))
    assert f"`{name}" in PAGE
