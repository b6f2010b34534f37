"""The `plain` format: every fact one line, no styling, stable words, made for grep, awk and diff.

    MARK KIND WHAT FLAG… KEY=VALUE… REST

MARK is `>` (we sent it), `<` (the peer sent it), `*` (what wscli saw or measured) or `!` (what is wrong).
A VALUE with white space, quotes or `=` in it, or an empty one, is quoted, a quote in it written `\\"`; `-` is
none. Keys are the fields of contract §4. REST, the last on the line, is free text to the end: a header, a
detail, or a payload between quotes (these need no escape, for nothing follows), binary as `hex:…`, a
Close as `code=1000 "reason"`.

    > request GET /chat HTTP/1.1 t=0.004
    > header Host: example.com
    < response 101 HTTP/1.1 duration_ms=12.4 t=0.017 "Switching Protocols"
    < frame 3 text fin rsv1 len=12 wire=10 t=0.118 "Hello, world"
    < message 2 text len=12 wire=10 fragments=1 compressed t=0.118 "Hello, world"
    ! violation masked-by-server severity=error rfc="RFC 6455 §5.1" frame=3 t=0.2 the server masked a frame
    * close 1000 clean initiator=peer tcp=fin sent=1000 duration_ms=2 t=5 name="Normal Closure" reason="Bye!"
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET

from ..config import OutputOptions
from ..events import (
    Checked,
    Closed,
    Connected,
    Event,
    Failed,
    FrameSeen,
    Headers,
    MessageSeen,
    Opened,
    PingLost,
    PongReceived,
    Proxied,
    Reconnecting,
    Redirected,
    RequestSent,
    Resolved,
    ResponseReceived,
    Summarized,
    TlsEstablished,
    ViolationFound,
)
from ..wire.closecodes import ABNORMAL, NO_STATUS
from ..wire.extensions import extension_text
from ..wire.runs import MessageRun
from .base import Batch, events_of, is_long
from .escape import escape
from .output import Output
from .plain_frames import frame_facts, frame_line, message_facts, message_line

_BARE: Final = re.compile(r"[^\s\"'=]+")
_ROUND_TRIP: Final = frozenset({"min_ms", "avg_ms", "max_ms", "mdev_ms", "p50_ms", "p95_ms", "p99_ms"})


class PlainSink:
    """Writes one line a fact; frames only when asked for, header bytes and masks with `-v`.

    `command` is the command that runs: as in `human`, `ping` shows no opening unless asked to.
    """

    def __init__(self, options: OutputOptions, output: Output, *, command: str = "connect") -> None:
        self._frames = options.frames or options.verbose
        self._verbose = options.verbose
        self._opening = self._frames or command != "ping"
        self._output = output

    def feed(self, batch: Batch) -> None:
        lines: list[str] = []
        for item in batch:
            events = events_of(item, frames=self._frames) if isinstance(item, MessageRun) else (item,)
            for event in events:
                if is_long(event):
                    self._write(lines)
                    lines = []
                    self._write_long(event)
                else:
                    lines += self._lines(event)
        self._write(lines)

    def finish(self) -> None:
        """Nothing is held back."""

    def _write(self, lines: list[str]) -> None:
        if lines:
            lines.append("")
            self._output.write("\n".join(lines).encode())

    def _write_long(self, event: FrameSeen | MessageSeen) -> None:
        if isinstance(event, FrameSeen) and not self._frames:
            return
        from .long_lines import plain_line

        facts = (
            message_facts(event)
            if isinstance(event, MessageSeen)
            else frame_facts(event, verbose=self._verbose)
        )
        self._output.write_pieces(plain_line(facts, event), event.length)

    def _lines(self, event: Event) -> Iterable[str]:
        if isinstance(event, FrameSeen):
            return (frame_line(event, verbose=self._verbose),) if self._frames else ()
        if isinstance(event, MessageSeen):
            return (message_line(event),)
        # A refusal is always shown: it is the answer to "why not?".
        refused = isinstance(event, ResponseReceived) and event.status != 101
        if not self._opening and isinstance(event, _OPENING) and not refused:
            return ()
        return _LINES[type(event)](event)


def _resolved(event: Resolved) -> Iterable[str]:
    yield _line("* resolve", event)


def _connected(event: Connected) -> Iterable[str]:
    for attempt in event.attempts:
        yield "* attempt" + _facts(attempt)
    yield _line("* connect", event, without=("attempts",))


def _proxied(event: Proxied) -> Iterable[str]:
    yield _line("* proxy", event)


def _tls(event: TlsEstablished) -> Iterable[str]:
    yield _line("* tls", event, without=("certificate", "chain", "problems"))
    for problem in event.problems or ():
        yield f"! not trusted: {escape(problem, inside=True)}"
    if event.certificate is not None:
        yield "* certificate" + _facts(event.certificate)
    for certificate in event.chain:
        yield "* chain" + _facts(certificate)


def _request(event: RequestSent) -> Iterable[str]:
    yield f"> request {escape(event.method)} {escape(event.target)} {escape(event.version)} t={event.t:.6f}"
    yield from _headers(">", event.headers)


def _response(event: ResponseReceived) -> Iterable[str]:
    flag = "body_truncated " if event.body_truncated else ""
    yield (
        f"< response {event.status} {escape(event.version)} {flag}duration_ms={event.duration_ms:g} "
        f't={event.t:.6f} "{escape(event.reason)}"'
    )
    yield from _headers("<", event.headers)
    if event.body is not UNSET and event.body:
        for line in event.body.removesuffix("\n").split("\n"):
            yield f"< body {escape(line.removesuffix(chr(13)))}"
    if event.base64 is not UNSET and event.base64:
        yield f"< body hex:{event.base64.hex()}"


def _headers(mark: str, headers: Headers) -> Iterable[str]:
    return (f"{mark} header {escape(name)}: {escape(value)}" for name, value in headers)


def _redirected(event: Redirected) -> Iterable[str]:
    yield _line(f"* redirect {event.status}", event, without=("status",))


def _opened(event: Opened) -> Iterable[str]:
    yield _line("* open", event, without=("extensions", "offered"))
    for offer in event.offered:
        yield f"* offered {escape(extension_text(offer))}"
    for extension in event.extensions:
        yield f"* extension {escape(extension_text(extension))}"


def _pong(event: PongReceived) -> Iterable[str]:
    yield _line(f"* pong {event.n}", event, without=("n",))


def _lost(event: PingLost) -> Iterable[str]:
    yield _line(f"* lost {event.n}", event, without=("n",))


def _violation(event: ViolationFound) -> Iterable[str]:
    facts = f"severity={event.severity} rfc={_value(event.rfc)} frame={_value(event.frame)} t={event.t:.6f}"
    yield f"! violation {escape(event.rule)} {facts} {escape(event.detail)}"


def _closed(event: Closed) -> Iterable[str]:
    flag = " clean" if event.clean else ""
    sent = "-" if event.sent is None else "empty" if event.sent.code is None else str(event.sent.code)
    # Else `close 1006` would be the same line whether a Close came or not.
    synthetic = event.code in {NO_STATUS, ABNORMAL} and event.wire_code is not None
    wire = f"wire_code={event.wire_code} " if synthetic else ""
    yield (
        f"* close {event.code}{flag} initiator={event.initiator} tcp={event.tcp} sent={sent} "
        f"duration_ms={_value(event.duration_ms)} t={event.t:.6f} name={_quoted(event.name)} "
        f'{wire}reason="{escape(event.reason)}"'
    )


def _checked(event: Checked) -> Iterable[str]:
    yield _line("* check", event, without=("phases_ms",))


def _reconnecting(event: Reconnecting) -> Iterable[str]:
    yield _line(f"* reconnect {event.attempt}", event, without=("attempt",))


def _failed(event: Failed) -> Iterable[str]:
    yield _line("! error", event)


def _summarized(event: Summarized) -> Iterable[str]:
    phases = event.phases_ms
    if phases is not UNSET:
        for name, duration in phases.items():
            yield f"* phase {escape(name)} duration_ms={duration:g}"
    yield _line(f"* summary {escape(event.command)}", event, without=("command", "phases_ms", *_ROUND_TRIP))
    if event.min_ms is not UNSET:
        figures = (event.min_ms, event.avg_ms, event.max_ms, event.mdev_ms)
        percentiles = (event.p50_ms, event.p95_ms, event.p99_ms)
        yield (
            f"* rtt min/avg/max/mdev = {'/'.join(map(_value, figures))} ms, "
            f"p50/p95/p99 = {'/'.join(map(_value, percentiles))} ms"
        )


_OPENING: Final = (Resolved, Connected, TlsEstablished, RequestSent, ResponseReceived)

_LINES: Final[dict[type, Callable[[Any], Iterable[str]]]] = {
    Resolved: _resolved,
    Connected: _connected,
    Proxied: _proxied,
    TlsEstablished: _tls,
    RequestSent: _request,
    ResponseReceived: _response,
    Redirected: _redirected,
    Opened: _opened,
    PongReceived: _pong,
    PingLost: _lost,
    ViolationFound: _violation,
    Closed: _closed,
    Reconnecting: _reconnecting,
    Checked: _checked,
    Failed: _failed,
    Summarized: _summarized,
}


def _line(start: str, event: Event, *, without: tuple[str, ...] = ()) -> str:
    return f"{start}{_facts(event, (*without, 't', 'time'))} t={event.t:.6f}"


def _facts(struct: msgspec.Struct, without: tuple[str, ...] = ()) -> str:
    pairs = ((name, getattr(struct, name)) for name in struct.__struct_fields__ if name not in without)
    return "".join(f" {name}={_value(value)}" for name, value in pairs if value is not UNSET)


def _value(value: object) -> str:
    match value:
        case None | msgspec.UnsetType():
            return "-"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.3f}".rstrip("0").rstrip(".")
        case tuple():
            return _value(",".join(map(str, value))) if value else "-"
        case _:
            text = escape(str(value), inside=True)
            return text if _BARE.fullmatch(text) else _quoted(text)


def _quoted(text: str) -> str:
    return '"' + escape(text, inside=True).replace('"', r"\"") + '"'
