"""Reads the command line off Typer's commands: completions and the man page have no list of their own."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, Final

import typer

from .. import __version__
from ..completion.program import Argument, Command, Named, Option, Program, Takes
from ..reports.files import KINDS, WITHOUT_FILE
from ..server.scenarios import SCENARIOS
from ..wire.closecodes import REGISTERED, may_be_on_wire
from .app import COMMANDS, load_command, load_program

_REPORT: Final = "KIND[=FILE]"
# What the metavar of an argument promises.
_PLACES: Final = {"URL": Takes.URL, "SCENARIO": Takes.SCENARIO, "FILE…|URL…": Takes.FILE_OR_URL}


def read_program() -> Program:
    """The whole command line; imports every command's module."""
    codes = [Named(str(code), name) for code, name in REGISTERED.items()]
    return Program(
        version=__version__,
        options=tuple(_options(load_program())),
        commands=tuple(_command(name) for name in COMMANDS),
        codes=tuple(code for code in codes if may_be_on_wire(int(code.value))),
        never_sent=tuple(code for code in codes if not may_be_on_wire(int(code.value))),
        scenarios=tuple(Named(scenario.name, scenario.summary) for scenario in SCENARIOS.values()),
    )


def _command(name: str) -> Command:
    loaded = load_command(name)
    return Command(
        name=name,
        summary=COMMANDS[name],
        help=(loaded.help or "").strip(),
        example=(loaded.epilog or "").strip(),
        arguments=tuple(
            _argument(parameter)
            for parameter in _parameters(loaded)
            if parameter.param_type_name == "argument"
        ),
        options=tuple(_options(loaded)),
    )


def _parameters(command: Any) -> list[Any]:
    context = typer.Context(command, info_name=command.name, **command.context_settings)
    return [parameter for parameter in command.get_params(context) if not getattr(parameter, "hidden", False)]


def _options(command: Any) -> Iterator[Option]:
    # What turns off a switch that is off says nothing: secondary spellings are left out.
    for parameter in _parameters(command):
        if parameter.param_type_name == "option":
            yield _option(parameter)


def _option(parameter: Any) -> Option:
    choices = _choices(parameter)
    return Option(
        # Typer keeps those of --help in a set: without an order of its own, a file would differ at each run.
        flags=tuple(sorted(parameter.opts, key=lambda flag: str(flag).startswith("--"))),
        help=(parameter.help or "").strip(),
        takes=Takes.NOTHING if parameter.is_flag else _takes(parameter, choices),
        metavar="" if parameter.is_flag else (parameter.metavar or "|".join(choices) or "VALUE"),
        choices=choices,
        default="" if parameter.is_flag else _default(parameter.default),
        repeatable=parameter.multiple,
        group=getattr(parameter, "rich_help_panel", None) or "",
    )


def _argument(parameter: Any) -> Argument:
    choices = _choices(parameter)
    metavar = (parameter.metavar or "|".join(choices) or parameter.name.upper()).strip("[]")
    takes = _PLACES.get(metavar) or _takes(parameter, choices)
    meaning = (parameter.help or "").strip()
    return Argument(metavar, meaning, takes, choices, parameter.required, parameter.nargs == -1)


def _choices(parameter: Any) -> tuple[str, ...]:
    if parameter.metavar == _REPORT:
        return tuple(kind if kind == WITHOUT_FILE else f"{kind}=" for kind in KINDS)
    return tuple(str(getattr(choice, "value", choice)) for choice in getattr(parameter.type, "choices", ()))


def _takes(parameter: Any, choices: tuple[str, ...]) -> Takes:
    """What the metavar promises: it is what the help shows."""
    metavar = parameter.metavar or ""
    if metavar == _REPORT:
        return Takes.KIND_FILE
    if choices:
        return Takes.CHOICE
    if "@FILE" in metavar:
        return Takes.AT_FILE
    if metavar.strip("[]").rstrip("….") in {"FILE", "PATH", "DIRECTORY"}:
        return Takes.FILE
    # A status has a range, a close code is judged by what RFC 6455 says of it.
    if metavar == "CODE" and getattr(parameter.type, "max", None) is None:
        return Takes.ANY_CODE if parameter.name.startswith("expect") else Takes.CODE
    return Takes.TEXT


def _default(value: Any) -> str:
    value = value.value if isinstance(value, Enum) else value
    return "" if value is None or isinstance(value, bool | list | tuple) else str(value)
