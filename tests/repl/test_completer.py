"""Completions of commands, and of nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from wscli.repl.completer import CommandCompleter


def completed(line: str) -> list[str]:
    """What the line could become."""
    found = CommandCompleter().get_completions(Document(line), CompleteEvent())
    return [line[: len(line) + one.start_position] + one.text for one in found]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("/cl", "/close"),
        ("/close 10", "/close 1011"),
        ("/filter i", "/filter in"),
        ("/filter in te", "/filter in text"),
        ("/set th", "/set theme"),
        ("/set theme l", "/set theme light"),
        ("/pretty o", "/pretty off"),
        ("/help cl", "/help close"),
        ("/frame opcode=1 f", "/frame opcode=1 fin="),
        ("/binary b", "/binary base64:"),
    ],
)
def test_words_are_completed(line: str, wanted: str) -> None:
    assert wanted in completed(line)


@pytest.mark.parametrize(
    "line",
    ["", "hello", "//cl", "a /cl", "/close 1000 b", "/text hel", "/x y", "/cl\nose", "/set  "],
)
def test_messages_are_left_alone(line: str) -> None:
    assert completed(line) == []


def test_codes_that_are_never_sent_are_not_offered() -> None:
    codes = completed("/close ")
    assert "/close 1000" in codes
    assert not {"/close 1005", "/close 1006", "/close 1015"} & set(codes)


def test_files_are_completed(tmp_path: Path) -> None:
    (tmp_path / "message.json").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "folder").mkdir()
    assert completed(f"/send @{tmp_path}/") == [
        f"/send @{tmp_path}/folder/",
        f"/send @{tmp_path}/message.json",
    ]
    assert completed(f"/save {tmp_path}/.h") == [f"/save {tmp_path}/.hidden"]
    assert completed(f"/frame opcode=1 payload=@{tmp_path}/m") == [
        f"/frame opcode=1 payload=@{tmp_path}/message.json"
    ]
    assert completed(f"/send @{tmp_path}/nowhere/") == []
