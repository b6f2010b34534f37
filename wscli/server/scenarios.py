"""The scenarios: what the embedded server does with a connection (contract §1), and how one is chosen.

A scenario is a coroutine over an open connection; it ends when it returns (Close 1000) or when the client
leaves (`ConnectionClosed`). Limits, origins and the life of the server itself are in serve.py.
"""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from ..config import parse_duration, parse_size
from ..errors import UsageError

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection

DEFAULT_SCENARIO: Final = "echo"
CHAT_LENGTH: Final = 50
MAX_FLOOD_SIZE: Final = 64 * 1024**2

# What one write hands to the transport: enough to make the cost of a write vanish, small beside a cache.
_BATCH_BYTES: Final = 256 * 1024
_UNANSWERED_PINGS: Final = 50


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a scenario's query may give: how it is read, and what stands when it is missing."""

    parse: Callable[[str], Any]
    default: Any


@dataclass(frozen=True, slots=True)
class Scenario:
    """One behaviour of the server; `summary` says it in a line.

    Where `listens` is not set the client's messages go nowhere; a `deaf` one takes not even control frames.
    `refusal` is the status and the JSON body that answer the opening handshake in place of 101.
    """

    name: str
    summary: str
    play: Callable[..., Awaitable[None]]
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    listens: bool = True
    deaf: bool = False
    refusal: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A scenario with the values that its query gave."""

    scenario: Scenario
    values: Mapping[str, Any]

    async def play(self, connection: ServerConnection) -> None:
        """Runs the scenario. Raises: websockets' ConnectionClosed once the client is gone."""
        await self.scenario.play(connection, **self.values)


async def _echo(connection: ServerConnection) -> None:
    async for message in connection:
        await connection.send(message)


async def _hello(connection: ServerConnection, delay: float) -> None:
    import asyncio

    await _greet(connection)
    try:
        async with asyncio.timeout(delay):
            while True:
                await _greet(connection)
    except TimeoutError:
        await connection.close(1000, "Bye!")


async def _greet(connection: ServerConnection) -> None:
    message = await connection.recv()
    name = message if isinstance(message, str) else message.decode("utf-8", "replace")
    await connection.send(f"Hello from server, {name}!")


async def _chat(connection: ServerConnection) -> None:
    from websockets.asyncio.server import broadcast

    async for message in connection:
        everyone = [one for one in connection.server.connections if getattr(one, "scenario", None) == "chat"]
        broadcast(everyone, message[:CHAT_LENGTH])
        for one in everyone:
            shed_if_stuck(one)


async def _ticker(connection: ServerConnection, interval: float) -> None:
    import asyncio
    import itertools
    import json
    from datetime import UTC, datetime

    for n in itertools.count(1):
        utc = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds")
        await connection.send(json.dumps({"n": n, "time": utc + "Z"}))
        await asyncio.sleep(interval)


async def _close(connection: ServerConnection, code: int, reason: str) -> None:
    await connection.close(code, reason)


async def _fragments(connection: ServerConnection) -> None:
    await connection.send(
        _in_fragments(connection, b"one message in four frames, a ping among them"), text=True
    )
    async for message in connection:
        text = isinstance(message, str)
        await connection.send(
            _in_fragments(connection, message.encode() if isinstance(message, str) else message), text=text
        )


async def _in_fragments(connection: ServerConnection, payload: bytes) -> AsyncIterator[bytes]:
    # Cut at bytes, not at characters: RFC 6455 §5.6 lets a fragment end inside a character. websockets
    # sets FIN on an empty fourth frame.
    third = max(1, -(-len(payload) // 3))
    yield payload[:third]
    await connection.ping(b"between fragments")
    yield payload[third : 2 * third]
    yield payload[2 * third :]


async def _ping(connection: ServerConnection, interval: float) -> None:
    import asyncio

    pinging = asyncio.create_task(_ping_forever(connection, interval))
    try:
        await _echo(connection)
    finally:
        pinging.cancel()
        await asyncio.wait([pinging])


async def _ping_forever(connection: ServerConnection, interval: float) -> None:
    import asyncio
    import itertools

    from websockets.exceptions import ConnectionClosed

    waiting: list[Awaitable[float]] = []
    try:
        for n in itertools.count(1):
            waiting = [pong for pong in waiting if not asyncio.isfuture(pong) or not pong.done()]
            if len(waiting) >= _UNANSWERED_PINGS:
                return await connection.close(1008, f"{_UNANSWERED_PINGS} pings without a pong")
            waiting.append(await connection.ping(f"ping {n}"))
            await asyncio.sleep(interval)
    except ConnectionClosed:
        return None


async def _silent(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def _refused(_: ServerConnection) -> None:
    raise RuntimeError("a refused handshake has no connection")


async def _flood(connection: ServerConnection, count: int, size: int) -> None:
    import asyncio

    payload = (b"abcdefghijklmnopqrstuvwxyz" * (size // 26 + 1))[:size]
    left: float = count or math.inf
    async with connection.send_context():
        first, frame = _frame_of(connection, payload), _frame_of(connection, payload)
        connection.transport.write(first)
    left -= 1
    most = max(1, _BATCH_BYTES // len(frame))
    batch = frame * int(min(most, left))
    while left:
        # Frames go to the transport in batches: one `send()` a message costs 13 µs, a frame in a batch 0.03.
        # `send_context` looks at the connection's state before and drains after.
        async with connection.send_context():
            connection.transport.write(batch if left >= most else frame * int(left))
        left -= min(most, left)
        # A reader that keeps up never makes drain() wait: let Close and the other connections in.
        await asyncio.sleep(0)


def _frame_of(connection: ServerConnection, payload: bytes) -> bytes:
    # Through the negotiated extension. Once `payload` is in the window, the same bytes mean it again however
    # often they are repeated: what they refer back to is the same text (RFC 7692 §7.2.3.2).
    connection.protocol.send_text(payload)
    return b"".join(connection.protocol.data_to_send())


def shed_if_stuck(connection: ServerConnection, limit: int = 4 * 1024**2) -> None:
    """Drops a client that let over `limit` bytes (default 4 MiB) pile up unread: memory stays bounded."""
    if connection.transport.get_write_buffer_size() > limit:
        connection.transport.abort()


def _parse_count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise UsageError(f"{text!r} is not a count", hint="write a whole number; 0 goes on until you leave")
    return int(text)


def _parse_flood_size(text: str) -> int:
    size = parse_size(text)
    if size > MAX_FLOOD_SIZE:
        raise UsageError(f"{text!r} is over the largest message of the flood", hint="at most 64M")
    return size


def _parse_interval(text: str) -> float:
    interval = parse_duration(text)
    if interval < 0.001:
        raise UsageError(f"{text!r} is too short an interval", hint="at least 1ms")
    return interval


def _parse_code(text: str) -> int:
    from ..wire.closecodes import why_not

    hint = "use 1000–1003, 1007–1014 or 3000–4999"
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise UsageError(f"{text!r} is not a close code", hint=hint)
    if why := why_not(int(text)):
        raise UsageError(f"close code {text} may not be sent: {why}", hint=hint)
    return int(text)


def _parse_reason(text: str) -> str:
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > 123:
        raise UsageError(
            f"the close reason has {size} bytes; a Close frame holds 123 (RFC 6455 §5.5)", hint="shorten it"
        )
    return text


_REFUSAL = '{"error": "forbidden", "message": "the scenario reject refuses every opening handshake"}\n'

_SCENARIOS: Final = {
    scenario.name: scenario
    for scenario in (
        Scenario("echo", "echoes text and binary as received", _echo),
        Scenario(
            "hello",
            "greets the name you send, closes with 1000 Bye! five seconds later",
            _hello,
            {"delay": Parameter(parse_duration, 5.0)},
        ),
        Scenario("chat", "broadcasts each message, cut to 50 characters, to every client", _chat),
        Scenario(
            "ticker",
            "sends a JSON message every 100 ms",
            _ticker,
            {"interval": Parameter(_parse_interval, 0.1)},
            listens=False,
        ),
        Scenario("reject", "refuses the handshake: 403 with a JSON body", _refused, refusal=(403, _REFUSAL)),
        Scenario(
            "close",
            "closes at once: close?code=4001&reason=nope",
            _close,
            {"code": Parameter(_parse_code, 1000), "reason": Parameter(_parse_reason, "")},
            listens=False,
        ),
        Scenario("fragments", "sends and echoes in fragments, pings between them", _fragments),
        Scenario(
            "ping", "pings every 200 ms, and echoes", _ping, {"interval": Parameter(_parse_interval, 0.2)}
        ),
        Scenario("silent", "accepts, then never answers anything, not even Close", _silent, deaf=True),
        Scenario(
            "flood",
            "sends messages as fast as it can: flood?count=100000&size=100",
            _flood,
            {"count": Parameter(_parse_count, 100_000), "size": Parameter(_parse_flood_size, 100)},
            listens=False,
        ),
    )
}
SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType(_SCENARIOS)


def choose(name: str, query: str = "") -> Choice:
    """The scenario `name` with the values in `query` (as in a URL, percent-encoded).

    Raises: UsageError, which names the choices or the nearest one; it repeats no value of an unknown name.
    """
    scenario = SCENARIOS.get(name)
    if scenario is None:
        raise UsageError(f"there is no scenario {name!r}", hint=_suggest(name, SCENARIOS, "choose one of"))
    given: dict[str, Any] = {}
    for key, text in parse_qsl(query, keep_blank_values=True):
        if key not in scenario.parameters:
            known = _suggest(key, scenario.parameters, "it takes")
            raise UsageError(f"the scenario {name} takes no {key!r}", hint=known)
        if key in given:
            raise UsageError(f"the scenario {name} is given {key!r} twice", hint="give it once")
        given[key] = scenario.parameters[key].parse(text)
    defaults = {key: parameter.default for key, parameter in scenario.parameters.items()}
    return Choice(scenario, defaults | given)


def _suggest(given: str, known: Mapping[str, object], lead: str) -> str:
    from difflib import get_close_matches

    if nearest := get_close_matches(given.lower(), known, 1):
        return f"did you mean {nearest[0]}?"
    return f"{lead} {', '.join(known)}" if known else "it takes no values"
