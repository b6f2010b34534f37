"""What the other tests lean on holds: deadlines bite, leaks show, processes and terminals work."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from tests.support import Terminal, clean_env, pty_wscli, run, run_wscli, wscli


def python(source: str) -> list[str]:
    return [sys.executable, "-c", source]


def test_a_deadline_ends_a_hanging_coroutine() -> None:
    with pytest.raises(TimeoutError):
        run(asyncio.Event().wait(), timeout=0.01)


def test_an_error_that_nobody_saw_fails() -> None:
    async def lose_an_error() -> None:
        def fail() -> None:
            raise ValueError("unseen")

        asyncio.get_running_loop().call_soon(fail)

    with pytest.raises(AssertionError, match="unseen"):
        run(lose_an_error())


def test_the_environment_is_clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "CI", "http_proxy", "HTTPS_PROXY", "COLUMNS", "WSCLI_X"):
        monkeypatch.setenv(name, "1")
    env = clean_env({"CI": "true"})
    assert not {"NO_COLOR", "http_proxy", "HTTPS_PROXY", "COLUMNS", "WSCLI_X"} & set(env)
    assert (env["TERM"], env["CI"]) == ("xterm", "true")


def test_run_wscli_gives_the_version() -> None:
    done = run_wscli("--version")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"wscli ")


async def test_wscli_runs_beside_the_loop() -> None:
    done = await wscli("--version")
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_terminal_has_a_size_and_takes_keys() -> None:
    source = (
        "import os, sys; print(os.get_terminal_size(), open('/dev/tty').isatty(), sys.stdin.isatty());"
        "print('got', input())"
    )
    with pty_wscli(program=python(source), columns=60, rows=10) as terminal:
        terminal.expect("columns=60, lines=10) True True")
        terminal.send("grüße\r")
        assert terminal.wait() == 0
        assert terminal.lines[-1] == "" or terminal.text.endswith("got grüße")
        assert "got grüße" in terminal.text


def test_ctrl_c_reaches_the_program_and_colours_the_screen() -> None:
    source = "import time; print('\\x1b[31mred', flush=True); time.sleep(60)"
    with pty_wscli(program=python(source)) as terminal:
        terminal.expect("red")
        assert terminal.screen.buffer[0][0].fg == "red"
        terminal.send("\x03")
        assert terminal.wait() != 0


def test_a_terminal_answers_a_cursor_report() -> None:
    source = (
        "import os, tty; tty.setraw(0); os.write(1, b'ab\\x1b[6n'); os.write(1, repr(os.read(0, 9)).encode())"
    )
    with pty_wscli(program=python(source)) as terminal:
        assert terminal.wait() == 0
        assert "x1b[1;3R" in terminal.text


def test_what_never_comes_shows_the_screen() -> None:
    def expect_in_vain(terminal: Terminal) -> None:
        terminal.expect("never", timeout=5)

    with pty_wscli(program=python("print('something else')"), stdin=subprocess.DEVNULL) as terminal:
        with pytest.raises(AssertionError, match="something else"):
            expect_in_vain(terminal)
