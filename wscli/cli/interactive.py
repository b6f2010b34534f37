"""`wscli connect` on a terminal: from settings to the REPL (contract §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..config import DemoUrl, Format, Target
from ..probes.report import Report
from .environment import Environment
from .run import Runtime
from .settings import Settings
from .wiring import demo_server, run_connected

if TYPE_CHECKING:
    from ..oneshot.run import Send
    from ..repl.settings import ReplOptions
    from ..session.reconnect import ReconnectPolicy


def wants_repl(settings: Settings, environment: Environment, *one_shot: object) -> bool:
    """Whether a person is at both ends, and no option (`one_shot`: those that were given) is against it."""
    terminals = environment.stdin_tty and environment.stdout_tty
    return terminals and not any(one_shot) and settings.output.format not in (Format.JSON, Format.RAW)


def run_repl(
    settings: Settings,
    environment: Environment,
    sends: tuple[Send, ...],
    options: ReplOptions,
    reconnect: ReconnectPolicy | None = None,
) -> int:
    """Runs the REPL; the exit status is that of its newest connection."""

    async def body(runtime: Runtime, target: Target) -> Report:
        # prompt_toolkit takes 100 ms and more to import. It is imported before anything is measured.
        from ..repl.run import Repl, Setting

        setting = Setting(
            target=target,
            name=_name(settings.demo, target),
            options=options,
            output_options=settings.output,
            stdin=environment.stdin or 0,
            environ=environment.environ,
            demo_server=demo_server,
            sends=sends,
            ok_close=settings.ok_close,
            reconnect=reconnect,
        )
        return await Repl(setting, runtime.journal, runtime.output, runtime.redactor, runtime.stop).perform()

    return run_connected(body, settings, environment)


def _name(demo: DemoUrl | None, target: Target) -> str:
    """What the bar and the history call the peer; the port of a demo is another one each time."""
    return target.url.authority if demo is None else f"demo:{demo.scenario}"
