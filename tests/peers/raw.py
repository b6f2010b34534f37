"""A server on a bare socket that does what a script says, byte by byte, and records all that it receives.

    async def script(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "hello")
        await peer.answer_close()

    async with raw_server(script) as server:
        ...  # connect to server.url

A script that returns closes its connection as an orderly server does: FIN, then it reads to the end. A
failed script fails the test, at the latest where the `async with` ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

from .framing import PeerFrame, RequestHead, accept_for, decode_frame, encode_frame, parse_request
from .tls import server_context

Script = Callable[["Peer"], Awaitable[None]]
Headers = Iterable[tuple[str, str]]

# How long scripts may still run after the test is done with the server, in seconds.
_GRACE = 0.25


class PeerGone(ConnectionError):
    """The client ended the connection while the script still expected something."""


class Peer:
    """One connection as the server sees it.

    `received` and `sent` hold every byte, decrypted; `frames` every frame read; `ended` is "fin", "reset"
    or None while the client has not ended it. `tls_notified` tells whether close_notify came before FIN.
    """

    def __init__(self, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        self.sock = sock
        self.received = bytearray()
        self.sent = bytearray()
        self.frames: list[PeerFrame] = []
        self.request: RequestHead | None = None
        self.ended: str | None = None
        self.tls_notified = False
        self._unread = bytearray()
        self._context = context
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    # -- the opening handshake --

    async def read_request(self) -> RequestHead:
        """The request head; what came after it stays unread. Raises: PeerGone."""
        while (end := self._unread.find(b"\r\n\r\n")) < 0:
            await self._more()
        self.request = parse_request(self._take(end + 4))
        return self.request

    async def accept(
        self,
        *,
        headers: Headers = (),
        subprotocol: str | None = None,
        extensions: str | None = None,
        accept: str | None = None,
        status_line: str = "HTTP/1.1 101 Switching Protocols",
        without: Iterable[str] = (),
        then: bytes = b"",
    ) -> RequestHead:
        """Answers the request (read first if it was not yet) with 101.

        `accept` replaces the right Sec-WebSocket-Accept, `without` drops headers by name, `then` is sent in
        the same write as the head. Returns the request.
        """
        request = self.request or await self.read_request()
        fields = [
            ("Upgrade", "websocket"),
            ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", accept or accept_for(request.get("Sec-WebSocket-Key") or "")),
        ]
        if subprotocol is not None:
            fields.append(("Sec-WebSocket-Protocol", subprotocol))
        if extensions is not None:
            fields.append(("Sec-WebSocket-Extensions", extensions))
        dropped = {name.lower() for name in without}
        kept = [(name, value) for name, value in fields if name.lower() not in dropped]
        await self.send(_head(status_line, [*kept, *headers]) + then)
        return request

    async def respond(
        self,
        status: int,
        reason: str = "",
        *,
        headers: Headers = (),
        body: bytes = b"",
        content_length: bool = True,
        version: str = "HTTP/1.1",
    ) -> RequestHead:
        """Answers the request (read first if it was not yet) with another status. Returns the request."""
        request = self.request or await self.read_request()
        length = [("Content-Length", str(len(body)))] if content_length else []
        await self.send(_head(f"{version} {status} {reason}", [*headers, *length]) + body)
        return request

    # -- frames --

    async def frame(
        self,
        opcode: int,
        payload: bytes | str = b"",
        *,
        fin: bool = True,
        rsv: int = 0,
        mask: bytes | None = None,
        length: int | None = None,
        length_code: int | None = None,
    ) -> None:
        """Sends one frame, see `encode_frame`."""
        await self.send(
            encode_frame(opcode, payload, fin=fin, rsv=rsv, mask=mask, length=length, length_code=length_code)
        )

    async def close(self, code: int | None = 1000, reason: str = "") -> None:
        """Sends a Close frame; an empty one when `code` is None."""
        await self.frame(8, b"" if code is None else struct.pack(">H", code) + reason.encode())

    async def read_frame(self) -> PeerFrame:
        """The next frame from the client. Raises: PeerGone."""
        while (decoded := decode_frame(bytes(self._unread))) is None:
            await self._more()
        frame, size = decoded
        del self._unread[:size]
        self.frames.append(frame)
        return frame

    async def read_until(self, opcode: int) -> PeerFrame:
        """The next frame with `opcode`; those before it are in `frames`. Raises: PeerGone."""
        while (frame := await self.read_frame()).opcode != opcode:
            pass
        return frame

    async def answer_close(self) -> PeerFrame:
        """Waits for the client's Close, echoes it, sends FIN. Returns the client's Close frame."""
        frame = await self.read_until(8)
        await self.frame(8, frame.payload)
        await self.fin()
        return frame

    async def echo(self) -> None:
        """Echoes data frames, answers pings, until the client's Close is answered."""
        while (frame := await self.read_frame()).opcode != 8:
            if frame.opcode != 10:
                opcode = 10 if frame.opcode == 9 else frame.opcode
                await self.frame(opcode, frame.payload, fin=frame.fin, rsv=frame.rsv)
        await self.frame(8, frame.payload)
        await self.fin()

    # -- bytes --

    async def send(self, octets: bytes) -> None:
        """Sends bytes as they are (through TLS where there is one). Raises: ConnectionError."""
        self.sent += octets
        if self._tls is None:
            await asyncio.get_running_loop().sock_sendall(self.sock, octets)
        else:
            self._tls.write(octets)
            await self._flush()

    async def receive(self) -> bytes:
        """Whatever the client sent since; empty once it ended the connection."""
        if not self._unread:
            with contextlib.suppress(PeerGone):
                await self._more()
        return self._take(len(self._unread))

    async def read_exactly(self, count: int) -> bytes:
        """`count` bytes. Raises: PeerGone."""
        while len(self._unread) < count:
            await self._more()
        return self._take(count)

    async def wait_eof(self) -> bytes:
        """Waits until the client ends the connection; what it still sent. See `ended` for how."""
        rest = bytearray()
        while chunk := await self.receive():
            rest += chunk
        return bytes(rest)

    async def fin(self, *, notify: bool = True) -> None:
        """Ends our direction: close_notify (unless `notify` is False) and FIN."""
        with contextlib.suppress(OSError):
            if self._tls is not None and notify:
                with contextlib.suppress(ssl.SSLError):
                    self._tls.unwrap()
                await self._flush()
            self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Ends the connection with RST, not FIN; a script returns after it."""
        if self.sock.fileno() >= 0:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sock.close()

    # -- inside --

    def _take(self, count: int) -> bytes:
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    async def _more(self) -> None:
        chunk = b"" if self.ended or self.sock.fileno() < 0 else await self._read_some()
        if not chunk:
            self.ended = self.ended or "fin"
            raise PeerGone(f"the client ended the connection ({self.ended})")
        self.received += chunk
        self._unread += chunk

    async def _read_some(self) -> bytes:
        if self._tls is None:
            return await self._recv()
        while True:
            try:
                chunk = self._tls.read(65536)
                # OpenSSL gives b"" for close_notify, and Python lets it do so for a bare FIN too.
                self.tls_notified = self.tls_notified or (not chunk and not self._incoming.eof)
                return chunk
            except ssl.SSLWantReadError:
                await self._feed_tls()
            except ssl.SSLZeroReturnError:
                self.tls_notified = True
                await self._recv()
                return b""
            except ssl.SSLEOFError:
                return b""

    async def _recv(self) -> bytes:
        try:
            return await asyncio.get_running_loop().sock_recv(self.sock, 65536)
        except ConnectionError:
            self.ended = "reset"
            return b""

    async def _feed_tls(self) -> None:
        ciphertext = await self._recv()
        if ciphertext:
            self._incoming.write(ciphertext)
        else:
            self._incoming.write_eof()

    async def _flush(self) -> None:
        await asyncio.get_running_loop().sock_sendall(self.sock, self._outgoing.read())

    async def _start_tls(self) -> None:
        if self._context is None:
            return
        tls = self._context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed_tls()
            except ssl.SSLError as failure:
                await self._flush()
                raise PeerGone("the TLS handshake failed") from failure
        await self._flush()
        self._tls = tls


def _head(first_line: str, headers: Headers) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def _readable(sock: socket.socket) -> None:
    """Returns once something has come."""
    loop, come = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(sock.fileno(), come.set)
    try:
        await come.wait()
    finally:
        loop.remove_reader(sock.fileno())


class RawServer:
    """A listening socket; `peers` are its connections so far, oldest first."""

    def __init__(self, script: Script, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        self.host, self.port = sock.getsockname()[:2]
        self.peers: list[Peer] = []
        self.secure = context is not None
        self._script, self._sock, self._context = script, sock, context
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        """`ws://127.0.0.1:PORT/`, or `wss://localhost:PORT/`."""
        return f"wss://localhost:{self.port}/" if self.secure else f"ws://{self.host}:{self.port}/"

    @property
    def peer(self) -> Peer:
        """The connection, where there was only one."""
        (peer,) = self.peers
        return peer

    async def finished(self) -> None:
        """Waits until every script so far has ended; raises what the first failed one raised."""
        if self._tasks:
            await asyncio.gather(*self._tasks)

    async def _listen(self) -> None:
        while True:
            try:
                sock, _ = self._sock.accept()
            except BlockingIOError:
                # Not sock_accept: cancelled as a connection comes, it would lose that, open as it is.
                await _readable(self._sock)
                continue
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer = Peer(sock, self._context)
            self.peers.append(peer)
            self._tasks.append(asyncio.create_task(self._play(peer)))

    async def _play(self, peer: Peer) -> None:
        # The client may leave whenever it wants; what the test expects of it is the test's to assert.
        with peer.sock, contextlib.suppress(ConnectionError):
            await peer._start_tls()
            await self._script(peer)
            await peer.fin()
            await peer.wait_eof()

    async def _stop(self) -> None:
        if not self._tasks:
            return
        _, running = await asyncio.wait(self._tasks, timeout=_GRACE)
        for task in running:
            task.cancel()
        results = await asyncio.gather(*self._tasks, return_exceptions=True)
        for peer in self.peers:
            # A script that was cancelled before its first step never had its socket in hand.
            peer.sock.close()
        for failure in results:
            if isinstance(failure, Exception):
                raise failure


@contextlib.asynccontextmanager
async def raw_server(
    script: Script, *, tls: bool | ssl.SSLContext = False, host: str = "127.0.0.1"
) -> AsyncIterator[RawServer]:
    """Serves `script` to every connection, on a free loopback port; over TLS when `tls` is set."""
    context = server_context() if tls is True else tls or None
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as sock:
        sock.setblocking(False)
        server = RawServer(script, sock, context)
        listening = asyncio.create_task(server._listen())
        try:
            yield server
        finally:
            listening.cancel()
            await asyncio.wait([listening])
            await server._stop()
