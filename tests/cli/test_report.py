"""How failures look on stderr: folded between words on a terminal, one line each everywhere else."""

from __future__ import annotations

import os
import pty
import termios
from collections.abc import Iterator

import pytest
from rich.cells import cell_len

from wscli.cli.environment import Environment
from wscli.cli.report import report_failure, report_warning
from wscli.errors import WscliError

URL = "wss://a.very.long.name.example:8443/and/a/path/that/goes/on/and/on?for=ever&and=ever&and=still"
LONG = WscliError(
    f"the server redirects (302) from wss:// to {URL}: TLS is never downgraded", hint="words " * 30
)


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal of 60 columns, the program's last."""
    ours, theirs = pty.openpty()
    modes = termios.tcgetattr(theirs)
    modes[1] &= ~termios.OPOST
    termios.tcsetattr(theirs, termios.TCSANOW, modes)
    termios.tcsetwinsize(theirs, (24, 60))
    yield ours, theirs
    os.close(ours)
    os.close(theirs)


def shown(terminal: tuple[int, int], failure: WscliError) -> list[str]:
    ours, theirs = terminal
    report_failure(failure, Environment(stderr=theirs, stderr_tty=True, environ={"NO_COLOR": "1"}))
    return os.read(ours, 65536).decode().splitlines()


def test_an_error_is_folded_between_words_and_no_url_is_cut(terminal: tuple[int, int]) -> None:
    lines = shown(terminal, LONG)
    words = [word for line in lines for word in line.split()]
    assert words == f"wscli: {LONG.message} hint: {LONG.hint}".split()
    assert lines[0] == "wscli: the server redirects (302) from wss:// to"
    assert lines[1] == f"       {URL}:"
    assert all(cell_len(line) <= 60 or URL in line for line in lines)
    assert all(line.startswith(("wscli: ", "       ", "  hint: ")) for line in lines)


def test_wide_characters_count_as_what_they_take(terminal: tuple[int, int]) -> None:
    lines = shown(terminal, WscliError("日本語 " * 40))
    assert len(lines) > 5
    assert all(cell_len(line) <= 60 for line in lines)


def test_a_folded_line_begins_with_no_command_for_a_ci_runner(terminal: tuple[int, int]) -> None:
    lines = shown(terminal, WscliError("x " * 26 + "::error::gone"))
    assert not any(line.lstrip().startswith("::") for line in lines)


def test_outside_of_a_terminal_an_error_is_one_line() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as ours:
        with os.fdopen(writing, "wb") as theirs:
            report_failure(LONG, Environment(stderr=theirs.fileno()))
            report_warning("warned " * 40, Environment(stderr=theirs.fileno()))
        assert len(ours.read().splitlines()) == 3
