"""The server that benchmarks run against: as little work for each message as can be, so it is no brake.

`/flood?count=N&size=S[&deflate=1]` sends N texts of S bytes and closes; `/pace?rate=N` sends N a second, each
with the time (monotonic, seconds); `/echo` echoes; `/sink` takes messages until Close, and puts their number
into its answer. Prints its port. It imports wscli: run it where that is installed.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import struct
import sys
import threading
import time
import zlib
from urllib.parse import parse_qs, urlsplit

from wscli.wire.frame import Frame, encode_frame
from wscli.wire.frames import FrameDecoder
from wscli.wire.runs import MessageRun

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CHUNK = 1 << 20


def main() -> None:
    """Listen on a free loopback port until killed."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=_serve, args=(connection,), daemon=True).start()


def _serve(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = connection.recv(65536)
            if not chunk:
                return
            head += chunk
        try:
            _answer(connection, head)
        except OSError:
            return


def _answer(connection: socket.socket, head: bytes) -> None:
    head, _, rest = head.partition(b"\r\n\r\n")
    target = urlsplit(head.split(b" ", 2)[1].decode())
    query = {name: values[0] for name, values in parse_qs(target.query).items()}
    deflate = "deflate" in query and b"permessage-deflate" in head
    connection.sendall(_accept(head, deflate=deflate))
    if target.path == "/flood":
        _flood(connection, int(query["count"]), int(query["size"]), deflate=deflate)
    elif target.path == "/pace":
        _pace(connection, int(query["rate"]))
    else:
        _receive(connection, rest, echo=target.path == "/echo")


def _accept(head: bytes, *, deflate: bool) -> bytes:
    key = re.search(rb"(?i)sec-websocket-key: *(\S+)", head)
    digest = hashlib.sha1((key[1] if key else b"") + _GUID, usedforsecurity=False).digest()
    lines = [
        b"HTTP/1.1 101 Switching Protocols",
        b"Upgrade: websocket",
        b"Connection: Upgrade",
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest),
    ]
    if deflate:
        lines.append(b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover")
    return b"\r\n".join([*lines, b"", b""])


def _flood(connection: socket.socket, count: int, size: int, *, deflate: bool) -> None:
    payload = (b'{"n":1,"symbol":"ABC","price":"1234.56","text":"' + b"x" * size)[:size]
    frame = encode_frame(1, payload)
    if deflate:
        squeezer = zlib.compressobj(wbits=-15)
        squeezed = squeezer.compress(payload) + squeezer.flush(zlib.Z_SYNC_FLUSH)
        frame = encode_frame(1, squeezed[:-4], rsv1=True)
    at_once = max(1, _CHUNK // len(frame))
    whole = frame * at_once
    for _ in range(count // at_once):
        connection.sendall(whole)
    connection.sendall(frame * (count % at_once))
    connection.sendall(encode_frame(8, struct.pack("!H", 1000)))
    # The answer to our Close, or the end; then TCP is the server's to close (RFC 6455 §7.1.1).
    connection.recv(65536)


def _pace(connection: socket.socket, rate: int) -> None:
    """In bursts of five milliseconds; a reader that lags makes the rate lower, never the stamps older."""
    burst = max(1, rate // 200)
    due = time.monotonic()
    while True:
        stamped = f'{{"symbol":"ABC","price":1234.56,"text":"{"x" * 40}","note":"at={time.monotonic():.6f}"}}'
        connection.sendall(encode_frame(1, stamped.encode()) * burst)
        due = max(due + burst / rate, time.monotonic() - 0.1)
        time.sleep(max(0.0, due - time.monotonic()))


def _receive(connection: socket.socket, rest: bytes, *, echo: bool) -> None:
    decoder = FrameDecoder(masked=True, limit=1 << 30)
    count, chunk = 0, rest or connection.recv(_CHUNK)
    while chunk:
        for item in decoder.feed(chunk):
            if isinstance(item, MessageRun):
                count += len(item)
                if echo:
                    opcode = 1 if item.type == "text" else 2
                    connection.sendall(b"".join(encode_frame(opcode, payload) for payload in item.payloads))
            elif _control(connection, item, count, echo=echo):
                return
            else:
                count += item.opcode in (1, 2)
        chunk = connection.recv(_CHUNK)


def _control(connection: socket.socket, frame: Frame, count: int, *, echo: bool) -> bool:
    """Answer a frame that is not part of a run; whether the connection is over."""
    if frame.opcode == 8:
        connection.sendall(encode_frame(8, struct.pack("!H", 1000) + str(count).encode()))
        print(count, file=sys.stderr, flush=True)
        return True
    if frame.opcode == 9:
        connection.sendall(encode_frame(10, frame.payload))
    elif echo:
        connection.sendall(encode_frame(frame.opcode, frame.payload, fin=frame.fin))
    return False


if __name__ == "__main__":
    main()
