"""How a failure is told on stderr: one line, and one with a hint; a traceback only when asked for."""

from __future__ import annotations

import os
import re
import select
import time
import traceback
from typing import TYPE_CHECKING

from ..errors import OutputFailed, WscliError, internal_error
from ..sinks.escape import escape, escape_lines
from .environment import Environment

if TYPE_CHECKING:
    from ..sinks.redact import Redactor

# What a pipe takes without waiting once it takes anything (POSIX: 512 at least).
_PIECE = getattr(select, "PIPE_BUF", 512)
# Narrower than this, folding helps nobody; in cells.
_LEAST_ROOM = 20
_RED, _DIM, _PLAIN = "\x1b[1;31m", "\x1b[2m", "\x1b[0m"


def report_failure(failure: WscliError, environment: Environment, *, seconds: float | None = None) -> None:
    """Writes `wscli: message` and, if there is one, `  hint: …` to stderr; what they quote is escaped.

    A reader that takes nothing is waited for `seconds` (None: for as long as it takes, as all programs do).
    """
    color = environment.color(terminal=environment.stderr_tty)
    red, dim, plain = (_RED, _DIM, _PLAIN) if color else ("", "", "")
    text = f"{red}wscli:{plain} {_folded(failure.message, len('wscli: '), environment)}\n"
    if failure.hint:
        text += f"  {dim}hint:{plain} {_folded(failure.hint, len('  hint: '), environment)}\n"
    write_stderr(text, environment, seconds)


def report_warning(text: str, environment: Environment, *, seconds: float | None = None) -> None:
    """Writes what is wrong, but no failure, to stderr; `seconds` as for `report_failure`."""
    label = "wscli: warning: "
    write_stderr(f"{label}{_folded(text, len(label), environment)}\n", environment, seconds)


def report_note(text: str, environment: Environment) -> None:
    """Writes what is going on to stderr; not at all where its reader takes nothing now."""
    write_stderr(f"wscli: {_folded(text, len('wscli: '), environment)}\n", environment, 0.0)


def _folded(text: str, indent: int, environment: Environment) -> str:
    """`text`, escaped; on a terminal in lines that end between words, `indent` cells from the edge.

    A word that fits no line (a URL, a path) stays whole, so that it can be clicked and copied.
    """
    safe = escape(text)
    room = _columns(environment) - indent
    if len(safe) * 2 <= room or room < _LEAST_ROOM:
        return safe
    from ..sinks.human_style import cells

    lines: list[str] = []
    left = -1
    for word in safe.split(" "):
        left -= 1 + cells(word)
        if left < 0:
            lines.append(word)
            left = room - cells(word)
        else:
            lines[-1] += f" {word}"
    # What stood inside a line was no command to a CI runner; at the start of one it would be.
    return f"\n{' ' * indent}".join(map(escape, lines))


def _columns(environment: Environment) -> int:
    """How wide the terminal is that stderr is; 0 when it is none."""
    if not environment.stderr_tty or environment.stderr is None:
        return 0
    try:
        return os.get_terminal_size(environment.stderr).columns or environment.width
    except OSError:
        return environment.width


def report_bug(
    raised: BaseException, environment: Environment, *, verbose: bool, redactor: Redactor | None = None
) -> None:
    """Says that wscli itself failed, where, and how to report it.

    Without `verbose` the exception's text is left out: it may hold secrets, or the peer's bytes. With it,
    `redactor` takes them out; without one, everything that stands on the command line counts as a secret.
    """
    if verbose:
        if redactor is None:
            from ..sinks.redact import Redactor

            words = (word for given in environment.arguments[1:] for word in re.split(r"[\s:=]+", given))
            redactor = Redactor(word for word in words if len(word) >= 8 and not word.startswith("-"))
        text = redactor.scrub("".join(traceback.format_exception(raised)))
        write_stderr(escape_lines(text), environment)
    asked = "the command" + ("" if verbose else " and what -v adds to this")
    report_failure(internal_error(raised, asked), environment)


def write_stderr(text: str, environment: Environment, seconds: float | None = None) -> None:
    """Writes all of `text`, within `seconds` (None: however long it takes).

    When nobody can read it, there is nobody to tell.
    """
    if environment.stderr is None:
        return
    left = text.encode(errors="backslashreplace")
    deadline = None if seconds is None else time.monotonic() + seconds
    try:
        while left and (deadline is None or _takes_more(environment.stderr, deadline)):
            left = left[os.write(environment.stderr, left[:_PIECE]) :]
    except OSError:
        return


def _takes_more(descriptor: int, deadline: float) -> bool:
    """Whether so much as PIPE_BUF bytes can be written without waiting, before `deadline` (monotonic)."""
    try:
        return bool(select.select([], [descriptor], [], max(0.0, deadline - time.monotonic()))[1])
    except (OSError, ValueError):  # what cannot be asked (Windows, a high number) is written to, as ever
        return True


def write_stdout(text: str, environment: Environment) -> None:
    """Writes all of `text`, for commands whose result is one text. Raises: OutputFailed, BrokenPipeError."""
    if environment.stdout is None:
        raise OutputFailed("cannot write to standard output: it is closed")
    left = text.encode(errors="backslashreplace")
    try:
        while left:
            left = left[os.write(environment.stdout, left) :]
    except BrokenPipeError:
        raise
    except OSError as failure:
        raise OutputFailed(f"cannot write to standard output: {failure.strerror}") from failure
