"""The REPL on a real pseudo-terminal: what a person types and sees."""

from __future__ import annotations

import json
import re
import shlex
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.framing import encode_frame
from tests.peers.raw import Peer, Script, raw_server
from tests.support import Terminal, command, in_thread, pty_wscli

PASTE = "\x1b[200~{}\x1b[201~"


@contextmanager
def repl(
    state: Path,
    *args: str,
    columns: int = 100,
    rows: int = 30,
    env: dict[str, str] | None = None,
    until: str = " OPEN ",
) -> Iterator[Terminal]:
    """`wscli connect args` on a terminal, once the bar says `until`."""
    home = {"XDG_STATE_HOME": str(state), "HOME": str(state)}
    with pty_wscli("connect", *args, columns=columns, rows=rows, env=home | (env or {})) as terminal:
        terminal.expect(until)
        yield terminal


@contextmanager
def served(script: Script) -> Iterator[tuple[str, list[bytes]]]:
    """A server that plays `script`, its URL, and the messages that it got."""
    messages: list[bytes] = []

    async def noting(peer: Peer) -> None:
        original = peer.read_frame

        async def read() -> object:
            frame = await original()
            if frame.opcode in (1, 2):
                messages.append(frame.payload)
            return frame

        peer.read_frame = read  # type: ignore[method-assign,assignment] # notes what passes
        await script(peer)

    with in_thread(raw_server(noting)) as server:
        yield server.url, messages


async def echo(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


def flooding(burst: bytes) -> Script:
    """Sends `burst` again and again, as fast as it is taken, until the client closes."""

    async def script(peer: Peer) -> None:
        import asyncio

        await peer.accept()

        async def flood() -> None:
            while True:
                await peer.send(burst)
                await asyncio.sleep(0.005)

        task = asyncio.create_task(flood())
        try:
            await peer.read_until(8)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        await peer.close(1000)

    return script


FLOOD = flooding(encode_frame(1, '{"type": "tick", "price": 101.25}') * 100)


def prompt_of(terminal: Terminal) -> str:
    """The line that is being typed."""
    return next((line for line in reversed(terminal.lines) if line.startswith("›")), "")


def line_is(terminal: Terminal, line: str) -> None:
    """Waits until exactly `line` stands after the prompt."""
    terminal.wait_for(lambda: prompt_of(terminal) == f"› {line}".rstrip(), f"{line!r} after the prompt")


def enter(terminal: Terminal, line: str) -> None:
    """Types a line as a person does: Enter comes when the line is there to be seen."""
    terminal.send(line)
    line_is(terminal, line)
    terminal.send("\r")


def taken(terminal: Terminal, line: str) -> None:
    """Waits until `line` stands above an empty prompt: what is typed before that may be taken for a paste."""
    terminal.wait_for(
        lambda: prompt_of(terminal) == "›" and line in terminal.text, f"{line!r} above the prompt"
    )


def twice(terminal: Terminal, text: str) -> None:
    """Waits until `text` went out and came back."""
    terminal.wait_for(lambda: terminal.text.count(text) >= 2, f"{text!r} twice")


def told_after(terminal: Terminal, line: str, told: str) -> None:
    """Waits until `line` was taken, and `told` stands somewhere under its echo."""
    line_is(terminal, "")
    terminal.wait_for(lambda: told in terminal.text.rpartition(f"› {line}\n")[2], f"{told!r} after {line!r}")


def leave(terminal: Terminal) -> int:
    terminal.send("\x04")
    return terminal.wait()


def test_a_line_is_a_message_and_ctrl_d_closes(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        enter(terminal, "hello")
        terminal.expect("← text")
        assert prompt_of(terminal) == "›"
        enter(terminal, "//not a command")
        twice(terminal, "/not a command")
        assert leave(terminal) == 0
        assert "closed 1000 Normal Closure by us" in terminal.text


def test_the_terminal_is_given_back_as_it_was(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        leave(terminal)
        written = bytes(terminal.written)
    assert written.rindex(b"\x1b[?2004l") > written.rindex(b"\x1b[?2004h")
    assert written.rindex(b"\x1b[?25h") > written.rfind(b"\x1b[?25l")


def test_an_empty_line_sends_nothing_and_text_alone_an_empty_message(tmp_path: Path) -> None:
    with served(echo) as (url, messages), repl(tmp_path, url) as terminal:
        for line in ("", "/text"):
            enter(terminal, line)
        terminal.expect("← text")
        enter(terminal, "after")
        twice(terminal, "after")
        assert leave(terminal) == 0
    assert messages == [b"", b"after"]


@pytest.mark.parametrize("ending", ["", "\n"])
def test_a_bracketed_paste_under_load_is_one_message(tmp_path: Path, ending: str) -> None:
    lines = "\n".join(f"line {number} of a paste" for number in range(300))
    with served(FLOOD) as (url, messages), repl(tmp_path, url) as terminal:
        terminal.expect("not shown")
        terminal.send(PASTE.format(lines.replace("\n", "\r") + ending))
        terminal.expect("⟨paste 1: 300 lines")
        terminal.send("\r")
        line_is(terminal, "")
        assert leave(terminal) == 0
    assert messages == [lines.encode()]


def test_a_paste_without_brackets_under_load_is_one_message(tmp_path: Path) -> None:
    lines = [f"line {number}" for number in range(8)]
    with served(FLOOD) as (url, messages), repl(tmp_path, url) as terminal:
        terminal.expect("not shown")
        terminal.send("\r".join(lines))
        terminal.expect("· line 7")
        assert messages == []
        terminal.send("\r")
        terminal.wait_for(lambda: "↑ 1 " in terminal.text, "the message counted")
        assert leave(terminal) == 0
    assert messages == ["\n".join(lines).encode()]


def test_a_half_typed_line_survives_a_flood(tmp_path: Path) -> None:
    with served(FLOOD) as (url, messages), repl(tmp_path, url) as terminal:
        terminal.expect("not shown")
        for end in range(1, len("half a line") + 1):
            terminal.send("half a line"[end - 1])
            line_is(terminal, "half a line"[:end])
        shown = len(terminal.written)
        terminal.wait_for(lambda: len(terminal.written) > shown + 20_000, "more output")
        line_is(terminal, "half a line")
        terminal.send("\x03")
        line_is(terminal, "")
        assert leave(terminal) == 0
    assert messages == []


def test_what_a_flood_left_out_can_still_be_shown(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:flood?count=5000&size=20", until=" CLOSED ") as terminal:
        terminal.expect("not shown: ")
        hidden = re.search(r"not shown: ([\d,]+) to", terminal.text)
        assert hidden is not None
        enter(terminal, f"/show {hidden[1].replace(',', '')}")
        terminal.expect(f"frame {hidden[1]} ← in")
        enter(terminal, "/stats")
        terminal.expect("fell out")
        assert leave(terminal) == 0


def test_what_fell_out_of_the_ring_is_counted(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:flood?count=5000&size=1000", "--ring", "100k", until=" CLOSED ") as terminal:
        enter(terminal, "/show 1")
        terminal.expect("frame 1 has fallen out of the ring")
        enter(terminal, "/stats")
        terminal.wait_for(lambda: re.search(r"fell out +[1-9]", terminal.text) is not None, "a count")
        leave(terminal)


def test_ctrl_c_clears_then_closes(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        terminal.send("some text")
        line_is(terminal, "some text")
        terminal.send("\x03")
        line_is(terminal, "")
        terminal.send("\x03")
        assert terminal.wait() == 0
        assert "closed 1000" in terminal.text


def test_one_ctrl_c_on_an_empty_line_says_what_a_second_does(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        terminal.send("\x03")
        terminal.expect("Ctrl-C again, or Ctrl-D, closes with 1000 and leaves")
        terminal.send("\x03")
        assert terminal.wait() == 0


async def close_with_4001(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(1, "hi")
    if len(peer.received) and b"/" in peer.received:
        await peer.read_frame()
    await peer.close(4001, "no more today")
    await peer.read_until(8)


def test_after_the_peer_closed_the_repl_stays(tmp_path: Path) -> None:
    with served(close_with_4001) as (url, _), repl(tmp_path, url, columns=200) as terminal:
        enter(terminal, "go")
        terminal.expect("closed 4001 Private Use by the peer")
        terminal.expect('reason "no more today"')
        terminal.expect(" CLOSED ")
        enter(terminal, "more")
        terminal.expect("nothing was sent: the connection is CLOSED")
        enter(terminal, f"/save {tmp_path / 'kept.ndjson'}")
        terminal.expect("saved to")
        enter(terminal, "/reconnect")
        terminal.expect(" OPEN ")
        assert leave(terminal) in (0, 90)
    events = [json.loads(line) for line in (tmp_path / "kept.ndjson").read_text().splitlines()]
    assert {"open", "frame", "message", "close"} <= {event["event"] for event in events}


def test_exit_on_close_leaves_with_the_contracts_code(tmp_path: Path) -> None:
    with served(close_with_4001) as (url, _), repl(tmp_path, url, "--exit-on-close") as terminal:
        enter(terminal, "go")
        assert terminal.wait() == 90
        assert "closed 4001" in terminal.text


def test_send_goes_first_then_the_repl(tmp_path: Path) -> None:
    with served(echo) as (url, messages), repl(tmp_path, url, "--send", "first") as terminal:
        twice(terminal, "first")
        enter(terminal, "second")
        twice(terminal, "second")
        assert leave(terminal) == 0
    assert messages == [b"first", b"second"]


def test_one_shot_options_need_no_repl_on_a_terminal(tmp_path: Path) -> None:
    env = {"XDG_STATE_HOME": str(tmp_path)}
    with pty_wscli("connect", "demo:", "--send", "x", "--count", "1", env=env) as terminal:
        assert terminal.wait() == 0
        assert "›" not in terminal.text


def test_a_first_connection_that_fails_ends_with_its_code(tmp_path: Path) -> None:
    with pty_wscli("connect", "ws://127.0.0.1:1", env={"XDG_STATE_HOME": str(tmp_path)}) as terminal:
        assert terminal.wait() == 7
        assert "wscli: " in terminal.text


BAD_LINES: list[tuple[str | bytes, str]] = [
    ("/clsoe", "did you mean /close?"),
    ("/close 1006", "1006 stands for a connection that ended without a Close"),
    ("/close 1000 " + "x" * 200, "a reason has at most 123 bytes of UTF-8, not 200"),
    ("/binary hex:abc", "what follows hex: is not hex"),
    ("/send @/nowhere/at/all", "No such file or directory"),
    ("/send @/dev/zero", "is no regular file"),
    ('/json {"a": }', "not valid JSON"),
    (b"caf\xe9", "the line is not UTF-8 (byte 0xe9)"),
    ("/show 99", "frame 99 is not there"),
    ("/filter (", "is not a regular expression"),
]


@pytest.mark.parametrize(("line", "told"), BAD_LINES, ids=[told[:20] for _, told in BAD_LINES])
def test_a_bad_line_is_told_and_nothing_is_sent(tmp_path: Path, line: str | bytes, told: str) -> None:
    raw = line.encode() if isinstance(line, str) else line
    with served(echo) as (url, messages), repl(tmp_path, url, columns=140) as terminal:
        enter(terminal, "first")
        twice(terminal, "first")
        terminal.send(raw)
        terminal.wait_for(lambda: len(prompt_of(terminal)) > 2, "what was typed")
        terminal.send("\r")
        terminal.expect(told)
        enter(terminal, "last")
        twice(terminal, "last")
        assert leave(terminal) == 0
    assert messages == [b"first", b"last"]


def test_a_huge_paste_is_refused_and_the_session_lives(tmp_path: Path) -> None:
    with served(echo) as (url, messages), repl(tmp_path, url) as terminal:
        written = 0
        for part in [b"\x1b[200~", *[b"x" * 4096] * 300, b"\x1b[201~"]:
            terminal.send(part)
            written += len(part)
        terminal.expect("the paste is over 1 MiB and was not taken")
        enter(terminal, "still here")
        twice(terminal, "still here")
        assert leave(terminal) == 0
    assert messages == [b"still here"]


def test_a_resize_keeps_the_line(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        terminal.send("a line to keep")
        line_is(terminal, "a line to keep")
        terminal.resize(40, 30)
        terminal.send("!")
        line_is(terminal, "a line to keep!")
        terminal.send("\r")
        terminal.expect("← text")
        assert all(len(line) <= 40 for line in terminal.lines)
        assert leave(terminal) == 0


def test_unfinished_json_goes_on_to_the_next_line(tmp_path: Path) -> None:
    with served(echo) as (url, messages), repl(tmp_path, url) as terminal:
        terminal.send('{"a": 1,')
        terminal.wait_for(lambda: '{"a": 1,' in prompt_of(terminal), "the first line")
        terminal.send("\r")
        terminal.expect("JSON goes on")
        terminal.send('"b": 2}')
        terminal.wait_for(lambda: "JSON goes on" not in terminal.text, "the end")
        terminal.send("\r")
        terminal.expect("← text")
        assert leave(terminal) == 0
    assert messages == [b'{"a": 1,\n"b": 2}']


def test_history_is_kept_for_the_next_session_without_secrets(tmp_path: Path) -> None:
    with served(echo) as (url, _):
        with repl(tmp_path, url) as terminal:
            for line in ("remember me", '{"password": "hunter2"}'):
                enter(terminal, line)
                twice(terminal, line)
            leave(terminal)
        (file,) = (path for path in (tmp_path / "wscli" / "history").iterdir())
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert "remember me" in file.read_text()
        assert "hunter2" not in file.read_text()
        with repl(tmp_path, url) as terminal:
            terminal.send("\x1b[A")
            line_is(terminal, "remember me")
            terminal.send("\x03")
            leave(terminal)


def test_no_history_leaves_no_file(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:", "--no-history") as terminal:
        enter(terminal, "hello")
        terminal.expect("← text")
        leave(terminal)
    assert not list(tmp_path.rglob("*"))


def test_a_frame_goes_through_a_shell_command(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        enter(terminal, '{"a": [1, 2]}')
        terminal.expect("← text")
        enter(terminal, "/show 2 | tr a-z A-Z")
        terminal.expect('{"A": [1, 2]}')
        enter(terminal, "/save | wc -l; exit 3")
        terminal.expect("ended with status 3")
        leave(terminal)


def test_a_shell_command_that_hangs_is_ended_by_ctrl_c(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:", "--send", "x") as terminal:
        terminal.expect("← text")
        enter(terminal, "/show 2 | sleep 1000")
        terminal.expect("› /show 2")
        line_is(terminal, "")
        terminal.send("\x03")
        terminal.expect("the shell command was ended")
        assert leave(terminal) == 0


def test_a_shell_command_that_reads_a_part_is_told_of(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:flood?count=5000&size=100", until=" CLOSED ") as terminal:
        terminal.expect("↓ 5,000")
        enter(terminal, "/save | head -n 1")
        terminal.expect('{"event":"')
        terminal.expect("the shell command ended before it had read everything")
        leave(terminal)


def test_a_file_is_complete_when_the_user_leaves_at_once(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:flood?count=50000&size=50", until=" CLOSED ") as terminal:
        enter(terminal, f"/save {tmp_path / 'kept'}")
        line_is(terminal, "")
        assert leave(terminal) == 0
    events = list(map(json.loads, (tmp_path / "kept").read_text().splitlines()))
    assert sum(event["event"] == "message" for event in events) == 50000


def test_a_file_that_a_signal_cuts_short_is_told_of(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:flood?count=50000&size=50", until=" CLOSED ") as terminal:
        enter(terminal, f"/save {tmp_path / 'kept'}")
        line_is(terminal, "")
        terminal.process.terminate()
        assert terminal.wait() == 143
        lines = (tmp_path / "kept").read_bytes().count(b"\n")
        assert lines > 100_000 or "is not complete" in " ".join(terminal.text.split())


def test_a_file_that_cannot_take_all_is_told_of(tmp_path: Path) -> None:
    limited = [
        "sh",
        "-c",
        'ulimit -f 64; exec "$@"',
        "sh",
        *command("connect", "demo:flood?count=5000&size=100"),
    ]
    env = {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path)}
    with pty_wscli(program=limited, columns=100, rows=30, env=env) as terminal:
        terminal.expect("↓ 5,000")
        enter(terminal, f"/save {tmp_path / 'kept'}")
        terminal.expect("File too large; what is in it is not all")
        assert leave(terminal) == 0


def test_the_editor_brings_the_line_back(tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nprintf 'from the editor' > \"$1\"\n")
    editor.chmod(0o755)
    with repl(tmp_path, "demo:", env={"VISUAL": str(editor)}) as terminal:
        terminal.send("draft\x18\x05")
        line_is(terminal, "from the editor")
        terminal.send("\r")
        twice(terminal, "from the editor")
        leave(terminal)


def test_pause_hides_and_resume_counts(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:ticker") as terminal:
        enter(terminal, "/pause")
        terminal.expect("hidden)")
        enter(terminal, "/resume")
        terminal.expect("came meanwhile")
        leave(terminal)


def test_a_frame_that_is_wrong_on_purpose_is_sent(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        enter(terminal, "/frame opcode=3 payload=odd")
        terminal.expect("closed 1002 Protocol Error by the peer")
        assert leave(terminal) == 90


def test_a_history_that_cannot_be_kept_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "wscli").write_text("a file where a folder should be")
    with repl(tmp_path, "demo:") as terminal:
        enter(terminal, "hello")
        terminal.expect("the history of typed lines cannot be written")
        assert leave(terminal) == 0


def test_the_plain_format_is_kept_in_the_repl(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:", "--format", "plain", columns=120) as terminal:
        enter(terminal, "hello")
        terminal.expect("< message 2 text len=5 wire=7 fragments=1 compressed t=")
        assert "> header Upgrade: websocket" in terminal.text
        assert leave(terminal) == 0
        assert "* close 1000 clean initiator=local" in terminal.text


def test_a_dumb_terminal_gets_plain_lines(tmp_path: Path) -> None:
    env = {"TERM": "dumb", "XDG_STATE_HOME": str(tmp_path)}
    with pty_wscli("connect", "demo:", columns=100, env=env) as terminal:
        terminal.expect("* open")
        terminal.send("hello\r")
        terminal.expect("← text")
        terminal.send("/clsoe\r")
        terminal.expect("did you mean /close?")
        assert b"\x1b" not in terminal.written
        assert leave(terminal) == 0


def test_the_peers_text_cannot_reach_the_terminal(tmp_path: Path) -> None:
    async def hostile(peer: Peer) -> None:
        await peer.accept(headers=[("Sec-WebSocket-Protocol", "chat")])
        await peer.frame(1, "\x1b]0;owned\x07\x1b[6n\u202e\x9b31m")
        await peer.echo()

    with served(hostile) as (url, _), repl(tmp_path, url, "-s", "chat") as terminal:
        terminal.expect("owned")
        enter(terminal, "/show 1")
        terminal.expect("lint found nothing wrong")
        enter(terminal, "/show 1 | cat")
        # Keys that come together with an Enter would be a paste's.
        line_is(terminal, "")
        enter(terminal, "/find owned")
        terminal.expect("1 frame found")
        leave(terminal)
        for harmful in (b"\x1b]0;owned", b"\x1b[6n", "\u202e".encode(), b"\xc2\x9b"):
            assert harmful not in terminal.written


def test_a_secret_is_neither_shown_nor_kept(tmp_path: Path) -> None:
    with (
        served(echo) as (url, _),
        repl(tmp_path, url, "--bearer", "s3cr3t-t0ken-value", columns=200) as terminal,
    ):
        enter(terminal, "/headers")
        line_is(terminal, "")
        enter(terminal, f"/save {tmp_path / 'out.ndjson'}")
        terminal.expect("saved to")
        leave(terminal)
        assert b"s3cr3t" not in terminal.written
    assert "s3cr3t" not in (tmp_path / "out.ndjson").read_text()


def test_connect_leads_to_another_server(tmp_path: Path) -> None:
    with served(echo) as (url, _), repl(tmp_path, "demo:") as terminal:
        enter(terminal, f"/connect {url}")
        terminal.expect(f"open {url}")
        enter(terminal, "/connect demo:close?code=4005")
        terminal.expect("closed 4005")
        assert leave(terminal) == 90


def test_what_send_says_goes_to_no_other_server(tmp_path: Path) -> None:
    with served(echo) as (url, messages), repl(tmp_path, "demo:", "--send", "my token") as terminal:
        twice(terminal, "my token")
        enter(terminal, f"/connect {url}")
        terminal.expect(f"open {url}")
        enter(terminal, "hello")
        twice(terminal, "hello")
        assert leave(terminal) == 0
    assert messages == [b"hello"]


def test_an_error_stands_under_the_line_that_it_is_about(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        enter(terminal, "/clsoe 1000")
        terminal.expect("› /clsoe 1000")
        terminal.expect("did you mean /close?")
        shown = terminal.text
        assert shown.index("› /clsoe 1000") < shown.index("is no command")
        leave(terminal)


def test_a_connect_that_fails_says_how_to_try_again(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:") as terminal:
        enter(terminal, "/connect ws://127.0.0.1:1/")
        terminal.expect("could not connect")
        terminal.expect("/reconnect tries again")
        assert "opens it again" not in terminal.text
        assert leave(terminal) == 7


def test_reconnect_is_no_close_that_exit_on_close_means(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:", "--exit-on-close", rows=60) as terminal:
        enter(terminal, "/reconnect")
        terminal.wait_for(lambda: terminal.text.count("* open ws://") == 2, "a second connection")
        enter(terminal, "still here")
        twice(terminal, "still here")
        assert leave(terminal) == 0


def test_each_host_has_a_history_of_its_own(tmp_path: Path) -> None:
    with served(echo) as (url, _), repl(tmp_path, "demo:") as terminal:
        enter(terminal, "to the demo")
        twice(terminal, "to the demo")
        enter(terminal, f"/connect {url}")
        terminal.expect(f"open {url}")
        enter(terminal, "to the server")
        twice(terminal, "to the server")
        leave(terminal)
        authority = url.removeprefix("ws://").rstrip("/")
    kept = {path.name: path.read_text() for path in (tmp_path / "wscli" / "history").iterdir()}
    assert set(kept) == {"demo_echo", authority.replace(":", "_")}
    assert '"to the demo"' in kept["demo_echo"]
    assert '"to the server"' not in kept["demo_echo"]
    assert kept[authority.replace(":", "_")] == '"to the server"\n'


def test_connect_knows_profiles(tmp_path: Path) -> None:
    heads: list[bytes] = []

    async def noting(peer: Peer) -> None:
        await peer.accept()
        heads.append(bytes(peer.received))
        await peer.echo()

    with served(noting) as (url, _):
        config = tmp_path / "config.toml"
        config.write_text(f'[profiles.work]\nurl = "{url}"\nheader = ["X-Api-Key: s3cr3t-of-work"]\n')
        config.chmod(0o600)
        env = {"WSCLI_CONFIG": str(config)}
        with repl(tmp_path, "demo:", "-H", "X-Typed: for the demo", env=env, columns=120) as terminal:
            enter(terminal, "/connect @wrok")
            terminal.expect("no profile 'wrok'")
            enter(terminal, "/connect @work/v2")
            terminal.expect(f"open {url}v2")
            assert leave(terminal) == 0
            assert b"s3cr3t" not in terminal.written
    (head,) = heads
    assert b"X-Api-Key: s3cr3t-of-work" in head
    assert b"X-Typed" not in head


def test_ctrl_z_stops_it_and_fg_brings_it_back(tmp_path: Path) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    env = {"XDG_STATE_HOME": str(tmp_path), "HOME": str(tmp_path), "PS1": "shell$ ", "TERM": "xterm"}
    with pty_wscli(program=shell, columns=100, rows=30, env=env) as terminal:
        terminal.expect("shell$")
        terminal.send(" ".join(map(shlex.quote, command("connect", "demo:"))) + "\r")
        terminal.expect(" OPEN ")
        terminal.send("half a line")
        line_is(terminal, "half a line")
        terminal.send("\x1a")
        terminal.expect("Stopped")
        terminal.send("fg\r")
        terminal.wait_for(lambda: " OPEN " in terminal.text.splitlines()[-1], "the bar again")
        line_is(terminal, "half a line")
        terminal.send("\r")
        twice(terminal, "half a line")
        terminal.send("\x04")
        terminal.expect("closed 1000")
        terminal.send("exit\r")
        terminal.wait()


def test_what_fails_later_is_told_as_well(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("kept")
    steps = [
        ("/save taken", "'taken' exists already"),
        ("/save nowhere/at/all", "cannot write 'nowhere/at/all': No such file or directory"),
        (f"/save {tmp_path}", "exists already"),
        ("/save | exit 7", "ended with status 7"),
        ("/show 1 | no-such-command-here", "ended with status 127"),
        ("/connect ws://127.0.0.1:1/", "could not connect to 127.0.0.1:1"),
        ("/reconnect", "/reconnect tries again"),
        ("/tls", "this connection has no TLS"),
        ("/text more", "nothing was sent: the connection is CLOSED"),
        ("/close", "nothing was sent: the connection is CLOSED"),
    ]
    environ = {"XDG_STATE_HOME": str(tmp_path / "state"), "HOME": str(tmp_path)}
    with pty_wscli(
        "connect", "demo:", "--send", "x", columns=120, rows=80, env=environ, cwd=tmp_path
    ) as terminal:
        terminal.expect("← text")
        for line, told in steps:
            enter(terminal, line)
            told_after(terminal, line, told)
        assert leave(terminal) == 7
    assert (tmp_path / "taken").read_text() == "kept"


def test_a_second_connect_waits_for_none(tmp_path: Path) -> None:
    async def mute(peer: Peer) -> None:
        await peer.wait_eof()

    with served(mute) as (url, _), repl(tmp_path, "demo:") as terminal:
        enter(terminal, f"/connect {url}")
        terminal.expect(" CONNECTING ")
        enter(terminal, "/reconnect")
        terminal.expect("a connection is being opened already")
        enter(terminal, "not yet")
        terminal.expect("not open yet: nothing was sent")
        terminal.send("\x03")
        line_is(terminal, "")
        leave(terminal)


def test_who_goes_elsewhere_before_the_first_connection_stands_stays(tmp_path: Path) -> None:
    async def mute(peer: Peer) -> None:
        await peer.wait_eof()

    with served(mute) as (url, _), repl(tmp_path, url, until=" CONNECTING ", rows=60) as terminal:
        enter(terminal, "/connect demo:")
        terminal.expect(" OPEN ")
        enter(terminal, "hello")
        twice(terminal, "hello")
        assert leave(terminal) == 0


def test_close_gives_up_reconnecting_and_the_repl_stays(tmp_path: Path) -> None:
    args = ("ws://127.0.0.1:1/", "--reconnect", "--max-backoff", "1h", "--max-retries", "0")
    with repl(tmp_path, *args, until="reconnect ", rows=60) as terminal:
        # In a pause or in an attempt: either is given up.
        enter(terminal, "/close")
        terminal.expect("nothing is being opened any more")
        enter(terminal, "/info")
        told_after(terminal, "/info", "CLOSED")
        # 7 after a pause, 130 after an attempt.
        assert leave(terminal) in (7, 130)


GIVING_UP = ["\x03", "/close\r"]
LEAVING = ["\x04", "/quit\r", "\x03\x03"]


async def answer_nothing(peer: Peer) -> None:
    await peer.wait_eof()


@pytest.mark.parametrize("keys", GIVING_UP)
def test_an_opening_is_given_up_and_the_repl_stays(tmp_path: Path, keys: str) -> None:
    with served(answer_nothing) as (url, _), repl(tmp_path, url, until=" CONNECTING ", rows=60) as terminal:
        terminal.expect("> GET")
        terminal.send(keys)
        terminal.expect("nothing is being opened any more")
        terminal.expect(" CLOSED ")
        enter(terminal, "/connect demo:")
        terminal.expect(" OPEN ")
        assert leave(terminal) == 0


@pytest.mark.parametrize("keys", LEAVING)
def test_leaving_before_a_connection_was_open_is_no_success(tmp_path: Path, keys: str) -> None:
    with served(answer_nothing) as (url, _), repl(tmp_path, url, until=" CONNECTING ") as terminal:
        terminal.expect("> GET")
        terminal.send(keys)
        assert terminal.wait() == 130
        assert "left before a connection was open (exit code 130)" in terminal.text


def test_ctrl_c_where_nothing_is_open_does_not_speak_of_closing(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:close?code=1000", until=" CLOSED ") as terminal:
        terminal.send("\x03")
        terminal.expect("Ctrl-C again, or Ctrl-D, leaves")
        assert leave(terminal) == 0


def test_a_peer_that_does_not_answer_close_is_told_of_once(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:silent", columns=120) as terminal:
        terminal.send("\x04")
        terminal.expect("again to leave without waiting")
        terminal.expect("→ close")
        assert leave(terminal) == 28
        assert terminal.text.count("had not answered our Close after ") == 1
        assert "within 0 s" not in terminal.text
        assert "--close-timeout" not in terminal.text


def test_what_one_connection_agreed_on_is_no_fact_of_the_next(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:", rows=60) as terminal:
        enter(terminal, "/connect ws://127.0.0.1:1/")
        terminal.expect(" CLOSED ")
        enter(terminal, "/info")
        told_after(terminal, "/info", "lint")
        assert "extensions" not in terminal.text.rpartition("› /info\n")[2]
        leave(terminal)


async def echo_hostile(peer: Peer) -> None:
    """Answers each message with one that `^(a+)+$` never ends with."""
    await peer.accept()
    while (await peer.read_frame()).opcode != 8:
        await peer.frame(1, "a" * 60 + "!")
    await peer.close(1000)


def test_a_search_that_the_peer_makes_endless_does_not_hold_up_the_repl(tmp_path: Path) -> None:
    with served(echo_hostile) as (url, _), repl(tmp_path, url, rows=60, columns=120) as terminal:
        enter(terminal, "one")
        terminal.expect("aaa!")
        enter(terminal, "/find ^(a+)+$")
        told_after(terminal, "/find ^(a+)+$", "given up after 2 s, older frames were not searched")
        enter(terminal, "/filter ^(a+)+$")
        terminal.expect("shown: ^(a+)+$")
        enter(terminal, "aaa")
        terminal.expect("was taken off, all is shown")
        terminal.wait_for(lambda: terminal.text.count("aaa!") >= 2, "the answer")
        assert "filter ^(a" not in terminal.lines[-1]
        assert leave(terminal) == 0


def test_what_a_filter_hides_is_seen_as_it_was_typed(tmp_path: Path) -> None:
    with repl(tmp_path, "demo:", rows=60) as terminal:
        enter(terminal, "/filter in")
        terminal.expect("shown: in")
        enter(terminal, "hello")
        told_after(terminal, "hello", "← text")
        enter(terminal, "/find hel")
        told_after(terminal, "/find hel", "2 frames found")
        found = terminal.text.rpartition("› /find hel\n")[2].splitlines()[:2]
        # In the columns of the stream: both have compressed frames.
        shown = next(line for line in terminal.lines if "← text" in line)
        assert all(line.index("hello") == shown.index("hello") for line in found)
        assert leave(terminal) == 0
