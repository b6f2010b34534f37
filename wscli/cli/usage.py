"""Typer's complaints about a command line, in wscli's words: one place; of values only words and numbers.

Typer 0.28 raises subclasses of `typer.TyperException` that live in a private package; they are told apart
by their public attributes and names.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, Final

import typer

from ..errors import UsageError

# What may be repeated of what the user typed: short words. Anything else may be a URL, a token or a typo
# that has one in it.
_WORD: Final = re.compile(r"-{0,2}[A-Za-z0-9][A-Za-z-]{0,23}")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,12}(\.[0-9]{1,6})?")
_URL: Final = re.compile(r"(wss?|https?|demo):", re.IGNORECASE)
# What no command's name looks like, but a URL whose scheme was left out.
_HOST: Final = re.compile(r"@|.*[.:/]")


def usage_error(raised: typer.TyperException) -> UsageError:
    """What is wrong with the command line, without any value that may be secret."""
    match type(raised).__name__:
        case "NoSuchOption":
            return _unknown_option(raised)
        case "MissingParameter":
            return _missing(raised)
        case "BadOptionUsage":
            return _bad_option(raised)
        case "BadParameter":
            return _bad_value(raised)
        case "UsageError" if "extra argument" in raised.message:
            return _too_many(raised)
        case "UsageError" if "Missing command" in raised.message:
            return UsageError(
                "there is no command", hint="wscli handshake URL, for one; wscli --help lists all"
            )
    return UsageError("the command line cannot be understood", hint=_help_hint(raised))


def unknown_command(name: str, known: list[str]) -> UsageError:
    """The command does not exist; says the nearest one, or that a URL needs a command before it."""
    if _URL.match(name) or _HOST.match(name):
        return UsageError("a URL needs a command before it", hint="wscli connect URL, or wscli handshake URL")
    shown = f" {name!r}" if _WORD.fullmatch(name) else ""
    nearest = get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {nearest[0]}?" if nearest else f"the commands are {', '.join(known)}"
    return UsageError(f"there is no command{shown}", hint=hint)


def _unknown_option(raised: typer.TyperException) -> UsageError:
    name = str(getattr(raised, "option_name", ""))
    possibilities = list(getattr(raised, "possibilities", None) or ())
    shown = f" {name}" if _WORD.fullmatch(name) else ""
    hint = f"did you mean {possibilities[0]}?" if possibilities else _help_hint(raised)
    return UsageError(f"there is no option{shown}", hint=hint)


def _missing(raised: typer.TyperException) -> UsageError:
    name = _parameter_name(raised)
    if name == "URL":
        return UsageError("the URL is missing", hint="give one, for example wss://example.com/ws or demo:")
    return UsageError(f"{name} is missing", hint=_help_hint(raised))


def _too_many(raised: typer.TyperException) -> UsageError:
    context = getattr(raised, "ctx", None)
    if swallowed := _swallowed(context):
        option, taken = swallowed
        return UsageError(f"{option} took {taken} for its value", hint=f"give {option} one, before {taken}")
    if _URL.match(raised.message.rpartition("(")[2]):
        return UsageError("the command takes one URL, and here is another", hint="run it once for each")
    return UsageError(
        "there are more arguments than the command takes",
        hint="put a value that holds spaces in quotes: -H 'Name: value'",
    )


def _swallowed(context: Any) -> tuple[str, str] | None:
    """The option whose value is the name of another option, and that name."""
    known = getattr(context, "command", None)
    names = {name for each in getattr(known, "params", ()) for name in each.opts}
    for each in getattr(known, "params", ()):
        value = context.params.get(each.name)
        for given in value if isinstance(value, (list, tuple)) else (value,):
            if given in names and given.startswith("-"):
                return max(each.opts, key=len), given
    return None


def _bad_option(raised: typer.TyperException) -> UsageError:
    name = str(getattr(raised, "option_name", "the option"))
    if "does not take a value" in raised.message:
        return UsageError(f"{name} takes no value", hint=_help_hint(raised))
    return UsageError(f"{name} needs a value", hint=_help_hint(raised))


def _bad_value(raised: typer.TyperException) -> UsageError:
    name, given = _parameter_name(raised), _given(raised)
    kind = getattr(getattr(raised, "param", None), "type", None)
    choices = [str(choice) for choice in getattr(kind, "choices", None) or ()]
    instead = f", not {given!r}" if given else ""
    if choices:
        near = get_close_matches(given.lower(), choices, n=1)
        hint = f"did you mean {near[0]}?" if near else _help_hint(raised)
        return UsageError(f"{name} is {either(choices)}{instead}", hint=hint)
    bounds = _bounds(getattr(kind, "min", None), getattr(kind, "max", None))
    for number, called in (("int", "a whole number"), ("float", "a number")):
        if f"valid {number}" in raised.message:
            allowed = ", ".join(filter(None, (called, bounds)))
            return UsageError(f"{name} is {allowed}{instead}", hint=_help_hint(raised))
    if "not in the range" in raised.message and bounds:
        return UsageError(f"{name} is {bounds}, not {given.removesuffix('.0')}", hint=_help_hint(raised))
    return UsageError(f"{name}: the value is not valid", hint=_help_hint(raised))


def _given(raised: typer.TyperException) -> str:
    """The value that Typer complains of, when it is a short word or a number; otherwise nothing."""
    found = re.match(r"'?([^' ]+)'? is not ", raised.message)
    return found[1] if found and (_WORD.fullmatch(found[1]) or _NUMBER.fullmatch(found[1])) else ""


def _bounds(least: float | None, most: float | None) -> str:
    """What a number may be; nothing when it may be any."""
    if least is None:
        return "" if most is None else f"{most} or less"
    return f"{least} or more" if most is None else f"from {least} to {most}"


def either(choices: list[str]) -> str:
    """`a, b or c`."""
    *others, last = choices
    return f"{', '.join(others)} or {last}" if others else last


def _parameter_name(raised: typer.TyperException) -> str:
    """The option as it is written (its longest form), or the argument's metavar."""
    parameter = getattr(raised, "param", None)
    options = [name for name in getattr(parameter, "opts", ()) if name.startswith("-")]
    if options:
        return str(max(options, key=len))
    return str(getattr(parameter, "metavar", None) or getattr(parameter, "name", None) or "an argument")


def _help_hint(raised: typer.TyperException) -> str:
    path = getattr(getattr(raised, "ctx", None), "command_path", "wscli")
    return f"{path} --help lists what there is"
