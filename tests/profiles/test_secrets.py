"""Secrets that the file points to, and whose commands are run."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from wscli.errors import UsageError
from wscli.profiles.location import find_file, own_file, refusal_of_commands
from wscli.profiles.secrets import SecretSource


def printing(text: str, status: int = 0) -> SecretSource:
    return SecretSource(command=(sys.executable, "-c", f"print({text!r}); raise SystemExit({status})"))


def test_a_secret_is_a_variable_or_the_first_line_of_what_a_command_prints() -> None:
    assert SecretSource(env="TOKEN").reveal({"TOKEN": "abc"}, "here") == "abc"
    assert printing("abc\nuser: me").reveal({}, "here") == "abc"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (SecretSource(env="TOKEN"), "the variable TOKEN gives nothing"),
        (printing(""), "gives nothing"),
        (printing("hunter2", 3), "ended with exit status 3"),
        (SecretSource(command=("no-such-program-here", "hunter2")), "cannot run 'no-such-program-here'"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told_with_its_place(source: SecretSource, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        source.reveal({}, "config.toml, line 7")
    assert caught.value.message.startswith("config.toml, line 7: ")
    assert words in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "wscli" / "config.toml"
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    return path


def test_the_users_own_file_may_name_commands(own: Path) -> None:
    assert refusal_of_commands(own, {"XDG_CONFIG_HOME": str(own.parent.parent)}) == ("", "")


@pytest.mark.parametrize("which", ["file", "folder", "target"])
def test_what_others_may_write_names_no_commands(which: str, own: Path, tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    if which == "target":
        real = tmp_path / "dotfiles.toml"
        own.rename(real)
        own.symlink_to(real)
        real.chmod(0o620)
    else:
        (own if which == "file" else own.parent).chmod(0o777)
    refusal, hint = refusal_of_commands(own, environ)
    assert "others may write" in refusal
    assert "chmod go-w" in hint


@pytest.mark.parametrize(
    ("mode", "allowed"), [(0o755, True), (0o775, False), (0o757, False), (0o1777, True), (0o1775, True)]
)
def test_who_may_replace_a_folder_further_up_names_no_commands(
    mode: int, allowed: bool, tmp_path: Path
) -> None:
    home = tmp_path / "above" / "home"
    path = home / ".config" / "wscli" / "config.toml"
    path.parent.mkdir(parents=True, mode=0o700)
    path.touch(mode=0o600)
    home.parent.chmod(mode)
    refusal, hint = refusal_of_commands(path, {"HOME": str(home)})
    assert (refusal == "") is allowed
    if not allowed:
        assert f"others may write '{home.parent}'" in refusal
        assert hint == f"chmod go-w {home.parent}"


def test_a_folder_that_everybody_writes_to_is_not_mended_by_being_sticky(own: Path) -> None:
    own.parent.chmod(0o1777)
    assert "others may write" in refusal_of_commands(own, {"XDG_CONFIG_HOME": str(own.parent.parent)})[0]


@pytest.mark.parametrize("which", ["between", "real"])
def test_every_link_on_the_way_to_the_file_counts(which: str, own: Path, tmp_path: Path) -> None:
    between, real = tmp_path / "between" / "link.toml", tmp_path / "real" / "file.toml"
    for each in (between, real):
        each.parent.mkdir(mode=0o755)
    own.rename(real)
    between.symlink_to(real)
    own.symlink_to(between)
    environ = {"XDG_CONFIG_HOME": str(tmp_path)}
    assert refusal_of_commands(own, environ) == ("", "")
    (tmp_path / which).chmod(0o777)
    assert f"others may write '{tmp_path / which}'" in refusal_of_commands(own, environ)[0]


def test_what_wscli_config_names_names_no_commands(own: Path, tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "WSCLI_CONFIG": str(own)}
    assert find_file(environ) == own
    assert "your own file" in refusal_of_commands(own, environ)[0]


def test_where_the_file_is(tmp_path: Path) -> None:
    assert own_file({"HOME": "/home/me"}) == Path("/home/me/.config/wscli/config.toml")
    assert own_file({"HOME": "/home/me", "XDG_CONFIG_HOME": "/x"}) == Path("/x/wscli/config.toml")
    assert own_file({"HOME": "/home/me", "XDG_CONFIG_HOME": "x"}) == Path(
        "/home/me/.config/wscli/config.toml"
    )
    assert own_file({}) is None
    assert find_file({"HOME": str(tmp_path)}) is None
    with pytest.raises(UsageError, match="WSCLI_CONFIG"):
        find_file({"WSCLI_CONFIG": str(tmp_path / "missing")})
