"""The README tells the truth: every console block is run in a real terminal, its output compared.

What differs from run to run (times, ports, keys, dates, versions) is normalised on both sides. A line that
is only `…` stands for any number of lines. A comment `<!-- typed:` before a block has the lines that are
typed into its command, each with a ` ⏎ ` and the text that is waited for; the block is the screen after all.

The two set-up commands install, so they need a network: `.ci/run` runs them literally. Here the first one's
last part is run; the last part of the second is this very run.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from difflib import unified_diff
from pathlib import Path

import pexpect
import pyte
import pytest

from .support import ROOT, Terminal, clean_env, pty_wscli

README = (ROOT / "README.md").read_text(encoding="utf-8")
COLUMNS, LINES = 100, 400
SET_UP = re.compile(r"python3 -m venv \.venv && \.venv/bin/pip install -q \S+(?: \S+)? && \.venv/bin/")

VARYING = (
    (r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} [\d:]{8} GMT", "DATE"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?", "TIME"),
    (r"[A-Za-z0-9+/]{22}==", "KEY"),
    (r"[A-Za-z0-9+/]{27}=", "ACCEPT"),
    (r"\b127\.0\.0\.1([:\s]+)\d{4,5}\b", r"127.0.0.1\1PORT"),
    (r"\b[0-9a-f]{8}\b", "RANDOM"),  # what a ping of ours carries
    (r"\bwscli/\d+\.\d+\.\d+\b", "wscli/VERSION"),
    (r"(?<!HTTP/)(?<![§\d.])\d+\.\d+(?![\d.])", "N"),  # not HTTP/1.1, §5.1, nor 127.0.0.1
    (r"\b(?:N|\d+) ?(?:ns|µs|ms|s)\b", "N ms"),
    (r"[▀-▟]+", ""),  # the bars of a timing
    (r"\s+", " "),
)


@dataclass(frozen=True)
class Step:
    """A command of a console block, the lines that it shows, and what is typed into it: (line, awaited)."""

    line: int
    command: str
    output: tuple[str, ...] = ()
    typed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Block:
    """A fenced block: the line it begins on, its language, its lines, and what is typed into its command."""

    start: int
    language: str
    lines: tuple[str, ...]
    typed: tuple[tuple[str, str], ...]


_BLOCK = re.compile(
    r"(?:^<!-- typed:\n(?P<typed>.*?)\n-->\n)?^```(?P<language>.*?)\n(?P<text>.*?)^```$", re.M | re.S
)


def blocks() -> list[Block]:
    """Every fenced block, in order."""
    assert README.count("\n```") % 2 == 0, "a block is not closed"
    return [
        Block(
            README.count("\n", 0, found.start("language")) + 1,
            found["language"].strip(),
            tuple(found["text"].splitlines()),
            tuple(_typed(line) for line in (found["typed"] or "").splitlines()),
        )
        for found in _BLOCK.finditer(README)
    ]


def _typed(line: str) -> tuple[str, str]:
    keys, _, awaited = line.partition(" ⏎ ")
    return keys, awaited


def steps() -> list[Step]:
    """Every command of every console block: a line after `$ `, what it shows up to the next."""
    found: list[Step] = []
    for block in blocks():
        if block.language != "console":
            continue
        for number, line in enumerate(block.lines, block.start + 1):
            if line.startswith("$ "):
                found.append(Step(number, line[2:], typed=block.typed))
            else:
                last = found.pop()
                found.append(replace(last, output=(*last.output, line)))
    return found


def normalised(line: str) -> str:
    for pattern, replacement in VARYING:
        line = re.sub(pattern, replacement, line)
    return line.strip()


def terminal(command: str, folder: Path) -> tuple[int | None, list[str]]:
    """The exit status of `command`, run in a terminal, and what stands on the screen afterwards."""
    screen = pyte.Screen(COLUMNS, LINES)
    stream = pyte.Stream(screen)
    child = pexpect.spawn(
        "/bin/bash",
        ["-c", command],
        env=_environment(folder),
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


def _environment(folder: Path) -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    return clean_env({"PATH": path, "HOME": str(folder), "XDG_STATE_HOME": str(folder)})


@contextmanager
def played(step: Step, folder: Path) -> Iterator[Terminal]:
    """The terminal in which everything was typed into `step`; at the end Ctrl-D has to end its command."""
    program = ["/bin/bash", "-c", step.command]
    with pty_wscli(
        columns=COLUMNS, rows=LINES, env=_environment(folder), cwd=folder, program=program
    ) as screen:
        screen.expect(" OPEN ")
        for keys, awaited in step.typed:
            # As a person does: Enter comes when the line is there to be seen.
            screen.send(keys)
            screen.wait_for(lambda line=keys: f"› {line}" in screen.lines, f"{keys!r} after the prompt")  # type: ignore[misc]  # mypy: a default in a lambda
            screen.send("\r")
            screen.expect(awaited)
        yield screen
        screen.send("\x04")
        assert screen.wait() == 0


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether the lines are the same, `…` standing for any number of them."""
    if not expected or not actual:
        return all(line == "…" for line in expected) and not actual
    if expected[0] == "…":
        return any(matches(expected[1:], actual[skipped:]) for skipped in range(len(actual) + 1))
    return expected[0] == actual[0] and matches(expected[1:], actual[1:])


@pytest.mark.parametrize(
    "step",
    [step for step in steps() if not step.typed and not SET_UP.match(step.command)],
    ids=lambda step: f"line {step.line}",
)
def test_a_command_shows_what_the_readme_says(step: Step, tmp_path: Path) -> None:
    _, shown = terminal(step.command, tmp_path)
    actual = [normalised(line) for line in shown]
    expected = [normalised(line) for line in step.output]
    assert matches(expected, actual), "\n".join(
        unified_diff(expected, actual, "README", "shown", lineterm="")
    )


@pytest.mark.parametrize(
    "step", [step for step in steps() if step.typed], ids=lambda step: f"line {step.line}"
)
def test_a_session_goes_as_the_readme_shows(step: Step, tmp_path: Path) -> None:
    expected = [normalised(line) for line in step.output]
    with played(step, tmp_path) as screen:
        screen.wait_for(
            lambda: matches(expected, [normalised(line) for line in screen.text.splitlines()]),
            "the screen as in the README:\n" + "\n".join(expected),
        )


def test_the_first_command_works(tmp_path: Path) -> None:
    status, shown = terminal("wscli handshake demo:", tmp_path)
    assert status == 0, "\n".join(shown)


def test_every_block_is_one_that_is_run() -> None:
    assert {block.language for block in blocks()} == {"console"}


def test_the_readme_has_the_two_commands_that_ci_runs() -> None:
    ends = [SET_UP.sub("", step.command) for step in steps() if SET_UP.match(step.command)]
    assert ends == ["wscli handshake demo:", "pytest -q -n auto"]


def test_what_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)", README)
    missing = [link for link in links if "://" not in link and not (ROOT / link).exists()]
    assert not missing
