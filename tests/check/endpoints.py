"""Many endpoints in one process: `python -m tests.check.endpoints N` listens on N ports and names them."""

from __future__ import annotations

import asyncio
import contextlib
import sys

from tests.peers.framing import accept_for, decode_frame, encode_frame, parse_request


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Echoes until the Close, which it answers."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        request = parse_request(await reader.readuntil(b"\r\n\r\n"))
        accept = accept_for(request.get("Sec-WebSocket-Key") or "")
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept.encode() + b"\r\n\r\n"
        )
        unread = b""
        while chunk := await reader.read(65536):
            unread += chunk
            while (decoded := decode_frame(unread)) is not None:
                frame, size = decoded
                unread = unread[size:]
                writer.write(encode_frame(frame.opcode, frame.payload))
                if frame.opcode == 8:
                    writer.close()
                    return
    writer.close()


async def main(count: int) -> None:
    servers = [await asyncio.start_server(serve, "127.0.0.1", 0) for _ in range(count)]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
