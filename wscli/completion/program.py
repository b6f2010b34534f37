"""The command line as plain values: what the generators of completions and of the man page read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Takes(Enum):
    """What follows an option or stands in an argument's place."""

    NOTHING = auto()
    TEXT = auto()
    CHOICE = auto()
    FILE = auto()
    AT_FILE = auto()  # text, or the name of a file after `@`
    CODE = auto()  # a close code that may be sent
    ANY_CODE = auto()  # also those that only stand for what happened (RFC 6455 §7.4.1)
    URL = auto()
    FILE_OR_URL = auto()
    SCENARIO = auto()
    KIND_FILE = auto()  # one of the choices; behind one that ends in `=` a file


@dataclass(frozen=True, slots=True)
class Named:
    """A value that can be typed, and what it means."""

    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its spellings in the order of the help, and what it takes.

    `default` is as the user would type it; empty when there is none to speak of.
    """

    flags: tuple[str, ...]
    help: str
    takes: Takes = Takes.NOTHING
    metavar: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    repeatable: bool = False
    group: str = ""


@dataclass(frozen=True, slots=True)
class Argument:
    """A positional argument."""

    metavar: str
    help: str
    takes: Takes = Takes.TEXT
    choices: tuple[str, ...] = ()
    required: bool = True
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """A command with all that it takes; `help` is its docstring, `summary` its line in the program's help."""

    name: str
    summary: str
    help: str
    example: str
    arguments: tuple[Argument, ...]
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Program:
    """The whole command line, and the values that completions offer."""

    version: str
    options: tuple[Option, ...]
    commands: tuple[Command, ...]
    codes: tuple[Named, ...]
    never_sent: tuple[Named, ...]
    scenarios: tuple[Named, ...]


SCHEMES: Final = ("wss://", "ws://", "https://", "http://", "demo:")
"""How a URL can begin (contract §1)."""

MADE_BY: Final = "Made by `python -m scripts.update_completions`: change wscli/completion, not this file."


def shared_options(program: Program) -> Iterator[tuple[tuple[str, ...], list[Option]]]:
    """Options that the same commands have, in one group each: (names of the commands, their options)."""
    holders: dict[Option, list[str]] = {}
    for command in program.commands:
        for option in command.options:
            holders.setdefault(option, []).append(command.name)
    groups: dict[tuple[str, ...], list[Option]] = {}
    for option, names in holders.items():
        groups.setdefault(tuple(names), []).append(option)
    yield from groups.items()


def filled(template: str, tables: Mapping[str, str]) -> str:
    """`template` with the tables in place of `@NAME@`. Raises: KeyError for a name without a table."""
    return re.sub(r"@([A-Z_]+)@", lambda place: tables[place[1]], template)


def first_sentence(text: str) -> str:
    """The first sentence of a help, without its full stop: what a list has room for."""
    return text.partition(". ")[0].rstrip(".")
