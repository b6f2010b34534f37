from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings

from wscli.config import Format
from wscli.events import (
    Attempt,
    Certificate,
    Connected,
    Event,
    Extension,
    Failed,
    PingLost,
    PongReceived,
    Proxied,
    Redirected,
    Resolved,
    Summarized,
    TlsEstablished,
)
from wscli.sinks.base import Batch
from wscli.sinks.output import Output
from wscli.sinks.plain import PlainSink

from .samples import (
    TIME,
    any_batch,
    closed,
    frame,
    message,
    opened,
    options,
    request,
    response,
    run_of,
    violation,
    written_by,
)

AT: dict[str, Any] = {"t": 0.5, "time": TIME}
CERTIFICATE = Certificate(
    subject="CN=x", issuer=None, not_before="2026-01-01", not_after=None, san=("a", "b"), sha256="ab"
)


def plain(batch: Batch, **changes: Any) -> list[str]:
    written = written_by(lambda out: PlainSink(options(format=Format.PLAIN, **changes), out), batch)
    return written.decode().splitlines()


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (
            Resolved(host="h", addresses=("::1", "127.0.0.1"), duration_ms=0.25, **AT),
            ["* resolve host=h addresses=::1,127.0.0.1 duration_ms=0.25 t=0.500000"],
        ),
        (
            Connected(
                address="::1",
                port=80,
                local_address="[::1]:5",
                duration_ms=1,
                attempts=(Attempt(address="::1", duration_ms=1, error="No route"),),
                **AT,
            ),
            [
                '* attempt address=::1 duration_ms=1 error="No route"',
                "* connect address=::1 port=80 local_address=[::1]:5 duration_ms=1 t=0.500000",
            ],
        ),
        (
            Proxied(url="http://p/", status=None, duration_ms=1, **AT),
            ["* proxy url=http://p/ status=- duration_ms=1 t=0.500000"],
        ),
        (
            TlsEstablished(
                version="TLSv1.3",
                cipher="C",
                alpn=None,
                server_name="x",
                verified=False,
                certificate=CERTIFICATE,
                problems=("it expired", "it is not for x but for DNS:\n\x1b[31m"),
                duration_ms=2,
                **AT,
            ),
            [
                "* tls version=TLSv1.3 cipher=C alpn=- server_name=x verified=no duration_ms=2 t=0.500000",
                "! not trusted: it expired",
                r"! not trusted: it is not for x but for DNS:\n\x1b[31m",
                '* certificate subject="CN=x" issuer=- not_before=2026-01-01 not_after=- san=a,b sha256=ab'
                " days_left=-",
            ],
        ),
        (request(), ["> request GET / HTTP/1.1 t=0.100000", "> header Host: example.com"]),
        (
            response(status=403, reason="No way", body="one\r\ntwo\x1b\n"),
            [
                '< response 403 HTTP/1.1 duration_ms=1.5 t=0.200000 "No way"',
                "< header Upgrade: websocket",
                "< body one",
                r"< body two\x1b",
            ],
        ),
        (
            response(status=403, reason="", base64=b"\xff", body_truncated=True),
            [
                '< response 403 HTTP/1.1 body_truncated duration_ms=1.5 t=0.200000 ""',
                "< header Upgrade: websocket",
                "< body hex:ff",
            ],
        ),
        (
            Redirected(status=301, location="/a", followed=True, **AT),
            ["* redirect 301 location=/a followed=yes t=0.500000"],
        ),
        (
            opened(extensions=(Extension(name="x", params=(("a", None), ("b", "1"))),)),
            ["* open url=ws://example.com/ subprotocol=- total_ms=3 t=0.300000", "* extension x; a; b=1"],
        ),
        (
            frame(b'{"a": "\x1b"}', n=3, rsv1=True, wire_length=9),
            [r'< frame 3 text fin rsv1 len=10 wire=9 t=0.500000 "{"a": "\x1b"}"'],
        ),
        (
            frame(b"\x00\xff", type="binary", opcode=2, direction="out", masked=True, fin=False),
            ["> frame 1 binary masked len=2 wire=2 t=0.500000 hex:00ff"],
        ),
        (
            frame(b"", type="reserved", opcode=11, truncated=True),
            ['< frame 1 reserved opcode=0xb fin truncated len=0 wire=0 t=0.500000 ""'],
        ),
        (
            frame(b"\x03\xe8Bye", type="close", opcode=8),
            ['< frame 1 close fin len=5 wire=5 t=0.500000 code=1000 "Bye"'],
        ),
        (
            frame(b"\x03", type="close", opcode=8),
            ['< frame 1 close fin len=1 wire=1 t=0.500000 "\\x03"'],
        ),
        (
            message(b"hi\nho", compressed=True, fragments=2),
            [r'< message 1 text len=5 wire=5 fragments=2 compressed t=0.500000 "hi\nho"'],
        ),
        (PongReceived(n=1, rtt_ms=0.2134, length=8, **AT), ["* pong 1 rtt_ms=0.213 length=8 t=0.500000"]),
        (PingLost(n=2, waited_ms=5000, **AT), ["* lost 2 waited_ms=5000 t=0.500000"]),
        (
            violation(detail="no = good"),
            ['! violation a-rule severity=error rfc="RFC 6455 §5.2" frame=- t=0.600000 no = good'],
        ),
        (
            closed(),
            [
                "* close 1000 clean initiator=peer tcp=fin sent=1000 duration_ms=0.4 t=0.900000 "
                'name="Normal Closure" reason="Bye!"'
            ],
        ),
        (
            Failed(kind="refused", message='a "b"', hint="", exit_code=22, **AT),
            ['! error kind=refused message="a \\"b\\"" hint="" exit_code=22 t=0.500000'],
        ),
        (
            Summarized(command="handshake", errors=0, phases_ms={"resolve": 0.5}, **AT),
            ["* phase resolve duration_ms=0.5", "* summary handshake errors=0 t=0.500000"],
        ),
        (
            Summarized(
                command="ping",
                sent=1,
                received=0,
                loss_percent=100.0,
                min_ms=None,
                avg_ms=1.0,
                max_ms=2.25,
                mdev_ms=0.0,
                p50_ms=1.0,
                p95_ms=2.0,
                p99_ms=2.0,
                **AT,
            ),
            [
                "* summary ping sent=1 received=0 loss_percent=100 t=0.500000",
                "* rtt min/avg/max/mdev = -/1/2.25/0 ms, p50/p95/p99 = 1/2/2 ms",
            ],
        ),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, list) else "",
)
def test_each_fact_is_one_line(event: Event, lines: list[str]) -> None:
    assert plain([event], frames=True) == lines


def test_frames_appear_only_when_asked_for() -> None:
    batch: Batch = [frame(), run_of([b"a"])]
    kinds = [line.split()[1] for line in plain(batch)]
    assert kinds == ["message"]
    assert [line.split()[1] for line in plain(batch, frames=True)] == ["frame", "frame", "message"]


def test_verbose_adds_header_bytes_and_mask() -> None:
    (line,) = plain([frame(masked=True, mask="01020304")], verbose=True)
    assert "header=8105 mask=01020304" in line


def test_lines_carry_no_styling() -> None:
    assert "\x1b" not in "\n".join(plain([frame(), closed()], frames=True, color=True))


@settings(deadline=None)
@given(any_batch)
def test_no_control_of_a_peer_reaches_a_terminal(batch: Batch) -> None:
    written = written_by(
        lambda out: PlainSink(options(format=Format.PLAIN, verbose=True), out), batch
    ).decode()
    lines = written.split("\n")
    assert lines.pop() == ""
    for line in lines:
        assert line[:2] in ("> ", "< ", "* ", "! ")
        assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert "##[" not in line
        assert "##vso[" not in line.lower()


def test_close_with_1006_on_the_wire_is_no_missing_close() -> None:
    carried, missing = closed(code=1006, wire_code=1006), closed(code=1006)
    assert "wire_code=1006" in plain([carried])[0]
    assert "wire_code" not in plain([missing])[0]


OPENING: list[Event] = [
    Resolved(host="h", addresses=("::1",), duration_ms=0.25, **AT),
    request(),
    response(),
    opened(),
    PongReceived(n=1, rtt_ms=0.5, length=8, **AT),
]


def kinds_for_ping(batch: Batch, **changes: Any) -> list[str]:
    def sink(out: Output) -> PlainSink:
        return PlainSink(options(format=Format.PLAIN, **changes), out, command="ping")

    lines = written_by(sink, batch).decode().splitlines()
    return [line.split()[1] for line in lines if line.split()[1] not in ("header", "offered", "extension")]


def test_ping_shows_its_pongs_and_no_opening_as_in_human() -> None:
    assert kinds_for_ping(OPENING) == ["open", "pong"]
    assert kinds_for_ping(OPENING, verbose=True) == ["resolve", "request", "response", "open", "pong"]


def test_a_refusal_of_a_ping_is_shown() -> None:
    assert kinds_for_ping([request(), response(status=403)])[0] == "response"
