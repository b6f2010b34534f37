"""The receiving half of a session: what a read holds, what the judge says to it, whose fault it is.

A read goes through the dissector into batches for the listeners; what the judge has to see it sees before
that is interpreted, and what it or wscli finds wrong fails the connection (RFC 6455 §7.1.7).
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Iterator

from ..config import Target
from ..errors import ProtocolViolated, WscliError
from ..events import Event, FrameSeen, MessageSeen, Stamp, ViolationFound
from ..wire.dissect import Dissector
from ..wire.frame import Opcode
from ..wire.lint import FrameLint
from ..wire.runs import MessageRun
from .journal import Journal
from .opening import Connection
from .sending import Sending

# Events and runs that are delivered at once, and are all in memory: two thousand frames are a megabyte.
MOST_AT_ONCE = 2048


class Receiving(Sending, ABC):
    """What a session hears. `ok_close` are codes of a peer that closes first which are no failure."""

    def __init__(self, target: Target, journal: Journal, *, ok_close: frozenset[int], fast: bool) -> None:
        super().__init__(target, journal)
        self._ok_close = ok_close
        self._fast = fast
        # Whoever answers each message (--echo) sets this: nothing is read while too much waits to be sent.
        self.paced = False
        # The read in work, how much of it the judge has seen, what it held and was not delivered yet, and
        # whether the judge or we said no.
        self._chunk = b""
        self._fed = 0
        self._batch: list[Event | MessageRun] = []
        self._stopped = False
        self._concluded = False
        self._messages_received = 0

    def _start_receiving(self, connection: Connection, lint: FrameLint) -> None:
        self._inbound = Dissector(
            "in",
            self.journal.numbering,
            max_size=self.target.max_size,
            deflate=connection.deflate,
            lint=lint,
            admit=self._admit,
            fast=self._fast,
            opaque_rsv=connection.opaque_rsv,
        )

    @property
    def in_frame(self) -> bool:
        """Whether a frame has begun to come that is not whole yet."""
        return self._inbound.in_frame

    def conclude(self) -> None:
        """What the connection was for is reached: a failure is now only an ending without the peer's Close.

        The first cause decides (contract §3). A listener may call this while it is fed: what stands behind
        that in the stream comes after it, also in the same read.
        """
        self._concluded = True

    def _take(self, chunk: bytes) -> Iterator[None]:
        """Dissect a read, let the judge see it, deliver what it holds; yields after each batch that is full.

        Then listeners may catch up: a read can hold a hundred thousand frames, and more violations.
        """
        stamp = self.journal.stamp()
        self._chunk, self._fed = chunk, 0
        batch = self._batch = list[Event | MessageRun]()
        for item in self._inbound.feed(chunk, stamp):
            if len(batch) >= MOST_AT_ONCE:
                self._answer_so_far()
                self._deliver_so_far()
                yield
            batch.append(item)
            if isinstance(item, MessageRun):
                # Withheld from the judge: whole plain frames between messages do not change its state.
                self._fed = self._inbound.consumed
                self._messages_received += len(item)
            else:
                self._note_received(item, batch)
            self._heed_fault()
        if not self._stopped:
            alive = self._admit(len(chunk) - self._inbound.held_back(len(chunk)))
            for item in self._inbound.look_ahead(stamp, alive=alive):
                batch.append(item)
                self._note_received(item, batch)
            self._heed_fault()
        self._heed_judge()
        self._answer()
        # Not held on to until the next read: what is told may be as long as the limit.
        self._batch = []
        self.journal.deliver(batch)

    def _admit(self, consumed: int) -> bool:
        """Let the judge see the read up to here; whether the connection stands (dissect.py)."""
        protocol = self.connection.protocol
        if self._stopped:
            return False
        if self.paced:
            # What is answered is answered before this frame, which may be a Close or end the connection.
            self._deliver_so_far()
        if consumed > self._fed:
            protocol.receive_data(self._chunk[self._fed : consumed])
            # Its frames are not needed, and it would keep them all.
            protocol.events_received()
            self._fed = consumed
        if protocol.parser_exc is None and protocol.close_rcvd is None:
            return True
        self._stop()
        return False

    def _deliver_so_far(self) -> None:
        """Let listeners have what of this read is known by now."""
        batch = list(self._batch)
        self._batch.clear()
        self.journal.deliver(batch)

    def _stop(self) -> None:
        self._stopped = True
        self._inbound.stop()

    def _answer_so_far(self) -> None:
        """Answer amid a read; what the judge says to a broken frame waits for what is wrong with that."""
        if self.connection.protocol.parser_exc is None:
            self._answer()

    def _answer(self) -> None:
        """Put on the wire what the judge has to say: pongs, its Close."""
        for chunk in self.connection.protocol.data_to_send():
            if chunk and chunk[0] & 0x0F == Opcode.PONG:
                self.outbox.put_pong(chunk)
            else:
                self.outbox.put(chunk)

    def _note_received(self, item: Event, batch: list[Event | MessageRun]) -> None:
        if isinstance(item, ViolationFound):
            self._note_violation(item)
        elif isinstance(item, MessageSeen):
            self._messages_received += 1
        elif not isinstance(item, FrameSeen) or item.truncated:
            return
        elif item.opcode == Opcode.PONG:
            pong = self.pings.answer(item.payload, Stamp(item.t, item.time))
            if pong is not None:
                batch.append(pong)
        elif item.opcode == Opcode.CLOSE:
            if self.ending.received is None:
                self._deliver_so_far()
            self._note_close(item)

    def _note_violation(self, violation: ViolationFound) -> None:
        if violation.severity == "error":
            broken = ProtocolViolated.by_peer(violation.rfc, violation.detail, violation.rule)
            self._blame(self._closed_before(violation) or broken)

    def _closed_before(self, violation: ViolationFound) -> WscliError | None:
        """Why the peer's Close, when it stood before this, was a failure already: that came first."""
        received = self.ending.received
        if received is None or violation.frame == received.n:
            return None
        return self.ending.failure(self._ok_close)

    def _blame(self, failure: WscliError) -> None:
        """The peer went wrong: that is why the run fails, unless what came before it had decided the run."""
        if self.failure is None:
            self._deliver_so_far()
            if not self._concluded:
                self._fail_with(failure)

    def _heed_fault(self) -> None:
        """Fail the connection for what wscli itself found wrong (RFC 6455 §7.1.7)."""
        fault = self._inbound.fault
        if fault is None or self._stopped:
            return
        self._blame(fault.error)
        self._answer()
        self.connection.protocol.fail(fault.close_code, "")
        self._stop()
        self._allow(self._close_timeout)

    def _heed_judge(self) -> None:
        """Note that websockets has failed the connection, and why, where lint did not say it."""
        failure = self.connection.protocol.parser_exc
        if failure is not None:
            self._blame(ProtocolViolated(f"the peer broke RFC 6455: {failure}"))
            self._allow(self._close_timeout)
