"""What a check learns of its connection: times of phases, what was negotiated, how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator

from ..errors import TooLarge
from ..events import (
    Closed,
    Connected,
    MessageSeen,
    Opened,
    PongReceived,
    Proxied,
    Resolved,
    ResponseReceived,
    TlsEstablished,
    ViolationFound,
)
from ..session.journal import Batch
from ..wire.runs import MessageRun

_PHASES = {Resolved: "resolve", Connected: "connect", Proxied: "proxy", TlsEstablished: "tls"}
# A peer that breaks rules without end must not fill the report.
_MOST_VIOLATIONS = 20
# Bytes of memory that messages may take up which no step has looked at, before the peer has to wait; and
# while a step waits for the peer itself, so that making it wait would never end.
_HELD_UP_AT = 1024 * 1024
_MOST_KEPT = 64 * 1024 * 1024
# What a message takes up beside its payload.
_MESSAGE_COST = 128


class Facts:
    """Listens; times in milliseconds, `first_message` in seconds on the run's clock."""

    def __init__(self) -> None:
        self.phases: dict[str, float] = {}
        self.opened: Opened | None = None
        self.closed: Closed | None = None
        self.status: int | None = None
        self.tls_not_after: str | None = None
        self.first_message: float | None = None
        self.violations: list[str] = []
        self.pongs: list[PongReceived] = []
        self.changed = asyncio.Event()

    def feed(self, batch: Batch, /) -> None:
        """Take what happened."""
        for item in batch:
            match item:
                case MessageRun() | MessageSeen():
                    self._message(item)
                case Resolved() | Connected() | Proxied() | TlsEstablished():
                    # A redirect goes through the phases again.
                    phase = _PHASES[type(item)]
                    self.phases[phase] = round(self.phases.get(phase, 0) + item.duration_ms, 3)
                    if isinstance(item, TlsEstablished) and item.certificate is not None:
                        self.tls_not_after = item.certificate.not_after
                case ResponseReceived():
                    self.phases["upgrade"], self.status = item.duration_ms, item.status
                case Opened():
                    self.opened = item
                case Closed():
                    self.closed = item
                case PongReceived():
                    self.pongs.append(item)
                case ViolationFound():
                    if len(self.violations) < _MOST_VIOLATIONS:
                        self.violations.append(item.rule)
                case _:
                    continue
        self.changed.set()

    def _message(self, item: MessageRun | MessageSeen) -> None:
        if self.first_message is None and item.direction == "in":
            self.first_message = item.stamp.t if isinstance(item, MessageRun) else item.t


class Inbox:
    """The messages that no step has looked at yet; `ready` holds the peer up while there are too many.

    Without `keep`, when no step looks at messages, they are let go at once. `give_up` is called when there is
    more than `_MOST_KEPT`, and then all are let go.
    """

    def __init__(self, give_up: Callable[[TooLarge], None], *, keep: bool) -> None:
        self._give_up = give_up
        self._overflow: TooLarge | None = None
        self._keep = keep
        self._limit = _HELD_UP_AT
        self._messages: deque[tuple[bytes, bool]] = deque()
        self._bytes = 0
        # One for whoever looks, one for whoever waits for room: each clears its own before it looks again.
        self._fed = asyncio.Event()
        self._taken = asyncio.Event()

    def feed(self, batch: Batch, /) -> None:
        """Take the incoming messages."""
        if not self._keep:
            return
        for item in batch:
            if isinstance(item, MessageRun) and item.direction == "in":
                text = item.type == "text"
                for payload in item.payloads:
                    self._put(payload, text)
            elif isinstance(item, MessageSeen) and item.direction == "in":
                self._put(item.payload, item.type == "text")
        if self._bytes > _MOST_KEPT:
            self.discard()
            self._overflow = TooLarge(
                f"over {_MOST_KEPT // 1024**2} MiB of messages came that no step had looked at",
                hint="put steps that expect the answers between those that send",
            )
            self._give_up(self._overflow)
        self._fed.set()

    def _put(self, payload: bytes, text: bool) -> None:
        self._messages.append((payload, text))
        self._bytes += len(payload) + _MESSAGE_COST

    def take(self) -> tuple[bytes, bool] | None:
        """The next message, and whether it is text; None when none is here: then `fed` tells of the next."""
        if not self._messages:
            # Here, and not where the wait begins: that is a turn of the loop later.
            self._fed.clear()
            return None
        payload, text = self._messages.popleft()
        self._bytes -= len(payload) + _MESSAGE_COST
        self._taken.set()
        return payload, text

    def discard(self) -> None:
        """No step will look at messages any more."""
        self._keep = False
        self._messages.clear()
        self._bytes = 0
        self._taken.set()

    async def fed(self) -> None:
        """Wait until something has come since `take` found nothing."""
        await self._fed.wait()

    @contextlib.contextmanager
    def holding_nobody_up(self) -> Iterator[None]:
        """While a step waits for the peer: one that echoes reads no more when nobody reads what it sends.

        Raises: TooLarge.
        """
        self._limit = _MOST_KEPT
        self._taken.set()
        try:
            yield
        finally:
            self._limit = _HELD_UP_AT
        if self._overflow is not None:
            raise self._overflow

    async def ready(self) -> None:
        """Wait while too many messages wait."""
        while self._bytes > self._limit:
            self._taken.clear()
            await self._taken.wait()
