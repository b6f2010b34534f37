"""The sending half of a session: messages, control frames and raw bytes into the outbox.

ClientProtocol writes the frames; what was handed to the socket is dissected, and only then told.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidState
from websockets.frames import Close
from websockets.protocol import State

from ..config import Target
from ..errors import LocalError, Unsent, UsageError, WscliError
from ..events import Event, FrameSeen, MessageSeen
from ..wire.closecodes import why_not
from ..wire.dissect import Dissector
from ..wire.frame import Opcode, encode_frame
from ..wire.lint import FrameLint
from ..wire.runs import MessageRun
from .encode import encode_messages
from .ending import Ending
from .journal import Journal
from .opening import Connection
from .outbox import Outbox, RawBytes
from .pings import Pings

# How long the server may take to close TCP once the closing handshake is done (RFC 6455 §7.1.1).
FIN_SECONDS = 1.0
_MAX_CONTROL_PAYLOAD = 125

_Action = Callable[[ClientProtocol], None]


class Sending(ABC):
    """What a session can send: each `send_*` queues and returns, `room` waits while too much is queued.

    `close_timeout` are the seconds that the peer has for its part of the closing handshake.
    """

    def __init__(self, target: Target, journal: Journal) -> None:
        self.target = target
        self.journal = journal
        self.failure: WscliError | None = None
        self.ending = Ending()
        self.pings = Pings()
        self._close_timeout = target.close_timeout
        self._messages_queued = 0
        self._messages_sent = 0

    def _start_sending(self, connection: Connection, lint: FrameLint, *, fast: bool) -> None:
        self.connection = connection
        self._lint = lint
        # Our own messages are as long as the user made them.
        self._outbound = Dissector(
            "out", self.journal.numbering, max_size=2**62, deflate=connection.deflate, fast=fast
        )
        self.outbox = Outbox(connection.stream, self._on_sent)

    @property
    def was_open(self) -> bool:
        """Whether the opening handshake succeeded."""
        return hasattr(self, "connection")

    @property
    def is_open(self) -> bool:
        """Whether messages can be sent."""
        return self.was_open and not self.outbox.broken and self.connection.protocol.state is State.OPEN

    @property
    def unsent(self) -> int:
        """Messages that were to be sent and were not handed to the socket (yet)."""
        return self._messages_queued - self._messages_sent

    @property
    def unconfirmed(self) -> int:
        """Messages that were handed to the socket, and no pong says that the peer has read them."""
        return self._messages_sent - self.pings.messages_read

    @property
    def queued_bytes(self) -> int:
        """Bytes that wait to be handed to the socket."""
        return self.outbox.queued if self.was_open else 0

    async def room(self) -> None:
        """Wait while the peer takes less than we send."""
        await self.outbox.room()

    async def flushed(self) -> bool:
        """Wait until all that was queued was handed to the socket; False when it never will be."""
        return await self.outbox.flushed()

    def send_text(self, payload: bytes) -> None:
        """Queue a text message, already UTF-8.

        Raises: Unsent when the connection is not open.
        """
        self._send(_message(Opcode.TEXT, payload))
        self._messages_queued += 1

    def send_binary(self, payload: bytes) -> None:
        """Queue a binary message.

        Raises: Unsent when the connection is not open.
        """
        self._send(_message(Opcode.BINARY, payload))
        self._messages_queued += 1

    def send_messages(self, opcode: int, payloads: Sequence[bytes]) -> None:
        """Queue whole messages of `opcode` text or binary, as `send_text` and `send_binary` would, at speed.

        Raises: Unsent when the connection is not open.
        """
        # Counted first: what cannot be sent any more is unsent, not unheard of.
        self._messages_queued += len(payloads)
        protocol = self.connection.protocol
        if not protocol.extensions and self.is_open:
            for chunk in encode_messages(opcode, payloads):
                self.outbox.put(chunk)
            return
        for payload in payloads:
            self._send(_message(opcode, payload))

    def send_fragments(self, opcode: int, parts: Sequence[bytes]) -> None:
        """Queue one message of `opcode` text or binary in `parts`, a frame each (RFC 6455 §5.4).

        Raises: Unsent when the connection is not open.
        """
        last = len(parts) - 1

        def write(protocol: ClientProtocol) -> None:
            begin = protocol.send_text if opcode == Opcode.TEXT else protocol.send_binary
            begin(parts[0], fin=last == 0)
            for index, part in enumerate(parts[1:], 1):
                protocol.send_continuation(part, fin=index == last)

        self._send(write)
        self._messages_queued += 1

    def send_ping(self, payload: bytes = b"") -> None:
        """Queue a ping of at most 125 bytes; its pong becomes a `pong` event.

        Raises: UsageError, Unsent.
        """
        _check_control(payload)
        self._send(lambda protocol: protocol.send_ping(payload))

    def send_pong(self, payload: bytes = b"") -> None:
        """Queue an unsolicited pong of at most 125 bytes.

        Raises: UsageError, Unsent.
        """
        _check_control(payload)
        self._send(lambda protocol: protocol.send_pong(payload))

    def send_close(self, code: int | None = 1000, reason: str = "", *, force: bool = False) -> None:
        """Queue our Close; `force` sends also a code that may not be on the wire, as raw bytes.

        Raises: UsageError, Unsent.
        """
        if len(reason.encode()) > _MAX_CONTROL_PAYLOAD - 2:
            raise UsageError("a close reason has at most 123 bytes of UTF-8 (RFC 6455 §5.5)")
        if code is None and reason:
            raise UsageError("a close reason needs a close code before it (RFC 6455 §5.5.1)")
        if code is not None and (why := why_not(code)):
            if not force or not 0 <= code <= 0xFFFF:
                raise UsageError(why, hint="" if force else "--force sends it all the same")
            self._force_close(code, reason)
        else:
            self._send(lambda protocol: protocol.send_close(code, reason))
        self._allow(self._close_timeout)

    def send_raw(self, wire_bytes: bytes) -> None:
        """Queue bytes as they are; whatever they say, the judge does not know of them."""
        self.outbox.put(RawBytes(wire_bytes))

    def _check_open(self) -> None:
        if not self.is_open:
            raise Unsent("nothing can be sent: the connection is not open any more")

    def _send(self, action: _Action) -> None:
        self._check_open()
        protocol = self.connection.protocol
        try:
            action(protocol)
        except InvalidState:
            raise Unsent("nothing can be sent: the connection is closing") from None
        for chunk in protocol.data_to_send():
            self.outbox.put(chunk)

    def _force_close(self, code: int, reason: str) -> None:
        self._check_open()
        payload = code.to_bytes(2, "big") + reason.encode()
        self.outbox.put(encode_frame(Opcode.CLOSE, payload, mask=secrets.token_bytes(4)))
        # The judge must know that our Close is out, or it would answer the peer's with a second one.
        protocol = self.connection.protocol
        protocol.close_sent = Close(code, reason)
        protocol.state = State.CLOSING

    async def _on_sent(self, wire_bytes: bytes, raw: bool) -> None:
        stamp = self.journal.stamp()
        batch: list[Event | MessageRun] = []
        for item in self._outbound.feed(wire_bytes, stamp):
            batch.append(item)
            # Raw bytes were never counted as messages to send.
            if isinstance(item, MessageRun):
                self._messages_sent += 0 if raw else len(item)
            elif isinstance(item, MessageSeen):
                self._messages_sent += 0 if raw else 1
            elif isinstance(item, FrameSeen):
                self._note_sent(item)
        self.journal.deliver(batch)
        if self._close_waits() and self.failure is None:
            self._allow(self._close_timeout, anew=True)
        await self._ready()

    def _close_waits(self) -> bool:
        """Whether our Close is queued behind what the peer still takes."""
        return self.ending.sent is None and self.connection.protocol.state is not State.OPEN

    def _note_sent(self, frame: FrameSeen) -> None:
        if frame.opcode == Opcode.PING:
            self.pings.note_sent(frame.payload, frame.t, self._messages_sent)
            self._lint.expect_pong(frame.payload)
        elif frame.opcode == Opcode.CLOSE:
            self._note_close(frame)

    def _note_close(self, frame: FrameSeen) -> None:
        self.ending.note(frame)
        self._allow(FIN_SECONDS if self.ending.both_closed else self._close_timeout)

    async def _ready(self) -> None:
        """Wait for slow readers; when there is no way to tell them anything, that is the first cause."""
        try:
            await self.journal.ready()
        except LocalError as failure:
            self._fail_with(failure)

    def _fail_with(self, failure: WscliError) -> None:
        self.failure = self.failure or failure

    @abstractmethod
    def _allow(self, seconds: float, *, anew: bool = False) -> None:
        """From now on the peer has this long, or what was left of an earlier limit (unless `anew`)."""


def _message(opcode: int, payload: bytes) -> _Action:
    if opcode == Opcode.TEXT:
        return lambda protocol: protocol.send_text(payload)
    return lambda protocol: protocol.send_binary(payload)


def _check_control(payload: bytes) -> None:
    if len(payload) > _MAX_CONTROL_PAYLOAD:
        raise UsageError(
            f"a control frame holds at most 125 bytes, not {len(payload):,} (RFC 6455 §5.5)",
            hint="use a shorter payload",
        )
