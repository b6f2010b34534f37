"""What the REPL itself says: notes, errors, facts; escaped, without secrets, as wide as the screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..errors import WscliError
from ..sinks.escape import escape
from ..sinks.human_style import Palette, wrap
from ..sinks.redact import Redactor


class Voice:
    """Writes lines through `write`; `width` is asked for each time, for a terminal may change it."""

    def __init__(
        self, write: Callable[[bytes], None], palette: Palette, redactor: Redactor, width: Callable[[], int]
    ) -> None:
        self._write = write
        self._redactor = redactor
        self.palette = palette
        self.width = width

    def note(self, text: str) -> None:
        """What was done."""
        self._say("*", self.palette.faint, text)

    def warn(self, text: str) -> None:
        """What was done, though not all of it."""
        self._say("!", self.palette.warning, text)

    def error(self, failure: WscliError) -> None:
        """What was not done, and why; what to type instead."""
        self._say("✗", self.palette.bad, failure.message)
        for part in failure.hint.split(" · ") if failure.hint else ():
            self._say(" ", "", part, self.palette.faint)

    def echo(self, line: str) -> None:
        """The command that was typed, over what it shows."""
        first, *more = line.split("\n")
        self._say("›", self.palette.strong, first + (" …" if more else ""), self.palette.strong)

    def facts(self, pairs: Iterable[tuple[str, str]], style: str = "") -> None:
        """Labels and values, these in `style`, in two columns; an empty label goes on with the one before."""
        rows = list(pairs)
        column = max((len(label) for label, _ in rows), default=0)
        lines = []
        for label, value in rows:
            room = self.width() - column - 4
            first, *more = wrap(self._safe(value), room) if room >= 12 else [self._safe(value)]
            paint = self.palette.paint
            lines.append(f"  {paint(self.palette.faint, f'{label:<{column}}')}  {paint(style, first)}")
            lines += [f"  {'':<{column}}  {paint(style, line)}" for line in more]
        self.lines(lines)

    def lines(self, lines: Iterable[str]) -> None:
        """Lines that are safe to show as they are."""
        text = "".join(f"{line}\n" for line in lines)
        self._write(text.encode("utf-8", "backslashreplace"))

    def text(self, lines: Iterable[str]) -> None:
        """Lines of others: escaped here, cut nowhere."""
        self.lines(escape(line.replace("\t", "    ")) for line in lines)

    def _say(self, mark: str, style: str, text: str, text_style: str = "") -> None:
        first, *more = wrap(self._safe(text), self.width() - 2)
        paint = self.palette.paint
        self.lines([f"{paint(style, mark)} {paint(text_style, first)}"])
        self.lines(f"  {paint(text_style, line)}" for line in more)

    def _safe(self, text: str) -> str:
        return escape(self._redactor.scrub(text), inside=True)
