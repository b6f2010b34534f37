"""The hostile peers, as a table: what each does, how wscli is run against it, how it must end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .openings import (
    answers_before_the_request,
    dripped_body,
    dripped_handshake,
    dripped_head,
    dripped_head_of_a_proxy,
    dripped_tls,
    endless_body,
    endless_chunks,
    endless_head_of_a_proxy,
    endless_headers,
    endless_interim_replies,
    endless_reason,
    endless_socks,
    endless_tls,
    says_nothing,
    silent_tls,
    tunnel_then_endless_headers,
)
from .streams import (
    Script,
    answers_twice,
    bad_utf8_and_no_end,
    bomb,
    bomb_in_fragments,
    closes_twice,
    dripped_frame,
    endless_empty_fragments,
    endless_fragments,
    ends_in_mid_frame,
    final_blocks,
    half_open,
    hundred_mebibytes_in_a_frame,
    length_of_two_to_the_62,
    length_of_two_to_the_63,
    masks,
    never_closes,
    never_reads,
    one_byte_close,
    one_line_flood,
    ping_flood,
    reserved_opcode,
    resets_in_mid_frame,
    short_text_flood,
    sixteen_mebibytes,
    sixteen_mebibytes_in_chops,
    sixteen_mebibytes_of,
    speaks_after_close,
    speaks_for_ever_after_a_fault,
    speaks_for_ever_after_close,
    tls_records_of_one_byte,
    tunnel_then_bomb,
    violation_flood,
)

# MiB over the idle process.
BOUND = 64


@dataclass(frozen=True)
class Case:
    """One peer; `code` is the exit code, `says` what stderr must hold.

    `stdin` is what is piped in. With `tls` the script runs behind a TLS handshake, and wscli gets `-k`;
    with `secure` it gets a wss:// URL to a bare socket. `stdout` is "nowhere", a "terminal", or that of a
    "repl", which stdin is, too. With `proxy` the script is a proxy of that scheme; `suite` are the keys of
    a check.
    """

    name: str
    script: Script
    code: int
    says: str
    options: tuple[str, ...] = ("connect", "-n", "--close-timeout", "1")
    stdin: bytes = b""
    tls: bool = False
    secure: bool = False
    stdout: Literal["nowhere", "terminal", "repl"] = "nowhere"
    proxy: str = ""
    suite: str = ""


def _connect(*options: str) -> tuple[str, ...]:
    return ("connect", "-n", "--close-timeout", "1", *options)


def _grown(what: str, script: Script) -> list[Case]:
    """A message that some formats make longer, in each of them."""
    formats = {
        "plain with frames": _connect("--format", "plain", "--frames"),
        "json with frames": _connect("--json", "--frames"),
        "human": _connect("--format", "human", "-v"),
        "echo": _connect("--echo"),
    }
    return [Case(f"16 MiB of {what} as {form}", script, 0, "", options) for form, options in formats.items()]


# The other commands; through a proxy; what a check makes of a peer; what the REPL does.
_PROXIED = _connect("--connect-timeout", "1")
_CHECKED = ("check", "--report=tap=/dev/stderr")
_PINGS = ("ping", "-c", "2", "-i", "0.1", "-W", "0.5")
_CLOSES = ("close", "--close-timeout", "1")
_IN_THE_REPL = ("connect", "--exit-on-close", "--no-history", "--close-timeout", "1", "--timeout", "3")


def _proxy(name: str, script: Script, code: int, says: str, scheme: str = "http") -> Case:
    return Case(f"a proxy: {name}", script, code, says, _PROXIED, proxy=scheme)


def _check(name: str, script: Script, exit_code: int) -> Case:
    """The check fails (1); its report says with which code: 1 when only the time of its step ended it."""
    within = "500ms" if exit_code == 1 else "20s"
    steps = f'steps = [{{ expect = "never", within = "{within}" }}]\n'
    times = 'close-timeout = "500ms"\nconnect-timeout = "1s"\n'
    return Case(f"check: {name}", script, 1, f"exit_code: {exit_code}", _CHECKED, suite=steps + times)


def _repl(name: str, script: Script, code: int, says: str) -> Case:
    return Case(f"the REPL: {name}", script, code, says, _IN_THE_REPL, stdout="repl")


_PROXIES = [
    _proxy("endless headers", endless_head_of_a_proxy, 97, "proxy"),
    _proxy("an endless reason phrase", endless_reason, 97, "proxy"),
    _proxy("an endless body", endless_body, 97, "403"),
    _proxy("endless chunks", endless_chunks, 97, "403"),
    _proxy("endless interim replies", endless_interim_replies, 28, "proxy"),
    _proxy("a dripped head", dripped_head_of_a_proxy, 28, "proxy"),
    _proxy("silence", says_nothing, 28, "proxy"),
    _proxy("silence, SOCKS", says_nothing, 28, "proxy", "socks5"),
    _proxy("a SOCKS reply without end", endless_socks, 8, "not HTTP", "socks5"),
    _proxy("a tunnel, and endless headers in it", tunnel_then_endless_headers, 63, "reply"),
    _proxy("a tunnel, and a deflate bomb in it", tunnel_then_bomb, 63, "over the limit"),
]
_CHECKS = [
    _check("a deflate bomb", bomb, 63),
    _check("a length of 2^63", length_of_two_to_the_63, 76),
    _check("endless headers", endless_headers, 63),
    _check("an endless body", endless_body, 22),
    _check("a dripped head", dripped_head, 28),
    _check("endless fragments", endless_fragments, 1),
    _check("endless empty fragments", endless_empty_fragments, 1),
    _check("a ping flood that reads no pong", ping_flood, 1),
    _check("a flood of violations", violation_flood, 1),
    _check("a flood", short_text_flood, 1),
    _check("a peer that never closes", never_closes, 1),
    _check("a reset in mid-frame", resets_in_mid_frame, 56),
    _check("Closes without end", speaks_for_ever_after_close, 76),
]
_REPLS = [
    _repl("a deflate bomb", bomb, 63, "over the limit"),
    _repl("a length of 2^62", length_of_two_to_the_62, 63, "over the limit"),
    _repl("endless headers", endless_headers, 63, "reply"),
    _repl("a dripped head", dripped_head, 28, "--timeout"),
    _repl("endless fragments", endless_fragments, 28, "--timeout"),
    _repl("endless empty fragments", endless_empty_fragments, 28, "--timeout"),
    _repl("a ping flood that reads no pong", ping_flood, 28, "--timeout"),
    _repl("a flood of violations", violation_flood, 76, "§5.2"),
    _repl("a flood", short_text_flood, 28, "--timeout"),
    _repl("long lines", one_line_flood, 28, "--timeout"),
    _repl("a peer that never closes", never_closes, 28, "--timeout"),
    _repl("a second Close", closes_twice, 76, "§5.5.1"),
    _repl("a reset in mid-frame", resets_in_mid_frame, 56, "1006"),
]

_PROBES = [
    Case("handshake: a deflate bomb", bomb, 63, "over the limit", ("handshake",)),
    Case("handshake: a flood of violations", violation_flood, 76, "§5.2", ("handshake",)),
    Case("handshake: a peer that never closes", never_closes, 0, "did not answer our Close", ("handshake",)),
    Case("ping: a ping flood that reads no pong", ping_flood, 28, "no pong", _PINGS),
    Case("ping: a dripped frame", dripped_frame, 28, "no pong", _PINGS),
    Case("close: a flood", short_text_flood, 28, "did not answer", _CLOSES),
    Case(
        "close: endless empty fragments", endless_empty_fragments, 28, "", ("close", "--close-timeout", "1")
    ),
    Case("close: Closes without end", speaks_for_ever_after_close, 76, "§5.5.1", ("close",)),
]

CASES = [
    Case("a deflate bomb", bomb, 63, "over the limit"),
    Case("a deflate bomb in fragments", bomb_in_fragments, 63, "over the limit"),
    Case("a length of 2^63", length_of_two_to_the_63, 76, "RFC 6455 §5.2"),
    Case("a length of 2^62", length_of_two_to_the_62, 63, "over the limit"),
    Case("100 MiB in a frame", hundred_mebibytes_in_a_frame, 63, "1,048,576", _connect("--max-size", "1M")),
    Case("endless headers", endless_headers, 63, "reply"),
    Case("an endless reason phrase", endless_reason, 63, "reply"),
    Case("an endless body", endless_body, 22, "403"),
    Case("endless chunks", endless_chunks, 22, "403"),
    Case("endless interim replies", endless_interim_replies, 8, "interim"),
    Case("a dripped start line", dripped_handshake, 8, "not HTTP", _connect("--connect-timeout", "1")),
    Case("a dripped head", dripped_head, 28, "reply", _connect("--connect-timeout", "1")),
    Case("no reply", says_nothing, 28, "reply", _connect("--connect-timeout", "0.5")),
    Case("endless fragments", endless_fragments, 63, "over the limit", _connect("--max-size", "1M")),
    Case("endless empty fragments", endless_empty_fragments, 28, "--timeout", _connect("--timeout", "1")),
    Case("a ping flood that reads no pong", ping_flood, 28, "--timeout", _connect("--timeout", "1.5")),
    Case(
        "a peer that never reads",
        never_reads,
        28,
        "not sent",
        ("connect", "--timeout", "1.5"),
        stdin=b"a line\n" * 2_000_000,
    ),
    Case("a peer that never closes", never_closes, 28, "Close", _connect("--duration", "0.2")),
    Case("a second Close", closes_twice, 76, "§5.5.1"),
    Case("a frame after Close", speaks_after_close, 76, "§5.5.1"),
    Case("a reset in mid-frame", resets_in_mid_frame, 56, "1006"),
    Case("an end in mid-frame", ends_in_mid_frame, 56, "1006"),
    Case("an answer before the request", answers_before_the_request, 8, "Sec-WebSocket-Accept"),
    Case("two answers", answers_twice, 76, "RFC 6455"),
    Case("a masked frame", masks, 76, "§5.1"),
    Case("a reserved opcode", reserved_opcode, 76, "§5.2"),
    Case("invalid UTF-8 in a frame without end", bad_utf8_and_no_end, 76, "UTF-8"),
    Case("half a close code", one_byte_close, 76, "§5.5.1"),
    Case("silence in TLS", silent_tls, 28, "TLS", _connect("--connect-timeout", "0.5"), secure=True),
    Case("dripped TLS", dripped_tls, 28, "TLS", _connect("--connect-timeout", "1"), secure=True),
    Case("an endless TLS handshake", endless_tls, 28, "TLS", _connect("--connect-timeout", "1"), secure=True),
    Case("no reply over TLS", says_nothing, 28, "reply", _connect("--connect-timeout", "0.5"), tls=True),
    Case(
        "TLS records of one byte",
        tls_records_of_one_byte,
        28,
        "--timeout",
        _connect("--timeout", "1.5"),
        tls=True,
    ),
    Case("a flood over TLS", short_text_flood, 28, "--timeout", _connect("--timeout", "1.5"), tls=True),
    Case("a reset in mid-frame over TLS", resets_in_mid_frame, 56, "1006", tls=True),
    Case("a dripped body", dripped_body, 22, "403", _connect("--connect-timeout", "1")),
    Case("a dripped frame", dripped_frame, 28, "--timeout", _connect("--timeout", "1")),
    Case("a dripped frame, --duration", dripped_frame, 28, "Close", _connect("--duration", "0.5")),
    Case("a flood of violations", violation_flood, 76, "§5.2", _connect("--duration", "1")),
    Case("a flood of violations as json", violation_flood, 76, "§5.2", _connect("--duration", "1", "--json")),
    Case("a flood of violations, --timeout", violation_flood, 76, "§5.2", _connect("-q", "--timeout", "4")),
    Case("Closes without end", speaks_for_ever_after_close, 76, "§5.5.1"),
    Case("text without end after a fault", speaks_for_ever_after_a_fault, 76, "§5.2"),
    Case("a half-open end", half_open, 56, "1006"),
    Case("deflate in final blocks", final_blocks, 28, "--timeout", _connect("--timeout", "1.5")),
    Case(
        "a flood on a terminal",
        short_text_flood,
        28,
        "Close",
        _connect("--duration", "1"),
        stdout="terminal",
    ),
    Case(
        "long lines on a terminal",
        one_line_flood,
        28,
        "Close",
        _connect("--duration", "1"),
        stdout="terminal",
    ),
    Case(
        "a flood of violations on a terminal",
        violation_flood,
        76,
        "",
        _connect("--duration", "1"),
        stdout="terminal",
    ),
    Case("16 MiB as raw", sixteen_mebibytes, 0, "", _connect("--format", "raw")),
    Case("16 MiB as json", sixteen_mebibytes, 0, "", _connect("--json")),
    Case("16 MiB as json with frames", sixteen_mebibytes, 0, "", _connect("--json", "--frames")),
    Case("16 MiB as plain", sixteen_mebibytes, 0, "", _connect("--format", "plain")),
    Case("16 MiB as human", sixteen_mebibytes, 0, "", _connect("--format", "human")),
    Case("16 MiB echoed", sixteen_mebibytes, 0, "", _connect("--echo")),
    Case("16 MiB in 64-byte chops", sixteen_mebibytes_in_chops, 0, "", _connect("--format", "raw")),
    *_grown("controls", sixteen_mebibytes_of(1, b"\x01")),
    *_grown("commands", sixteen_mebibytes_of(1, b"##[")),
    *_grown("tags", sixteen_mebibytes_of(1, "\U000e0001".encode())),
    *_grown("bytes", sixteen_mebibytes_of(2, bytes(range(256)))),
    *_grown("letters and an emoji", sixteen_mebibytes_of(1, b"m", end="😀".encode())),
    *_grown("letters and an emoji, inflated", sixteen_mebibytes_of(1, b"m", end="😀".encode(), deflate=True)),
    *_grown("controls in fragments", sixteen_mebibytes_of(1, b"\x01", fragments=3)),
    *_PROBES,
    *_PROXIES,
    *_CHECKS,
    *_REPLS,
]
