"""The bash script in a real bash, as a person uses it: a line, TAB, what stands there then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.completion.shells import becomes, clear, lists, shell
from tests.support import Terminal


@pytest.fixture(name="bash")
def bash_on_a_terminal(tmp_path: Path) -> Iterator[Terminal]:
    with shell("bash", tmp_path) as terminal:
        yield terminal


def test_commands_and_options_complete(bash: Terminal) -> None:
    becomes(bash, "wscli conn", "wscli connect")
    becomes(bash, "--form", "wscli connect --format")
    becomes(bash, "j", "wscli connect --format json")
    becomes(bash, "--color=al", "wscli connect --format json --color=always")
    clear(bash)
    lists(bash, "wscli ", "handshake  (Open, dissect the opening handshake, close)", "completion")
    clear(bash)
    lists(bash, "wscli connect --format ", "human", "plain", "raw", "json")
    clear(bash)
    lists(bash, "wscli close --tls-min ", "1.2", "1.3")


def test_a_colon_breaks_no_url(bash: Terminal) -> None:
    lists(bash, "wscli connect wss:", "//example.com/chat", "//example.com/ws")
    becomes(bash, "ex", "wscli connect wss://example.com/")
    becomes(bash, "c", "wscli connect wss://example.com/chat")
    clear(bash)
    becomes(bash, "wscli ping 'wss://example.com/w", "wscli ping 'wss://example.com/ws'")
    clear(bash)
    becomes(bash, "wscli ping ws://[", "wscli ping ws://[::1]:8080/x")


def test_what_wscli_never_wrote_is_not_offered(bash: Terminal) -> None:
    lists(bash, "wscli connect ", "wss://example.com/ws", "demo:")
    assert "pwned" not in bash.text


def test_demo_scenarios_complete(bash: Terminal) -> None:
    becomes(bash, "wscli handshake dem", "wscli handshake demo:")
    lists(bash, "f", "flood  (", "fragments  (sends and echoes in fragments")
    becomes(bash, "l", "wscli handshake demo:flood")
    clear(bash)
    becomes(bash, "wscli serve tic", "wscli serve ticker")


def test_close_codes_show_their_names(bash: Terminal) -> None:
    lists(bash, "wscli close --code 10", "1000  (Normal Closure)", "1011  (Internal Error)")
    assert "1006" not in bash.text
    becomes(bash, "09", "wscli close --code 1009")
    clear(bash)
    lists(bash, "wscli connect --expect-close 100", "1006  (Abnormal Closure)", "1005  (No Status Received)")


def test_files_complete_after_at_and_where_a_file_is_meant(bash: Terminal) -> None:
    becomes(bash, "wscli connect --send @gre", "wscli connect --send @greeting.json")
    becomes(bash, "-H @g", "wscli connect --send @greeting.json -H @greeting.json")
    clear(bash)
    becomes(bash, "wscli connect --cacert gre", "wscli connect --cacert greeting.json")


def test_profiles_complete_as_urls_and_check_takes_files_and_urls(bash: Terminal) -> None:
    becomes(bash, "wscli ping @st", "wscli ping @staging")
    clear(bash)
    becomes(bash, "wscli check gre", "wscli check greeting.json")
    becomes(bash, "wss://example.com/c", "wscli check greeting.json wss://example.com/chat")


def test_reports_complete_with_their_files(bash: Terminal) -> None:
    lists(bash, "wscli check --report ", "junit=", "prometheus=", "github")
    becomes(bash, "ju", "wscli check --report junit=")
    becomes(bash, "gre", "wscli check --report junit=greeting.json")
    becomes(bash, "--report=git", "wscli check --report junit=greeting.json --report=github")
    becomes(
        bash,
        "--report=tap=gr",
        "wscli check --report junit=greeting.json --report=github --report=tap=greeting.json",
    )


def test_it_completes_within_a_pipe_and_after_an_assignment(bash: Terminal) -> None:
    becomes(bash, "echo hi | A=1 wscli conn", "echo hi | A=1 wscli connect")
    becomes(
        bash,
        "--send gre wss://example.com/c",
        "echo hi | A=1 wscli connect --send gre wss://example.com/chat",
    )


def test_a_strict_shell_is_no_obstacle(bash: Terminal) -> None:
    bash.send("set -u; unset XDG_STATE_HOME COLUMNS; IFS=/\r")
    clear(bash)
    becomes(bash, "wscli ping --cou", "wscli ping --count")
    becomes(bash, "1 ws", "wscli ping --count 1 ws")
    becomes(bash, "s:", "wscli ping --count 1 wss://")
    becomes(bash, "\x15wscli connect --expect-close 1006", "wscli connect --expect-close 1006")
    assert "unbound" not in bash.text
