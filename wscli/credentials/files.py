"""How a file with secrets is read: bounded, each failure named, and a word when others may read it too."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from ..errors import InputFailed, UsageError

_MOST: Final = 8 * 1024**2


def read_secret_file(option: str, path: Path) -> str:
    """The text of `path`, at most 8 MiB; bytes that are not UTF-8 become surrogates (PEP 383).

    Raises: InputFailed when it cannot be read; UsageError when it is larger.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST + 1)
    except (OSError, ValueError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else "not a file name"
        raise InputFailed(f"{option}: cannot read the file {str(path)!r}: {reason}") from None
    if len(content) > _MOST:
        raise UsageError(f"{option}: the file {str(path)!r} is over 8 MiB", hint="is it the right file?")
    return content.decode("utf-8-sig", "surrogateescape")


def expanded(path: str) -> Path:
    """`path` with its `~`, where that means anybody's home; pathlib would raise where it does not."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 # see above


def exposure(path: Path) -> str:
    """Who else may read `path`, as a warning; empty when nobody may, or where that cannot be told."""
    try:
        found = path.stat()
    except OSError:
        return ""
    # Windows' modes say nothing of who may read.
    if os.name == "nt" or not stat.S_ISREG(found.st_mode) or not found.st_mode & 0o077:
        return ""
    return f"others on this machine may read {str(path)!r}, which holds secrets: chmod 600 it"
