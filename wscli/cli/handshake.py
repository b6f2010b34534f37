"""`wscli handshake`: opens, dissects the opening handshake, closes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import typer

from .environment import Environment
from .expectations import OpeningExpectations, expecting
from .options import SharedOptions, UrlArgument, command
from .settings import build_settings

if TYPE_CHECKING:
    from ..config import Target
    from ..probes.report import Report
    from .run import Runtime

EXAMPLES: Final = "Example: wscli handshake wss://example.com/ws -s graphql-transport-ws"


@command
@expecting
def main(
    context: typer.Context, url: UrlArgument, shared: SharedOptions, expected: OpeningExpectations
) -> int:
    """Open a connection, show request and response byte for byte, judge them, close with 1000."""
    from .wiring import expecting_body, run_connected

    environment: Environment = context.obj
    settings = build_settings(url, shared, environment)
    expectations = expected.build()

    async def handshake(runtime: Runtime, target: Target) -> Report:
        from ..probes.handshake import probe

        return await probe(target, runtime.journal, runtime.stop, ok_close=settings.ok_close)

    return run_connected(expecting_body(handshake, expectations), settings, environment, name="handshake")
