"""`wscli connect` on a terminal: from settings to the REPL (contract §1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..config import Format, Target
from ..probes.report import Report
from .environment import Environment
from .options import SharedOptions
from .run import Runtime
from .settings import Settings, build_settings
from .wiring import demo_server, run_connected, secrets_of

if TYPE_CHECKING:
    from ..oneshot.plan import Send
    from ..repl.destination import Destination
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
        from ..repl.destination import name_of
        from ..repl.launch import Launch
        from ..repl.run import Repl

        launch = Launch(
            target=target,
            name=name_of(settings.demo or target.url),
            options=options,
            output_options=settings.output,
            stdin=environment.stdin or 0,
            environ=environment.environ,
            demo_server=demo_server,
            profiles=lambda text: _profile(text, environment),
            sends=sends,
            ok_close=settings.ok_close,
            reconnect=reconnect,
        )
        return await Repl(launch, runtime.journal, runtime.output, runtime.redactor, runtime.stop).perform()

    return run_connected(body, settings, environment)


def _profile(text: str, environment: Environment) -> Destination:
    """What `/connect @PROFILE` means: what the file says of it, not what was typed for the first one."""
    from ..repl.destination import Destination, name_of

    # The REPL holds the terminal: nobody can be asked for a password on it.
    unattended = replace(environment, stdin_tty=False)
    settings = build_settings(text, SharedOptions(), unattended)
    where = settings.demo or settings.target.url
    return Destination(settings.target, name_of(where), settings.demo, secrets_of(settings))
