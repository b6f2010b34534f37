"""The help of the program and its commands: the same text everywhere, coloured on a terminal.

Typer's own drawing cuts the names of long options off at 80 columns, and imports rich for it.
"""

from __future__ import annotations

import re
import sys
from typing import Any, Final

import typer
from typer.core import TyperArgument, TyperCommand

from ..errors import OutputFailed

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
UNITS: Final = {
    "DURATION": "DURATION: seconds, or with a unit: 500ms, 1.5s, 2m, 1h.",
    "SIZE": "SIZE: bytes, or with a unit, in powers of 1024: 64k, 16M, 1G.",
}

_EXAMPLE: Final = "Example: "
_OR: Final = "     or: "
# The groups that come after a command's own, by how their names begin.
_AFTER_ITS_OWN: Final = ("Request", "Output", "Expectations", "Limits", "TLS", "Network")
_NEEDLESS: Final = r"default: no-[a-z-]+|[\d.<=>]*x[\d.<=>]*"

_HEADING, _NAME, _PLAIN = "\x1b[1m", "\x1b[38;5;30m", "\x1b[0m"
# A heading ends in a colon and stands alone, but for the usage; names are options, and listed commands.
_HEADINGS: Final = r"(?m)^(Usage:|\S.*:$)"
_NAMES: Final = r"(?m)(?<![\w-])--?[A-Za-z0-9][\w-]*|(?<=^  )[a-z]+(?=  )"


class Painted:
    """Mixed into Typer's classes: colours the help where the environment says so.

    Raises: OutputFailed where nothing can be written, which Typer passes over.
    """

    def format_help(self, ctx: Any, formatter: Any) -> None:
        if sys.stdout is None:
            raise OutputFailed("cannot write to standard output: it is closed")
        super().format_help(ctx, formatter)  # type: ignore[misc] # it is Typer's class that has it
        environment = ctx.find_root().obj
        if environment is not None and environment.color():
            ctx.color = True
            formatter.buffer[:] = [painted("".join(formatter.buffer))]


class PlainCommand(Painted, TyperCommand):
    """Writes an example first, options under their groups' names, and once what a DURATION and a SIZE are."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except typer.TyperException as raised:
            # The parser leaves out which command it was: the hint names the help of this one.
            if getattr(raised, "ctx", None) is None:
                raised.ctx = ctx  # type: ignore[attr-defined] # its public attribute where it is a usage error
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        # Typer puts what is required into braces.
        return [piece.strip("{}") for piece in super().collect_usage_pieces(ctx)]

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        super().format_help_text(ctx, formatter)
        write_examples(self.epilog or "", formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        # The command's own come first.
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                default = "Arguments" if isinstance(parameter, TyperArgument) else "Options"
                group = getattr(parameter, "rich_help_panel", None) or default
                groups.setdefault(group, []).append(_plain(*record))
        for group in sorted(groups, key=_rank):
            if groups[group]:
                with formatter.section(group):
                    formatter.write_dl(groups[group])

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        metavars = {parameter.metavar for parameter in self.get_params(ctx)}
        said = [unit for metavar, unit in UNITS.items() if metavar in metavars]
        if said:
            formatter.write_paragraph()
            with formatter.indentation():
                for unit in said:
                    formatter.write_text(unit)


def write_examples(examples: str, formatter: Any) -> None:
    """`Example: FIRST, or: SECOND`, each on a line of its own."""
    first, *others = examples.removeprefix(_EXAMPLE).split(", or: ")
    formatter.write_paragraph()
    with formatter.indentation():
        formatter.write_text(f"{_EXAMPLE}{first}")
        for other in others:
            formatter.write_text(f"{_OR}{other}")


def _rank(group: str) -> int:
    return next((rank for rank, name in enumerate(_AFTER_ITS_OWN, 1) if group.startswith(name)), 0)


def _plain(names: str, meaning: str) -> tuple[str, str]:
    """A row without what Typer adds and nobody needs: `--no-echo`, which is the default, and `x>=1`.

    What a number may be is said when it is another one (usage.py).
    """
    meaning, bracket, extra = meaning.rstrip("]").partition("  [")
    kept = [part for part in extra.split("; ") if bracket and not re.fullmatch(_NEEDLESS, part)]
    return names.partition(" / --no-")[0], f"{meaning}  [{'; '.join(kept)}]" if kept else meaning


def painted(text: str) -> str:
    """The plain help `text` with headings in bold and names in colour; nothing else is changed."""
    text = re.sub(_NAMES, lambda found: f"{_NAME}{found[0]}{_PLAIN}", text)
    return re.sub(_HEADINGS, lambda found: f"{_HEADING}{found[0]}{_PLAIN}", text)
