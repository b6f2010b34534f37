"""Runs a probe against a scripted peer, and keeps every event."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.peers import RawServer
from wscli.config import Target, Url, parse_url
from wscli.events import Event, FrameSeen
from wscli.probes.report import Report
from wscli.probes.stop import Stop
from wscli.session.journal import Batch, Journal
from wscli.wire.runs import MessageRun

T = TypeVar("T")


@dataclass
class Kept:
    """A listener that keeps all it is told, runs as their events; `when` is called with each event."""

    events: list[Event] = field(default_factory=list)
    when: Callable[[Event], None] = lambda _: None

    def feed(self, batch: Batch, /) -> None:
        for item in batch:
            items = list(item.messages()) if isinstance(item, MessageRun) else [item]
            self.events += items
            for event in items:
                self.when(event)

    def of(self, kind: type[T]) -> list[T]:
        """The events of one type, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    def sent(self, opcode: int) -> list[FrameSeen]:
        """Our frames with this opcode."""
        return [frame for frame in self.of(FrameSeen) if frame.direction == "out" and frame.opcode == opcode]


async def probed(
    probe: Callable[..., Awaitable[Report]],
    server: RawServer,
    *arguments: Any,
    stop: Stop | None = None,
    kept: Kept | None = None,
    target: dict[str, Any] | None = None,
    **options: Any,
) -> tuple[Report, Kept]:
    """`probe` against `server`: its report, and the events."""
    kept = kept or Kept()
    url = parse_url(server.url)
    assert isinstance(url, Url)
    journal = Journal(listeners=[kept])
    aim = Target(**{"url": url, **(target or {})})
    report = await probe(aim, journal, stop or Stop(), *arguments, **options)
    assert journal.listeners == [kept], "a probe leaves no listener behind"
    return report, kept
