"""Byte streams: the abstract `Stream`, and `SocketStream` over a non-blocking socket of our own.

asyncio's transports are not used: they drop what the peer said last when a write fails, and hide FIN from
RST. What belongs here is moving bytes and saying how the connection ended; TLS is in `tls.py`.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from abc import ABC, abstractmethod
from typing import Literal

Ended = Literal["open", "fin", "reset"]
RECEIVE_LIMIT = 256 * 1024


class StreamBroken(Exception):
    """Nothing more can be sent; what the peer said before may still be there for `receive`."""


class Stream(ABC):
    """A connection that moves bytes both ways; one task may receive while another one sends.

    Every wait may be cancelled. A cancelled `receive` loses no byte. A cancelled `send_some` has reported
    nothing: the next call must begin with the same bytes (it may bring more), because a layer below may
    already hold some of them; none of them is sent twice.
    """

    @property
    @abstractmethod
    def ended(self) -> Ended:
        """`open` until the peer's end is known, or a write has failed; then how TCP ended."""

    @property
    @abstractmethod
    def local_address(self) -> str:
        """Our end as `address:port` (IPv6 in brackets); empty for a Unix socket."""

    @property
    @abstractmethod
    def peer_address(self) -> str:
        """The peer's end as `address:port` (IPv6 in brackets), or the path of a Unix socket."""

    @property
    def unacknowledged(self) -> int:
        """Bytes that were sent and that the peer's TCP has not confirmed yet; 0 where that cannot be told."""
        return 0

    @abstractmethod
    async def receive(self, limit: int = RECEIVE_LIMIT) -> bytes:
        """From 1 to `limit` bytes, or b"" at the end of the stream (and ever after)."""

    @abstractmethod
    def unread(self, chunk: bytes) -> None:
        """Give back bytes that were received too far; `receive` gives them again, first of all."""

    @abstractmethod
    async def send_some(self, view: memoryview | bytes) -> int:
        """Hand the first bytes of `view` to the kernel, and say how many; waits only while it has no room.

        Raises: StreamBroken when the connection takes nothing more.
        """

    @abstractmethod
    async def send_eof(self) -> None:
        """Say that nothing more will be sent (FIN; over TLS close_notify before it); receiving goes on.

        Raises: StreamBroken when that cannot be said any more.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of the connection; whoever waits in it wakes up. May be called again."""

    async def send_all(self, payload: bytes) -> None:
        """Send everything, for short exchanges such as handshakes.

        Raises: StreamBroken.
        """
        view = memoryview(payload)
        while view:
            view = view[await self.send_some(view) :]


class SocketStream(Stream):
    """A connected TCP or Unix socket; it owns the socket from here on."""

    __slots__ = (
        "_at_end",
        "_ended",
        "_loop",
        "_names",
        "_reading",
        "_ready",
        "_sock",
        "_unread",
        "_writing",
        "failure",
    )

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._loop = asyncio.get_running_loop()
        self._ended: Ended = "open"
        self._at_end = False
        self._ready = False
        self._unread = b""
        self._reading: asyncio.Future[None] | None = None
        self._writing: asyncio.Future[None] | None = None
        self.failure: OSError | None = None
        sock.setblocking(False)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._names = _name(sock, "getsockname"), _name(sock, "getpeername")

    @property
    def ended(self) -> Ended:
        return self._ended

    @property
    def local_address(self) -> str:
        return self._names[0]

    @property
    def peer_address(self) -> str:
        return self._names[1]

    @property
    def unacknowledged(self) -> int:
        if self._sock.fileno() < 0:
            return 0
        try:
            return _unacknowledged(self._sock)
        except (ImportError, OSError):
            return 0

    async def receive(self, limit: int = RECEIVE_LIMIT) -> bytes:
        if self._unread:
            chunk, self._unread = self._unread[:limit], self._unread[limit:]
            return chunk
        # A peer that always has bytes waiting must not keep timers and other tasks from running. The pause
        # comes before the read: cancelled after it, the bytes would be lost.
        if self._ready:
            self._ready = False
            await asyncio.sleep(0)
        while not self._at_end:
            try:
                chunk = self._sock.recv(limit)
            except (BlockingIOError, InterruptedError):
                await self._wait_readable()
            except OSError as failure:
                self._at_end = True
                self._broke(failure)
            else:
                self._ready = True
                return chunk if chunk else self._reached_fin()
        return b""

    def unread(self, chunk: bytes) -> None:
        self._unread = chunk + self._unread

    async def send_some(self, view: memoryview | bytes) -> int:
        while self._sock.fileno() >= 0:
            try:
                return self._sock.send(view)
            except (BlockingIOError, InterruptedError):
                await self._wait_writable()
            except OSError as failure:
                raise self._broke(failure) from failure
        raise StreamBroken("the connection is closed")

    async def send_eof(self) -> None:
        if self._sock.fileno() < 0:
            raise StreamBroken("the connection is closed")
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError as failure:
            raise self._broke(failure) from failure

    def close(self) -> None:
        fd = self._sock.fileno()
        if fd < 0:
            return
        self._at_end = True
        for waiter, forget in (
            (self._reading, self._loop.remove_reader),
            (self._writing, self._loop.remove_writer),
        ):
            if waiter is not None:
                forget(fd)
                _wake(waiter)
        self._sock.close()

    async def _wait_readable(self) -> None:
        if self._reading is not None:
            raise RuntimeError("two tasks receive from one stream")
        self._reading = waiter = self._loop.create_future()
        self._loop.add_reader(self._sock.fileno(), _wake, waiter)
        try:
            await waiter
        finally:
            self._reading = None
            if self._sock.fileno() >= 0:
                self._loop.remove_reader(self._sock.fileno())

    async def _wait_writable(self) -> None:
        if self._writing is not None:
            raise RuntimeError("two tasks send over one stream")
        self._writing = waiter = self._loop.create_future()
        self._loop.add_writer(self._sock.fileno(), _wake, waiter)
        try:
            await waiter
        finally:
            self._writing = None
            if self._sock.fileno() >= 0:
                self._loop.remove_writer(self._sock.fileno())

    def _reached_fin(self) -> bytes:
        self._at_end = True
        if self._ended == "open":
            self._ended = "fin"
        return b""

    def _broke(self, failure: OSError) -> StreamBroken:
        """Any failed call means that the connection did not end in order, whatever comes after it."""
        self._ended = "reset"
        self.failure = self.failure or failure
        return StreamBroken(failure.strerror or type(failure).__name__)


def _wake(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


def _unacknowledged(sock: socket.socket) -> int:
    if sys.platform == "darwin":
        # SO_NWRITE of <sys/socket.h>, which Python does not name.
        return sock.getsockopt(socket.SOL_SOCKET, 0x1024)
    import fcntl
    import termios

    # tcp(7): SIOCOUTQ, which is TIOCOUTQ.
    return int.from_bytes(fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def _name(sock: socket.socket, method: Literal["getsockname", "getpeername"]) -> str:
    try:
        address = getattr(sock, method)()
    except OSError:
        # The peer may have reset the connection already; that is for the first call to say.
        return ""
    return address_text(*address[:2]) if isinstance(address, tuple) else str(address or "")


def address_text(host: str, port: int) -> str:
    """`host:port` as URLs write it (RFC 3986 §3.2.2): an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
