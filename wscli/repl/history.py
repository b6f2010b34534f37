"""The history of typed lines: one file a host, readable by its owner alone, without secrets."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from prompt_toolkit.history import History

from ..sinks.redact import Redactor

MOST_LINES: Final = 2000
MOST_LINE_BYTES: Final = 16 * 1024
_MOST_FILE_BYTES: Final = 16 * 1024**2
_LOOKS_SECRET: Final = re.compile(
    r"pass(word|wd|phrase)|secret|token|api[-_]?key|credential|authorization|bearer\s|cookie"
    r"|eyJ[\w-]+\.[\w-]+|-----BEGIN",
    re.IGNORECASE,
)


def history_file(folder: Path, host: str) -> Path:
    """The file for a host (with its port, when it is not the usual one)."""
    return folder / "history" / (re.sub(r"[^\w.-]", "_", host)[:120] or "_")


class LineHistory(History):
    """Lines in `path`, one JSON string each; None keeps them in memory only.

    What looks like, or holds, a secret is not written. A file that cannot be read or written is done
    without: `tell` is told so, once.
    """

    def __init__(
        self, path: Path | None, redactor: Redactor, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        super().__init__()
        self._path = path
        self._redactor = redactor
        self._tell = tell
        self._told = False

    def move(self, path: Path | None) -> None:
        """Go on with the lines of another file."""
        self._path, self._told = path, False
        self._loaded, self._loaded_strings = False, []

    def load_history_strings(self) -> Iterable[str]:
        """The lines of the file, newest first."""
        if self._path is None:
            return
        lines = self._read(self._path)
        if len(lines) > MOST_LINES:
            lines = lines[-MOST_LINES // 2 :]
            self._rewrite(self._path, lines)
        yield from reversed(lines)

    def store_string(self, string: str) -> None:
        """Append a line, unless it is long or not for the disk."""
        if self._path is None or not self.may_store(string):
            return
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(json.dumps(string) + "\n")
        except OSError as failure:
            self._fail("written", failure)

    def may_store(self, line: str) -> bool:
        """Whether a line may be on disk."""
        if len(line) > MOST_LINE_BYTES or _LOOKS_SECRET.search(line):
            return False
        return self._redactor.scrub(line) == line

    def _fail(self, what: str, failure: OSError) -> None:
        if not self._told:
            self._told = True
            reason = failure.strerror or str(failure)
            self._tell(f"the history of typed lines cannot be {what}: {self._path}: {reason}")

    def _read(self, path: Path) -> list[str]:
        try:
            if not path.is_file() or path.stat().st_size > _MOST_FILE_BYTES:
                return []
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as failure:
            self._fail("read", failure)
            return []
        lines = []
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, str):
                lines.append(entry)
        return lines

    def _rewrite(self, path: Path, lines: list[str]) -> None:
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.writelines(json.dumps(line) + "\n" for line in lines)
            draft.replace(path)
        except OSError as failure:
            self._fail("written", failure)
