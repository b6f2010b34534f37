from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from wscli.config import Format
from wscli.errors import Refused
from wscli.sinks.base import Batch
from wscli.sinks.redact import MARKER, Redactor
from wscli.sinks.status import Status

from .samples import (
    Caught,
    closed,
    hostile_text,
    message,
    opened,
    options,
    request,
    response,
    run_of,
    violation,
)


def said(say: Callable[[Status], object], *secrets: str, **changes: Any) -> str:
    caught: Any = Caught()
    status = Status(options(**changes), caught, Redactor(secrets))
    say(status)
    status.finish()
    written: bytes = caught.written
    return written.decode()


def test_error_says_what_happened_and_what_to_try() -> None:
    failure = Refused("the server refused: 403", hint="send an Origin with -o")
    assert said(lambda status: status.error(failure)) == (
        "wscli: the server refused: 403\n  hint: send an Origin with -o\n"
    )
    assert said(lambda status: status.error(Refused("no"))) == "wscli: no\n"


def test_quiet_silences_all_but_errors() -> None:
    def everything(status: Status) -> None:
        status.note("a")
        status.hint("b")
        status.warn("c")
        status.detail("d")
        status.feed([response(status=403)])
        status.error(Refused("no", hint="try"))

    assert said(everything, quiet=True, verbose=True, format=Format.RAW) == "wscli: no\n  hint: try\n"


def test_details_are_for_verbose() -> None:
    assert said(lambda status: status.detail("d")) == ""
    assert said(lambda status: status.detail("d"), verbose=True) == "* d\n"


def test_notes_warnings_and_hints() -> None:
    def everything(status: Status) -> None:
        status.note("connecting")
        status.warn("odd")
        status.hint("try")

    assert said(everything) == "wscli: connecting\nwscli: warning: odd\n  hint: try\n"
    assert said(everything, color=True) == (
        "wscli: connecting\n\x1b[1;38;5;130mwscli: warning: \x1b[0modd\n\x1b[2m  hint: \x1b[0mtry\n"
    )


def test_secrets_are_scrubbed() -> None:
    failure = Refused("sent hunter22 to ws://a:b@host/?key=c", hint="not hunter22")
    assert said(lambda status: status.error(failure), "hunter22") == (
        f"wscli: sent {MARKER} to ws://{MARKER}@host/?key={MARKER}\n  hint: not {MARKER}\n"
    )


def test_trace_keeps_its_lines() -> None:
    assert said(lambda status: status.trace("one\n  two\x1b\n")) == "one\n  two\\x1b\n"


@settings(deadline=None)
@given(hostile_text)
def test_whatever_is_quoted_reaches_no_terminal_as_a_control(text: str) -> None:
    def everything(status: Status) -> None:
        for say in (
            status.note,
            status.hint,
            status.warn,
            status.detail,
            lambda text: status.error(Refused(text)),
        ):
            say(text)

    lines = said(everything, verbose=True).split("\n")
    assert len(lines) == 6
    for line in lines:
        assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def test_raw_leaves_refusals_and_violations_to_stderr() -> None:
    batch: Batch = [
        request(),
        response(status=403, reason="Forbidden", body="go away"),
        violation(),
        message(),
        closed(),
    ]
    shown = said(lambda status: status.feed(batch), format=Format.RAW)
    assert "< HTTP/1.1 403 Forbidden" in shown
    assert "< go away" in shown
    assert "! error a-rule (RFC 6455 §5.2)" in shown
    assert "GET" not in shown
    assert "closed" not in shown


def test_raw_with_verbose_shows_the_rest_there_but_no_payload() -> None:
    batch: Batch = [request(), response(), opened(), message(b"payload"), run_of([b"payload"]), closed()]
    shown = said(lambda status: status.feed(batch), format=Format.RAW, verbose=True)
    assert "> GET / HTTP/1.1" in shown
    assert "* closed 1000" in shown
    assert "payload" not in shown


@pytest.mark.parametrize("kind", [Format.HUMAN, Format.PLAIN, Format.JSON])
def test_other_formats_say_it_all_themselves(kind: Format) -> None:
    assert said(lambda status: status.feed([response(status=403)]), format=kind, verbose=True) == ""
