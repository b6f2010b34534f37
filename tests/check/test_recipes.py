"""docs/recipes.md does what it says: its commands run, the demo server in the place of the reader's."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.support import ROOT, clean_env

RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", RECIPES, re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every command line of wscli in the recipes, but for those that install it."""
    shell = [line for block in blocks("sh") for line in block.splitlines()]
    jobs = re.findall(r"^ +- (?:run: )?(wscli .*)$", "\n".join(blocks("yaml")), re.MULTILINE)
    cron = [line.split(maxsplit=5)[5] for block in blocks("cron") for line in block.splitlines()]
    return [*shell, *jobs, *cron]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (suite,) = blocks("toml")
    (tmp_path / "checks.toml").write_text(suite, encoding="utf-8")
    (tmp_path / "textfile").mkdir()
    program = tmp_path / "bin" / "wscli"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m wscli "$@"\n')
    program.chmod(0o755)
    return tmp_path


def shell(line: str, folder: Path, url: str = "demo:") -> subprocess.CompletedProcess[bytes]:
    path = f"{folder / 'bin'}:/usr/local/bin:/usr/bin:/bin"
    environment = {"PATH": path, "WS_URL": url, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env=clean_env(environment),
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("line", commands())
def test_a_command_succeeds_where_all_is_well_and_fails_where_not(line: str, folder: Path) -> None:
    good = shell(line, folder)
    assert good.returncode == 0, good.stderr.decode()
    suite = (folder / "checks.toml").read_text().replace("retries = 2", "retries = 0")
    (folder / "checks.toml").write_text(suite)
    bad = shell(line, folder, "demo:reject")
    assert bad.returncode == (
        22 if "connect" in line else 1 if "check" in line or "expect-status" in line else 22
    )


def test_the_recipes_are_all_here() -> None:
    assert len(commands()) == 9


def test_ci_finds_its_reports(folder: Path) -> None:
    (line,) = [line for line in commands() if "--report github" in line]
    done = shell(line, folder, "demo:reject")
    # Once for each of the two checks, each beside its line.
    assert done.stderr.count(b"::error file=checks.toml,line=") == 2
    (reported,) = ET.parse(folder / "report.xml").getroot()
    assert reported.attrib["failures"] == "2"
    assert "❌" in (folder / "summary.md").read_text(encoding="utf-8")


def test_cron_is_silent_while_all_is_well(folder: Path) -> None:
    for block in blocks("cron"):
        done = shell(block.split(maxsplit=5)[5], folder)
        assert done.stdout == done.stderr == b""
    assert (folder / "textfile" / "websocket.prom").read_text().startswith("# HELP probe_success")


def test_the_readiness_probe_succeeds_and_fails(folder: Path) -> None:
    (argument,) = re.findall(r"command: (\[.*\])", RECIPES)
    program, command, url, *options = json.loads(argument)
    for where, status in (("demo:", 0), ("demo:reject", 1), ("ws://127.0.0.1:1/", 7)):
        done = subprocess.run(
            [str(folder / "bin" / program), command, where, *options],
            env=clean_env(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == status, done.stderr
    assert url.startswith("ws://")
