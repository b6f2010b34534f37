"""`wscli close`: performs and judges the closing handshake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from .environment import Environment
from .expectations import ClosingExpectations, expecting
from .options import SharedOptions, UrlArgument, command
from .settings import build_settings

if TYPE_CHECKING:
    from ..config import Target
    from ..probes.report import Report
    from .run import Runtime

EXAMPLES: Final = "Example: wscli close wss://example.com/ws --code 4001 --reason 'going away'"


@command
@expecting
def main(
    context: typer.Context,
    url: UrlArgument,
    shared: SharedOptions,
    expected: ClosingExpectations,
    code: Annotated[
        int, typer.Option("--code", metavar="CODE", help="The close code to send: 1000–1014 or 3000–4999.")
    ] = 1000,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="The reason to send (at most 123 bytes).")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Send a code that RFC 6455 forbids, too.")] = False,
) -> int:
    """Open a connection, send Close, and judge what comes back (RFC 6455 §5.5.1 and §7)."""
    from ..probes.close import close_options, probe
    from .wiring import expecting_body, run_connected

    environment: Environment = context.obj
    settings = build_settings(url, shared, environment)
    expectations = expected.build()
    options = close_options(code, reason, force=force)

    async def close(runtime: Runtime, target: Target) -> Report:
        return await probe(target, runtime.journal, runtime.stop, options, ok_close=settings.ok_close)

    return run_connected(expecting_body(close, expectations), settings, environment, name="close")
