"""The program: its commands, imported only when used, and what is left when one of them fails."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import typer
from msgspec.structs import replace
from typer.core import TyperCommand, TyperGroup

from ..errors import ExitCode, OutputFailed, UsageError, WscliError, exit_code_for
from .environment import Environment
from .help import CONTEXT, Painted, PlainCommand, write_examples

# Here and not in the commands, so that `wscli --help` imports none of them.
COMMANDS: Final = {
    "connect": "Open a session: type and read messages, or pipe them.",
    "handshake": "Open, dissect the opening handshake, close.",
    "ping": "Measure WebSocket round-trip times, like ping(8).",
    "close": "Perform and judge the closing handshake.",
    "check": "Run suites of checks, for CI and monitoring.",
    "serve": "Run the embedded server with a demo scenario.",
    "config": "Show what the options are, and who said so.",
    "completion": "Print the completion script for a shell.",
}


class LazyGroup(Painted, TyperGroup):
    """Lists commands from the table, and imports the module of the one that is used."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        write_examples(self.epilog or "", formatter)

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """What the help shows: a name and its line."""
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str, Any, list[str]]:
        name = args[0]
        if name not in COMMANDS:
            from .usage import unknown_command

            raise unknown_command(name, list(COMMANDS))
        return name, load_command(name), args[1:]


def load_command(name: str) -> Any:
    """Imports the module of the command `name`, and makes Typer's command of its `main`."""
    module = importlib.import_module(f"wscli.cli.{name}")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, cls=PlainCommand, context_settings=CONTEXT, epilog=module.EXAMPLES)(module.main)
    return typer.main.get_command(app)


def load_program() -> Any:
    """The program as Typer sees it."""
    app = typer.Typer(
        cls=LazyGroup,
        add_completion=False,
        rich_markup_mode=None,
        context_settings=CONTEXT,
        subcommand_metavar="COMMAND …",
        help="A WebSocket inspector: shows what was on the wire, and says what is wrong with it.",
        epilog="Example: wscli handshake wss://example.com/ws, or: wscli connect demo:",
    )

    @app.callback()
    def program(
        version: bool = typer.Option(False, "-V", "--version", help="Show the version."),
    ) -> None:
        """Only reached with a command; `--version` alone never comes this far."""
        if version:
            raise UsageError("--version goes alone", hint="wscli --version")

    return typer.main.get_command(app)


def main(arguments: Sequence[str], environment: Environment | None = None) -> int:
    """Runs wscli with `arguments` in `environment` (this process's by default); returns the exit status."""
    try:
        return _told(arguments, replace(environment or Environment.current(), arguments=tuple(arguments)))
    except KeyboardInterrupt:
        # Also while a failure is told to a stderr that nobody reads.
        return ExitCode.INTERRUPTED


def _told(arguments: Sequence[str], surroundings: Environment) -> int:
    try:
        return _run(arguments, surroundings)
    except WscliError as failure:
        from .report import report_failure

        report_failure(failure, surroundings)
        return exit_code_for(failure)
    except Exception as raised:  # noqa: BLE001 # the last line of defence: a bug is told, never a traceback
        from .report import report_bug

        report_bug(raised, surroundings, verbose="-v" in arguments or "--verbose" in arguments)
        return exit_code_for(raised)


def _run(arguments: Sequence[str], environment: Environment) -> int:
    try:
        program, name, rest = _chosen(arguments)
        outcome = program.main(args=rest, prog_name=name, standalone_mode=False, obj=environment)
        if sys.stdout is not None:  # closed by whoever started us
            sys.stdout.flush()
    except typer.TyperException as raised:
        from .usage import usage_error

        raise usage_error(raised) from None
    except typer.Abort:
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Typer makes an exit of a broken pipe, and of nothing else in this mode.
        _silence_stdout()
        return ExitCode.OK
    except OSError as failure:
        # Only the help is written here; every other stream has its own way to fail.
        _silence_stdout()
        raise OutputFailed(f"cannot write to standard output: {failure.strerror}") from failure
    return outcome if isinstance(outcome, int) else ExitCode.OK


def _chosen(arguments: Sequence[str]) -> tuple[Any, str, list[str]]:
    """What Typer shall parse, its name and its arguments: a command by itself where the first word is one."""
    if arguments and arguments[0] in COMMANDS:
        return load_command(arguments[0]), f"wscli {arguments[0]}", list(arguments[1:])
    return load_program(), "wscli", list(arguments)


def _silence_stdout() -> None:
    """What is still buffered must not fail once more when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    # Typer wraps both, and its wrapper of a closed stderr fails at the end.
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
