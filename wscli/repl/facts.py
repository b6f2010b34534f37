"""What is known of the connection and its traffic, for the bar, `/info`, `/stats`, `/headers` and `/tls`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..events import (
    Closed,
    Connected,
    Event,
    FrameSeen,
    Opened,
    PongReceived,
    RequestSent,
    Resolved,
    ResponseReceived,
    TlsEstablished,
)
from ..session.journal import Batch
from ..sinks.human_style import milliseconds, plural, size_text
from ..wire.extensions import extension_text
from ..wire.runs import MessageRun


@dataclass(slots=True)
class Tally:
    """Frames of one kind and direction.

    `bytes` and `largest` are payload bytes after inflation, `wire_bytes` those on the wire; `first` and
    `last` are when, in seconds.
    """

    frames: int = 0
    wire_bytes: int = 0
    bytes: int = 0
    largest: int = 0
    first: float = 0.0
    last: float = 0.0

    def add(self, frames: int, wire_bytes: int, size: int, largest: int, t: float) -> None:
        self.first = self.first if self.frames else t
        self.last = t
        self.frames += frames
        self.wire_bytes += wire_bytes
        self.bytes += size
        self.largest = max(self.largest, largest)

    def told(self) -> str:
        """For people, in one line."""
        text = f"{plural(self.frames, 'frame')}, {size_text(self.bytes)}"
        if self.bytes != self.wire_bytes:
            share = f", {100 * self.wire_bytes / self.bytes:.0f}%" if self.bytes else ""
            text += f" ({size_text(self.wire_bytes)} on the wire{share})"
        if self.frames > 1:
            text += f", largest {size_text(self.largest)}"
        if self.last > self.first:
            text += f", {(self.frames - 1) / (self.last - self.first):,.1f}/s"
        return text


@dataclass(slots=True)
class RoundTrips:
    """Times of our pings, in milliseconds."""

    count: int = 0
    last: float = 0.0
    least: float = 0.0
    most: float = 0.0
    total: float = 0.0

    def add(self, rtt_ms: float) -> None:
        self.least = min(self.least, rtt_ms) if self.count else rtt_ms
        self.most = max(self.most, rtt_ms)
        self.count += 1
        self.total += rtt_ms
        self.last = rtt_ms


@dataclass(slots=True)
class Facts:
    """A listener. `begin` forgets the connection before; tallies and round trips go on through reconnects."""

    seen: dict[type, Event] = field(default_factory=dict)
    tallies: dict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    round_trips: RoundTrips = field(default_factory=RoundTrips)
    connections: int = 0

    def begin(self) -> None:
        """A new connection is about to be opened: what the one before agreed on is no fact of this one."""
        self.seen.clear()
        self.connections += 1

    def feed(self, batch: Batch, /) -> None:
        """Take what happened."""
        for item in batch:
            if isinstance(item, MessageRun):
                wire = sum(item.ends) - sum(item.starts)
                largest = max(map(len, item.inflated or item.wire_payloads))
                tally = self.tallies[item.direction, item.type]
                tally.add(len(item), wire, item.payload_bytes, largest, item.stamp.t)
            elif isinstance(item, FrameSeen):
                tally = self.tallies[item.direction, item.type]
                tally.add(1, item.wire_length, item.length, item.length, item.t)
            elif isinstance(item, PongReceived):
                self.round_trips.add(item.rtt_ms)
            elif isinstance(item, _KEPT):
                self.seen[type(item)] = item

    @property
    def opened(self) -> Opened | None:
        """How the connection was opened, once it was."""
        event = self.seen.get(Opened)
        return event if isinstance(event, Opened) else None

    @property
    def closed(self) -> Closed | None:
        """How the connection ended, once it did."""
        event = self.seen.get(Closed)
        return event if isinstance(event, Closed) else None

    def connection(self) -> Iterator[tuple[str, str]]:
        """Labels and values of the connection, for people; not escaped."""
        if self.opened is not None:
            yield "url", self.opened.url
        for event in self.seen.values():
            match event:
                case Opened():
                    yield "subprotocol", event.subprotocol or "none"
                    extensions = "; ".join(map(extension_text, event.extensions))
                    yield "extensions", extensions or "none"
                    yield "open since", f"{event.time[:19]}Z ({milliseconds(event.total_ms)} to open)"
                case Resolved():
                    took = milliseconds(event.duration_ms)
                    yield "resolved", f"{event.host} → {', '.join(event.addresses)} in {took}"
                case Connected():
                    took = milliseconds(event.duration_ms)
                    yield "peer", f"{event.address} port {event.port} in {took}"
                    yield "local", event.local_address
                case TlsEstablished():
                    trust = "verified" if event.verified else "NOT VERIFIED"
                    yield "tls", f"{event.version}, {event.cipher}, {trust}"
                case ResponseReceived():
                    yield "reply", f"{event.status} {event.reason} after {milliseconds(event.duration_ms)}"
                case Closed():
                    reason = f' "{event.reason}"' if event.reason else ""
                    yield "closed", f"{event.code} {event.name}{reason} by {event.initiator}, TCP {event.tcp}"
                case _:
                    continue

    def traffic(self) -> Iterator[tuple[str, str]]:
        """Labels and values of the traffic, for people."""
        for (direction, kind), tally in sorted(self.tallies.items()):
            arrow = "←" if direction == "in" else "→"
            yield f"{arrow} {kind}", tally.told()
        trips = self.round_trips
        if trips.count:
            mean = trips.total / trips.count
            figures = "/".join(f"{rtt:.3f}" for rtt in (trips.least, mean, trips.most, trips.last))
            yield "rtt", f"min/avg/max/last {figures} ms ({plural(trips.count, 'pong')})"


_KEPT = (Resolved, Connected, TlsEstablished, RequestSent, ResponseReceived, Opened, Closed)
