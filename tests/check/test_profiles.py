"""Profiles of the user's configuration in suites, and who wins: suite, environment, profile, defaults."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers import Peer, raw_server
from tests.support import wscli
from wscli.check.runner import Plan
from wscli.check.suite import Check
from wscli.cli.check_plan import settings_of
from wscli.cli.environment import Environment


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of a user whose configuration file is `wscli/config.toml` in the test's folder."""
    folder = tmp_path / "wscli"
    folder.mkdir(mode=0o700)
    return {"XDG_CONFIG_HOME": str(tmp_path)}


def configure(home: dict[str, str], text: str) -> None:
    file = Path(home["XDG_CONFIG_HOME"]) / "wscli" / "config.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)


async def checked(
    folder: Path, environ: dict[str, str], text: str, *options: str
) -> subprocess.CompletedProcess[bytes]:
    (folder / "suite.toml").write_text(text, encoding="utf-8")
    return await wscli("check", str(folder / "suite.toml"), *options, env=environ)


async def keep(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


async def test_a_profile_leads_a_check_to_its_url_and_its_secret_is_asked_for_once(
    home: dict[str, str], tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    program = [sys.executable, "-c", f"open({str(asked)!r}, 'a').write('x'); print('s3cr3t-value')"]
    seen: list[Any] = []

    async def refuse(peer: Peer) -> None:
        request = await peer.read_request()
        seen.append((request.target, request.get("Authorization")))
        await peer.send(b"HTTP/1.1 403 No\r\nContent-Length: 12\r\n\r\ns3cr3t-value")

    text = '[[check]]\nname = "${n}"\nurl = "@prod/chat?n=${n}"\nmatrix = { n = [1, 2, 3] }\n'
    async with raw_server(refuse) as server:
        configure(
            home,
            f'[profiles.prod]\nurl = "{server.url}api"\nbearer = {{ command = {json.dumps(program)} }}\n',
        )
        report = tmp_path / "r.json"
        done = await checked(tmp_path, home, text, f"--report=json={report}", "--jobs=1")
    assert done.returncode == 1, done.stderr
    assert seen == [(f"/api/chat?n={n}", "Bearer s3cr3t-value") for n in (1, 2, 3)]
    assert asked.read_text() == "x"
    written = done.stdout + done.stderr + report.read_bytes()
    assert b"403" in written
    assert b"s3cr3t-value" not in written


async def test_a_profile_on_the_command_line_is_a_check(home: dict[str, str]) -> None:
    configure(home, '[profiles.it]\nurl = "demo:"\n')
    done = await wscli("check", "@it", "--json", env=home)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[0])["name"] == "@it"


@pytest.mark.parametrize(("name", "told"), [("@pro", "did you mean @prod?"), ("@", "the name of a profile")])
async def test_a_profile_that_is_not_there_exits_2(
    name: str, told: str, home: dict[str, str], tmp_path: Path
) -> None:
    configure(home, '[profiles.prod]\nurl = "demo:"\n')
    typed = await wscli("check", name, env=home)
    written = await checked(tmp_path, home, f'[[check]]\nname = "a"\nurl = "{name}"\n')
    assert (typed.returncode, written.returncode) == (2, 2)
    assert told in typed.stderr.decode()
    assert told in written.stderr.decode()
    assert f"{tmp_path / 'suite.toml'}:3: check 1.url: " in written.stderr.decode()


async def test_close_codes_that_a_profile_allows_are_no_failure(home: dict[str, str], tmp_path: Path) -> None:
    async def close_4001(peer: Peer) -> None:
        await peer.accept()
        await peer.close(4001)
        await peer.wait_eof()

    steps = 'steps = [{ wait = "300ms" }]'
    async with raw_server(close_4001) as server:
        configure(home, f'[profiles.it]\nurl = "{server.url}"\nok-close = [4001]\n')
        allowed = await checked(tmp_path, home, f'[[check]]\nname = "a"\nurl = "@it"\n{steps}\n')
        said = await checked(
            tmp_path, home, f'[[check]]\nname = "a"\nurl = "{server.url}"\nok-close = [4001]\n{steps}\n'
        )
        neither = await checked(tmp_path, home, f'[[check]]\nname = "a"\nurl = "{server.url}"\n{steps}\n')
    assert (allowed.returncode, said.returncode, neither.returncode) == (0, 0, 1)


async def test_a_warning_is_told_once_and_not_under_quiet(home: dict[str, str], tmp_path: Path) -> None:
    configure(home, '[profiles.it]\nurl = "demo:"\nbearer = "written-here"\n')
    (Path(home["XDG_CONFIG_HOME"]) / "wscli" / "config.toml").chmod(0o644)
    text = '[[check]]\nname = "a"\nurl = "@it"\nmatrix = { n = [1, 2] }\n'
    loud = await checked(tmp_path, home, text)
    quiet = await checked(tmp_path, home, text, "-q")
    assert loud.stderr.count(b"warning: ") == 1, loud.stderr
    assert quiet.stderr == b""


def target(home: dict[str, str], connection: dict[str, Any], **variables: str) -> Any:
    check = Check(name="a", url="@it", connection=connection)
    environment = Environment(environ=home | variables)
    return settings_of(Plan([("suite", check)]), environment)[id(check)].target


def test_suite_beats_environment_beats_profile_beats_defaults(home: dict[str, str]) -> None:
    configure(
        home,
        "[defaults]\nclose-timeout = '1s'\nmax-size = '1k'\n"
        "[profiles.it]\nurl = 'ws://h/'\nclose-timeout = '2s'\n",
    )
    assert target(home, {}).max_size == 1024
    assert target(home, {}).close_timeout == 2
    assert target(home, {}, WSCLI_CLOSE_TIMEOUT="3s").close_timeout == 3
    assert target(home, {"close_timeout": "4s"}, WSCLI_CLOSE_TIMEOUT="3s").close_timeout == 4
    # What a suite says is said, also when it is what is built in.
    assert target(home, {"close_timeout": "5s"}, WSCLI_CLOSE_TIMEOUT="3s").close_timeout == 5
    assert not target(home, {"insecure": False}, WSCLI_INSECURE="1").tls.insecure
    assert target(home, {}, WSCLI_INSECURE="1").tls.insecure


async def test_how_results_are_shown_is_said_on_check_s_own_command_line(home: dict[str, str]) -> None:
    configure(home, "[defaults]\nformat = 'raw'\ntimeout = '1ms'\nquiet = true\n")
    done = await wscli("check", "demo:", env=home | {"WSCLI_FORMAT": "json"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"ok    demo:")
