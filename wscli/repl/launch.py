"""What a REPL is given, and what follows from it: which terminal, which history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..config import OutputOptions, Target
from ..oneshot.plan import Send
from ..probes.stop import Stop
from ..recent import state_folder
from ..session.reconnect import ReconnectPolicy
from ..sinks.output import Output
from ..sinks.redact import Redactor
from .destination import DemoServer, Profiles
from .settings import Preferences, ReplOptions
from .terminal import Handlers, Terminal


@dataclass(frozen=True, slots=True)
class Launch:
    """What the REPL is given: where it runs, where to, and how.

    `stdin` is the terminal's descriptor. `name` is what the history and the bar call the peer;
    `demo_server` makes the embedded server for `/connect demo:`, `profiles` knows what `@PROFILE` means.
    """

    target: Target
    name: str
    options: ReplOptions
    output_options: OutputOptions
    stdin: int
    environ: Mapping[str, str] = field(repr=False)
    demo_server: DemoServer
    profiles: Profiles
    sends: tuple[Send, ...] = ()
    ok_close: frozenset[int] = frozenset()
    reconnect: ReconnectPolicy | None = None


def make_terminal(
    launch: Launch,
    output: Output,
    handlers: Handlers,
    preferences: Preferences,
    redactor: Redactor,
    stop: Stop,
) -> Terminal:
    """The terminal that suits TERM; `stop` tells one that has no keys of Ctrl-C."""
    term = launch.environ.get("TERM") or None
    if term in (None, "dumb", "unknown"):
        from .plain import PlainTerminal

        return PlainTerminal(launch.stdin, output, handlers, launch.output_options.width, stop)
    from .history import LineHistory
    from .prompt import Prompt

    history = LineHistory(history_of(launch, launch.name), redactor, handlers.note)
    color = launch.output_options.color
    return Prompt(launch.stdin, output, handlers, preferences, history, color=color, term=term)


def history_of(launch: Launch, name: str) -> Path | None:
    """The file of the lines that are typed to the peer that is called `name`; None when none are kept."""
    if not launch.options.history:
        return None
    from .history import history_file

    return history_file(state_folder(launch.environ), name)
