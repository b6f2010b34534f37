"""How a command that connects is put together: settings, redactor, the `demo:` server, the supervisor."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from ..config import DemoUrl, Target, Url, parse_url
from ..probes.report import Report
from ..sinks.redact import Redactor
from .environment import Environment
from .report import report_warning
from .run import Runtime, run_command
from .settings import Settings

if TYPE_CHECKING:
    from ..expect.expected import Expected

Body = Callable[[Runtime, Target], Awaitable[Report]]


def expecting_body(body: Body, expected: Expected) -> Body:
    """`body`, its report judged by what was expected of everything that its journal saw."""

    async def judged(runtime: Runtime, target: Target) -> Report:
        runtime.journal.listeners.append(expected)
        report = await body(runtime, replace(target, expected_status=expected.status))
        return replace(report, failure=expected.judge(report.failure))

    return judged if expected else body


def run_connected(body: Body, settings: Settings, environment: Environment, *, name: str = "connect") -> int:
    """Runs `body` against the settings' target, a `demo:` server being up meanwhile; the exit status.

    `name` is the command's: `human` shows what fits it.
    """
    environment = replace(environment, color_choice=settings.color_choice)
    redactor = Redactor.for_target(settings.target, secrets_of(settings), show=settings.output.show_secrets)
    for warning in () if settings.output.quiet else settings.warnings:
        report_warning(redactor.scrub(warning), environment)

    async def command(runtime: Runtime) -> Report:
        async with target_of(settings) as target:
            return await body(runtime, target)

    return run_command(command, environment, settings.output, redactor, timeout=settings.timeout, name=name)


@contextlib.asynccontextmanager
async def target_of(settings: Settings) -> AsyncIterator[Target]:
    """Where to connect to; for a `demo:` URL the embedded server is up meanwhile."""
    if settings.demo is None:
        yield settings.target
        return
    async with demo_server(settings.demo) as server:
        yield replace(settings.target, url=_address(server.url))


def secrets_of(settings: Settings) -> tuple[str, ...]:
    """What to hide beside what the target itself shows to be secret."""
    return (*_proxy_secrets(settings.target), *settings.secrets)


def _proxy_secrets(target: Target) -> list[str]:
    if target.proxy is None:
        return []
    from ..net.routes import parse_proxy

    password = parse_proxy(target.proxy).password
    return [] if password is None else [password]


def demo_server(demo: DemoUrl) -> Any:
    """The embedded server as an async context manager."""
    # websockets' server costs 60 ms to import, and only `demo:` needs it.
    from ..server.serve import EmbeddedServer

    # Nobody else knows its port: an Origin that the user tries out is no attack.
    return EmbeddedServer(demo.scenario, demo.query, origins=("*",))


def _address(text: str) -> Url:
    parsed = parse_url(text)
    if not isinstance(parsed, Url):
        raise TypeError("the embedded server has a ws:// URL")
    return parsed
