"""The supervisor: signals, deadlines, streams that fail, and what each command's end exits with."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import DEADLINE, clean_env, command, pty_wscli, run_wscli
from wscli.cli import run
from wscli.cli.environment import Environment
from wscli.config import Format, OutputOptions
from wscli.errors import Interrupted
from wscli.probes.report import Report
from wscli.probes.stop import Stop
from wscli.session.journal import Journal
from wscli.sinks.make import make_sink
from wscli.sinks.output import Output
from wscli.sinks.redact import Redactor
from wscli.sinks.status import Status


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


def full_pipe() -> tuple[int, int]:
    """A pipe that takes nothing more."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writing, b"x" * 4096)
    os.set_blocking(writing, True)
    return reading, writing


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("handshake ws://127.0.0.1:1/ --timeout 3s", 7),
        ("connect demo:reject -n --timeout 3s", 22),
        ("connect demo:silent -n --timeout 500ms", 28),
    ],
)
def test_a_stderr_that_nobody_reads_does_not_outlast_the_deadline(line: str, code: int) -> None:
    reading, writing = full_pipe()
    try:
        done = subprocess.run(
            command(*line.split()),
            check=False,
            stderr=writing,
            stdout=subprocess.DEVNULL,
            env=clean_env(),
            timeout=DEADLINE,
        )
    finally:
        os.close(writing)
        os.close(reading)
    assert done.returncode == code


@pytest.mark.parametrize("line", ["handshake ws://127.0.0.1:1/", "connect demo: --nope"])
def test_ctrl_c_ends_the_wait_for_a_stderr_that_nobody_reads(line: str) -> None:
    reading, writing = full_pipe()
    process = subprocess.Popen(command(*line.split()), stderr=writing, env=clean_env())
    try:
        code = None
        # Whenever it comes: while it starts, while it runs, while it waits.
        while code is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = process.wait(0.5)
    finally:
        process.kill()
        process.wait()
        os.close(writing)
        os.close(reading)
    assert code in (130, -signal.SIGINT)


def test_a_report_to_a_fifo_that_nobody_reads_holds_up_no_signal(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = started("check", "demo:", "--json", "--report", f"tap={fifo}")
    try:
        read_until(process, "summary")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130


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
    done = run_wscli("close", "demo:silent", "--close-timeout", "1h", "--timeout", "3s", "--json")
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


def tell_to_end(stop: Stop) -> None:
    """As if it had been told an hour ago."""
    stop.request(Interrupted("interrupted"))
    assert stop.asked_at is not None
    stop.asked_at -= 3600.0


@pytest.mark.parametrize("stalled", ["stdout", "stderr"])
async def test_one_grace_counts_from_the_stop_for_the_command_and_its_outputs(
    stalled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # An hour of grace that is over by now: whoever begins it anew, or blocks the loop, hangs.
    monkeypatch.setattr(run, "GRACE", 3600.0)
    told = Stop()
    tell_to_end(told)
    assert (await run._within_grace(endless(), told)).failure is told.cause

    reading, writing = os.pipe()
    outputs = {name: Output(writing, name=name) for name in ("stdout", "stderr")}
    options, redactor, stop = OutputOptions(format=Format.RAW), Redactor(), Stop()
    raw = make_sink(options, outputs["stdout"], redactor, command="connect")
    sink = run._StatusBeside(raw, Status(options, outputs["stderr"], redactor), outputs["stderr"])
    environment = Environment(None, writing, writing, environ={})
    runtime = run.Runtime(environment, options, Journal(listeners=[sink]), outputs["stdout"], redactor, stop)
    outputs[stalled].write(bytes(1 << 20))
    asyncio.get_running_loop().call_soon(tell_to_end, stop)
    try:
        failure = await run._finish(runtime, sink, None)
    finally:
        os.close(reading)
        await outputs[stalled].gone()
        os.close(writing)
    # Status that nobody reads is no loss of the run's.
    assert failure is (stop.cause if stalled == "stdout" else None)


async def endless() -> Report:
    await asyncio.Event().wait()
    return Report()


def test_a_person_is_told_what_to_do_with_the_server() -> None:
    with pty_wscli("serve", "hello", columns=100) as terminal:
        terminal.expect("talks to it; Ctrl-C ends it")
        url = terminal.lines[0].strip()
        assert f"wscli connect {url} talks to it" in terminal.text
        terminal.send("\x03")
        assert terminal.wait() == 130


@pytest.mark.parametrize(
    ("options", "told"), [((), True), (("-q",), False), (("--json",), False), (("--format", "plain"), False)]
)
def test_frames_that_the_format_cannot_show_are_told_of(options: tuple[str, ...], told: bool) -> None:
    done = run_wscli("connect", "demo:", "--send", "x", "--count", "1", "--frames", *options)
    assert done.returncode == 0
    assert (b"--frames shows nothing in the format raw" in done.stderr) is told


def test_what_follows_an_echoed_ctrl_c_begins_a_line() -> None:
    with pty_wscli("ping", "demo:", "-c", "0", "-i", "20ms") as terminal:
        terminal.expect("n=2 ")
        terminal.send("\x03")
        assert terminal.wait() == 0
        rows = [row.rstrip() for row in terminal.screen.display]
    assert rows[rows.index("^C") + 1].startswith(("* closed", "8 bytes"))
