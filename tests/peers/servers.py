"""Echo servers that others wrote, each an async context manager that gives its URL; all on loopback.

They echo text as text and binary as binary (websocat: one of them), and answer Close. `compression` turns
permessage-deflate on where the server has it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path

from .tls import server_context

# How often a port that was free may be taken before a program listens on it.
_TRIES = 5


@contextlib.asynccontextmanager
async def websockets_server(*, compression: bool = True, tls: bool = False) -> AsyncIterator[str]:
    """websockets' own server; over TLS with the test authority's certificate when `tls` is set."""
    from websockets.asyncio.server import ServerConnection, serve
    from websockets.exceptions import ConnectionClosed

    async def echo(connection: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for message in connection:
                await connection.send(message)

    async with serve(
        echo,
        "127.0.0.1",
        0,
        compression="deflate" if compression else None,
        ssl=server_context() if tls else None,
        max_size=None,
        close_timeout=0.5,
    ) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"wss://localhost:{port}/" if tls else f"ws://127.0.0.1:{port}/"


@contextlib.asynccontextmanager
async def aiohttp_server(*, compression: bool = True) -> AsyncIterator[str]:
    """aiohttp's server."""
    from aiohttp import WSMsgType, web

    async def echo(request: web.Request) -> web.WebSocketResponse:
        connection = web.WebSocketResponse(compress=compression, max_msg_size=0, timeout=0.5)
        await connection.prepare(request)
        async for message in connection:
            if message.type is WSMsgType.TEXT:
                await connection.send_str(message.data)
            elif message.type is WSMsgType.BINARY:
                await connection.send_bytes(message.data)
        return connection

    application = web.Application()
    application.router.add_get("/{path:.*}", echo)
    runner = web.AppRunner(application, shutdown_timeout=0.5, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def tornado_server(*, compression: bool = True) -> AsyncIterator[str]:
    """Tornado's server."""
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets
    from tornado.web import Application
    from tornado.websocket import WebSocketHandler

    handlers: set[WebSocketHandler] = set()

    class Echo(WebSocketHandler):
        def get_compression_options(self) -> dict[str, object] | None:
            return {} if compression else None

        def open(self, *args: str, **kwargs: str) -> None:
            handlers.add(self)

        async def on_message(self, message: str | bytes) -> None:
            await self.write_message(message, binary=isinstance(message, bytes))

        def on_close(self) -> None:
            handlers.discard(self)

    sockets = bind_sockets(0, "127.0.0.1")
    server = HTTPServer(Application([("/.*", Echo)], websocket_max_message_size=2**31))
    server.add_sockets(sockets)
    try:
        yield f"ws://127.0.0.1:{sockets[0].getsockname()[1]}/"
    finally:
        server.stop()
        await server.close_all_connections()
        for handler in list(handlers):
            if handler.ws_connection is not None:
                handler.ws_connection.client_terminated = True
            handler.close()
        while handlers:  # noqa: ASYNC110 - Tornado announces the end of a connection by on_close alone
            await asyncio.sleep(0.002)


@contextlib.asynccontextmanager
async def websocat_server(*, binary: bool = False) -> AsyncIterator[str]:
    """The websocat binary, listening as `websocat -s` does, but mirroring instead of using a terminal.

    It has no permessage-deflate, and sends everything back as text, or as binary when `binary` is set.
    """
    program = str(Path(sys.executable).with_name("websocat"))
    for _ in range(_TRIES):
        port = _free_port()
        options = ["-E", "--stdout-announce-listening-ports", "--binary" if binary else "--text"]
        async with _program(program, *options, f"ws-l:127.0.0.1:{port}", "mirror:") as process:
            if await _first_line(process):
                yield f"ws://127.0.0.1:{port}/"
                return
    raise RuntimeError("websocat found no free port")


_NODE_SCRIPT = """
const { WebSocketServer } = require('ws');
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: 0,
                                     perMessageDeflate: JSON.parse(process.argv[1]) });
server.on('connection', (client) => {
  client.on('message', (message, isBinary) => client.send(message, { binary: isBinary }));
});
server.on('listening', () => console.log(server.address().port));
"""


@contextlib.asynccontextmanager
async def node_ws_server(*, compression: bool = True) -> AsyncIterator[str]:
    """Node's `ws`; needs node, and `ws` where NODE_PATH says (tests that use it are marked `system`)."""
    async with _program("node", "-e", _NODE_SCRIPT, json.dumps(compression), stderr=PIPE) as process:
        port = await _first_line(process)
        if not port:
            assert process.stderr is not None
            problem = (await process.stderr.read()).decode(errors="replace")
            raise RuntimeError(f"node did not start its server; is NODE_PATH set to where ws is?\n{problem}")
        yield f"ws://127.0.0.1:{int(port)}/"


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


async def _first_line(process: Process) -> bytes:
    """The line with which a program says that it listens; empty when it ended instead."""
    assert process.stdout is not None
    return await process.stdout.readline()


@contextlib.asynccontextmanager
async def _program(*command: str, stderr: int = DEVNULL) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=DEVNULL, stdout=PIPE, stderr=stderr, env=dict(os.environ)
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()
