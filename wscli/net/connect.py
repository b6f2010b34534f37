"""TCP and Unix connections: every address tried as RFC 8305 says, every attempt timed and kept."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

import msgspec

from ..errors import ConnectFailed
from ..events import Attempt, Clock
from .progress import milliseconds
from .resolve import Endpoint
from .stream import address_text

# RFC 8305 §5: the recommended Connection Attempt Delay.
STAGGER_SECONDS = 0.25

_REASONS = {
    errno.ECONNREFUSED: "refused: nothing listens on {where}",
    errno.ENETUNREACH: "there is no route to the network of {where}",
    errno.EHOSTUNREACH: "there is no route to {where}",
    errno.ETIMEDOUT: "no answer from {where}",
    errno.ECONNRESET: "{where} reset the connection",
    errno.EADDRNOTAVAIL: "no address of this machine can reach {where}",
    errno.EACCES: "the system does not allow a connection to {where}",
    errno.EPERM: "the system does not allow a connection to {where}",
    errno.EINVAL: "the system takes {where} for no address that it can connect to",
    errno.ENOENT: "there is no socket at {where}",
    errno.EMFILE: "too many files are open in this process",
}
_HINTS = {
    errno.ECONNREFUSED: "is the server running, and is the port right?",
    errno.ENETUNREACH: "check the network connection; -4 or -6 picks the address family",
    errno.EHOSTUNREACH: "check the address and the network connection; -4 or -6 picks the address family",
    errno.ETIMEDOUT: "is the address right, and does a firewall drop the packets?",
    errno.ECONNRESET: "something on the way, such as a firewall, may forbid the connection",
    errno.EACCES: "check the rights on the socket, or the local firewall",
    errno.EPERM: "check the local firewall",
    errno.EINVAL: "a link-local IPv6 address needs its zone: ws://[fe80::1%25eth0]/",
    errno.ENOENT: "check the path, and whether the server is running",
}

_UNIX_HINTS = {errno.ECONNREFUSED: "is it a socket, and does the server run that listens on it?"}


class Connection(msgspec.Struct, frozen=True):
    """A connected socket, where it leads, and every attempt that was made on the way, in order."""

    sock: socket.socket
    endpoint: Endpoint
    attempts: tuple[Attempt, ...]


class _Try(msgspec.Struct):
    endpoint: Endpoint
    started: float
    task: asyncio.Task[socket.socket]
    ended: float | None = None

    def failure(self) -> OSError | None:
        """Why this attempt failed; None while it runs, and for one that connected or was called off."""
        if not self.task.done() or self.task.cancelled():
            return None
        error = self.task.exception()
        return error if isinstance(error, OSError) else None

    def connected(self) -> bool:
        return self.task.done() and not self.task.cancelled() and self.task.exception() is None


async def connect(host: str, endpoints: Sequence[Endpoint], clock: Clock) -> Connection:
    """The first connection that stands (RFC 8305 §5: families in turn, a new attempt every 250 ms).

    Cancelled or failed, it leaves no socket behind. `host` is what the user called it, for messages.

    Raises: ConnectFailed, which names each address and the reason.
    """
    tries: list[_Try] = []
    try:
        winner = await _race(_interleave(endpoints), tries, clock)
        await _call_off(tries, winner, clock)
    except BaseException:
        _discard(tries, None)
        raise
    if winner is None:
        raise _explain(host, tries)
    attempts = tuple(_attempt(each, winner) for each in tries)
    return Connection(winner.task.result(), winner.endpoint, attempts)


async def connect_unix(path: str, clock: Clock) -> Connection:
    """A connection to the Unix socket at `path`.

    Raises: ConnectFailed.
    """
    endpoint = Endpoint(socket.AF_UNIX, (path, 0))
    started = clock.now()
    try:
        sock = await _connect_one(socket.AF_UNIX, path)
    except OSError as failure:
        code = failure.errno or 0
        raise ConnectFailed(
            f"could not connect to the Unix socket: {_reason(failure, path)}",
            hint=_UNIX_HINTS.get(code) or _HINTS.get(code, ""),
        ) from failure
    attempt = Attempt(address=path, duration_ms=milliseconds(clock.now() - started), error=None)
    return Connection(sock, endpoint, (attempt,))


def _interleave(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """RFC 8305 §4: the family of the first address goes first, then the families take turns."""
    if not endpoints:
        return []
    first = [each for each in endpoints if each.family == endpoints[0].family]
    others = [each for each in endpoints if each.family != endpoints[0].family]
    return [each for each in chain.from_iterable(zip_longest(first, others)) if each is not None]


async def _race(queue: list[Endpoint], tries: list[_Try], clock: Clock) -> _Try | None:
    for position, endpoint in enumerate(queue):
        task = asyncio.create_task(_connect_one(endpoint.family, endpoint.address))
        tries.append(_Try(endpoint, clock.now(), task))
        last = position == len(queue) - 1
        winner = await _wait_for_turn(tries, clock, None if last else STAGGER_SECONDS)
        if winner is not None:
            return winner
    return None


async def _wait_for_turn(tries: list[_Try], clock: Clock, seconds: float | None) -> _Try | None:
    """The attempt that connected; None when the next one may start: time is up, or the newest has failed."""
    deadline = None if seconds is None else clock.now() + seconds
    while pending := [each.task for each in tries if not each.task.done()]:
        left = None if deadline is None else max(0.0, deadline - clock.now())
        done, _ = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        winner = _note_ends(tries, clock)
        if winner is not None or not done:
            return winner
        # RFC 8305 §5: a failure starts the next attempt at once.
        if deadline is not None:
            return None
    return _note_ends(tries, clock)


def _note_ends(tries: list[_Try], clock: Clock) -> _Try | None:
    for each in tries:
        if each.task.done() and each.ended is None:
            each.ended = clock.now()
    return next((each for each in tries if each.connected()), None)


async def _call_off(tries: list[_Try], winner: _Try | None, clock: Clock) -> None:
    _discard(tries, winner)
    losers = [each.task for each in tries if each is not winner]
    if losers:
        await asyncio.wait(losers)
    _note_ends(tries, clock)


def _discard(tries: list[_Try], winner: _Try | None) -> None:
    for each in tries:
        if each is winner:
            continue
        if each.connected():
            each.task.result().close()
        each.task.cancel()


async def _connect_one(family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


def _attempt(each: _Try, winner: _Try) -> Attempt:
    failure = each.failure()
    if each is winner:
        error = None
    elif failure is not None:
        error = _reason(failure, address_text(each.endpoint.host, each.endpoint.port))
    else:
        error = "called off: another address was faster"
    return Attempt(address=each.endpoint.host, duration_ms=_duration(each), error=error)


def _duration(each: _Try) -> float:
    return milliseconds((each.ended if each.ended is not None else each.started) - each.started)


def _reason(failure: OSError, where: str) -> str:
    text = _REASONS.get(failure.errno or 0)
    if text is not None:
        return text.format(where=where)
    return f"{where}: {os.strerror(failure.errno) if failure.errno else failure}"


def _explain(host: str, tries: list[_Try]) -> ConnectFailed:
    failures = [(each, failure) for each in tries if (failure := each.failure()) is not None]
    if not failures:
        return ConnectFailed(f"could not connect to {host}: no address to try")
    reasons = "; ".join(
        _reason(failure, address_text(each.endpoint.host, each.endpoint.port)) for each, failure in failures
    )
    target = address_text(host, tries[0].endpoint.port)
    hint = next((text for _, failure in failures if (text := _HINTS.get(failure.errno or 0))), "")
    return ConnectFailed(f"could not connect to {target}: {reasons}", hint=hint)
