"""The terminal as prompt_toolkit sees it, so that output above the prompt never leaves raw mode.

Bytes go out through an `Output` thread: a terminal that stalls stops neither the loop nor the peer's bytes.
Lines above the prompt are written together with its repaint, in one piece, while input goes on being read:
no paste ever meets a terminal in cooked mode.
"""

from __future__ import annotations

import contextlib
import io
import os
import select
from collections.abc import Iterator
from typing import Final

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input.vt100 import Vt100Input
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from ..sinks.output import Output
from .burst import joined
from .paste import MOST_PASTE

_READ_SIZE: Final = 65536
_END_OF_PASTE: Final = 8


class _Stream(io.TextIOBase):
    """What prompt_toolkit writes to: hands text on to an Output."""

    encoding = "utf-8"

    def __init__(self, output: Output) -> None:
        self._output = output

    def write(self, text: str) -> int:
        self._output.write(text.encode("utf-8", "backslashreplace"))
        return len(text)

    def fileno(self) -> int:
        return self._output.fd

    def isatty(self) -> bool:
        return os.isatty(self._output.fd)


class ScreenOutput(Vt100_Output):
    """prompt_toolkit's output, with what one step writes held together.

    Bracketed paste stays on from the first paint to the last: prompt_toolkit turns it off and on at each
    erase, and a paste may come between.
    """

    def __init__(self, output: Output, *, color: bool, term: str | None) -> None:
        self._held = 0
        depth = None if color else ColorDepth.DEPTH_1_BIT
        # No cursor reports: where the prompt stands is not asked for, and no answer can mix with typing.
        super().__init__(
            _Stream(output),  # type: ignore[arg-type] # a TextIO as far as it is used
            lambda: _size(output.fd),
            term=term,
            default_color_depth=depth,
            enable_cpr=False,
        )

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside leaves as one write."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.flush()

    def flush(self) -> None:
        if not self._held:
            super().flush()

    def get_rows_below_cursor_position(self) -> int:
        # Instead of a cursor report: the bar follows the line, wherever that is.
        return 1

    def disable_bracketed_paste(self) -> None:
        """Nothing until `end`: what is pasted at that moment would come as lines, to be sent one by one."""

    def end(self) -> None:
        """Give the terminal back."""
        super().disable_bracketed_paste()
        super().flush()


class ScreenInput(Vt100Input):
    """Keys from the descriptor `fd`; a bracketed paste is kept in bounds while it comes in."""

    def __init__(self, fd: int) -> None:
        super().__init__(open(fd, encoding="utf-8", closefd=False))  # noqa: SIM115 - it closes nothing

    def read_keys(self) -> list[KeyPress]:
        # More than prompt_toolkit's own 1024 at once: a paste then costs a few steps, not hundreds.
        self.vt100_parser.feed(self.stdin_reader.read(_READ_SIZE))
        parser = self.vt100_parser
        pasted: str = getattr(parser, "_paste_buffer", "")
        if len(pasted) > MOST_PASTE + 2 * _END_OF_PASTE:
            # Too long already: its length says so later; what is kept of it is only what ends it.
            parser._paste_buffer = pasted[: MOST_PASTE + 1] + pasted[-_END_OF_PASTE:]
        keys, self._buffer = self._buffer, []
        return joined(keys)

    def more_waits(self) -> bool:
        """Whether there is input that was not read yet."""
        try:
            return bool(select.select([self.fileno()], [], [], 0)[0])
        except (OSError, ValueError):
            return False


def _size(fd: int) -> Size:
    try:
        columns, rows = os.get_terminal_size(fd)
    except OSError:
        columns, rows = 0, 0
    return Size(rows=rows or 24, columns=columns or 80)
