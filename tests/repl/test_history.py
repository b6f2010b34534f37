"""Histories: a file a host, for its owner alone, without secrets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from wscli.repl.history import MOST_LINES, LineHistory, history_file
from wscli.sinks.redact import Redactor


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    path = history_file(tmp_path, "example.com:8080")
    for line in ("one", "two\nlines", "grüß ‹›"):
        LineHistory(path, Redactor()).store_string(line)
    assert list(LineHistory(path, Redactor()).load_history_strings()) == ["grüß ‹›", "two\nlines", "one"]


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    path = history_file(tmp_path / "new", "h")
    path.parent.mkdir(parents=True)
    path.touch(mode=0o644)
    LineHistory(path, Redactor()).store_string("x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "line",
    [
        '{"password": "x"}',
        "Authorization: Basic abc",
        '{"access_token":"x"}',
        "Bearer abcdef",
        "/connect wss://user:pw@host/",
        "/connect wss://host/?key=abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
        "known-secret-value in it",
        "x" * 20_000,
    ],
)
def test_secrets_and_long_lines_stay_out_of_the_file(tmp_path: Path, line: str) -> None:
    path = history_file(tmp_path, "h")
    LineHistory(path, Redactor(["known-secret-value"])).store_string(line)
    assert not path.exists()


@pytest.mark.parametrize("host", ["../../etc/passwd", "[::1]:80", "a/b", "", "x" * 500])
def test_a_host_names_one_file_in_the_folder(tmp_path: Path, host: str) -> None:
    path = history_file(tmp_path, host)
    assert path.parent == tmp_path / "history"
    assert len(path.name) <= 120
    LineHistory(path, Redactor()).store_string("x")
    assert path.is_file()


def test_a_file_that_is_spoilt_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = history_file(tmp_path, "h")
    path.parent.mkdir(parents=True)
    path.write_bytes(b'"one"\n\xff\xfe\n{"a": 1}\nnot json\n"two"\n')
    assert list(LineHistory(path, Redactor()).load_history_strings()) == ["two", "one"]


def test_a_long_file_is_cut(tmp_path: Path) -> None:
    path = history_file(tmp_path, "h")
    path.parent.mkdir(parents=True)
    path.write_text("".join(f'"{number}"\n' for number in range(MOST_LINES + 1)))
    lines = list(LineHistory(path, Redactor()).load_history_strings())
    assert lines[0] == str(MOST_LINES)
    assert len(path.read_text().splitlines()) == MOST_LINES // 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_done_without_and_told_of_once(tmp_path: Path) -> None:
    (tmp_path / "history").write_text("a file, not a folder")
    told: list[str] = []
    path = history_file(tmp_path, "h")
    history = LineHistory(path, Redactor(), told.append)
    history.store_string("x")
    history.store_string("y")
    assert told == [f"the history of typed lines cannot be written: {path}: File exists"]
    assert list(history.load_history_strings()) == []


def test_a_link_in_the_files_place_is_not_followed(tmp_path: Path) -> None:
    path = history_file(tmp_path, "h")
    path.parent.mkdir(parents=True)
    (tmp_path / "other").touch()
    path.symlink_to(tmp_path / "other")
    LineHistory(path, Redactor()).store_string("x")
    assert (tmp_path / "other").read_text() == ""
