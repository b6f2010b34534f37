"""The script for fish: one `complete` for each option, with the commands that have it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from .program import (
    MADE_BY,
    SCHEMES,
    Named,
    Option,
    Program,
    Takes,
    filled,
    first_sentence,
    shared_options,
)
from .shell import fish_quoted

_VALUES: Final = {
    Takes.TEXT: " -x",
    Takes.FILE: " -r -F",
    Takes.AT_FILE: " -x -a '(__wscli_at_file)'",
    Takes.CODE: " -x -k -a '(__wscli_codes)'",
    Takes.ANY_CODE: " -x -k -a '(__wscli_codes; __wscli_never_sent)'",
    Takes.URL: " -a '(__wscli_urls)'",
    Takes.FILE_OR_URL: " -F -a '(__wscli_urls)'",
    Takes.SCENARIO: " -a '(__wscli_scenarios)'",
}

_SCRIPT: Final = r"""# fish completion for wscli. @MADE_BY@

function __wscli_needs_command
    test (count (commandline -opc)) -eq 1
end

function __wscli_command
    set -l words (commandline -opc)
    contains -- "$words[2]" $argv
end

function __wscli_codes
    printf '%s\t%s\n' @CODES@
end

function __wscli_never_sent
    printf '%s\t%s\n' @NEVER_SENT@
end

function __wscli_scenarios
    printf "$argv[1]%s\t%s\n" @SCENARIOS@
end

function __wscli_at_file
    set -l token (commandline -ct)
    string match -q '@*' -- $token; or return
    __fish_complete_path (string sub -s 2 -- $token) | string replace -r '^' '@'
end

function __wscli_kind_file
    set -l begun (string match -r -g '^(?:--[a-z-]+=)?([a-z]+=)(.*)$' -- (commandline -ct))
    if set -q begun[1]
        __fish_complete_path "$begun[2]" | string replace -r '^' $begun[1]
    else
        printf '%s\n' $argv
    end
end

function __wscli_urls
    if string match -q 'demo:*' -- (commandline -ct)
        __wscli_scenarios demo:
        return
    end
    set -l folder $HOME/.local/state
    string match -q '/*' -- "$XDG_STATE_HOME"; and set folder $XDG_STATE_HOME
    if test -r $folder/wscli/urls
        # What a shell could take for its own is none that wscli wrote.
        string match -r '^wss?://[\]A-Za-z0-9:/._~%+=@,\[-]+$' <$folder/wscli/urls |
            string replace -r '$' '\trecent'
    end
    __wscli_profiles
    printf '%s\n' @SCHEMES@
end

function __wscli_profiles
    set -l file $HOME/.config
    string match -q '/*' -- "$XDG_CONFIG_HOME"; and set file $XDG_CONFIG_HOME
    set file $file/wscli/config.toml
    test -n "$WSCLI_CONFIG"; and set file $WSCLI_CONFIG
    test -f $file -a -r $file; or return
    string replace -r -f '^\s*\[profiles\."?([A-Za-z0-9_-]+)"?\].*' '@$1\tprofile' <$file
end

complete -c wscli -f
@COMPLETES@
"""


def fish_script(program: Program) -> str:
    """The completion script for fish."""
    tables = {
        "MADE_BY": MADE_BY,
        "CODES": _entries(program.codes),
        "NEVER_SENT": _entries(program.never_sent),
        "SCENARIOS": _entries(program.scenarios),
        "SCHEMES": " ".join(SCHEMES),
        "COMPLETES": "\n".join(_completes(program)),
    }
    return filled(_SCRIPT, tables)


def _entries(values: Iterable[Named]) -> str:
    return " ".join(f"{named.value} {fish_quoted(first_sentence(named.meaning))}" for named in values)


def _completes(program: Program) -> Iterator[str]:
    alone = "complete -c wscli -n __wscli_needs_command"
    for command in program.commands:
        yield f"{alone} -a {command.name} -d {fish_quoted(first_sentence(command.summary))}"
    for option in program.options:
        yield alone + _option(option)
    for names, options in shared_options(program):
        # fish asks each condition once a TAB, however many options have it.
        yield from (_under(names) + _option(option) for option in options)
    for command in program.commands:
        for argument in command.arguments:
            values = _VALUES.get(argument.takes) or f" -a {fish_quoted(' '.join(argument.choices))}"
            yield _under((command.name,)) + values


def _under(names: tuple[str, ...]) -> str:
    return f"complete -c wscli -n {fish_quoted(' '.join(('__wscli_command', *names)))}"


def _option(option: Option) -> str:
    spellings = "".join(
        f" -l {flag[2:]}" if flag.startswith("--") else f" -s {flag[1:]}" for flag in option.flags
    )
    return f"{spellings}{_value(option)} -d {fish_quoted(first_sentence(option.help))}"


def _value(option: Option) -> str:
    if option.takes is Takes.NOTHING:
        return ""
    if option.takes is Takes.CHOICE:
        return f" -x -a {fish_quoted(' '.join(option.choices))}"
    if option.takes is Takes.KIND_FILE:
        return f" -x -a {fish_quoted(f'(__wscli_kind_file {chr(32).join(option.choices)})')}"
    return _VALUES[option.takes]
