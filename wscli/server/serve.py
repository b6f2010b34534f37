"""The embedded server: life and limits of what `wscli serve` and `demo:` URLs run, on websockets' server.

It is safe to leave running: it binds to loopback unless told otherwise, refuses pages of foreign origins,
bounds connections, sizes and what piles up for a client that does not read, and writes nothing anywhere.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import re
import socket
from collections.abc import Sequence
from http import HTTPStatus
from types import TracebackType
from typing import Self

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.frames import DATA_OPCODES, Frame
from websockets.http11 import Request, Response
from websockets.protocol import SEND_EOF, Event, State
from websockets.typing import Origin, Subprotocol

from .. import __version__
from ..config import DEFAULT_MAX_SIZE
from ..errors import UsageError
from .scenarios import DEFAULT_SCENARIO, Choice, choose, shed_if_stuck

DEFAULT_MAX_CONNECTIONS = 100

# A page on this machine is no stranger; anything else that a browser sends an Origin for is.
_LOCAL_ORIGIN = re.compile(r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")
# How long clients have to answer Close 1001 when the server stops, in seconds (contract §3: at most 1 s).
_STOP_GRACE = 0.5
# How long a client may take for its request, however it drips, in seconds.
_OPEN_TIMEOUT = 10.0
# How long a client may take to read what was sent and answer our Close while the server runs, in seconds.
_CLOSE_TIMEOUT = 300.0
# From so many bytes on a frame waits alone for a scenario that cannot keep up; of shorter ones 16 do.
_LARGE_FRAME = 256 * 1024
# Bytes behind a request that is not answered yet; an answer takes a moment, no more.
_MOST_EARLY = 4 * 1024 * 1024


def _quiet_logger() -> logging.Logger:
    """A logger that writes nowhere: what goes wrong with a client is the client's to see."""
    logger = logging.Logger("wscli.server", logging.CRITICAL)
    logger.addHandler(logging.NullHandler())
    return logger


class EmbeddedServer:
    """One scenario on one port, as an async context manager.

    `scenario` and `query` choose what every connection gets; with `scenario` None the path of each
    request chooses (`/hello`, `/close?code=4001`; `/` is echo). `port` 0 takes a free one. `origins` are
    allowed on top of none and those of this machine; `"*"` allows all. `max_size` bounds an incoming
    message, in bytes after inflation. `max_connections` counts clients at one time.

    Raises: UsageError, from the constructor for a bad scenario or query, on entry when it cannot listen.
    """

    def __init__(
        self,
        scenario: str | None = DEFAULT_SCENARIO,
        query: str = "",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        origins: Sequence[str] = (),
        max_size: int = DEFAULT_MAX_SIZE,
        max_connections: int = DEFAULT_MAX_CONNECTIONS,
        compression: bool = True,
    ) -> None:
        self.choice = None if scenario is None else choose(scenario, query)
        self.max_size = max_size
        self.max_connections = max_connections
        self.guarded: set[GuardedConnection] = set()
        self._host, self._port = host, port
        self._origins, self._compression = origins, compression
        self._server: Server | None = None
        self._failure: Exception | None = None

    @property
    def url(self) -> str:
        """Where to connect to: a `ws://` URL with the address and port that the server really has."""
        if self._server is None:
            raise RuntimeError("the server has no address before it listens")
        address, port = self._server.sockets[0].getsockname()[:2]
        reachable = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address)  # noqa: S104 - shown, not bound
        return f"ws://[{reachable}]:{port}/" if ":" in reachable else f"ws://{reachable}:{port}/"

    async def __aenter__(self) -> Self:
        server = serve(
            self._play,
            self._host,
            self._port,
            origins=None if "*" in self._origins else [None, _LOCAL_ORIGIN, *map(Origin, self._origins)],
            select_subprotocol=_first_offered,
            compression="deflate" if self._compression else None,
            process_request=self._admit,
            server_header=f"wscli/{__version__}",
            # Pings that nobody asked for would disturb what is being looked at; TCP keepalive does it.
            ping_interval=None,
            open_timeout=_OPEN_TIMEOUT,
            close_timeout=_CLOSE_TIMEOUT,
            max_size=self.max_size,
            logger=_quiet_logger(),
            create_connection=self._connection,  # type: ignore[arg-type]  # a factory does, says its docstring
        )
        try:
            self._server = await server
        except (OSError, OverflowError) as failure:
            raise _not_listening(failure, self._host, self._port) from failure
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
        if kind is None and self._failure is not None:
            raise self._failure

    async def serve_forever(self) -> None:
        """Waits until the server is stopped; cancel it, or call `stop()`."""
        if self._server is not None:
            await self._server.wait_closed()

    async def stop(self) -> None:
        """Closes every connection with 1001, aborts what does not answer in half a second."""
        if self._server is None:
            return
        for connection in list(self.guarded):
            if not connection.may_be_closed:
                connection.transport.abort()
        self._server.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_GRACE):
                await self._server.wait_closed()
        for connection in list(self.guarded):
            connection.transport.abort()
        await self._server.wait_closed()

    def _connection(self, *args: object, **options: object) -> GuardedConnection:
        return GuardedConnection(self, *args, **options)

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        """Decides over an opening handshake: None lets it go on."""
        if len(self.guarded) > self.max_connections:
            return _refuse(
                connection, 503, f"this server takes {self.max_connections} connections at a time\n"
            )
        try:
            choice = self.choice or _choice_from(request.path)
        except UsageError as failure:
            return _refuse(connection, 404, f"{failure.message}: {failure.hint}\n")
        if choice.scenario.refusal is not None:
            status, body = choice.scenario.refusal
            return _refuse(connection, status, body, "application/json")
        if isinstance(connection, GuardedConnection):
            connection.choice = choice
        return None

    async def _play(self, connection: ServerConnection) -> None:
        choice = connection.choice if isinstance(connection, GuardedConnection) else None
        try:
            if choice is not None:
                await choice.play(connection)
        except (ConnectionClosed, OSError):
            return
        except Exception as failure:
            # A bug of ours must not pass as a client that left: it surfaces where the server ends.
            self._failure = self._failure or failure
            raise


class GuardedConnection(ServerConnection):
    """A connection that knows its scenario, and that cannot make the server's memory grow."""

    def __init__(self, owner: EmbeddedServer, *args: object, **options: object) -> None:
        super().__init__(*args, **options)  # type: ignore[arg-type]  # websockets passes its own arguments
        self.owner = owner
        self.choice: Choice | None = None
        # The last bytes of a request that is not whole, and what came behind it before it was answered.
        self._head_end = b""
        self._early = b""

    @property
    def scenario(self) -> str:
        return "" if self.choice is None else self.choice.scenario.name

    @property
    def deaf(self) -> bool:
        return self.choice is not None and self.choice.scenario.deaf

    @property
    def may_be_closed(self) -> bool:
        """Whether Close 1001 may be said to this client: its handshake is done, its scenario not deaf."""
        return self.choice is not None and not self.deaf

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.owner.guarded.add(self)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # Beyond the 503s of `_admit`: clients that connect and never ask for anything.
        if len(self.owner.guarded) > 2 * self.owner.max_connections:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.owner.guarded.discard(self)
        super().connection_lost(exc)

    def process_event(self, event: Event) -> None:
        # What nobody will receive must not fill the queue: a full one stops the reading, and with it the
        # client's Close and FIN go unseen.
        heard = self.protocol.state is State.OPEN and self.choice is not None and self.choice.scenario.listens
        if isinstance(event, Frame) and event.opcode in DATA_OPCODES and not heard:
            return
        super().process_event(event)
        if isinstance(event, Frame) and len(event.data) >= _LARGE_FRAME:
            self._read_no_more_for_now()

    def _read_no_more_for_now(self) -> None:
        """What websockets does behind the sixteenth frame that waits, whatever these are long."""
        waiting = self.recv_messages
        if len(waiting.frames) and not waiting.paused:
            waiting.paused = True
            waiting.pause()

    def send_data(self) -> None:
        # From Python 3.12 on a transport counts all that waits anew with each write: thousands of pongs for a
        # client that does not read would take it seconds, one write of them all does not.
        writes = self.protocol.writes
        if len(writes) > 2:
            self.protocol.writes = [b"".join(writes), *(each for each in writes if each == SEND_EOF)]
        super().send_data()
        if self.protocol.state is State.CLOSING:
            self.transport.resume_reading()
        elif self._early and self.protocol.state is State.OPEN:
            self.loop.call_soon(self.data_received, b"")

    def data_received(self, data: bytes) -> None:
        # Not pause_reading(): a client's FIN would go unseen, and its connection stay for ever.
        if self.deaf:
            return
        if self.protocol.state is State.CONNECTING:
            data = self._request_in(data)
        elif self._early:
            data, self._early = self._early + data, b""
        super().data_received(data)
        # Pongs are written without back-pressure: a client that pings and never reads is shed.
        shed_if_stuck(self, self.owner.max_size + 4 * 1024**2)

    def _request_in(self, data: bytes) -> bytes:
        """What of these bytes belongs to the request; the rest waits until that is answered.

        A client may not send frames yet (RFC 6455 §4.1), but some do, in one write with their request. The
        judge would answer them before the request, and without the extensions that are agreed upon with it.
        """
        if self.request is None:
            known = len(self._head_end)
            head = self._head_end + data
            end = head.find(b"\r\n\r\n")
            if end < 0:
                self._head_end = head[-3:]
                return data
            size = end + 4 - known
            data, self._early = data[:size], data[size:]
            return data
        self._early += data
        if len(self._early) > _MOST_EARLY:
            self.transport.abort()
        return b""


def _not_listening(failure: Exception, host: str, port: int) -> UsageError:
    """Why it cannot listen there: a wrong value of an option, whatever the system calls it (contract §3)."""
    number = getattr(failure, "errno", None)
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if isinstance(failure, socket.gaierror):
        return UsageError(f"--host: {host!r} does not resolve", hint="give an address of this machine")
    if number == errno.EADDRINUSE:
        return UsageError(f"{place} is already in use", hint="choose another --port; 0 takes a free one")
    if number == errno.EACCES:
        return UsageError(f"{place} needs privileges to listen on", hint="choose a --port over 1023")
    # From Python 3.12 on asyncio passes over such addresses, and its error has no number in the end.
    if number == errno.EADDRNOTAVAIL or (number is None and isinstance(failure, OSError)):
        hint = "127.0.0.1 is this machine alone, 0.0.0.0 every address that it has"
        return UsageError(f"--host: {host} is no address of this machine", hint=hint)
    return UsageError(f"cannot listen on {place}: {failure}", hint="choose another --port or --host")


def _choice_from(target: str) -> Choice:
    path, _, query = target.partition("?")
    return choose(path.strip("/") or DEFAULT_SCENARIO, query)


def _first_offered(_: ServerConnection, offered: Sequence[Subprotocol]) -> Subprotocol | None:
    return offered[0] if offered else None


def _refuse(
    connection: ServerConnection, status: int, body: str, content_type: str = "text/plain; charset=utf-8"
) -> Response:
    response = connection.respond(HTTPStatus(status), body)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = content_type
    return response
