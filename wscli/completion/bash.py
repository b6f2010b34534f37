"""The script for bash: static tables, and functions that read no more than COMP_LINE and the file of URLs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .bash_template import SCRIPT
from .program import MADE_BY, SCHEMES, Command, Named, Option, Program, Takes, filled, first_sentence
from .shell import quoted

_KINDS: Final = {
    Takes.TEXT: "text",
    Takes.FILE: "file",
    Takes.AT_FILE: "at_file",
    Takes.CODE: "code",
    Takes.ANY_CODE: "any_code",
    Takes.URL: "url",
    Takes.FILE_OR_URL: "file_or_url",
    Takes.SCENARIO: "scenario",
}


def bash_script(program: Program) -> str:
    """The completion script for bash."""
    tables = {
        "MADE_BY": MADE_BY,
        "FLAGS": "\n".join(_flags(program)),
        "TAKES": "\n".join(_takes(program)),
        "ARGUMENTS": "\n".join(_arguments(program)),
        "SCHEMES": " ".join(SCHEMES),
        "CODES": _entries(program.codes, 8),
        "NEVER_SENT": _entries(program.never_sent, 8),
        "SCENARIOS": _entries(program.scenarios, 8),
        "COMMANDS": _entries((Named(found.name, found.summary) for found in program.commands), 12),
    }
    return filled(SCRIPT, tables)


def _entries(values: Iterable[Named], indent: int) -> str:
    lines = [quoted(f"{named.value} {first_sentence(named.meaning)}") for named in values]
    return ("\n" + " " * indent).join(lines)


def _flags(program: Program) -> Iterator[str]:
    for command in program.commands:
        yield f"        {command.name}) flags={quoted(' '.join(_spellings(command.options)))} ;;"
    yield f"        '') flags={quoted(' '.join(_spellings(program.options)))} ;;"


def _spellings(options: Iterable[Option]) -> list[str]:
    return [flag for option in options for flag in option.flags]


def _takes(program: Program) -> Iterator[str]:
    """One arm for each kind of value; a spelling that is the same everywhere needs no command."""
    kinds: dict[str, dict[str, str]] = {}
    for command in program.commands:
        for option in command.options:
            for flag in option.flags:
                kinds.setdefault(flag, {})[command.name] = _assigned(option.takes, option.choices)
    arms: dict[str, list[str]] = {}
    for flag, by_command in kinds.items():
        for name, assigned in by_command.items():
            pattern = f"*:{flag}" if len(set(by_command.values())) == 1 else f"{name}:{flag}"
            if assigned and pattern not in (found := arms.setdefault(assigned, [])):
                found.append(pattern)
    for assigned, patterns in arms.items():
        yield f"        {' | '.join(patterns)}) {assigned} ;;"


def _assigned(takes: Takes, choices: tuple[str, ...]) -> str:
    if takes is Takes.NOTHING:
        return ""
    if choices:
        return f"takes={'choice' if takes is Takes.CHOICE else 'kind_file'} values=({' '.join(choices)})"
    return f"takes={_KINDS[takes]}"


def _arguments(program: Program) -> Iterator[str]:
    for command in program.commands:
        yield from _positions(command)


def _positions(command: Command) -> Iterator[str]:
    for index, argument in enumerate(command.arguments):
        place = "*" if argument.repeatable else index
        yield f"        {command.name}:{place}) {_assigned(argument.takes, argument.choices)} ;;"
