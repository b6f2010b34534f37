"""`wscli completion`: prints the completion script of a shell."""

from __future__ import annotations

import os
from enum import Enum
from typing import Annotated, Final

import typer

from ..errors import ExitCode, OutputFailed
from .environment import Environment

EXAMPLES: Final = 'Example: eval "$(wscli completion bash)", or: wscli completion fish | source'


class Shell(str, Enum):
    """The shells that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    POWERSHELL = "powershell"


def main(
    context: typer.Context,
    shell: Annotated[
        Shell,
        typer.Argument(
            metavar="SHELL",
            help="The shell that is to complete: bash, zsh, fish or powershell.",
            show_default=False,
        ),
    ],
) -> int:
    """Print the completion script for a shell; a package puts the same scripts where the shells look.

    The line of the example goes into ~/.bashrc (zsh: ~/.zshrc) or fish's config.fish.
    """
    from ..completion.render import RENDERERS
    from .tree import read_program

    environment: Environment = context.obj
    script = RENDERERS[shell.value](read_program()).encode()
    try:
        _write(environment.stdout, script)
    except BrokenPipeError:
        return ExitCode.OK
    except OSError as failure:
        raise OutputFailed(f"cannot write to standard output: {failure.strerror}") from failure
    return ExitCode.OK


def _write(descriptor: int | None, script: bytes) -> None:
    if descriptor is None:
        raise OutputFailed("cannot write to standard output: it is closed")
    while script:
        script = script[os.write(descriptor, script) :]
