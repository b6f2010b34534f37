from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings

from wscli.config import Format
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


def test_quiet_silences_it() -> None:
    def shown(quiet: bool) -> str:
        return said(lambda status: status.feed([response(status=403)]), quiet=quiet, format=Format.RAW)

    assert shown(False)
    assert shown(True) == ""


def test_secrets_are_scrubbed() -> None:
    told = response(status=403, body="not hunter22")
    shown = said(lambda status: status.feed([told]), "hunter22", format=Format.RAW)
    assert f"not {MARKER}" in shown
    assert "hunter22" not in shown


@settings(deadline=None)
@given(hostile_text)
def test_whatever_a_peer_says_reaches_no_terminal_as_a_control(text: str) -> None:
    batch: Batch = [response(status=403, reason=text, body=text), violation(detail=text)]
    for line in said(lambda status: status.feed(batch), verbose=True, format=Format.RAW).split("\n"):
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
