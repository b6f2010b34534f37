"""The configuration file: what it may hold, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from wscli.errors import InputFailed, UsageError
from wscli.profiles.secrets import SecretSource
from wscli.profiles.toml import ConfigFile, Kind, load_file

OPTIONS = {
    "bearer": Kind.TEXT,
    "cookie": Kind.TEXT,
    "connect_timeout": Kind.TEXT,
    "insecure": Kind.FLAG,
    "header": Kind.TEXTS,
    "ok_close": Kind.NUMBERS,
    "client_max_window_bits": Kind.NUMBER,
}


def load(folder: Path, text: str) -> ConfigFile:
    path = folder / "config.toml"
    path.write_text(text)
    return load_file(path, OPTIONS)


def test_options_are_read_with_their_lines(tmp_path: Path) -> None:
    file = load(
        tmp_path,
        "[defaults]\nconnect-timeout = 5\n\n"
        "[profiles.staging]\nurl = 'wss://h/'\ninsecure = true\nok_close = 4001\nheader = ['A: 1', 'B: 2']\n"
        'bearer = { command = ["pass", "show", "x"] }\nclient-max-window-bits = 10\n',
    )
    assert {name: (each.value, each.line) for name, each in file.defaults.items()} == {
        "connect_timeout": ("5", 2)
    }
    assert {name: (each.value, each.line) for name, each in file.profile("staging").items()} == {
        "url": ("wss://h/", 5),
        "insecure": (True, 6),
        "ok_close": ([4001], 7),
        "header": (["A: 1", "B: 2"], 8),
        "bearer": (SecretSource(command=("pass", "show", "x")), 9),
        "client_max_window_bits": (10, 10),
    }


WRONG = {
    "a typo": ("[profiles.a]\nurl = 'x'\nbearr = 'hunter2x'\n", ["line 3", "'bearr'"], "bearer"),
    "in another profile": ("[profiles.b]\nbearr = 1\n[profiles.a]\n", ["line 2"], "bearer"),
    "a dotted key": ("profiles.a.bearr = 'hunter2x'\n", ["line 1", "bearr"], "bearer"),
    "a table in one line": ("[profiles]\na = { bearr = 'hunter2x' }\n", ["line 2", "bearr"], "bearer"),
    "a quoted key": ('[profiles."a"]\n"bearr" = "hunter2x"\n', ["line 2", "bearr"], "bearer"),
    "a table": ("[default]\n", ["line 1", "default"], "defaults"),
    "no table": ("bearer = 'hunter2x'\n", ["line 1"], "[profiles.NAME]"),
    "a text for a flag": ("[defaults]\ninsecure = 'hunter2x'\n", ["line 2", "insecure"], "true or false"),
    "a number for a flag": ("[defaults]\ninsecure = 1\n", ["line 2"], "true or false"),
    "a flag for a text": ("[defaults]\nconnect-timeout = true\n", ["line 2"], "text in quotes"),
    "a flag for a number": ("[defaults]\nclient-max-window-bits = true\n", ["line 2"], "whole number"),
    "texts for numbers": ("[defaults]\nok-close = ['4001']\n", ["line 2"], "whole numbers"),
    "a list in a list": ("[defaults]\nheader = [['A: 1']]\n", ["line 2"], "list of texts"),
    "both spellings": ("[profiles.a]\nok-close = 1\nok_close = 2\n", ["line 3"], "twice"),
    "a secret of nothing": ("[profiles.a]\nbearer = {}\n", ["line 2"], "env"),
    "a secret of two": ("[profiles.a]\nbearer = {env = 'A', command = ['b']}\n", ["line 2"], "env"),
    "a command in one text": (
        "[profiles.a]\nbearer = {command = 'pass show x'}\n",
        ["line 2"],
        "command = [",
    ),
    "a header without a name": ("[profiles.a]\nheader = [{env = 'A'}]\n", ["line 2"], "name = "),
    "a name": ("[profiles.'a/b']\n", ["a/b"], "letters"),
    "credentials for all": ("[defaults]\nbearer = 'hunter2x'\n", ["line 2", "every host"], "@NAME"),
    "a header for all": ("[defaults]\nheader = ['X-Api-Key: hunter2x']\n", ["every host"], "@NAME"),
    "no TOML": ("[defaults]\nbearer = hunter2x\n", ["line 2", "not TOML"], "quotes"),
    "the end of a text": ("[defaults]\nbearer = '''hunter2x\n", ["at its end", "not TOML"], "quotes"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_wrong_is_named_with_file_line_key_and_remedy(kind: str, tmp_path: Path) -> None:
    text, words, remedy = WRONG[kind]
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert caught.value.message.startswith(str(tmp_path / "config.toml"))
    assert all(word in caught.value.message for word in words), caught.value.message
    assert remedy in caught.value.hint
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_credentials_for_every_host_are_found_in_a_file_of_headers_too(tmp_path: Path) -> None:
    headers = tmp_path / "headers"
    headers.write_text("X-Team: a\n")
    text = "[defaults]\nheader = ['@headers']\n"
    assert load(tmp_path, text).defaults["header"].value == ["@headers"]
    headers.write_text("X-Team: a\nAuthorization: Bearer hunter2x\n")
    with pytest.raises(UsageError, match="every host") as caught:
        load(tmp_path, text)
    assert "hunter2" not in caught.value.message


def test_an_unknown_profile_is_answered_with_the_nearest(tmp_path: Path) -> None:
    file = load(tmp_path, "[profiles.staging]\n[profiles.prod]\n")
    with pytest.raises(UsageError) as caught:
        file.profile("stagin")
    assert caught.value.hint == "did you mean @staging?"
    with pytest.raises(UsageError) as caught:
        file.profile("zzz")
    assert "@staging, @prod" in caught.value.hint


def test_a_file_that_cannot_be_read_is_a_failure_of_input(tmp_path: Path) -> None:
    with pytest.raises(InputFailed):
        load_file(tmp_path, OPTIONS)
    (tmp_path / "latin").write_bytes(b"# \xe9\n")
    with pytest.raises(UsageError, match="UTF-8"):
        load_file(tmp_path / "latin", OPTIONS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[profiles.a]\nbearer = 'x'\n", True),
        ("[profiles.a]\nbearer = '@file'\n", False),
        ("[profiles.a]\nbearer = {env = 'X'}\n", False),
        ("[profiles.a]\ninsecure = true\n", False),
    ],
)
def test_a_file_knows_whether_it_holds_secrets(text: str, expected: bool, tmp_path: Path) -> None:
    assert load(tmp_path, text).holds_secrets is expected
