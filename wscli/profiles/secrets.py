"""Secrets that the configuration file only points to: a variable, or what a command prints."""

from __future__ import annotations

import functools
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import UsageError
from .location import expanded

_SECONDS = 60.0
_MOST = 64 * 1024


@dataclass(frozen=True, slots=True)
class SecretSource:
    """`{env = "NAME"}` or `{command = [PROGRAM, ARGUMENT…]}`; with `name` the value of that header."""

    env: str = ""
    command: tuple[str, ...] = ()
    name: str = ""

    def __str__(self) -> str:
        """Where the secret comes from, without a command's arguments."""
        return f"the variable {self.env}" if self.env else f"the command {self.command[0]}"

    def reveal(self, environ: Mapping[str, str], where: str) -> str:
        """The secret; a command's is the first line of what it prints (`pass show` prints more).

        `where` is the place in the file, for messages. Raises: UsageError.
        """
        secret = environ.get(self.env, "") if self.env else self._run(environ, where)
        if not secret:
            hint = "is it set?" if self.env else "run it by hand to see"
            raise UsageError(f"{where}: {self} gives nothing", hint=hint)
        return secret

    def _run(self, environ: Mapping[str, str], where: str) -> str:
        try:
            return _printed(self.command, tuple(sorted(environ.items())))
        except UsageError as wrong:
            raise UsageError(f"{where}: {wrong.message}", hint=wrong.hint) from None


@functools.cache
def _printed(command: tuple[str, ...], environ: tuple[tuple[str, str], ...]) -> str:
    """The first line that `command` prints; it is run once, however many checks of a suite need it.

    Raises: UsageError.
    """
    program = command[0]
    try:
        # stdin holds the user's messages; stderr is the user's terminal, for what the program has to say.
        # No shell: the file names the program and its arguments.
        done = subprocess.run(  # noqa: S603 # the user's own file names it: see location.py
            [expanded(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=dict(environ),
            timeout=_SECONDS,
            check=False,
        )
    except OSError as failure:
        raise UsageError(f"cannot run {program!r}: {failure.strerror}") from None
    except subprocess.TimeoutExpired:
        raise UsageError(f"{program!r} was not done after {_SECONDS:g} s") from None
    if done.returncode:
        raise UsageError(
            f"{program!r} ended with exit status {done.returncode}", hint="run it by hand to see why"
        )
    first, _, _ = done.stdout[:_MOST].partition(b"\n")
    return os.fsdecode(first.rstrip(b"\r"))
