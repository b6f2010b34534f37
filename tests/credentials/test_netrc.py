"""Logins from .netrc: whose they are, and what is said of a file that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from wscli.credentials.files import exposure, read_secret_file
from wscli.credentials.netrc import Login, find_login, netrc_path
from wscli.errors import InputFailed, UsageError

ENTRIES = (
    "machine Example.com login me password hunter2\n"
    'machine spaced.example\n\tlogin "a b"\n\tpassword "c d"\n'
    "machine nobody.example password alone\n"
)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("example.com", Login("me", "hunter2")),
        ("sub.example.com", None),
        ("spaced.example", Login("a b", "c d")),
        ("nobody.example", Login("", "alone")),
    ],
)
def test_a_host_has_its_own_login(host: str, expected: Login | None, tmp_path: Path) -> None:
    path = tmp_path / ".netrc"
    path.write_text(ENTRIES)
    assert find_login(path, host) == expected


def test_default_is_for_every_other_host(tmp_path: Path) -> None:
    path = tmp_path / ".netrc"
    path.write_text(ENTRIES + "default login anyone password anything\n")
    assert find_login(path, "elsewhere.example") == Login("anyone", "anything")
    assert find_login(path, "example.com") == Login("me", "hunter2")


def test_a_file_that_cannot_be_understood_is_named_with_its_line_alone(tmp_path: Path) -> None:
    path = tmp_path / ".netrc"
    path.write_text("machine a login b password c\nhunter2secret\n\n")
    with pytest.raises(UsageError) as caught:
        find_login(path, "a")
    assert "near line " in caught.value.message
    assert "hunter2" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("content", [None, b"machine \xff login a password b"])
def test_a_file_that_cannot_be_read_is_a_failure_of_input(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / ".netrc"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputFailed):
        find_login(path, "a")


def test_the_file_is_at_home_unless_netrc_names_another() -> None:
    assert netrc_path({"HOME": "/home/me"}) == Path("/home/me/.netrc")
    assert netrc_path({"HOME": "/home/me", "NETRC": "/elsewhere"}) == Path("/elsewhere")


def test_a_file_that_others_may_read_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "secrets"
    path.touch(mode=0o600)
    assert exposure(path) == ""
    path.chmod(0o640)
    assert "chmod 600" in exposure(path)
    assert exposure(tmp_path / "missing") == ""


def test_a_file_of_secrets_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(9 * 1024**2)
    with pytest.raises(UsageError, match="8 MiB"):
        read_secret_file("--cookie-jar", path)
