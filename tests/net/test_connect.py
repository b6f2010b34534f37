from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from wscli.errors import ConnectFailed
from wscli.events import Clock
from wscli.net.connect import connect, connect_unix
from wscli.net.resolve import Endpoint


def endpoint(host: str, port: int) -> Endpoint:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return Endpoint(family, (host, port, 0, 0) if ":" in host else (host, port))


@contextmanager
def free_port() -> Iterator[int]:
    """A port that refuses: bound, so that nobody else gets it, but not listened on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextmanager
def deaf_port(host: str = "127.0.0.1") -> Iterator[int]:
    """A port whose connections hang: its backlog is full."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind((host, 0))
        listener.listen(0)
        address = listener.getsockname()
        for _ in range(8):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address[1]


async def test_a_refused_connection_names_address_port_and_remedy() -> None:
    with free_port() as port, pytest.raises(ConnectFailed) as caught:
        await connect("localhost", [endpoint("127.0.0.1", port)], Clock())
    assert caught.value.message == (
        f"could not connect to localhost:{port}: refused: nothing listens on 127.0.0.1:{port}"
    )
    assert "server running" in caught.value.hint


async def test_every_address_that_failed_is_named() -> None:
    with free_port() as port, pytest.raises(ConnectFailed) as caught:
        await connect("x", [endpoint("127.0.0.1", port), endpoint("::1", port)], Clock())
    assert f"127.0.0.1:{port}" in caught.value.message
    assert f"[::1]:{port}" in caught.value.message


async def test_each_attempt_is_listed_with_its_time_and_error() -> None:
    with free_port() as closed, socket.create_server(("127.0.0.1", 0)) as listener:
        open_port = listener.getsockname()[1]
        connection = await connect(
            "x", [endpoint("127.0.0.1", closed), endpoint("127.0.0.1", open_port)], Clock()
        )
        with connection.sock:
            first, second = connection.attempts
    assert connection.endpoint.port == open_port
    assert (first.error or "").startswith("refused")
    assert second.error is None
    assert second.duration_ms > 0


async def test_a_silent_address_is_overtaken_by_the_next() -> None:
    with deaf_port() as deaf, socket.create_server(("127.0.0.1", 0)) as listener:
        connection = await connect(
            "x", [endpoint("127.0.0.1", deaf), endpoint(*listener.getsockname())], Clock()
        )
        with connection.sock:
            silent, winner = connection.attempts
    assert silent.error == "called off: another address was faster"
    assert winner.error is None


async def test_families_take_turns_beginning_with_the_first() -> None:
    hosts = ["::1", "::2", "::3", "127.0.0.1", "127.0.0.2"]
    with free_port() as port, pytest.raises(ConnectFailed) as caught:
        await connect("x", [endpoint(host, port) for host in hosts], Clock())
    order = ["[::1]", "127.0.0.1", "[::2]", "127.0.0.2", "[::3]"]
    places = [caught.value.message.index(host + ":") for host in order]
    assert places == sorted(places)


async def test_cancelled_while_connecting_it_leaves_no_task() -> None:
    # What it leaves of sockets, the ResourceWarning would tell.
    with deaf_port() as deaf:
        connecting = asyncio.create_task(
            connect("x", [endpoint("127.0.0.1", deaf), endpoint("127.0.0.1", deaf)], Clock())
        )
        await asyncio.sleep(0.01)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting


async def test_a_missing_unix_socket_names_its_path(tmp_path: object) -> None:
    path = f"{tmp_path}/none"
    with pytest.raises(ConnectFailed, match=path):
        await connect_unix(path, Clock())
