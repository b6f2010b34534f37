"""What surrounds the process, as one value: streams, variables, width. Tests hand in their own."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from typing import ClassVar, TextIO

import msgspec

from ..config import ColorChoice, Discreet


class Environment(Discreet, frozen=True):
    """Streams as file descriptors (None when closed), whether each is a terminal, and the variables.

    `width` and `height` are the terminal's, in character cells; `arguments` are those of the command line;
    `color_choice` is what `--color` says, for every stream.
    """

    unshown: ClassVar[frozenset[str]] = frozenset({"environ"})

    stdin: int | None = 0
    stdout: int | None = 1
    stderr: int | None = 2
    stdin_tty: bool = False
    stdout_tty: bool = False
    stderr_tty: bool = False
    environ: Mapping[str, str] = msgspec.field(default_factory=dict)
    width: int = 80
    height: int = 24
    arguments: tuple[str, ...] = ()
    color_choice: ColorChoice = ColorChoice.AUTO

    @classmethod
    def current(cls) -> Environment:
        """The environment of this process."""
        stdin, stdout, stderr = _descriptor(sys.stdin), _descriptor(sys.stdout), _descriptor(sys.stderr)
        width, height = shutil.get_terminal_size((80, 24))
        return cls(
            stdin,
            stdout,
            stderr,
            _is_terminal(stdin),
            _is_terminal(stdout),
            _is_terminal(stderr),
            os.environ,
            width,
            height,
        )

    def color(self, choice: ColorChoice | None = None, *, terminal: bool | None = None) -> bool:
        """Whether to colour a stream (stdout unless `terminal` says if another one is a terminal).

        `choice` is that of `--color`, `color_choice` when it is left out.

        `NO_COLOR` and `FORCE_COLOR` count when not empty (contract §2); `NO_COLOR` wins over `FORCE_COLOR`.
        """
        choice = self.color_choice if choice is None else choice
        if choice is not ColorChoice.AUTO:
            return choice is ColorChoice.ALWAYS
        if self.environ.get("NO_COLOR"):
            return False
        if self.environ.get("FORCE_COLOR"):
            return True
        return (self.stdout_tty if terminal is None else terminal) and self.environ.get("TERM") != "dumb"


def _descriptor(stream: TextIO | None) -> int | None:
    """The descriptor behind `stream`; None when it is closed or is no file at all."""
    try:
        return stream.fileno() if stream is not None else None
    except (OSError, ValueError):
        return None


def _is_terminal(descriptor: int | None) -> bool:
    return descriptor is not None and os.isatty(descriptor)
