"""What the REPL needs of a terminal of any kind: a prompt that stays put, or a plain reader of lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

Bar = Callable[[int], list[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a terminal reports.

    `line` takes a line and says whether it was taken (otherwise there is no connection yet to send it on, and
    the terminal keeps it); `end` is the wish to close and leave; `interrupt` says whether there was something
    to interrupt, and `stays` that nothing was; `note` is told what a person should know; `bar` is the bar's
    text for a width, in pieces with a style's name.
    """

    line: Callable[[str], bool]
    end: Callable[[], None]
    interrupt: Callable[[], bool]
    stays: Callable[[], None]
    note: Callable[[str], None]
    bar: Bar


class Terminal(Protocol):
    """A terminal in use; everything runs in one event loop, and nothing but `run` waits.

    `echoes` says that a line is still to be seen once it was typed.
    """

    echoes: bool

    def write(self, chunk: bytes) -> None:
        """Show whole lines, above the prompt where there is one."""

    def width(self) -> int:
        """Columns."""

    def refresh(self) -> None:
        """What the bar shows has changed."""

    def apply(self) -> None:
        """Preferences have changed."""

    def lines(self) -> list[str]:
        """The history of typed lines, oldest first."""

    def keep_history_in(self, path: Path | None) -> None:
        """Use the history in `path` from now on; None keeps it in memory only."""

    async def run(self) -> None:
        """Read lines until `leave`, or the end of the input."""

    def leave(self) -> None:
        """End `run`; what was written is shown first."""


class Refresher:
    """A listener that lets the bar follow what happens."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def feed(self, _batch: object, /) -> None:
        self._terminal.refresh()
