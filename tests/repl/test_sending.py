"""What is to be sent is whole, checked, and taken from real files."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.config import Target, Url, parse_url
from wscli.errors import InputFailed
from wscli.repl.commands import AtFile
from wscli.repl.destination import target_for
from wscli.repl.sending import load, split
from wscli.sinks.redact import Redactor


@settings(deadline=None)
@given(st.binary(max_size=500), st.integers(1, 50))
def test_fragments_join_to_the_message(payload: bytes, count: int) -> None:
    parts = split(payload, count)
    assert len(parts) == count
    assert b"".join(parts) == payload
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\x00\xff\n")
    assert load(AtFile(str(tmp_path / "x"))) == b"\x00\xff\n"


@pytest.mark.parametrize("name", ["/dev/zero", "/", "/nowhere/at/all", "a\0b", "~nobody-of-that-name/x"])
def test_what_is_no_file_is_refused(name: str) -> None:
    with pytest.raises(InputFailed, match="nothing was sent"):
        load(AtFile(name))


def url(text: str) -> Url:
    parsed = parse_url(text)
    assert isinstance(parsed, Url)
    return parsed


def test_credentials_go_to_no_other_origin() -> None:
    before = Target(
        url=url("wss://a/"),
        headers=(("Authorization", "Bearer abc"),),
        subprotocols=("chat", "bearer", "abcdef"),
        unix_socket="/run/x",
    )
    there, left = target_for(url("wss://b/x"), before, Redactor())
    assert (there.headers, left) == ((), True)
    assert there.subprotocols == ("chat",)
    assert there.unix_socket is None
    _, left = target_for(url("wss://b/x"), Target(url=url("wss://a/"), unix_socket="/run/x"), Redactor())
    assert left
    same, left = target_for(url("wss://a/other"), before, Redactor())
    assert (same.headers, left) == (before.headers, False)


def test_userinfo_becomes_a_header_and_a_known_secret() -> None:
    redactor = Redactor()
    there, _ = target_for(url("wss://user:hunter22@b/x"), Target(url=url("wss://a/")), redactor)
    assert there.headers == (("Authorization", "Basic dXNlcjpodW50ZXIyMg=="),)
    assert there.url.password is None
    assert "hunter22" not in redactor.scrub("hunter22 and dXNlcjpodW50ZXIyMg==")
