"""`wscli ping`: WebSocket round-trip times, in the manner of ping(8)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ..config import parse_duration, parse_size
from ..errors import UsageError
from .environment import Environment
from .expectations import OpeningExpectations, expecting
from .options import SharedOptions, UrlArgument, command
from .settings import build_settings, parsed

if TYPE_CHECKING:
    from ..config import Target
    from ..probes.report import Report
    from .run import Runtime

EXAMPLES: Final = "Example: wscli ping wss://example.com/ws -c 10 -i 200ms --max-rtt 50"

# RFC 6455 §5.5: the payload of a control frame.
_MOST_PAYLOAD: Final = 125


@command
@expecting
def main(
    context: typer.Context,
    url: UrlArgument,
    shared: SharedOptions,
    expected: OpeningExpectations,
    count: Annotated[
        int, typer.Option("-c", "--count", metavar="N", min=0, help="Send N pings; 0 goes on until Ctrl-C.")
    ] = 4,
    interval: Annotated[
        str, typer.Option("-i", "--interval", metavar="DURATION", help="From one ping to the next.")
    ] = "1s",
    wait: Annotated[
        str,
        typer.Option("-W", "--wait", metavar="DURATION", help="After this without its pong a ping is lost."),
    ] = "5s",
    payload: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What each ping carries (at most 125 bytes).")
    ] = None,
    size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Carry this many bytes (at most 125).")
    ] = None,
    max_rtt: Annotated[
        str | None, typer.Option(metavar="MS", help="Exit 1 if any pong takes longer, in milliseconds.")
    ] = None,
    max_loss: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Exit 1 if more pings than this are lost.")
    ] = None,
) -> int:
    """Send pings, measure the time to each pong, sum up in ping(8)'s form."""
    from ..probes.ping import DEFAULT_SIZE, PingOptions, probe
    from .wiring import expecting_body, run_connected

    environment: Environment = context.obj
    settings = build_settings(url, shared, environment)
    expectations = expected.build()
    options = PingOptions(
        count=count,
        interval=parsed("--interval", parse_duration, interval),
        wait=parsed("--wait", parse_duration, wait),
        payload=_payload(payload, size),
        size=DEFAULT_SIZE if size is None else _size(size),
        max_rtt_ms=None if max_rtt is None else _milliseconds(max_rtt),
        max_loss_percent=None if max_loss is None else _percent(max_loss),
    )

    async def ping(runtime: Runtime, target: Target) -> Report:
        return await probe(target, runtime.journal, runtime.stop, options, ok_close=settings.ok_close)

    return run_connected(expecting_body(ping, expectations), settings, environment, name="ping")


def _payload(text: str | None, size: str | None) -> bytes | None:
    """The payload of each ping; None leaves it to the probe."""
    if text is None:
        return None
    if size is not None:
        raise UsageError("--payload and --size contradict each other")
    payload = text.encode(errors="surrogateescape")
    _check_length("--payload", len(payload))
    return payload


def _size(text: str) -> int:
    length = parsed("--size", parse_size, text)
    _check_length("--size", length)
    return length


def _check_length(option: str, length: int) -> None:
    if length > _MOST_PAYLOAD:
        raise UsageError(
            f"{option}: {length} bytes are too many for a ping", hint="125 is the most (RFC 6455 §5.5)"
        )


def _milliseconds(text: str) -> float:
    """A bare number is milliseconds here, as the option's name says; a unit counts where there is one."""
    bare = text.strip().replace(".", "", 1).isdecimal()
    return round(parsed("--max-rtt", parse_duration, f"{text.strip()}ms" if bare else text) * 1000, 6)


def _percent(text: str) -> float:
    try:
        percent = float(text.strip().removesuffix("%"))
    except ValueError:
        percent = math.nan
    if not 0 <= percent <= 100:
        raise UsageError("--max-loss: not a percentage", hint="write a number from 0 to 100")
    return percent
