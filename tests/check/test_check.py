"""`wscli check` against real servers: steps, limits, expectations, every exit code, retries, concurrency."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.check.endpoints import serve
from tests.peers import Peer, encode_frame, raw_server
from tests.peers.tls import server_context, write_ca
from tests.support import ROOT, clean_env, command, run_wscli, until, wscli
from wscli.check.result import CheckResult
from wscli.check.runner import Endpoint, Plan, Runner
from wscli.check.suite import Check, Ping, Send, Step
from wscli.config import Target, Url, parse_url
from wscli.errors import DeadlineExceeded
from wscli.events_schema import schema
from wscli.probes.stop import Stop
from wscli.sinks.redact import Redactor


async def checked(folder: Path, text: str, *options: str, **environment: str) -> dict[str, Any]:
    """The JSON report of a suite's run, its exit status and stderr beside it."""
    (folder / "suite.toml").write_text(text, encoding="utf-8")
    report = folder / "report.json"
    done = await wscli(
        "check", str(folder / "suite.toml"), "--report", f"json={report}", *options, env=environment
    )
    assert report.exists(), done.stderr.decode()
    result: dict[str, Any] = json.loads(report.read_text(encoding="ascii"))
    return {**result, "status": done.returncode, "stderr": done.stderr.decode(), "stdout": done.stdout}


def suite(url: str, body: str = "") -> str:
    return f'[[check]]\nname = "it"\nurl = "{url}"\n{body}'


async def echo(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


PASSING = {
    "no steps": "",
    "text": 'steps = [{ send = "hi" }, { expect = "^hi$" }]',
    "an order of messages": 'steps = [{ send = "a" }, { send = "b" }, { expect = "a" }, { expect = "b" }]',
    "messages passed over": 'steps = [{ send = "a" }, { send = "b" }, { expect = "b" }]',
    "json": 'steps = [{ send-json = { a = [1, true] } }, { expect-json = "a[1]" }]',
    "json value": """steps = [{ send-json = { a = 1 } }, { expect-json = "a=1" }]""",
    "binary": 'steps = [{ send-binary = "hex:00ff" }, { expect-binary = "base64:AP8=" }]',
    "count": 'steps = [{ send = "a" }, { send = "b" }, { expect-count = 2 }]',
    "ping": 'steps = [{ ping = true }, { ping = "payload" }]\nlimits = { rtt = "10s" }',
    "wait": 'steps = [{ wait = "10ms" }]',
    "close": 'steps = [{ close = 4000, reason = "bye" }, { expect-close = 4000 }]',
    "close, plainly": "steps = [{ close = true }]",
    "capture": (
        'steps = [{ send-json = { id = 7, s = "a.c" } },'
        ' { expect-json = "id", capture = { id = "id", s = "s" } },'
        ' { send-json = { again = "${id}", text = "<${id}>" } }, { expect-json = "again=${id}" },'
        ' { send = "${s} ${id}" }, { expect = "^${s} 7$" }]'
    ),
    "capture by group": (
        'steps = [{ send = "id=a.b" }, { expect = "id=(?P<id>.*)" }, { send = "axb" }, { send = "a.b!" },'
        ' { expect = "^${id}.$" }]'
    ),
    "captures that are no text, in a regex": (
        'steps = [{ send-json = { t = true, o = { a = [1, "x"] }, f = 1.5 } },'
        ' { expect-json = "t", capture = { t = "t", o = "o", f = "f" } },'
        ' { send = "${t} ${o} ${f}" }, { expect = \'^true \\{"a": \\[1, "x"\\]\\} 1\\.5$\' },'
        ' { send = "${t} ${o} ${f}" }, { expect = "^${t} ${o} ${f}$" }]'
    ),
    "captures inside of JSON": (
        "matrix = { m = ['\"m\" \\\\ '] }\n"
        "steps = [{ send-json = { s = 'say \"hi\" \\', n = 7 } },"
        ' { expect-json = "s", capture = { s = "s", n = "n" } },'
        ' { send-json = { a = "${s}", n = 1 } }, { expect-json = \'a="${s}"\' },'
        ' { send-json = { a = "<${s}>" } }, { expect-json = \'a="<${s}>"\' },'
        ' { send-json = { a = "<${s}>" } }, { expect-json = "a=<${s}>" },'
        ' { send-json = { a = ["${n}", { b = "${s}" }] } }, { expect-json = \'a=[${n}, {"b": ${s}}]\' },'
        ' { send-json = { a = "${m}", b = "\\"${n}" } }, { expect-json = \'a="${m}"\' },'
        ' { send-json = { a = "${m}", b = "\\"${n}" } }, { expect-json = \'b="\\"${n}"\' }]'
    ),
    "limits": 'steps = [{ send = "x" }]\nlimits = { open = "9s", first-message = "9s", total = "20s" }',
    "expectations": 'expect = { status = 101, subprotocol = "", reject = "error" }',
}


@pytest.mark.parametrize("name", PASSING)
async def test_it_passes(name: str, tmp_path: Path) -> None:
    async with raw_server(echo) as server:
        result = await checked(tmp_path, suite(server.url, PASSING[name]))
    assert result["status"] == 0, result["checks"]
    assert result["passed"] == 1


async def silent(peer: Peer) -> None:
    await peer.accept()
    await peer.wait_eof()


async def talk(peer: Peer) -> None:
    await peer.accept(headers=[("Server", "talker/1")])
    await peer.frame(1, "an error, alas")
    await peer.answer_close()


async def close_4001(peer: Peer) -> None:
    await peer.accept()
    await peer.close(4001, "go away")
    await peer.wait_eof()


async def refuse(peer: Peer) -> None:
    await peer.respond(403, "Forbidden", body=b"no")


async def bad_accept(peer: Peer) -> None:
    await peer.accept(accept="wrong")


async def not_http(peer: Peer) -> None:
    await peer.send(b"SSH-2.0-OpenSSH_9.9\r\n")
    await peer.wait_eof()


async def hang_up(peer: Peer) -> None:
    await peer.read_request()


async def lose(peer: Peer) -> None:
    await peer.accept()
    await peer.read_frame()


async def reserved_bit(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(1, "x", rsv=2)
    await peer.wait_eof()


async def huge(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(1, "x" * 5000)
    await peer.wait_eof()


async def redirect(peer: Peer) -> None:
    await peer.respond(302, "Found", headers=[("Location", "/again")])


async def no_tls(peer: Peer) -> None:
    await peer.send(b"220 mail.example ESMTP\r\n")
    await peer.wait_eof()


async def close_1000(peer: Peer) -> None:
    await peer.accept()
    await peer.read_frame()
    await peer.close(1000)
    await peer.wait_eof()


async def mute(peer: Peer) -> None:
    await peer.wait_eof()


async def deaf(peer: Peer) -> None:
    await peer.accept()
    await asyncio.Event().wait()


WAITING = 'steps = [{ send = "x" }, { expect = "never", within = "10s" }]'
FAILING: dict[str, tuple[Any, str, str, int, str]] = {
    # what: (server, check, kind, exit code, what the message or the place says)
    "nothing expected came": (
        silent,
        'steps = [{ expect = "x", within = 0.2 }]',
        "expectation",
        1,
        "within 0.2 s",
    ),
    "something else came": (
        talk,
        'steps = [{ expect = "ok", within = 0.2 }]',
        "expectation",
        1,
        "an error, alas",
    ),
    "rejected": (
        talk,
        'steps = [{ expect = "ok" }]\nexpect = { reject = "error" }',
        "expectation",
        1,
        "no text",
    ),
    "rejected without steps": (
        talk,
        'expect = { reject = "error" }\nlimits = { first-message = 5 }',
        "expectation",
        1,
        "alas",
    ),
    "a header": (talk, 'expect = { headers = { Server = "nginx" } }', "expectation", 1, "talker/1"),
    "first message": (silent, 'limits = { first-message = "200ms" }', "expectation", 1, "no message came"),
    "total": (silent, f'{WAITING}\nlimits = {{ total = "300ms" }}', "expectation", 1, "step 2 (expect)"),
    "open": (silent, "limits = { open = 0.0000001 }", "timeout", 28, "limits.open"),
    "rtt": (echo, "steps = [{ ping = true }]\nlimits = { rtt = 0.0000001 }", "expectation", 1, "limits.rtt"),
    "close code": (close_4001, "expect = { close = 4002 }", "expectation", 1, "ended with 4001"),
    "close step": (close_4001, "steps = [{ expect-close = 4002 }]", "expectation", 1, "ended with 4001"),
    "nobody closed": (
        silent,
        "steps = [{ expect-close = 1000, within = 0.2 }]",
        "expectation",
        1,
        "did not close",
    ),
    "capture": (
        echo,
        'steps = [{ send-json = { a = 1 } }, { expect-json = "a", capture = { b = "b" } }]',
        "expectation",
        1,
        "b needs it",
    ),
    "refused": (refuse, "", "refused", 22, "403"),
    "bad reply": (bad_accept, "", "bad-reply", 8, "Accept"),
    "another protocol": (not_http, "", "bad-reply", 8, "no valid handshake"),
    "hung up": (hang_up, "", "connect", 7, "before a byte"),
    "no pong": (silent, "steps = [{ ping = true, within = 0.2 }]", "timeout", 28, "no pong"),
    "close unanswered": (silent, "steps = [{ close = true, within = 0.2 }]", "timeout", 28, "did not answer"),
    "handshake unanswered": (mute, 'connect-timeout = "300ms"', "timeout", 28, "waiting for the reply"),
    "lost": (lose, WAITING, "lost", 56, "without a Close"),
    "a broken rule": (reserved_bit, 'steps = [{ expect = "x" }]', "protocol", 76, "RFC 6455"),
    "too large": (huge, 'max-size = "1k"\nsteps = [{ expect = "x" }]', "too-large", 63, ""),
    "redirects without end": (redirect, "location = true", "redirects", 47, "redirect"),
    "sent too late": (
        close_1000,
        'steps = [{ send = "a" }, { wait = "300ms" }, { send = "b" }]',
        "unsent",
        55,
        "step 3 (send) ",
    ),
    "closed": (close_4001, 'steps = [{ expect = "x" }]', "close-code", 90, "go away"),
}


@pytest.mark.parametrize("name", FAILING)
async def test_a_failure_has_its_kind_and_tells_what_came(name: str, tmp_path: Path) -> None:
    script, body, kind, code, told = FAILING[name]
    async with raw_server(script) as server:
        result = await checked(tmp_path, suite(server.url, body))
    (check,) = result["checks"]
    assert result["status"] == 1, result["stderr"]
    assert (check["kind"], check["exit_code"]) == (kind, code), check
    assert told in f"{check['place']} {check['message']}"
    assert check["verdict"] == "failed"


async def test_a_certificate_and_an_unknown_name_have_their_codes(tmp_path: Path) -> None:
    async with raw_server(echo, tls=True) as server:
        untrusted = await checked(tmp_path, suite(server.url))
        insecure = await checked(tmp_path, suite(server.url, "insecure = true"))
        plain = await checked(tmp_path, suite(server.url.replace("wss", "ws")))
    unknown = await checked(tmp_path, suite("ws://no-such-host.invalid/"))
    assert untrusted["checks"][0]["exit_code"] == 60
    assert insecure["status"] == 0
    assert "tls" in insecure["checks"][0]["phases_ms"]
    assert insecure["checks"][0]["tls_not_after"]
    assert plain["checks"][0]["exit_code"] in {7, 8}
    assert unknown["checks"][0]["exit_code"] == 6


async def test_tls_and_a_proxy_that_fail_have_their_codes(tmp_path: Path) -> None:
    async with raw_server(no_tls) as server:
        tls = await checked(tmp_path, suite(server.url.replace("ws:", "wss:")))
    mutual = server_context()
    mutual.verify_mode = ssl.CERT_REQUIRED
    async with raw_server(echo, tls=mutual) as server:
        ca = f'cacert = "{write_ca(tmp_path)}"'
        alert = await checked(tmp_path, suite(server.url, ca))
    async with raw_server(refuse) as server:
        through = suite("ws://example.invalid/", f'proxy = "{server.url.replace("ws:", "http:")}"')
        proxy = await checked(tmp_path, through)
    for result, kind, code in ((tls, "tls", 35), (alert, "tls", 35), (proxy, "proxy", 97)):
        (check,) = result["checks"]
        assert (result["status"], check["kind"], check["exit_code"]) == (1, kind, code), check
    # `check` has no options for this: a suite has keys.
    assert "the keys 'cert'" in alert["checks"][0]["hint"]
    assert "403" in proxy["checks"][0]["message"]


@pytest.mark.parametrize(
    ("script", "body"),
    [
        (close_4001, "expect = { close = 4001 }"),
        (close_4001, "steps = [{ expect-close = 4001 }]"),
        (refuse, "expect = { status = 403 }"),
        (talk, 'steps = [{ expect = "(?P<what>error)" }]\nexpect = { headers = { Server = "^talker" } }'),
    ],
    ids=["close code", "close step", "status", "a group that nobody uses"],
)
async def test_what_is_expected_is_no_failure(script: Any, body: str, tmp_path: Path) -> None:
    async with raw_server(script) as server:
        result = await checked(tmp_path, suite(server.url, body))
    assert result["status"] == 0, result["checks"]
    assert not any(check.get("violations") for check in result["checks"])


@pytest.mark.parametrize(
    ("script", "body", "code", "told"),
    [
        (close_4001, 'steps = [{ expect = "x" }]', 90, "expected a text message that matches 'x' (expect)"),
        (lose, WAITING, 56, "expected a text message that matches 'never' (expect)"),
        (lose, 'expect = { close = 4000 }\nsteps = [{ send = "x" }]', 56, "expected close code 4000"),
        (
            close_4001,
            'steps = [{ expect-json = "a=1" }]\nok-close = [4001]',
            1,
            "expected a JSON message with a = 1 (expect-json); no message came",
        ),
    ],
    ids=["closed", "lost", "lost, in the table", "closed as is allowed"],
)
async def test_what_was_not_met_either_is_told_where_another_cause_decides(
    script: Any, body: str, code: int, told: str, tmp_path: Path
) -> None:
    async with raw_server(script) as server:
        result = await checked(tmp_path, suite(server.url, body))
    (check,) = result["checks"]
    assert check["exit_code"] == code, check
    assert told in check["message"]
    assert check["message"].count("expected ") == 1


async def test_retries_until_it_passes_and_no_more(tmp_path: Path) -> None:
    tries = 0

    async def third_time(peer: Peer) -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            await peer.respond(503)
            return
        await echo(peer)

    async with raw_server(third_time) as server:
        body = 'retries = 5\nretry-delay = "1ms"'
        result = await checked(tmp_path, suite(server.url, body))
    assert (result["status"], result["checks"][0]["attempts"], tries) == (0, 3, 3)


async def test_only_those_with_a_tag_run(tmp_path: Path) -> None:
    text = "".join(
        f'[[check]]\nname = "{name}"\nurl = "demo:"\ntags = {tags}\n'
        for name, tags in (("a", '["x", "y"]'), ("b", '"y"'), ("c", "[]"))
    )
    result = await checked(tmp_path, text, "--only", "y")
    assert [check["name"] for check in result["checks"]] == ["a", "b"]
    (tmp_path / "s.toml").write_text(text)
    done = await wscli("check", str(tmp_path / "s.toml"), "--only", "z")
    assert done.returncode == 2
    assert b"the tags are x, y" in done.stderr


async def test_fail_fast_skips_the_others(tmp_path: Path) -> None:
    text = "".join(
        f'[[check]]\nname = "{n}"\nurl = "{"demo:reject" if n == 1 else "demo:"}"\n' for n in range(5)
    )
    result = await checked(tmp_path, text, "--fail-fast", "--jobs", "1")
    assert result["status"] == 1
    assert [check["verdict"] for check in result["checks"]] == ["passed", "failed", *["skipped"] * 3]


async def test_no_more_run_at_a_time_than_told(tmp_path: Path) -> None:
    now = most = 0

    async def count(peer: Peer) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await echo(peer)
        now -= 1

    body = 'steps = [{ send = "x" }, { expect = "x" }, { wait = "50ms" }]\nmatrix = { n = [1,2,3,4,5,6,7,8] }'
    async with raw_server(count) as server:
        result = await checked(tmp_path, suite(server.url, body), "--jobs", "3")
    assert result["passed"] == 8
    assert 1 < most <= 3


async def test_a_flood_that_no_step_looks_at_neither_blocks_nor_grows(tmp_path: Path) -> None:
    async def flood(peer: Peer) -> None:
        await peer.accept()
        chunk = encode_frame(1, "x" * 1000) * 100
        for _ in range(300):
            await peer.send(chunk)
        await peer.frame(1, "the end")
        await peer.answer_close()

    async with raw_server(flood) as server:
        found = await checked(
            tmp_path, suite(server.url, 'steps = [{ expect = "the end" }, { ping = true }]')
        )
        ignored = await checked(tmp_path, suite(server.url, 'limits = { first-message = "9s" }'))
    # Whoever floods answers no ping; what matters is that the last message was found.
    assert found["checks"][0]["messages_in"] == 30_001
    assert ignored["status"] == 0, ignored["checks"]


async def late_greeting(peer: Peer) -> None:
    await peer.accept()
    await peer.read_frame()
    await peer.frame(1, "at last")
    await peer.answer_close()


async def test_a_first_message_that_is_late_fails_also_when_it_came(tmp_path: Path) -> None:
    # It comes while a step goes on, which the limit does not end.
    body = (
        'steps = [{ wait = "300ms" }, { send = "x" }, { expect = "last" }]\n'
        'limits = { first-message = "100ms" }'
    )
    async with raw_server(late_greeting) as server:
        result = await checked(tmp_path, suite(server.url, body))
    (check,) = result["checks"]
    assert check["exit_code"] == 1
    assert re.search(
        r"the first message took [\d.]+ ms, more than 100 ms \(limits.first-message\)", check["message"]
    )


async def test_what_was_not_sent_when_a_check_ends_is_a_failure(tmp_path: Path) -> None:
    async def close_unread(peer: Peer) -> None:
        await peer.accept()
        # It has begun to send.
        await peer.read_exactly(1024)
        await peer.close(1000)
        peer.reset()

    (tmp_path / "big").write_bytes(bytes(16 * 1024 * 1024))
    async with raw_server(close_unread) as server:
        result = await checked(tmp_path, suite(server.url, 'steps = [{ send-binary = "@big" }]'))
    (check,) = result["checks"]
    assert (check["kind"], check["exit_code"]) == ("unsent", 55), check
    assert check["message"] == "messages that were not sent when the connection ended: 1"


async def test_a_peer_that_reads_no_more_holds_no_check_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wscli.check.waiting.STALL_SECONDS", 0.3)
    async with raw_server(deaf) as server:
        target = parse_url(server.url)
        assert isinstance(target, Url)

        @contextlib.asynccontextmanager
        async def connect(_: Check) -> AsyncIterator[Endpoint]:
            yield Endpoint(Target(target))

        step = Step(Send(binary=bytes(16 * 1024 * 1024)), "send-binary")
        plan = Plan([("s", Check("it", server.url, steps=(step,)))])
        result = await Runner(plan, connect, Seen(), Stop()).run()
    (check,) = result.checks
    assert (check.kind, check.place) == ("unsent", "step 1 (send-binary)")
    assert check.message == "the peer took nothing of what was sent for 0.3 s"


async def test_a_run_that_ends_while_a_failed_check_closes_leaves_its_failure_as_it_was() -> None:
    stop = Stop()

    async def never_answer(peer: Peer) -> None:
        await peer.accept()
        await peer.read_until(8)
        stop.request(DeadlineExceeded("the run was not over"))
        await peer.wait_eof()

    async with raw_server(never_answer) as server:
        target = parse_url(server.url)
        assert isinstance(target, Url)

        @contextlib.asynccontextmanager
        async def connect(_: Check) -> AsyncIterator[Endpoint]:
            yield Endpoint(Target(target))

        step = Step(Ping(b"", 0.05), "ping")
        plan = Plan([("s", Check("it", server.url, steps=(step,)))])
        result = await Runner(plan, connect, Seen(), stop).run()
    (check,) = result.checks
    assert (check.verdict, check.place, check.message) == (
        "failed",
        "step 1 (ping)",
        "no pong came within 0.05 s",
    )


async def test_a_retry_waits_as_long_as_it_was_told(tmp_path: Path) -> None:
    moments: list[float] = []

    async def refuse_and_note(peer: Peer) -> None:
        await peer.read_request()
        moments.append(asyncio.get_running_loop().time())
        await peer.respond(503)

    async with raw_server(refuse_and_note) as server:
        result = await checked(tmp_path, suite(server.url, 'retries = 2\nretry-delay = "250ms"'))
    assert result["checks"][0]["attempts"] == 3
    assert all(later - earlier >= 0.25 for earlier, later in itertools.pairwise(moments))


async def test_a_retry_for_which_there_is_no_time_leaves_the_failure_as_it_was(tmp_path: Path) -> None:
    body = 'retries = 5\nretry-delay = "1h"'
    result = await checked(tmp_path, suite("demo:reject", body), "--timeout", "2s")
    (check,) = result["checks"]
    assert (result["status"], check["kind"], check["attempts"]) == (1, "refused", 1)
    assert "the run was not over after 2 s while waiting to try again (--timeout)" in result["stderr"]


async def test_a_retry_that_is_cut_off_leaves_the_failure_as_it_was(tmp_path: Path) -> None:
    again = asyncio.Event()
    openings = 0

    async def refuse_then_say_nothing(peer: Peer) -> None:
        nonlocal openings
        openings += 1
        await peer.read_request()
        if openings == 1:
            await peer.respond(503)
            return
        again.set()
        await peer.wait_eof()

    async def fail_meanwhile(peer: Peer) -> None:
        await peer.accept()
        await again.wait()
        await peer.close(1011)

    async with raw_server(refuse_then_say_nothing) as server, raw_server(fail_meanwhile) as other:
        text = suite(server.url, "retries = 1\nretry-delay = 0\n")
        text += suite(other.url, 'steps = [{ wait = "1h" }]').replace('"it"', '"other"')
        result = await checked(tmp_path, text, "--fail-fast")
    first, second = result["checks"]
    assert (first["verdict"], first["kind"], first["attempts"]) == ("failed", "refused", 1)
    assert second["verdict"] == "failed"


async def test_violations_without_end_do_not_fill_the_report(tmp_path: Path) -> None:
    async def wrong_lengths(peer: Peer) -> None:
        await peer.accept()
        await peer.send(b"\x81\x7e\x00\x01x" * 100)
        await peer.frame(1, "the end")
        await peer.answer_close()

    async with raw_server(wrong_lengths) as server:
        result = await checked(tmp_path, suite(server.url, 'steps = [{ expect = "the end" }]'))
    assert len(result["checks"][0]["violations"]) == 20


async def test_secrets_are_in_no_output_and_no_report(tmp_path: Path) -> None:
    async def tell(peer: Peer) -> None:
        await peer.accept(headers=[("X-Seen", "s3cr3t-value")])
        await peer.frame(1, "c4ptured-value")
        await peer.frame(1, "s3cr3t-value" * 6 + "c4ptured-value")
        await peer.answer_close()

    body = (
        'bearer = "${MY_TOKEN}"\ntags = "${MY_TOKEN}"\nmatrix = { password = ["p4ssw0rd-value"] }\n'
        'steps = [{ expect = "(?P<session_token>c4ptured.value)" },'
        ' { expect = "${MY_TOKEN}${password}${session_token}", within = 0.1 }]\n'
        '[check.headers]\nX-Plain = "${MY_TOKEN}"\n'
    )
    kinds = ("junit", "tap", "json", "markdown", "prometheus")
    async with raw_server(tell) as server:
        text = suite(f"{server.url}?token=s3cr3t-value", body).replace(
            '"it"', '"it ${MY_TOKEN} [${password}]"'
        )
        result = await checked(
            tmp_path,
            text,
            *(f"--report={kind}={tmp_path / kind}" for kind in kinds),
            "--report=github",
            MY_TOKEN="s3cr3t-value",
        )
        request = server.peer.request
        events = await wscli(
            "check", str(tmp_path / "suite.toml"), "--json", env={"MY_TOKEN": "s3cr3t-value"}
        )
    assert request is not None
    assert request.get("Authorization") == "Bearer s3cr3t-value"
    assert result["status"] == 1
    assert result["checks"][0]["name"] == "it ‹redacted› [‹redacted›]"
    outputs = [
        result["stdout"],
        result["stderr"].encode(),
        events.stdout,
        *((tmp_path / kind).read_bytes() for kind in kinds),
    ]
    outputs.append((tmp_path / "report.json").read_bytes())
    secrets = (b"s3cr3t-value", b"p4ssw0rd", b"c4ptured")
    assert not [output for output in outputs if any(secret in output for secret in secrets)]


async def test_events_are_one_a_line_and_end_with_the_summary(tmp_path: Path) -> None:
    done = await wscli("check", "demo:", "demo:reject", "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    for event in events:
        jsonschema.validate(event, schema())
    assert [event["event"] for event in events] == ["check", "check", "summary", "error"]
    assert {event["exit_code"] for event in events[:2]} == {0, 22}
    assert events[2]["passed"] == events[2]["failed"] == 1
    assert done.returncode == 1


async def test_verbose_adds_phases_what_was_agreed_on_and_counts(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(suite("demo:", 'steps = [{ send = "hey" }, { expect = "hey" }]'))
    done = await wscli("check", str(tmp_path / "s.toml"), "demo:reject", "-v")
    told = done.stdout.decode()
    assert re.search(
        r"^ok    it .*\n      resolve .*, connect .*, upgrade .*\n      status 101, ", told, re.MULTILINE
    )
    assert "      sent 1 message, 3 bytes; received 1 message, 3 bytes\n" in told
    assert "      status 403\n" in told
    plain = await wscli("check", str(tmp_path / "s.toml"), "demo:reject")
    assert b"resolve" not in plain.stdout


class Seen:
    """Watches a run; keeps what it is told."""

    def __init__(self) -> None:
        self.bugs: list[str] = []

    def began(self, check: Check) -> None:
        """Nothing to keep."""

    def ended(self, check: Check, result: CheckResult) -> None:
        """Nothing to keep."""

    def broke(self, bug: Exception, redactor: Redactor) -> None:
        self.bugs.append(redactor.scrub(str(bug)))


async def test_a_bug_that_one_check_meets_fails_it_alone_and_is_told_without_its_text() -> None:
    @contextlib.asynccontextmanager
    async def connect(check: Check) -> AsyncIterator[Endpoint]:
        if check.name == "broken":
            raise KeyError(f"hush-hush of {check.name}")
        async with raw_server(echo) as server:
            target = parse_url(server.url)
            assert isinstance(target, Url)
            yield Endpoint(Target(target))

    checks = [("s", Check(name, "ws://h/", secrets=("hush-hush",))) for name in ("broken", "healthy")]
    watcher = Seen()
    result = await Runner(Plan(checks), connect, watcher, Stop()).run()
    broken, healthy = result.checks
    assert (broken.kind, broken.exit_code, healthy.verdict) == ("internal", 70, "passed")
    assert re.fullmatch(
        r"internal error: KeyError in test_check.py, line \d+; this is a bug in wscli", broken.message
    )
    assert "-v" in broken.hint
    assert watcher.bugs == ["'‹redacted› of broken'"]


async def test_a_signal_skips_what_is_left_and_still_writes_the_reports(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(
        '[[check]]\nname = "quick"\nurl = "demo:"\n[[check]]\nname = "slow"\nurl = "demo:"\n'
        'steps = [{ wait = "1h" }]\n'
    )
    report = tmp_path / "r.json"
    process = await asyncio.create_subprocess_exec(
        *command("check", str(tmp_path / "s.toml"), "--report", f"json={report}"),
        stdout=asyncio.subprocess.PIPE,
        env=clean_env(),
    )
    assert process.stdout is not None
    assert b"quick" in await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    await process.communicate()
    assert process.returncode == 130
    verdicts = {check["name"]: check["verdict"] for check in json.loads(report.read_text())["checks"]}
    assert verdicts == {"quick": "passed", "slow": "skipped"}


SLOW = '[[check]]\nname = "slow ${n}"\nurl = "demo:"\nmatrix = { n = [1, 2] }\nsteps = [{ wait = "1h" }]\n'


HANGING = {
    # what: (server, check, what is told of it)
    "at a step": (echo, 'steps = [{ wait = "1h" }]', "step 1 (wait): "),
    "at an expectation": (silent, 'steps = [{ ping = true, within = "1h" }]', "step 1 (ping): "),
    "while opening": (mute, "", "it was opening the connection ("),
    "at the first message": (
        silent,
        'limits = { first-message = "1h" }',
        "it was waiting for the first message",
    ),
    "at the peer's Close": (silent, 'steps = [{ expect-close = 1000, within = "1h" }]', "(expect-close)"),
    "at our own Close": (
        silent,
        'steps = [{ close = true, within = "1h" }]',
        "step 1 (close): ",
    ),
    "sending to a peer that does not read": (deaf, 'steps = [{ send-binary = "@big" }]', "(send-binary): "),
}


@pytest.mark.parametrize("name", HANGING)
async def test_a_check_that_hangs_when_time_is_up_failed_and_tells_at_what(name: str, tmp_path: Path) -> None:
    script, body, told = HANGING[name]
    (tmp_path / "big").write_bytes(bytes(16 * 1024 * 1024))
    body += '\nclose-timeout = "1h"\nconnect-timeout = "1h"' if "steps" in body or not body else ""
    async with raw_server(script) as server:
        text = suite(server.url, body) + '\n[[check]]\nname = "behind"\nurl = "demo:"\n'
        result = await checked(tmp_path, text, "--timeout", "2s", "--jobs", "1")
    hung, behind = result["checks"]
    assert (result["status"], hung["verdict"], behind["verdict"]) == (1, "failed", "skipped")
    assert (hung["kind"], hung["exit_code"]) == ("timeout", 28), hung
    assert "the check was not over when the time of the whole run was (--timeout)" in hung["message"]
    assert told in f"{hung['place']}: {hung['message']}"
    assert "1 of 2 checks failed; 1 of 2 checks were not run: the run was not over" in result["stderr"]
    assert "while the check 'it' was " in result["stderr"]


async def test_what_the_first_failure_cut_off_is_not_blamed(tmp_path: Path) -> None:
    waiting = [
        'steps = [{ expect = "never" }]',
        "steps = [{ ping = true }]",
        "steps = [{ expect-close = 1000 }]",
        'limits = { first-message = "1h" }',
        "expect = { close = 1000 }",
        'steps = [{ wait = "1h" }, { send = "x" }]',
    ]
    all_here = asyncio.Event()
    here = 0

    async def wait(peer: Peer) -> None:
        nonlocal here
        await peer.accept()
        here += 1
        if here == len(waiting):
            all_here.set()
        await peer.wait_eof()

    async def refuse_last(peer: Peer) -> None:
        await peer.read_request()
        await all_here.wait()
        await peer.respond(403)

    async with raw_server(wait) as server, raw_server(refuse_last) as other:
        text = "".join(
            suite(server.url, body).replace('"it"', f'"{number}"') + "\n"
            for number, body in enumerate(waiting)
        )
        result = await checked(tmp_path, text + suite(other.url), "--fail-fast")
    verdicts = [check["verdict"] for check in result["checks"]]
    assert verdicts == [*["skipped"] * len(waiting), "failed"], result["checks"]


async def test_what_nobody_waited_for_did_not_pass(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(f'[[check]]\nname = "quick"\nurl = "demo:"\n{SLOW}')
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        *command("check", str(tmp_path / "s.toml"), "--jobs", "1"),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        env=clean_env(),
    )
    os.close(writing)
    os.close(reading)
    _, stderr = await process.communicate()
    assert process.returncode == 1
    assert b"checks were not run: nobody reads the results" in stderr


USAGE = [
    ([], "there is nothing to check"),
    ([""], "the URL is empty"),
    (["ws://"], "the URL has no host"),
    (["none.toml"], "wscli check --init"),
    (["localhost:8080/x"], "did you mean ws://localhost:8080/x?"),
    (["demo:", "--report", "xml=x"], "there is no report 'xml'"),
    (["demo:", "--report", "junit"], "no file is named"),
    (["demo:", "--report", "junit="], "the file name is empty"),
    (["demo:", "--report", "junit=/no/such/folder/x"], "the folder of"),
    (["demo:", "--report", "junit=/"], "is a folder"),
    (["demo:", "--format", "raw"], "--format is human, plain or json"),
    (["demo:", "--jobs", "0"], "--jobs"),
    (["demo:", "-q", "-v"], "contradict"),
    (["--init", ""], "--init: the file name is empty"),
    (["--init", "a", "b"], "--init takes one FILE at most"),
    (["--schema", "a"], "--schema none"),
    (["--init", "--schema"], "each goes alone"),
    (["--init", "x.toml", "--report", "tap=x"], "--report means nothing beside --init"),
    (["--init", "--only", "x"], "--only means nothing beside --init"),
    (["--schema", "--jobs", "3"], "--jobs means nothing beside --schema"),
    (["--schema", "--json"], "--json means nothing beside --schema"),
    (["demo:nothing"], "nothing"),
]


@pytest.mark.parametrize(("arguments", "told"), USAGE, ids=str)
def test_a_wrong_command_line_exits_2(arguments: list[str], told: str) -> None:
    done = run_wscli("check", *arguments)
    assert done.returncode == 2, done.stderr.decode()
    assert told in done.stderr.decode()
    assert not done.stdout


TARGETS = [
    # (what the suite says from its fourth line on, the line that is named, what is told behind it)
    ('origin = "a\\nb"', 4, "check 1.origin: the value holds a newline"),
    ('[check.headers]\nA = "a"\n"bad name" = "x"\nB = "b"', 6, "check 1.headers.bad name: a header's name"),
    ('subprotocol = ["a", "a"]', 4, "check 1.subprotocol: a subprotocol is given twice"),
    ('insecure = true\nuser = "name"', 5, "check 1.user: "),
    ('cacert = "none.pem"', 4, "check 1.cacert: "),
    ("ok-close = [1006]", 4, "check 1.ok-close: no Close carries 1006"),
    ("ok-close = [1005]", 4, "expect.close = 1005 asks for it"),
    ('bearer = "@none"', 4, "check 1.bearer: cannot read the file"),
    ("ipv4 = true\nipv6 = true", 5, "check 1.ipv6: ipv4 = true and ipv6 = true contradict each other"),
    ('key = "suite.toml"', 4, "check 1.key: the key 'key' needs the key 'cert'"),
    ("connect-timeout = 0", 4, "check 1.connect-timeout: nothing can be done in no time"),
    ('max-size = "16X"', 4, "check 1.max-size: '16X' is not a size"),
    ('servername = "a b"', 4, "check 1.servername: "),
    ('proxy = "ftp://x"', 4, "check 1.proxy: "),
    ('resolve = "x"', 4, "check 1.resolve: "),
    ('connect-to = "x"', 4, "check 1.connect-to: "),
    ('unix-socket = ""', 4, "check 1.unix-socket: the path is empty"),
    ('cookie = "x"', 4, "check 1.cookie: there is no NAME=VALUE in it"),
    ('cookie-jar = ""', 4, "check 1.cookie-jar: "),
    ('user-agent = "a\\rb"', 4, "check 1.user-agent: the value holds a"),
    # Said in the defaults, in a profile, with a header of which another table has the same name.
    ('[defaults]\norigin = "a\\nb"', 5, "defaults.origin: the value holds a newline"),
    ('profile = "p"\n[profile.p]\nservername = "a b"', 6, "profile.p.servername: "),
    ('[defaults.headers]\nA = "1"\nB = "a\\nb"', 6, "defaults.headers.B: "),
    ('matrix = { o = ["a", "a\\nb"] }\norigin = "${o}"', 5, "check 1.origin: the value holds a newline"),
]


@pytest.mark.parametrize(("body", "line", "told"), TARGETS, ids=str)
async def test_a_target_that_cannot_be_exits_2_with_file_line_and_key(
    body: str, line: int, told: str, tmp_path: Path
) -> None:
    (tmp_path / "s.toml").write_text(suite("ws://127.0.0.1:1/", body))
    done = await wscli("check", str(tmp_path / "s.toml"))
    assert done.returncode == 2, done.stderr
    assert f"wscli: {tmp_path / 's.toml'}:{line}: " in done.stderr.decode()
    assert told in done.stderr.decode()


@pytest.mark.parametrize(
    ("url", "told"),
    [("localhost:80/x", "is not a WebSocket URL"), ("demo:nothing", "nothing"), ("ws://", "has no host")],
)
async def test_a_url_that_cannot_be_exits_2_with_file_line_and_key(
    url: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "s.toml").write_text(suite(url, 'insecure = true\n[check.headers]\nA = "b"'))
    done = await wscli("check", str(tmp_path / "s.toml"))
    assert done.returncode == 2, done.stderr
    assert f"wscli: {tmp_path / 's.toml'}:3: check 1.url: " in done.stderr.decode()
    assert told in done.stderr.decode()


def test_init_prints_or_writes_a_starter_that_passes_and_never_overwrites(tmp_path: Path) -> None:
    file = tmp_path / "starter.toml"
    printed = run_wscli("check", "--init")
    written = run_wscli("check", "--init", str(file))
    assert (written.returncode, written.stdout.decode()) == (0, f"wrote {file}\n")
    assert file.read_bytes() == printed.stdout
    assert run_wscli("check", str(file)).returncode == 0
    file.write_text("mine")
    again = run_wscli("check", "--init", str(file))
    assert again.returncode == 2
    assert b"is there already" in again.stderr
    assert file.read_text() == "mine"
    assert json.loads(run_wscli("check", "--schema").stdout)["title"]


_WITH_OPEN_FILES = """
import os, resource, sys
soft, hard = map(int, sys.argv[1:3])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
os.execvp(sys.argv[3], sys.argv[3:])
"""


@pytest.mark.parametrize(
    ("url", "soft", "hard", "told"),
    [
        # Not one of them but for the raised limit: they are all open at the same time.
        ("", 40, 400, ""),
        ("", 40, 64, "checks run at a time, not 100: no more files may be open (ulimit -Hn)"),
        ("demo:", 40, 64, "checks run at a time, not 100: no more files may be open (ulimit -Hn)"),
    ],
)
async def test_more_jobs_than_files_may_be_open_fail_no_healthy_endpoint(
    url: str, soft: int, hard: int, told: str, tmp_path: Path
) -> None:
    now = most = 0
    all_here = asyncio.Event()

    async def count(peer: Peer) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        if now == 100:
            all_here.set()
        if hard == 400:
            await all_here.wait()
        await echo(peer)
        now -= 1

    async with raw_server(count) as server:
        body = f'steps = [{{ send = "x" }}, {{ expect = "x" }}]\nmatrix = {{ n = {list(range(100))} }}'
        (tmp_path / "s.toml").write_text(suite(url or server.url, body))
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", _WITH_OPEN_FILES, str(soft), str(hard)),
            *command("check", str(tmp_path / "s.toml"), "--jobs", "100"),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=clean_env(),
        )
        stdout, stderr = await process.communicate()
    assert process.returncode == 0, stdout.decode()
    assert stdout.decode().splitlines()[-1].startswith("100 checks: 100 passed in")
    assert told in stderr.decode()
    assert bool(stderr) == bool(told)
    assert url or (most == 100) == (hard == 400)


# Linux hands the peak of a process on to what it executes: between these tests, which have grown, and the
# process that is measured stands a small one.
_PEAK_ON_STDERR = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def test_two_thousand_endpoints_in_one_process_with_flat_memory(tmp_path: Path) -> None:
    servers = subprocess.Popen(
        [sys.executable, "-m", "tests.check.endpoints", "2000"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    assert servers.stdin is not None
    assert servers.stdout is not None
    with servers:
        ports = servers.stdout.readline().split()
        text = "".join(
            f'[[check]]\nname = "{port.decode()}"\nurl = "ws://127.0.0.1:{port.decode()}/"\n'
            'steps = [{ send = "x" }, { expect = "x" }, { ping = true }]\n'
            for port in ports
        )
        (tmp_path / "many.toml").write_text(text)
        process = subprocess.run(
            [
                *(sys.executable, "-c", _PEAK_ON_STDERR),
                *command("check", str(tmp_path / "many.toml"), "--jobs", "100", "--json"),
            ],
            capture_output=True,
            env=clean_env(),
            check=False,
        )
        servers.stdin.close()
    assert process.returncode == 0
    lines = process.stdout.splitlines()
    assert json.loads(lines[-1])["passed"] == len(lines) - 1 == 2000
    assert int(process.stderr.split()[-1]) / (1024 if sys.platform == "darwin" else 1) < 128 * 1024


async def test_the_endpoints_of_the_tests_echo() -> None:
    """The server of the test above is no server that a test may trust unseen."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    done = await wscli("connect", f"ws://127.0.0.1:{port}/", "--send", "x", "--expect", "^x$")
    server.close()
    await server.wait_closed()
    assert done.returncode == 0, done.stderr
    await until(lambda: not server.is_serving())
