"""One session against a scripted peer, and all that it told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.peers import Peer, RawServer, raw_server
from wscli.config import Target, Url, parse_url
from wscli.errors import ExitCode
from wscli.events import Closed, Event, FrameSeen, MessageSeen, ViolationFound
from wscli.session.journal import Batch, Journal
from wscli.session.session import Session
from wscli.wire.runs import MessageRun

Kind = TypeVar("Kind", bound=Event)
Act = Callable[[Session], Awaitable[None]]


@dataclass
class Told:
    """A listener that keeps every event, runs taken apart: each frame followed by its message."""

    events: list[Event] = field(default_factory=list)

    def feed(self, batch: Batch) -> None:
        for item in batch:
            if isinstance(item, MessageRun):
                for frame, message in zip(item.frames(), item.messages(), strict=True):
                    self.events += (frame, message)
            else:
                self.events.append(item)

    def of(self, kind: type[Kind]) -> list[Kind]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def received(self) -> list[bytes]:
        return [message.payload for message in self.of(MessageSeen) if message.direction == "in"]

    @property
    def sent(self) -> list[FrameSeen]:
        return [frame for frame in self.of(FrameSeen) if frame.direction == "out"]

    @property
    def rules(self) -> list[str]:
        return [violation.rule for violation in self.of(ViolationFound)]


@dataclass
class Outcome:
    """How a session went."""

    session: Session
    told: Told
    peer: Peer

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.OK if self.session.failure is None else self.session.failure.exit_code

    @property
    def closed(self) -> Closed:
        assert self.session.closed is not None
        return self.session.closed

    @property
    def close_sent(self) -> int | None:
        """The code of the Close that the peer received, None when there was none."""
        codes = [frame.close_code for frame in self.peer.frames if frame.opcode == 8]
        return codes[0] if codes else None


def target_of(url: str, **options: Any) -> Target:
    """The target for a server's URL; deadlines are long enough for a slow machine."""
    parsed = parse_url(url)
    assert isinstance(parsed, Url)
    return Target(parsed, **({"connect_timeout": 20.0, "close_timeout": 20.0} | options))


def session_to(server: RawServer | str, **options: Any) -> tuple[Session, Told]:
    """A session that is not open yet, and what it will tell."""
    ways = {name: options.pop(name) for name in ("ok_close", "strict_close", "fast") if name in options}
    told = Told()
    journal = Journal(listeners=[told])
    url = server if isinstance(server, str) else server.url
    return Session(target_of(url, **options), journal, **ways), told


async def converse(
    script: Callable[[Peer], Awaitable[None]], act: Act | None = None, *, tls: bool = False, **options: Any
) -> Outcome:
    """Opens a session to `script`, lets `act` use it, waits for its end and for the script's."""
    async with raw_server(script, tls=tls) as server:
        session, told = session_to(server, **options)
        async with session:
            await session.open()
            if act is not None:
                await act(session)
            await session.wait_closed()
        await server.finished()
        return Outcome(session, told, server.peer)
