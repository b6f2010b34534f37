"""Verdicts and endings for eyes: violations, how the connection closed, what the command measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET, UnsetType

from ..events import Closed, PingLost, PongReceived, Reconnecting, Summarized, ViolationFound
from ..wire.closecodes import ABNORMAL, NO_STATUS, why_not
from .escape import escape
from .human_style import Palette, cut, milliseconds, plural, size_text, wrap

# What the codes mean for the one who reads (RFC 6455 §7.4.1 and the IANA registry), in a line each.
_MEANINGS: Final = {
    1000: "the connection has served its purpose",
    1001: "the peer goes away: a server that shuts down, a page that was left",
    1002: "one side broke the protocol",
    1003: "the kind of data (text or binary) is not accepted",
    1005: "the Close frame carried no code",
    1006: "the connection ended without a Close frame",
    1007: "a message did not fit its type, such as text that is not UTF-8",
    1008: "a message broke the receiver's policy",
    1009: "a message was too big to be processed",
    1010: "the client needs an extension that the server did not agree to",
    1011: "the server met an unexpected condition",
    1012: "the service restarts: try again in a while",
    1013: "the service is overloaded: try again later",
    1014: "a gateway got an invalid answer from the server behind it",
    3000: "the credentials are missing or not accepted",
    3003: "the credentials do not give access to this",
    3008: "the peer waited too long",
}
_HEALTHY: Final = frozenset({1000, 1001, NO_STATUS})
_TCP: Final = {"fin": "TCP ended with FIN", "reset": "TCP was reset", "open": "TCP was left open by the peer"}
_LONGEST_BAR: Final = 48
# What is left of the opening when every phase is taken away (probes/handshake.py): it has no one place.
_OTHER: Final = "other"


class EndingLines:
    """Renders violations, pings, the close and the summary."""

    def __init__(self, width: int, palette: Palette) -> None:
        self._width = width
        self._palette = palette
        self._whole = True

    def violation(self, event: ViolationFound) -> Iterator[str]:
        style = self._palette.bad if event.severity == "error" else self._palette.warning
        frame = "" if event.frame is None else f", frame {event.frame}"
        label = f"! {event.severity}"
        rest = cut(f"{event.rule} ({event.rfc}{frame})", self._width - len(label) - 1)
        yield f"{self._palette.paint(style, label)} {escape(rest)}"
        gutter = self._palette.paint(style, "!")
        yield from (f"{gutter}   {line}" for line in wrap(escape(event.detail), self._width - 4))

    def pong(self, event: PongReceived) -> Iterator[str]:
        size = size_text(event.length).replace(" B", " bytes")
        yield cut(f"{size} from the peer: n={event.n} time={milliseconds(event.rtt_ms)}", self._width)

    def lost(self, event: PingLost) -> Iterator[str]:
        text = cut(f"no pong for n={event.n} within {milliseconds(event.waited_ms)}", self._width)
        yield self._palette.paint(self._palette.bad, text)

    def closed(self, event: Closed) -> Iterator[str]:
        palette = self._palette
        illegal = "" if event.wire_code is None else why_not(event.wire_code)
        healthy = event.code in _HEALTHY and event.clean and not illegal
        self._whole = event.code != ABNORMAL or event.wire_code is not None
        if self._whole:
            who = {"local": "by us", "peer": "by the peer", "none": "by neither side"}[event.initiator]
            words = f"closed {event.code} {escape(event.name)} {who}"
        else:
            words = f"ended without a Close from the peer: {event.code} {escape(event.name)}"
        yield palette.paint(palette.good if healthy else palette.bad, cut(f"* {words}", self._width))
        # A code that the peer may not send does not mean what it stands for.
        facts = [f"the peer sent this code: {illegal}" if illegal else _MEANINGS.get(event.code, "")]
        if event.reason:
            facts.append(f'reason "{event.reason}"')
        facts.append(_close_handshake(event))
        for fact in filter(None, facts):
            yield from self._starred(fact)

    def reconnecting(self, event: Reconnecting) -> Iterator[str]:
        text = f"reconnect {event.attempt} in {milliseconds(event.delay_ms)}"
        yield self._palette.paint(self._palette.warning, cut(f"* {text}", self._width))
        yield from self._starred(event.reason)

    def summarized(self, event: Summarized) -> Iterator[str]:
        if event.phases_ms is not UNSET and event.phases_ms:
            yield from self._phases(event.phases_ms)
        if event.min_ms is not UNSET:
            yield from self._ping_summary(event)
        else:
            yield from (line for line in self._totals(event))

    def _phases(self, phases: dict[str, float]) -> Iterator[str]:
        """A waterfall: each phase drawn where, on the way from start to open, it happened."""
        total = sum(phases.values())
        drawn = total - phases.get(_OTHER, 0.0)
        room = min(self._width - 24, _LONGEST_BAR)
        begin = 0.0
        for name, duration in phases.items():
            label = f"  {cut(escape(name), 9):<9} {milliseconds(duration):>9}"
            if name == _OTHER:
                text = cut(f"{label}  wscli's own work before and between them", self._width)
                yield self._palette.paint(self._palette.faint, text)
                continue
            yield f"{label}  {self._bar(begin, duration, drawn, room)}".rstrip(" ")
            begin += duration
        yield self._palette.paint(self._palette.strong, f"  {'total':<9} {milliseconds(total):>9}")

    def _bar(self, begin: float, duration: float, total: float, room: int) -> str:
        if total <= 0 or room < 4:
            return ""
        start = min(round(begin / total * room), room - 1)
        length = min(max(round(duration / total * room), 1), room - start)
        return " " * start + self._palette.paint(self._palette.outgoing, "█" * length)

    def _ping_summary(self, event: Summarized) -> Iterator[str]:
        loss = 0.0 if isinstance(event.loss_percent, UnsetType) else event.loss_percent
        sent, received = _number(event.sent), _number(event.received)
        counted = (
            f"{plural(sent, 'ping')} sent, {plural(received, 'pong')} received, {round(loss, 1):g}% lost"
        )
        if not sent:
            return
        yield "--- ping statistics ---"
        style = self._palette.bad if loss else self._palette.good
        yield self._palette.paint(style, cut(counted, self._width))
        rows = (
            ("min/avg/max/mdev", (event.min_ms, event.avg_ms, event.max_ms, event.mdev_ms)),
            ("p50/p95/p99", (event.p50_ms, event.p95_ms, event.p99_ms)),
        )
        for label, figures in rows:
            if received:
                yield cut(f"rtt {label} = {'/'.join(map(_figure, figures))} ms", self._width)

    def _totals(self, event: Summarized) -> Iterator[str]:
        if event.frames_in == event.frames_out == 0:
            # There never was a connection to sum up.
            return
        facts = []
        for way, messages, frames, size in (
            ("out", event.messages_out, event.frames_out, event.bytes_out),
            ("in", event.messages_in, event.frames_in, event.bytes_in),
        ):
            parts = [plural(messages, "message")] if not isinstance(messages, UnsetType) else []
            parts += [plural(frames, "frame")] if not isinstance(frames, UnsetType) else []
            parts += [size_text(size)] if not isinstance(size, UnsetType) else []
            if parts:
                facts.append(f"{way}: {', '.join(parts)}")
        if facts:
            yield from self._starred(" · ".join(facts))
        yield from self._verdict(_number(event.errors), _number(event.warnings), _number(event.frames_in))

    def _verdict(self, errors: int, warnings: int, frames_in: int) -> Iterator[str]:
        palette = self._palette
        if not errors and not warnings:
            # Who said nothing broke nothing, and kept nothing either: there is no verdict.
            if not frames_in:
                return
            if not self._whole:
                # Nothing was wrong with what came, but something did not come.
                sentence = "! no frame breaks RFC 6455 or RFC 7692, but the peer's Close is missing"
                yield palette.paint(palette.warning, cut(sentence, self._width))
                return
            yield palette.paint(palette.good, cut("✓ nothing breaks RFC 6455 or RFC 7692", self._width))
            return
        mark, style = ("✗", palette.bad) if errors else ("!", palette.warning)
        counted = f"{mark} {plural(errors, 'error')}, {plural(warnings, 'warning')}"
        yield palette.paint(style, cut(counted, self._width))

    def _starred(self, text: str) -> Iterator[str]:
        star = self._palette.paint(self._palette.faint, "*")
        yield from (f"{star}   {line}" for line in wrap(escape(text), self._width - 4))


def _close_handshake(event: Closed) -> str:
    clean = "closing handshake clean" if event.clean else "closing handshake not clean"
    took = "" if event.duration_ms is None else f" in {milliseconds(event.duration_ms)}"
    sent = event.sent
    ours = "no Close" if sent is None else "an empty Close" if sent.code is None else str(sent.code)
    return f"{clean}{took} · we sent {ours} · {_TCP[event.tcp]}"


def _number(value: int | UnsetType) -> int:
    return 0 if isinstance(value, UnsetType) else value


def _figure(value: float | None | UnsetType) -> str:
    return "—" if value is None or isinstance(value, UnsetType) else f"{value:.3f}"
