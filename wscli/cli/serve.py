"""`wscli serve`: the embedded server, until a signal ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from ..config import Format, OutputOptions
from .environment import Environment

if TYPE_CHECKING:
    from ..probes.report import Report
    from .run import Runtime

EXAMPLES: Final = "Example: wscli serve hello --port 8765, or: wscli serve 'flood?count=1000&size=1k'"


def main(
    context: typer.Context,
    scenario: Annotated[
        str | None,
        typer.Argument(
            metavar="[SCENARIO]",
            help="What every client gets: echo, hello, chat, ticker, reject, close?code=4001&reason=nope,"
            " fragments, ping, silent, flood?count=N&size=S. Without it the path of each request chooses;"
            " / is echo.",
            show_default=False,
        ),
    ] = None,
    host: Annotated[str, typer.Option(metavar="HOST", help="Listen on this address.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65535, help="0 takes a free one.")] = 0,
) -> int:
    """Run the embedded server, print its URL, serve until Ctrl-C."""
    from ..sinks.redact import Redactor
    from .run import run_command

    environment: Environment = context.obj
    # The one line is the URL: nothing to style, and nothing that a script would have to cut off.
    options = OutputOptions(format=Format.RAW)

    async def serve(runtime: Runtime) -> Report:
        return await _serve(runtime, scenario, host, port)

    return run_command(serve, environment, options, Redactor())


async def _serve(runtime: Runtime, scenario: str | None, host: str, port: int) -> Report:
    from ..probes.report import Report
    from ..server.serve import EmbeddedServer
    from .report import write_stderr

    name, _, query = (scenario or "").partition("?")
    async with EmbeddedServer(name or None, query, host=host, port=port) as server:
        runtime.output.write(f"{server.url}\n".encode())
        if runtime.environment.stderr_tty:
            await runtime.output.flush()
            hint = f"wscli connect {server.url} talks to it; Ctrl-C ends it\n"
            write_stderr(hint, runtime.environment, 0.0)
        await runtime.stop.wait()
        return Report(runtime.stop.cause)
