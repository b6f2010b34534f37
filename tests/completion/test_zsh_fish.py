"""The scripts for zsh (autoloaded) and fish in the real shells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.completion.shells import SCRIPTS, becomes, clear, lists, shell
from tests.support import Terminal

pytestmark = pytest.mark.system


@pytest.fixture(name="terminal", params=["zsh", "fish"])
def shell_on_a_terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    with shell(request.param, tmp_path) as terminal:
        yield terminal


def test_commands_options_and_choices_complete(terminal: Terminal) -> None:
    becomes(terminal, "wscli conn", "wscli connect")
    becomes(terminal, "--format j", "wscli connect --format json")
    clear(terminal)
    lists(terminal, "wscli connect --format ", "human", "plain", "raw", "json")


def test_urls_and_scenarios_complete(terminal: Terminal) -> None:
    becomes(terminal, "wscli ping wss://example.com/c", "wscli ping wss://example.com/chat")
    clear(terminal)
    lists(terminal, "wscli connect demo:f", "sends and echoes in fragments", "flood")
    clear(terminal)
    lists(terminal, "wscli ping ", "wss://example.com/ws", "demo:")
    assert "pwned" not in terminal.text


def test_close_codes_show_their_names(terminal: Terminal) -> None:
    lists(terminal, "wscli close --code 10", "Normal Closure", "Internal Error")
    assert "Abnormal" not in terminal.text
    clear(terminal)
    lists(terminal, "wscli connect --expect-close 100", "Abnormal Closure")


def test_files_complete_after_at(terminal: Terminal) -> None:
    becomes(terminal, "wscli connect --send @gre", "wscli connect --send @greeting.json")
    becomes(terminal, "--cacert gre", "wscli connect --send @greeting.json --cacert greeting.json")


def test_profiles_complete_as_urls_and_check_takes_files_and_urls(terminal: Terminal) -> None:
    becomes(terminal, "wscli ping @st", "wscli ping @staging")
    clear(terminal)
    becomes(terminal, "wscli check gre", "wscli check greeting.json")
    becomes(terminal, "wss://example.com/c", "wscli check greeting.json wss://example.com/chat")


def test_reports_complete_with_their_files(terminal: Terminal) -> None:
    lists(terminal, "wscli check --report ", "junit=", "prometheus=", "github")
    becomes(terminal, "ju", "wscli check --report junit=")
    becomes(terminal, "gre", "wscli check --report junit=greeting.json")
    becomes(
        terminal, "--report=tap=gr", "wscli check --report junit=greeting.json --report=tap=greeting.json"
    )


def test_zsh_takes_the_script_sourced_too(tmp_path: Path) -> None:
    with shell("zsh", tmp_path) as terminal:
        terminal.send(f"unset '_comps[wscli]'; source {SCRIPTS / '_wscli'}; clear\r")
        becomes(terminal, "wscli hand", "wscli handshake")
