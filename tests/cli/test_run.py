"""The supervisor: signals, deadlines, streams that fail, and what each command's end exits with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import DEADLINE, clean_env, command, run_wscli


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_serve_prints_its_url_and_ends_by_a_signal(number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        command("serve"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean_env()
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().decode().strip()
        assert url.startswith("ws://127.0.0.1:")
        assert run_wscli("handshake", url).returncode == 0
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, stdout, stderr) == (code, b"", b"")


def started(*arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command(*arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_env(),
    )


def read_until(process: subprocess.Popen[bytes], event: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == event:
            return
    raise AssertionError(f"no {event} event")


def test_ctrl_c_ends_ping_with_its_summary() -> None:
    with started("ping", "demo:", "-c", "0", "-i", "50ms", "--json") as process:
        read_until(process, "pong")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=DEADLINE)
    events = [json.loads(line) for line in stdout.splitlines()]
    assert process.returncode == 0, stderr
    assert events[-1]["event"] == "summary"
    assert events[-1]["received"] == events[-1]["sent"] >= 1
    assert [event["code"] for event in events if event["event"] == "close"] == [1000]


def test_sigterm_ends_ping_with_its_summary_and_143() -> None:
    with started("ping", "demo:", "-c", "0", "-i", "50ms", "--json") as process:
        read_until(process, "pong")
        process.send_signal(signal.SIGTERM)
        stdout, _ = process.communicate(timeout=DEADLINE)
    assert process.returncode == 143
    assert any(json.loads(line)["event"] == "summary" for line in stdout.splitlines())


def test_a_second_signal_ends_at_once() -> None:
    # Close is never answered here, so that only the second signal can end it before the grace is over.
    with started("close", "demo:silent", "--close-timeout", "1h", "--json") as process:
        read_until(process, "open")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=DEADLINE)
    assert process.returncode in (130, 143)


def test_the_deadline_of_the_run_names_the_phase() -> None:
    done = run_wscli("close", "demo:silent", "--close-timeout", "1h", "--timeout", "200ms", "--json")
    assert done.returncode == 28
    assert b"waiting for the peer's Close" in done.stderr
    *events, error = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["code"] for event in events if event["event"] == "close"] == [1006]
    assert (error["event"], error["kind"], error["exit_code"]) == ("error", "timeout", 28)


@pytest.mark.parametrize("arguments", [("handshake", "demo:"), ("--help",)])
def test_an_output_that_cannot_be_written_exits_23(arguments: tuple[str, ...]) -> None:
    # A descriptor that is only open for reading fails every write, on every system.
    with Path(os.devnull).open("rb") as unwritable:
        done = subprocess.run(
            command(*arguments), stdout=unwritable, stderr=subprocess.PIPE, env=clean_env(), check=False
        )
    assert done.returncode == 23
    assert b"cannot write to standard output" in done.stderr


def test_a_closed_stdout_exits_23() -> None:
    shell = f'exec "{sys.executable}" -m wscli handshake demo: >&-'
    done = subprocess.run(["sh", "-c", shell], capture_output=True, env=clean_env(), check=False)
    assert done.returncode == 23


def test_a_reader_that_leaves_ends_the_run_quietly() -> None:
    with started("ping", "demo:", "-c", "0", "-i", "20ms", "--json") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(DEADLINE) == 0
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_refusal_shows_its_body_on_stderr_when_stdout_is_raw() -> None:
    done = run_wscli("connect", "demo:reject")
    assert (done.returncode, done.stdout) == (22, b"")
    assert b"403" in done.stderr


def test_known_secrets_are_scrubbed_from_every_stream() -> None:
    done = run_wscli("handshake", "demo:", "-u", "me:hunter2secret", "--cookie", "sid=topsecret", "-v")
    assert done.returncode == 0
    for hidden in (b"hunter2secret", b"topsecret", b"bWU6aHVudGVyMnNlY3JldA"):
        assert hidden not in done.stdout + done.stderr
    assert (
        b"topsecret" in run_wscli("handshake", "demo:", "--cookie", "sid=topsecret", "--show-secrets").stdout
    )


@pytest.mark.parametrize("choice", ["never", "always"])
def test_the_choice_of_colour_holds_for_stderr_too(choice: str) -> None:
    env = {"FORCE_COLOR": "1"} if choice == "never" else {}
    done = run_wscli("connect", "demo:reject", "--color", choice, env=env)
    assert done.returncode == 22
    assert (b"\x1b[" in done.stderr) is (choice == "always")
