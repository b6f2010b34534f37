from __future__ import annotations

import asyncio
import socket
import threading

import pytest

from wscli.errors import ResolveFailed, UsageError
from wscli.net.resolve import resolve


@pytest.mark.parametrize(
    ("host", "family", "address"),
    [("127.0.0.1", 0, "127.0.0.1"), ("127.0.0.1", 4, "127.0.0.1"), ("::1", 0, "::1"), ("::1", 6, "::1")],
)
async def test_an_address_is_taken_as_it_is(host: str, family: int, address: str) -> None:
    (endpoint,) = await resolve(host, 8080, family)
    assert (endpoint.host, endpoint.port) == (address, 8080)


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", 6), ("::1", 4)])
async def test_an_address_of_the_other_family_is_a_usage_error(host: str, family: int) -> None:
    with pytest.raises(UsageError, match=f"-{family}"):
        await resolve(host, 80, family)


async def test_only_the_family_asked_for_is_given() -> None:
    endpoints = await resolve("localhost", 80, 4)
    assert {endpoint.family for endpoint in endpoints} == {socket.AF_INET}
    assert len(endpoints) == len(set(endpoints))


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 64 + ".invalid", "..", "x." * 200])
async def test_an_unknown_name_says_so(host: str) -> None:
    with pytest.raises(ResolveFailed) as caught:
        await resolve(host, 80)
    assert caught.value.message.startswith(f"could not resolve {host}: ")
    assert caught.value.hint


async def test_a_slow_name_server_holds_up_neither_the_deadline_nor_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    release = threading.Event()
    asked = threading.Event()
    real = socket.getaddrinfo

    def slow(host: str, port: int, *args: int, **flags: int) -> object:
        if flags:
            return real(host, port, *args, **flags)
        asked.set()
        release.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    looking = asyncio.create_task(resolve("slow.example", 80))
    assert await asyncio.to_thread(asked.wait, 30)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    # The late answer finds nobody, and disturbs nobody.
    release.set()
    for thread in threading.enumerate():
        if thread.name.startswith("resolve"):
            assert thread.daemon
            thread.join(30)
