"""The man page, in the macros of man(7), from the same command line as the help."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ..errors import ExitCode, WscliError
from .program import MADE_BY, Command, Option, Program, Takes, shared_options

_MEANINGS: Final = {
    ExitCode.OK: "It did what was asked; the peer closed with 1000, 1001 or no code, or answered our Close.",
    ExitCode.INTERNAL: "A bug in wscli: one line, and how to report it; a traceback only with -v.",
}

_ENVIRONMENT: Final = {
    "WSCLI_CONFIG": "The configuration file to read in place of the user's own.",
    "NO_COLOR, FORCE_COLOR": "No colour, colour in any case, when not empty; NO_COLOR wins.",
    "SSLKEYLOGFILE": "Append the secrets of TLS sessions to this file, for Wireshark.",
    "http_proxy, https_proxy, all_proxy, no_proxy": "The proxy to use, and the hosts that need none.",
    "XDG_STATE_HOME": "Where history is kept, in the folder wscli; ~/.local/state by default.",
}

_FILES: Final = {
    "$XDG_CONFIG_HOME/wscli/config.toml": "Defaults and profiles; ~/.config where the variable is not set.",
    "$XDG_STATE_HOME/wscli/urls": "The URLs that completion offers: without userinfo and query, readable by"
    " their owner alone. It may be deleted at any time.",
}

_DESCRIPTION: Final = (
    "wscli shows what was on the wire of a WebSocket connection (every header, every frame, every close"
    " code), names the section of the RFC that a peer breaks, and ends with an exit status that tells one"
    " failure from another.",
    "A URL begins with ws://, wss://, http:// or https:// (the latter two mean ws:// and wss://), or with"
    " demo:, which starts a server inside wscli on a free loopback port; @NAME"
    " stands for the URL of a profile.",
    "Sizes take k, M, G (powers of 1024); durations are seconds, or take ms, s, m, h. Where a value may be"
    " @FILE, @@x means the text @x.",
)


def man_page(program: Program) -> str:
    """The page wscli(1)."""
    scenarios = ((f"demo:{found.value}", found.meaning) for found in program.scenarios)
    sections = (
        _header(program),
        _section("NAME", ["wscli \\- WebSocket inspector and REPL"]),
        _section("SYNOPSIS", _synopsis(program)),
        _section("DESCRIPTION", _paragraphs(_DESCRIPTION)),
        *(_command(program, command) for command in program.commands),
        _section("OPTIONS THAT SEVERAL COMMANDS SHARE", _shared(program)),
        _section("OPTIONS WITHOUT A COMMAND", _items(map(_option, program.options))),
        _section("SCENARIOS", _glossary(scenarios)),
        _section("EXIT STATUS", _items(_exit_codes())),
        _section("ENVIRONMENT", _glossary(_ENVIRONMENT.items())),
        _section("FILES", _glossary(_FILES.items())),
        _section(
            "SEE ALSO", [".BR curl (1),", ".BR ping (8)", ".PP", "RFC 6455 (WebSocket), RFC 7692 (deflate)"]
        ),
    )
    return "\n".join(line for section in sections for line in section) + "\n"


def escaped(text: str) -> str:
    """`text` as roff shows it: no escapes of its own, a hyphen that can be copied, ASCII alone."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    text = re.sub(r"[^\x00-\x7f]", lambda char: f"\\[u{ord(char[0]):04X}]", text)
    return f"\\&{text}" if text.startswith(".") else text


def _bold(text: str) -> str:
    return f"\\fB{escaped(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{escaped(text)}\\fR"


def _header(program: Program) -> Iterable[str]:
    yield f'.\\" {MADE_BY}'
    yield f'.TH WSCLI 1 "" "wscli {program.version}" "User Commands"'


def _section(name: str, lines: Iterable[str]) -> Iterator[str]:
    yield f".SH {name}"
    yield from lines


def _paragraphs(texts: Iterable[str]) -> Iterator[str]:
    for index, text in enumerate(texts):
        if index:
            yield ".PP"
        yield escaped(text)


def _items(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, text in entries:
        yield ".TP"
        yield term
        yield text


def _glossary(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from _items((_bold(term), escaped(text)) for term, text in entries)


def _synopsis(program: Program) -> Iterator[str]:
    for index, command in enumerate(program.commands):
        if index:
            yield ".br"
        yield f"{_bold(f'wscli {command.name}')} [{_italic('OPTIONS')}]{_places(command)}"


def _places(command: Command) -> str:
    return "".join(
        f" {_italic(place.metavar)}" if place.required else f" [{_italic(place.metavar)}]"
        for place in command.arguments
    )


def _command(program: Program, command: Command) -> Iterator[str]:
    yield f".SH WSCLI {command.name.upper()}"
    yield from _paragraphs(text.replace("\n", " ") for text in command.help.split("\n\n"))
    # What a URL is stands in the description.
    own = [place for place in command.arguments if place.takes is not Takes.URL]
    yield from _items((_italic(place.metavar), escaped(place.help)) for place in own)
    shared = {option for options in _shared_groups(program).values() for option in options}
    yield from _grouped(option for option in command.options if option not in shared)
    if command.example:
        yield ".PP"
        yield escaped(command.example)


def _shared(program: Program) -> Iterator[str]:
    for index, (names, options) in enumerate(_shared_groups(program).items()):
        if index:
            yield ".PP"
        yield f"{', '.join(map(_bold, names))}:"
        yield from _grouped(options)


def _shared_groups(program: Program) -> dict[tuple[str, ...], list[Option]]:
    return {names: options for names, options in shared_options(program) if len(names) > 1}


def _grouped(options: Iterable[Option]) -> Iterator[str]:
    """Options under the headings of the help, in its order."""
    groups: dict[str, list[Option]] = {}
    for option in options:
        groups.setdefault(option.group, []).append(option)
    for group, members in groups.items():
        if group:
            yield f".SS {escaped(group)}"
        yield from _items(map(_option, members))


def _option(option: Option) -> tuple[str, str]:
    value = f" {_italic(option.metavar)}" if option.metavar else ""
    default = f" Default: {option.default}." if option.default else ""
    return ", ".join(map(_bold, option.flags)) + value, escaped(option.help + default)


def _exit_codes() -> Iterator[tuple[str, str]]:
    """Each exit status with what its exceptions say of themselves: the table has one home (errors.py)."""
    meanings = dict(_MEANINGS)
    for kind in _failures(WscliError):
        if kind.exit_code is not ExitCode.INTERNAL:
            meanings.setdefault(kind.exit_code, (kind.__doc__ or "").partition("\n")[0])
    for code in ExitCode:
        yield _bold(str(code.value)), f"{_italic(code.kind)}: {escaped(meanings[code])}"


def _failures(root: type[WscliError]) -> Iterator[type[WscliError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _failures(kind)
