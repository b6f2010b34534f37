"""The script for zsh: a function that autoloads from `$fpath`, or is sourced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from .program import (
    MADE_BY,
    SCHEMES,
    Argument,
    Named,
    Option,
    Program,
    Takes,
    filled,
    first_sentence,
    shared_options,
)
from .shell import quoted

_ACTIONS: Final = {
    Takes.TEXT: " ",
    Takes.FILE: "_files",
    Takes.AT_FILE: "_wscli_at_file",
    Takes.CODE: "_wscli_codes",
    Takes.ANY_CODE: "_wscli_any_codes",
    Takes.URL: "_wscli_urls",
    Takes.FILE_OR_URL: "_wscli_files_or_urls",
    Takes.SCENARIO: "_wscli_scenarios",
}

_SCRIPT: Final = r"""#compdef wscli
# zsh completion for wscli. @MADE_BY@

(( $+functions[_wscli_codes] )) || _wscli_codes() {
    local -a codes=(
        @CODES@
    )
    _describe -t codes 'close code' codes
}

(( $+functions[_wscli_any_codes] )) || _wscli_any_codes() {
    local -a codes=(
        @ALL_CODES@
    )
    _describe -t codes 'close code' codes
}

(( $+functions[_wscli_scenarios] )) || _wscli_scenarios() {
    local -a scenarios=(
        @SCENARIOS@
    )
    _describe -t scenarios scenario scenarios
}

(( $+functions[_wscli_at_file] )) || _wscli_at_file() {
    if compset -P @; then _files; else _message "$1"; fi
}

# Offers what it is given behind its options, and files behind one that ends in `=`.
(( $+functions[_wscli_kind_file] )) || _wscli_kind_file() {
    local -a open=(${(M)@:#?*=}) whole=(${@:#*=})
    whole=(${whole:#-*})
    if compset -P 1 '*='; then
        _files
    else
        compadd -S '' -a open
        compadd -a whole
    fi
}

(( $+functions[_wscli_urls] )) || _wscli_urls() {
    if compset -P demo:; then _wscli_scenarios; return; fi
    local folder=$XDG_STATE_HOME url
    [[ $folder == /* ]] || folder=$HOME/.local/state
    local -a recent profiles
    if [[ -r $folder/wscli/urls ]]; then
        for url in ${(f)"$(<$folder/wscli/urls)"}; do
            # Newest first. What a shell could take for its own is none that wscli wrote.
            [[ $url =~ '^wss?://[]A-Za-z0-9:/._~%+=@,[-]+$' ]] && recent=($url $recent)
        done
    fi
    _wscli_profiles
    _alternative \
        'profiles:profile:compadd -a profiles' \
        'recent-urls:recent URL:compadd -V recent -a recent' \
        'schemes:scheme:compadd -S "" -- @SCHEMES@'
}

# Sets `profiles` to `@NAME` for each profile of the configuration file.
(( $+functions[_wscli_profiles] )) || _wscli_profiles() {
    local file=$XDG_CONFIG_HOME line MATCH MBEGIN MEND
    local -a match mbegin mend
    [[ $file == /* ]] || file=$HOME/.config
    file=${WSCLI_CONFIG:-$file/wscli/config.toml}
    [[ -f $file && -r $file ]] || return 0
    for line in ${(f)"$(<$file)"}; do
        [[ $line =~ '^[[:space:]]*\[profiles\."?([A-Za-z0-9_-]+)"?\]' ]] && profiles+=(@$match[1])
    done
}

(( $+functions[_wscli_files_or_urls] )) || _wscli_files_or_urls() {
    _alternative 'files:file:_files' 'urls:URL:_wscli_urls'
}

(( $+functions[_wscli_commands] )) || _wscli_commands() {
    local -a commands=(
        @COMMANDS@
    )
    _describe -t commands command commands
}

_wscli() {
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C \
        @OPTIONS@ \
        '1:command:_wscli_commands' \
        '*::argument:->arguments' && return
    [[ $state == arguments ]] || return 1

    curcontext=${curcontext%:*:*}:wscli-$words[1]:
    local -a specs
@SPECS@
    _arguments -s -S $specs
}

# Autoloaded, this file is the function; sourced, it names it.
if [[ $funcstack[1] == _wscli ]]; then
    _wscli "$@"
else
    compdef _wscli wscli
fi
"""


def zsh_script(program: Program) -> str:
    """The completion script for zsh."""
    tables = {
        "MADE_BY": MADE_BY,
        "CODES": _entries(program.codes),
        "ALL_CODES": _entries(sorted(program.codes + program.never_sent, key=lambda code: int(code.value))),
        "SCENARIOS": _entries(program.scenarios),
        "SCHEMES": " ".join(SCHEMES),
        "COMMANDS": _entries(Named(command.name, command.summary) for command in program.commands),
        "OPTIONS": " \\\n        ".join(map(_spec, program.options)),
        "SPECS": "\n".join(_specs(program)),
    }
    return filled(_SCRIPT, tables)


def _entries(values: Iterable[Named]) -> str:
    return "\n        ".join(quoted(f"{named.value}:{first_sentence(named.meaning)}") for named in values)


def _specs(program: Program) -> Iterable[str]:
    """Each set of commands adds the options that it shares, each command its arguments."""
    for names, options in shared_options(program):
        yield from _arm("|".join(names), map(_spec, options))
    for command in program.commands:
        yield from _arm(command.name, map(_place, command.arguments))


def _arm(pattern: str, specs: Iterable[str]) -> Iterable[str]:
    lines = "".join(f"\n        {spec}" for spec in specs)
    if lines:
        yield f"    [[ $words[1] == ({pattern}) ]] && specs+=({lines}\n    )"


def _spec(option: Option) -> str:
    """One argument of `_arguments`: what else it rules out, its spellings, its help, its value."""
    explained = f"[{_escaped(first_sentence(option.help), '[]')}]{_value(option)}"
    spellings = [flag + _joined(flag, option) for flag in option.flags]
    if option.repeatable:
        before = "'*'"
    elif "--help" in option.flags or "--version" in option.flags:
        before = "'(- *)'"
    else:
        before = quoted(f"({' '.join(option.flags)})")
    flags = spellings[0] if len(spellings) == 1 else "{" + ",".join(spellings) + "}"
    return f"{before}{flags}{quoted(explained)}"


def _joined(flag: str, option: Option) -> str:
    """How the value may follow: `--color=never` or the next word, `-c4` or the next word."""
    if option.takes is Takes.NOTHING:
        return ""
    return "=" if flag.startswith("--") else "+"


def _value(option: Option) -> str:
    if option.takes is Takes.NOTHING:
        return ""
    return f":{_escaped(option.metavar, ':')}:{_action(option.takes, option.choices)}"


def _place(argument: Argument) -> str:
    colon = ":" if argument.required else "::"
    place = "*" if argument.repeatable else f"1{colon[1:]}"
    return quoted(f"{place}:{_escaped(argument.metavar, ':')}:{_action(argument.takes, argument.choices)}")


def _action(takes: Takes, choices: tuple[str, ...]) -> str:
    if takes is Takes.KIND_FILE:
        return f"_wscli_kind_file {' '.join(choices)}"
    return f"({' '.join(choices)})" if takes is Takes.CHOICE else _ACTIONS[takes]


def _escaped(text: str, marks: str) -> str:
    return re.sub(rf"([\\{re.escape(marks)}])", r"\\\1", text)
