"""`wscli config`: every value with its source, no secret, and a starter that overwrites nothing."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from wscli.cli.effective import kinds

from .running import Ran, run_main

TEXT = """\
[defaults]
connect-timeout = "5s"

[profiles.staging]
url = "wss://me:hunter2x@staging.example/ws?token=hunter2y&room=7"
cookie = "sid=hunter2z"
proxy = "http://me:hunter2p@proxy.example:3128"
header = ["X-Tenant: 7", "X-Api-Key: hunter2h", { name = "X-Token", env = "TOKEN" }]
cacert = "ca.pem"

[profiles.prod]
url = "wss://prod.example"
bearer = { command = ["pass", "show", "hunter2c"] }
"""


def config(folder: Path, *arguments: str, environ: dict[str, str] | None = None) -> Ran:
    path = folder / "wscli" / "config.toml"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.write_text(TEXT)
    path.chmod(0o600)
    return run_main("config", *arguments, environ={"XDG_CONFIG_HOME": str(folder)} | (environ or {}))


def rows(ran: Ran) -> dict[str, tuple[object, str]]:
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    return {row["option"]: (row["value"], row["source"]) for row in found}


def test_every_option_is_there_with_value_and_source(tmp_path: Path) -> None:
    path = tmp_path / "wscli" / "config.toml"
    ran = config(
        tmp_path, "@staging/x", "-k", "--json", environ={"WSCLI_CLOSE_TIMEOUT": "3s", "NO_COLOR": "1"}
    )
    found = rows(ran)
    assert ran.code == 0
    assert {name.replace("_", "-") for name in kinds()} <= set(found)
    assert found["insecure"] == (True, "command line")
    assert found["close-timeout"] == ("3s", "WSCLI_CLOSE_TIMEOUT")
    assert found["connect-timeout"] == ("5s", f"[defaults], {path}, line 2")
    assert found["cacert"] == (str(path.parent / "ca.pem"), f"profile staging, {path}, line 9")
    assert found["max-size"] == ("16M", "built in")
    assert found["NO_COLOR"] == ("1", "environment")


@pytest.mark.parametrize("format", [[], ["--json"]])
def test_secrets_are_neither_shown_nor_looked_up(format: list[str], tmp_path: Path) -> None:
    environ = {"TOKEN": "hunter2t", "WSCLI_USER": "me:hunter2u", "https_proxy": "me:hunter2e@p:1"}
    for url in ("@staging", "@prod", "wss://me:hunter2v@h/", ""):
        ran = config(tmp_path, *([url] if url else []), *format, environ=environ)
        assert ran.code == 0, ran.stderr
        assert "hunter2" not in ran.stdout + ran.stderr
    staging = rows(config(tmp_path, "@staging", "--json"))
    assert staging["url"][0] == "wss://‹redacted›@staging.example/ws?token=‹redacted›&room=7"
    assert staging["header"][0] == [
        "X-Tenant: 7",
        "X-Api-Key: ‹redacted›",
        "X-Token: ‹redacted› from the variable TOKEN",
    ]
    assert rows(config(tmp_path, "@prod", "--json"))["bearer"][0] == "‹redacted› from the command pass"


def test_subprotocols_that_are_tokens_and_urls_in_headers_show_no_secret(tmp_path: Path) -> None:
    given = (
        "-s",
        "chat",
        "-s",
        "bearer",
        "-s",
        "hunter2s",
        "-H",
        "Referer: https://me:hunter2r@h/?token=hunter2q",
    )
    shown = rows(config(tmp_path, *given, "--json"))
    assert shown["subprotocol"][0] == ["chat", "bearer", "‹redacted›"]
    assert shown["header"][0] == ["Referer: https://‹redacted›@h/?token=‹redacted›"]
    told = rows(config(tmp_path, *given, "--json", "--show-secrets"))
    assert told["subprotocol"][0] == ["chat", "bearer", "hunter2s"]


def test_the_text_names_the_file_and_its_profiles(tmp_path: Path) -> None:
    lines = config(tmp_path).stdout.splitlines()
    assert lines[0] == f"file: {tmp_path / 'wscli' / 'config.toml'}"
    assert lines[1] == "profiles: @staging, @prod"
    assert run_main("config", environ={"HOME": "/nowhere"}).stdout.startswith("file: none")


def test_the_starter_is_valid_and_never_overwrites(tmp_path: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "new")}
    path = tmp_path / "new" / "wscli" / "config.toml"
    assert run_main("config", "--init", environ=environ).stdout == f"wrote {path}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    starter = path.read_text()
    assert tomllib.loads(starter) == {"defaults": {}}
    # What it proposes is right, too.
    proposed = [line.removeprefix("# ") for line in starter.splitlines() if "=" in line or "[" in line]
    path.write_text("\n".join(line for line in proposed if "command" not in line))
    assert run_main("config", "@staging", environ=environ).code == 0
    path.write_text("# mine\n")
    again = run_main("config", "--init", environ=environ)
    assert again.code == 2
    assert "nothing was changed" in again.stderr
    assert path.read_text() == "# mine\n"
