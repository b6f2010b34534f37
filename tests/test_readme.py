"""The README tells the truth: every console block is run in a real terminal, its output compared.

What differs from run to run (times, ports, keys, dates, versions) is normalised on both sides. A line that
is only `…` stands for any number of lines. The two set-up commands install, so they need a network: `.ci/run`
runs them literally. Here the first one's last part is run; the last part of the second is this very run.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import pexpect
import pyte
import pytest

from .support import ROOT, clean_env

README = (ROOT / "README.md").read_text(encoding="utf-8")
COLUMNS, LINES = 100, 400
SET_UP = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install -q \S+(?: \S+)? && \.venv/bin/")

VARYING = (
    (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]{8} GMT", "DATE"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?", "TIME"),
    (r"[A-Za-z0-9+/]{22}==", "KEY"),
    (r"[A-Za-z0-9+/]{27}=", "ACCEPT"),
    (r"\b127\.0\.0\.1([:\s]+)\d{4,5}\b", r"127.0.0.1\1PORT"),
    (r"\bwscli/\d+\.\d+\.\d+\b", "wscli/VERSION"),
    (r"(?<!HTTP/)(?<![§\d.])\d+\.\d+(?![\d.])", "N"),  # not HTTP/1.1, §5.1, nor 127.0.0.1
    (r"\b(?:N|\d+) ?(?:ns|µs|ms|s)\b", "N ms"),
    (r"[▀-▟]+", ""),  # the bars of a timing
    (r"\s+", " "),
)


@dataclass(frozen=True)
class Step:
    """A command of a console block and the lines that it shows."""

    line: int
    command: str
    output: tuple[str, ...]


def blocks() -> list[tuple[int, str, list[str]]]:
    """Every fenced block: the line it begins on, its language, its lines."""
    found: list[tuple[int, str, list[str]]] = []
    inside = False
    for number, line in enumerate(README.splitlines(), 1):
        if line.startswith("```"):
            inside = not inside
            if inside:
                found.append((number, line[3:].strip(), []))
        elif inside:
            found[-1][2].append(line)
    assert not inside, "the last block is not closed"
    return found


def steps() -> list[Step]:
    """Every command of every console block: a line after `$ `, what it shows up to the next."""
    found: list[Step] = []
    for start, language, lines in blocks():
        if language != "console":
            continue
        for number, line in enumerate(lines, start + 1):
            if line.startswith("$ "):
                found.append(Step(number, line[2:], ()))
            else:
                last = found.pop()
                found.append(Step(last.line, last.command, (*last.output, line)))
    return found


def normalised(line: str) -> str:
    for pattern, replacement in VARYING:
        line = re.sub(pattern, replacement, line)
    return line.strip()


def terminal(command: str, folder: Path) -> tuple[int | None, list[str]]:
    """The exit status of `command`, run in a terminal, and what stands on the screen afterwards."""
    environment = clean_env({"PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"})
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    child = pexpect.spawn(
        "/bin/bash",
        ["-c", command],
        env=environment,
        cwd=str(folder),
        dimensions=(LINES, COLUMNS),
        timeout=60,
        encoding="utf-8",
    )
    try:
        child.expect(pexpect.EOF)
        stream.feed(child.before or "")
    finally:
        child.close(force=True)
    text = "\n".join(line.rstrip() for line in screen.display)
    return child.exitstatus, text.strip("\n").splitlines()


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether the lines are the same, `…` standing for any number of them."""
    if not expected or not actual:
        return all(line == "…" for line in expected) and not actual
    if expected[0] == "…":
        return any(matches(expected[1:], actual[skipped:]) for skipped in range(len(actual) + 1))
    return expected[0] == actual[0] and matches(expected[1:], actual[1:])


@pytest.mark.parametrize(
    "step",
    [step for step in steps() if not SET_UP.match(step.command)],
    ids=lambda step: f"line {step.line}",
)
def test_a_command_shows_what_the_readme_says(step: Step, tmp_path: Path) -> None:
    _, shown = terminal(step.command, tmp_path)
    actual = [normalised(line) for line in shown]
    expected = [normalised(line) for line in step.output]
    assert matches(expected, actual), "\n".join(
        unified_diff(expected, actual, "README", "shown", lineterm="")
    )


def test_the_first_command_works(tmp_path: Path) -> None:
    status, shown = terminal("wscli handshake demo:", tmp_path)
    assert status == 0, "\n".join(shown)


def test_every_block_is_one_that_is_run() -> None:
    assert {language for _, language, _ in blocks()} == {"console"}


def test_the_readme_has_the_two_commands_that_ci_runs() -> None:
    ends = [SET_UP.sub("", step.command) for step in steps() if SET_UP.match(step.command)]
    assert ends == ["wscli handshake demo:", "pytest -q -n auto"]


def test_what_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", README)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing
