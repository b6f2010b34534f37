"""What `/set` can change, by name; and how the REPL begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from ..errors import UsageError
from .ring import DEFAULT_BYTES
from .view import LINES_PER_SECOND

Editing = Literal["emacs", "vi"]
Theme = Literal["dark", "light"]

CHOICES: Final = {
    "editing": ("emacs", "vi"),
    "theme": ("dark", "light"),
    "pretty": ("on", "off"),
    "verbose": ("on", "off"),
    "lines": ("1 … 1000",),
}
MEANINGS: Final = {
    "editing": "keys of the input line",
    "theme": "colours of the input line and the bar",
    "pretty": "JSON messages on many lines",
    "verbose": "header bytes, masks and phases",
    "lines": "lines a second that a flood may fill",
}


@dataclass(frozen=True, slots=True)
class ReplOptions:
    """What the command line says about the REPL; `ring_bytes` is how much of the stream is kept."""

    history: bool = True
    exit_on_close: bool = False
    ring_bytes: int = DEFAULT_BYTES


@dataclass(slots=True)
class Preferences:
    """What can be changed while it runs."""

    editing: Editing = "emacs"
    theme: Theme = "dark"
    lines: int = LINES_PER_SECOND
    pretty: bool = False
    verbose: bool = False

    def change(self, name: str, value: str) -> None:
        """Set one by the names of `/set`.

        Raises: UsageError.
        """
        value = value.lower()
        match name:
            case "editing" if value in ("emacs", "vi"):
                self.editing = "vi" if value == "vi" else "emacs"
            case "theme" if value in ("dark", "light"):
                self.theme = "light" if value == "light" else "dark"
            case "pretty" if value in ("on", "off"):
                self.pretty = value == "on"
            case "verbose" if value in ("on", "off"):
                self.verbose = value == "on"
            case "lines" if re.fullmatch(r"\d{1,4}", value) and 1 <= int(value) <= 1000:
                self.lines = int(value)
            case _ if name in CHOICES:
                raise UsageError(
                    f"/set: {name} cannot be {value[:40]!r}", hint=f"choose {', '.join(CHOICES[name])}"
                )
            case _:
                raise UsageError(f"/set: there is no {name[:40]!r}", hint=f"known: {', '.join(CHOICES)}")

    def shown(self, name: str) -> str:
        """The value as `/set` takes it."""
        value = getattr(self, name)
        return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def initial_preferences(environ: Mapping[str, str], *, verbose: bool) -> Preferences:
    """As readline's own settings and the terminal's colours say."""
    return Preferences(editing=_readline_mode(environ), theme=_ground(environ), verbose=verbose)


def _readline_mode(environ: Mapping[str, str]) -> Editing:
    """`set editing-mode vi` in the inputrc (INPUTRC, or ~/.inputrc)."""
    try:
        path = Path(environ.get("INPUTRC") or "~/.inputrc").expanduser()
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    except (OSError, RuntimeError, ValueError):
        return "emacs"
    modes = re.findall(r"^\s*set\s+editing-mode\s+(vi|emacs)\b", text, re.MULTILINE)
    return "vi" if modes and modes[-1] == "vi" else "emacs"


def _ground(environ: Mapping[str, str]) -> Theme:
    """COLORFGBG is what some terminals tell of their colours: `15;0` is a dark ground."""
    ground = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if ground in ("7", "15") else "dark"
