from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec
import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs
from rich.cells import cell_len

from wscli.events import (
    Certificate,
    Closed,
    Extension,
    Failed,
    PingLost,
    PongReceived,
    Summarized,
    TlsEstablished,
)
from wscli.sinks.base import Batch
from wscli.sinks.escape import escape
from wscli.sinks.human import HumanSink
from wscli.sinks.human_style import COLORED, wrap

from .samples import (
    HOSTILE,
    TIME,
    Caught,
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

SGR = re.compile(r"\x1b\[[0-9;]*m")
AT: dict[str, Any] = {"t": 0.5, "time": TIME}
LONG_JSON = b'{"items": [' + b", ".join(b'{"id": %d}' % index for index in range(500)) + b"]}"


def shown(batch: Batch, *, command: str = "connect", bound: float | None = None, **changes: Any) -> str:
    def make(out: Any) -> HumanSink:
        return HumanSink(options(**changes), out, command=command, lines_per_second=bound)

    return written_by(make, batch).decode()


def lines(batch: Batch, **changes: Any) -> list[str]:
    return shown(batch, **changes).splitlines()


def everything(deflate: bool = True) -> Batch:
    agreed = (Extension(name="permessage-deflate", params=(("server_max_window_bits", "12"),)),)
    certificate = Certificate(
        subject="CN=example.com",
        issuer="C=US, O=Some Long Authority Name, CN=R11",
        not_before="2026-10-01T00:00:00Z",
        not_after="2026-12-30T00:00:00Z",
        san=("example.com", "www.example.com"),
        sha256="a1" * 32,
    )
    return [
        TlsEstablished(
            version="TLSv1.3",
            cipher="TLS_AES_256_GCM_SHA384",
            alpn="http/1.1",
            server_name="example.com",
            verified=True,
            certificate=certificate,
            duration_ms=21.0,
            **AT,
        ),
        request(headers=(("Host", "example.com"), ("Sec-WebSocket-Extensions", "permessage-deflate; " * 8))),
        response(),
        opened(subprotocol="chat", extensions=agreed if deflate else ()),
        frame(b"Hello", direction="out", masked=True, mask="01020304"),
        frame(LONG_JSON, rsv1=deflate, wire_length=700 if deflate else len(LONG_JSON)),
        frame("日本語のテキスト".encode() * 30),
        frame(bytes(range(256)) * 4, type="binary", opcode=2),
        frame(b"first ", fin=False),
        frame(b"ping", type="ping", opcode=9),
        frame(b"second", type="continuation", opcode=0),
        message(b"first second", fragments=2),
        frame(b"??", type="reserved", opcode=3),
        violation(rule="reserved-opcode", detail="opcode 3 " * 20, frame=7),
        frame(b"\x03\xe8Bye!", type="close", opcode=8),
        closed(),
        response(status=403, reason="Forbidden", body='{"error": "no", "big": 12345678901234567890}'),
        PongReceived(n=1, rtt_ms=0.2, length=8, **AT),
        PingLost(n=2, waited_ms=5000.0, **AT),
        Summarized(
            command="handshake",
            errors=0,
            warnings=1,
            messages_in=3,
            frames_in=4,
            bytes_in=10_000_000,
            phases_ms={"resolve": 12.3, "connect": 8.1, "tls": 21.3, "upgrade": 14.2},
            **AT,
        ),
    ]


@pytest.mark.parametrize("width", [40, 80, 140])
@pytest.mark.parametrize("verbose", [False, True])
def test_no_line_is_wider_than_the_terminal(width: int, verbose: bool) -> None:
    written = shown(everything(), width=width, color=True, verbose=verbose, command="handshake")
    for line in SGR.sub("", written).splitlines():
        assert cell_len(line) <= width, line


@pytest.mark.parametrize("width", [40, 80, 140])
def test_terminal_shows_each_line_as_one_row(width: int) -> None:
    written = shown(everything(), width=width, color=True)
    screen = pyte.Screen(width, 400)
    pyte.Stream(screen).feed(written.replace("\n", "\r\n"))
    assert screen.cursor.y == written.count("\n")


def test_heads_are_shown_as_they_went_over_the_wire() -> None:
    assert lines([request(), response()]) == [
        "> GET / HTTP/1.1",
        "> Host: example.com",
        ">",
        "< HTTP/1.1 101 Switching Protocols",
        "< Upgrade: websocket",
        "<",
    ]


def test_long_header_goes_on_behind_the_gutter() -> None:
    value = "permessage-deflate; server_max_window_bits=12; client_max_window_bits=12"
    head = lines([request(headers=(("Sec-WebSocket-Extensions", value),))], width=60)[1:-1]
    assert len(head) == 2
    assert all(line.startswith(">") for line in head)
    assert "".join(line.lstrip("> ") + " " for line in head).strip() == f"Sec-WebSocket-Extensions: {value}"


def test_frames_stand_in_columns() -> None:
    batch: Batch = [
        frame(b"hi", n=1),
        frame(b"x" * 200, n=23, direction="out"),
        frame(b"", type="ping", opcode=9, n=456),
    ]
    rows = lines(batch)
    assert rows == [
        "    1    0.500 ← text   fin        2 B  hi",
        "   23    0.500 → text   fin      200 B",
        "    " + "x" * 76,
        "    " + "x" * 76,
        "    " + "x" * 48,
        "  456    0.500 ← ping   fin        0 B",
    ]


def test_a_long_text_stands_below_its_line_and_a_very_long_one_says_how_long() -> None:
    rows = lines([frame("é".encode() * 5000)])
    assert rows[1:-1] == ["    " + "é" * 76] * 8
    assert rows[-1] == "    … 5,000 characters in all"


def test_an_ending_without_the_peers_close_is_no_clean_bill() -> None:
    lost = Closed(
        t=0.5,
        time="",
        code=1006,
        name="Abnormal Closure",
        reason="",
        sent=None,
        initiator="none",
        clean=False,
        tcp="fin",
        duration_ms=None,
    )
    rows = lines([lost, Summarized(t=0.5, time="", command="connect", errors=0, warnings=0, frames_in=3)])
    assert rows[0] == "* ended without a Close from the peer: 1006 Abnormal Closure"
    assert rows[-1].startswith("! ")


@pytest.mark.parametrize("code", [1005, 1006])
def test_a_code_that_stands_for_none_is_told_apart_when_a_close_carried_it(code: int) -> None:
    ending = shown([closed(code=code, name="A Name", reason="", wire_code=code)])
    assert f"* closed {code} A Name by the peer" in ending
    assert "the peer sent this code" in ending
    assert "without a Close frame" not in ending
    assert "carried no code" not in ending


def test_compressed_frame_shows_both_lengths() -> None:
    rows = lines([*everything()[3:4], frame(b"hello world", rsv1=True, wire_length=7)])
    assert rows[-1].endswith("text   fin r1           7→11 B  hello world")


def test_fragments_are_marked_and_joined() -> None:
    euro = "€".encode()
    rows = lines(
        [
            frame(b"a" + euro[:1], fin=False),
            frame(b"b", type="continuation", opcode=0, fin=False),
            frame(euro[1:], type="continuation", opcode=0),
            message(b"joined", fragments=3),
        ]
    )
    assert [row.split("  ")[-1] for row in rows] == [r"a\xe2", "b", r"\x82\xac", "joined"]
    assert "┌" in rows[0]
    assert "│" in rows[1]
    assert "└fin" in rows[2]
    assert rows[3] == "    = text message, 3 fragments, 6 B  joined"


def test_message_in_one_frame_is_one_line() -> None:
    assert len(lines([frame(), message()])) == 1
    assert len(lines([run_of([b"a", b"b", b"c"])])) == 3


def test_short_binary_is_hexadecimal_in_the_line() -> None:
    (row,) = lines([frame(b"\xde\xad\xbe\xef", type="binary", opcode=2)])
    assert row.endswith("de ad be ef  |....|")


def test_long_binary_is_a_hexdump_that_says_what_is_left() -> None:
    rows = lines([frame(bytes(4096), type="binary", opcode=2)])
    assert rows[1] == "    000000  " + "00 " * 16 + " |................|"
    assert len(rows) == 6
    assert rows[-1] == "    … 4,032 more bytes"


def test_hexdump_makes_no_ci_command() -> None:
    assert "##[" not in shown([frame(b"xxxxxxxxxxxxxx##[a", type="binary", opcode=2)])


def test_json_is_coloured_by_token() -> None:
    written = shown([frame(b'{"a": "b", "n": 1.5, "t": true}')], color=True)
    for piece in (
        f'{COLORED.key}"a"\x1b[0m',
        f'{COLORED.string}"b"\x1b[0m',
        f"{COLORED.number}1.5\x1b[0m",
        f"{COLORED.number}true\x1b[0m",
    ):
        assert piece in written


def test_colour_adds_nothing_but_colour() -> None:
    assert SGR.sub("", shown(everything(), color=True)) == shown(everything())
    assert "\x1b" not in shown(everything())


def test_close_says_code_name_meaning_and_reason() -> None:
    ending = shown([closed(code=1011, name="Internal Error", reason="db down", clean=True, sent=None)])
    for piece in (
        "1011 Internal Error",
        "by the peer",
        "unexpected condition",
        '"db down"',
        "no Close",
        "FIN",
    ):
        assert piece in ending


def test_violation_names_rule_section_and_frame() -> None:
    found = violation(rule="a-rule", severity="warning", detail="why", frame=3)
    assert lines([found]) == [
        "! warning a-rule (RFC 6455 §5.2, frame 3)",
        "!   why",
    ]


def test_refusal_shows_its_body_pretty_and_digit_for_digit() -> None:
    rows = lines(
        [response(status=403, reason="Forbidden", headers=(), body='{"big":12345678901234567890.10}')]
    )
    assert rows == ["< HTTP/1.1 403 Forbidden", "<", "< {", '<   "big": 12345678901234567890.10', "< }"]


@pytest.mark.parametrize("body", ["[" * 10_000, '{"a": ', "[1, 2", "<html>", '"\ud800"'])
def test_body_that_is_no_json_is_shown_as_it_is(body: str) -> None:
    rows = lines([response(status=500, headers=(), body=body)])
    assert rows[2].startswith("< " + body[:1])


def test_long_body_is_cut_and_says_so() -> None:
    rows = lines([response(status=500, headers=(), body="x\n" * 1000, body_truncated=True)])
    assert rows.count("< x") == 40
    assert rows[-2] == "< … 2,000 characters in all"
    assert "longer" in rows[-1]


def test_a_long_line_of_a_body_goes_on_in_the_next_one() -> None:
    message = "the access token supplied is expired; " * 4 + "request a new one"
    body = msgspec.json.encode({"message": message}).decode()
    rows = lines([response(status=401, headers=(), body=body)], width=60)
    assert "request a new one" in " ".join(row.removeprefix("<").strip() for row in rows)
    assert rows[3].startswith('<   "message": "the')
    assert all(row.startswith("<     ") for row in rows[4:-1])
    assert max(map(len, rows)) <= 60


def test_one_endless_line_of_a_body_is_cut_and_says_so() -> None:
    rows = lines([response(status=502, headers=(), body="<p>" * 10_000)], width=80)
    assert len(rows) == 2 + 40 + 1
    assert rows[-1] == "< … 30,000 characters in all"


def test_phases_are_drawn_where_they_happened() -> None:
    rows = lines([Summarized(command="handshake", phases_ms={"resolve": 10.0, "connect": 30.0}, **AT)])
    assert rows[0] == "  resolve     10.0 ms  " + "█" * 12
    assert rows[1] == "  connect     30.0 ms  " + " " * 12 + "█" * 36
    assert rows[2] == "  total       40.0 ms"


def test_what_belongs_to_no_phase_is_counted_and_not_drawn() -> None:
    phases = {"resolve": 10.0, "connect": 30.0, "other": 1.5}
    rows = lines([Summarized(command="handshake", phases_ms=phases, **AT)])
    assert rows[1] == "  connect     30.0 ms  " + " " * 12 + "█" * 36
    assert rows[2] == "  other       1.50 ms  wscli's own work before and between them"
    assert rows[3] == "  total       41.5 ms"


def test_phases_of_no_length_are_drawn_too() -> None:
    assert len(lines([Summarized(command="handshake", phases_ms={"resolve": 0.0}, **AT)])) == 2


@pytest.mark.parametrize(("frames", "verdict"), [(0, False), (1, True)])
def test_a_peer_that_said_nothing_is_not_praised(frames: int, verdict: bool) -> None:
    rows = lines([Summarized(command="handshake", errors=0, warnings=0, frames_in=frames, **AT)])
    assert ("✓ nothing breaks RFC 6455 or RFC 7692" in rows) is verdict


def test_ping_shows_pongs_and_a_summary_like_ping() -> None:
    summary = Summarized(
        command="ping",
        sent=2,
        received=1,
        loss_percent=50.0,
        min_ms=0.2,
        avg_ms=0.2,
        max_ms=0.2,
        mdev_ms=0.0,
        p50_ms=0.2,
        p95_ms=0.2,
        p99_ms=0.2,
        **AT,
    )
    batch: Batch = [
        request(),
        response(),
        opened(),
        frame(b"x", type="ping", opcode=9),
        PongReceived(n=1, rtt_ms=0.2, length=8, **AT),
        PingLost(n=2, waited_ms=5000, **AT),
        summary,
    ]
    assert lines(batch, command="ping")[3:] == [
        "8 bytes from the peer: n=1 time=0.200 ms",
        "no pong for n=2 within 5.00 s",
        "--- ping statistics ---",
        "2 pings sent, 1 pong received, 50% lost",
        "rtt min/avg/max/mdev = 0.200/0.200/0.200/0.000 ms",
        "rtt p50/p95/p99 = 0.200/0.200/0.200 ms",
    ]


def test_errors_are_left_to_stderr() -> None:
    assert lines([Failed(kind="lost", message="m", hint="", exit_code=56, **AT)]) == []


def test_flood_is_cut_to_what_a_person_reads_and_counted() -> None:
    batch: Batch = [run_of([b"x"] * 1000, t=1.0, n=1 + 1000 * index) for index in range(10)]
    rows = lines([*batch, closed(t=1.0)], bound=100)
    frames = [row for row in rows if "← text" in row]
    assert 0 < len(frames) < 1000
    assert f"… {10_000 - len(frames):,} events not shown" in rows


def test_nothing_shown_or_counted_is_lost_over_a_long_flood() -> None:
    batch: Batch = [run_of([b"x"] * 50, t=1.0 + index / 1000, n=1 + 50 * index) for index in range(2000)]
    rows = lines(batch, bound=100)
    frames = [int(row.split()[0]) for row in rows if "← text" in row]
    counts = [int(row.split()[1].replace(",", "")) for row in rows if row.startswith("…")]
    assert len(frames) + sum(counts) == 100_000
    assert frames == sorted(set(frames))
    assert len(rows) < 1000


def test_close_is_shown_in_any_flood() -> None:
    rows = lines([run_of([b"x"] * 5000), frame(b"\x03\xe8", type="close", opcode=8), closed()], bound=10)
    assert any("closed 1000" in row for row in rows)


def test_without_a_bound_everything_is_shown() -> None:
    assert len(lines([run_of([b"x"] * 5000)])) == 5000


async def test_count_of_a_flood_that_stops_is_told_without_another_event() -> None:
    import asyncio

    caught: Any = Caught()
    told = asyncio.Event()
    write = caught.write

    def watch(chunk: bytes) -> None:
        write(chunk)
        if b"not shown" in chunk:
            told.set()

    caught.write = watch
    sink = HumanSink(options(), caught, lines_per_second=10)
    sink.feed([run_of([b"x"] * 1000)])
    await told.wait()
    sink.finish()
    assert caught.written.count(b"not shown") == 1


@pytest.mark.parametrize("width", [20, 40, 80])
def test_a_cut_makes_no_command_of_what_stood_inside_a_line(width: int) -> None:
    for before in range(2 * width):
        text = "x" * before + " ::error::pwned " + "y" * before
        assert not re.search(r"^\s*::", shown([message(text.encode())], width=width), re.MULTILINE)
        assert not any(re.match(r"\s*::", row) for row in wrap(escape(text), width))


@settings(deadline=None)
@given(any_batch, st.sampled_from([20, 40, 80, 200]), st.sampled_from(["connect", "handshake", "ping"]))
def test_no_control_of_a_peer_reaches_a_terminal(batch: Batch, width: int, command: str) -> None:
    written = shown(batch, width=width, color=True, verbose=True, command=command)
    for line in SGR.sub("", written).split("\n"):
        assert not {unicodedata.category(char) for char in line} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        assert not re.match(r"\s*::", line)
        assert "##[" not in line
        assert "##vso[" not in line.lower()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_leaves_the_terminal_alone(text: str) -> None:
    batch: Batch = [
        response(status=403, reason=text, headers=((text, text),), body=text),
        opened(subprotocol=text, extensions=(Extension(name=text, params=((text, text),)),)),
        frame(text.encode("utf-8", "replace")),
        frame(b"\x03\xe8" + text.encode("utf-8", "replace"), type="close", opcode=8),
        closed(reason=text),
        violation(detail=text),
    ]
    written = shown(batch, color=True)
    screen = pyte.Screen(80, 400)
    pyte.Stream(screen).feed(written.replace("\n", "\r\n"))
    assert screen.title == ""
    assert screen.cursor.y == written.count("\n")
    assert screen.display[0].startswith("< HTTP/1.1 403")


def tls(**changes: Any) -> TlsEstablished:
    certificate = Certificate(
        subject="CN=x", issuer="CN=x", not_before=None, not_after=None, san=(), sha256="ab" * 32
    )
    fields: dict[str, Any] = {
        "version": "TLSv1.3",
        "cipher": "C",
        "alpn": None,
        "server_name": "x",
        "verified": False,
        "certificate": structs.replace(certificate, **changes.pop("certificate", {})),
        "duration_ms": 2.0,
    }
    return TlsEstablished(**fields, **changes, t=0.1, time="2026-11-21T10:00:00.000000Z")


def test_what_minus_k_let_pass_is_said_before_the_certificate() -> None:
    rows = lines([tls(problems=("it expired yesterday", "it is for \x1b[31m"))])
    assert rows[1:3] == ["! not trusted: it expired yesterday", r"! not trusted: it is for \x1b[31m"]
    assert "*   subject     CN=x" in rows[3:]
    assert any("would be trusted" in row for row in lines([tls(problems=())]))
    assert not any("trusted" in row for row in lines([tls(problems=None)]))


@pytest.mark.parametrize(
    ("not_before", "not_after", "words"),
    [
        ("2026-01-01T00:00:00Z", "2026-11-22T11:00:00Z", "1 day left"),
        ("2026-01-01T00:00:00Z", "2026-12-01T11:00:00Z", "10 days left"),
        ("2026-01-01T00:00:00Z", "2026-11-21T12:00:00Z", "2 hours left"),
        ("2026-01-01T00:00:00Z", "2026-11-21T09:40:00Z", "expired 20 minutes ago"),
        ("2026-01-01T00:00:00Z", "2026-11-20T09:40:00Z", "expired 1 day ago"),
        ("2026-11-21T10:00:30Z", "2027-11-20T09:40:00Z", "not valid yet, in less than a minute"),
    ],
)
def test_validity_is_counted_to_the_minute(not_before: str, not_after: str, words: str) -> None:
    rows = lines([tls(certificate={"not_before": not_before, "not_after": not_after})])
    assert any(row.startswith("*   valid ") and row.endswith(f"({words})") for row in rows)


def test_a_frame_has_its_number_and_time_on_a_narrow_terminal_too() -> None:
    (row,) = lines([frame(b"hi", n=12)], width=40)
    assert re.match(r" 12 +\d+\.\d\d ← text   fin     2 B  hi$", row), row
