"""All that a one-shot run sends, in its order, and how much of it was not sent."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from ..errors import Unsent
from ..events import MessageSeen
from ..probes.conduct import Watch
from ..session.journal import Batch
from ..session.session import Session
from ..wire.frame import Opcode
from ..wire.runs import MessageRun
from .plan import Plan
from .source import Source

if TYPE_CHECKING:
    from .renewal import Renewal

# Messages that are queued in one turn of the event loop, in which signals, deadlines and the peer wait: a
# read of stdin holds up to 131,072, and with compression each takes 10 µs of the judge's.
_MOST_AT_ONCE = 2048
_BEGUN = " (standard input had begun a message, and not ended it)"


class Echo:
    """Returns each message as it came: text as text, binary as binary."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def feed(self, batch: Batch, /) -> None:
        """Queue the answers."""
        for item in batch:
            if (
                isinstance(item, MessageRun | MessageSeen)
                and item.direction == "in"
                and self._session.is_open
            ):
                payloads = item.payloads if isinstance(item, MessageRun) else [item.payload]
                opcode = Opcode.TEXT if item.type == "text" else Opcode.BINARY
                self._session.send_messages(opcode, payloads)


class Feed:
    """`--send` and `--send-binary`, then what an earlier connection did not take of stdin, then stdin.

    `source` is None when stdin is not read.
    """

    def __init__(
        self, session: Session, plan: Plan, source: Source | None, renewal: Renewal | None = None
    ) -> None:
        self._session = session
        self._plan = plan
        self._source = source
        self._renewal = renewal
        self._sends = list(plan.sends)
        # How many of them no connection has taken yet.
        self._never_sent = len(plan.sends)
        # Lines of stdin that an earlier connection did not take.
        self._returned: list[bytes] = []

    def start(self) -> None:
        """Begin to read stdin, while the connection is still being opened."""
        if self._source is not None:
            self._source.start()

    def begin_again(self, session: Session, renewal: Renewal) -> None:
        """From here on it goes to `session`: `--send` again, then what the last one did not take of stdin."""
        unsent = self._session.unsent
        back = renewal.take_back(self._session)
        if self._session.was_open:
            self._never_sent = min(self._never_sent, len(self._sends) + unsent - len(back))
        self._returned = [*back, *self._returned]
        self._sends = list(self._plan.sends)
        self._session = session

    async def send_all(self) -> None:
        """Queue everything there is to send, to the end of stdin.

        Raises: InputFailed, and Unsent when the connection has ended.
        """
        await self._send_first()
        while self._source is not None and (batch := await self._source.take(_MOST_AT_ONCE)) is not None:
            # Counted as to be sent before it can wait: a batch in hand is never lost from sight.
            self._send_lines(batch)
            await self._turn()

    async def _send_first(self) -> None:
        """What of `--send` and `--send-binary` is still to go."""
        while self._sends:
            await self._session.room()
            send = self._sends.pop(0)
            self._session.send_messages(send.opcode, [send.payload])
        while self._returned:
            batch, self._returned = self._returned[:_MOST_AT_ONCE], self._returned[_MOST_AT_ONCE:]
            self._send_lines(batch)
            await self._turn()

    async def _turn(self) -> None:
        """Wait for room, and let everybody else have a turn also where there is some."""
        await self._session.room()
        await asyncio.sleep(0)

    def _send_lines(self, batch: list[bytes]) -> None:
        if self._renewal is not None:
            self._renewal.note_queued(batch, self._session)
        self._session.send_messages(self._plan.input_opcode, batch)

    async def send_what_is_here(self, watch: Watch) -> None:
        """The run is to end: what is to be sent, and what stdin held by now, goes out before our Close.

        A peer that takes nothing has as long as for the answer to a Close; what is left then is unsent.
        """
        with contextlib.suppress(TimeoutError, Unsent):
            async with asyncio.timeout(self._session.target.close_timeout):
                if not watch.over:
                    await self._send_first()
                await self._send_the_rest_of_stdin(watch)

    async def _send_the_rest_of_stdin(self, watch: Watch) -> None:
        source = self._source
        if source is None or watch.over or not await source.holds_more():
            return
        left = source.waiting
        while left > 0 and not watch.over and (batch := await source.take(_MOST_AT_ONCE)) is not None:
            left -= len(batch)
            self._send_lines(batch)
            await self._turn()

    async def count_unsent(self, *, at_once: bool) -> str:
        """How many messages the end of the connection left behind, in words; empty for none.

        `at_once` leaves little time to read what stdin still holds.
        """
        source = self._source
        count = self._session.unsent
        more = False
        if source is not None:
            more = await source.holds_more(at_once=at_once) or source.refused > 0
            count += source.waiting + source.refused + source.begun
        # A connection that never stood was not there to be sent what an earlier one had taken.
        count += len(self._returned) + (len(self._sends) if self._session.was_open else self._never_sent)
        if not count or source is None:
            return f"{count:,}" if count else ""
        at_least = "at least " if more and not source.ended else ""
        return f"{at_least}{count:,}{_BEGUN if source.begun and not more else ''}"
