"""The URLs that a person connected to, for completion: one a line, newest last, for their owner's eyes.

The completion scripts read the file as it is (no Python runs on TAB), so they rely on its place and form:
`$XDG_STATE_HOME/wscli/urls`, `~/.local/state` where that is not set.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

MOST_URLS: Final = 200
_MOST_FILE_BYTES: Final = 1024**2
# Nothing that a shell expands or takes for its own; the scripts look again.
_INERT: Final = re.compile(r"wss?://[A-Za-z0-9:/._~%+=@,\[\]-]+")
# As with subprotocols (contract §2): what is longer is a token more often than a name.
_LONGEST_PLAIN_SEGMENT: Final = 32


def state_folder(environ: Mapping[str, str]) -> Path:
    """Where wscli keeps what outlives a run (XDG Base Directory Specification)."""
    base = environ.get("XDG_STATE_HOME", "")
    # "If an implementation encounters a relative path it should consider the path invalid and ignore it."
    if Path(base).is_absolute():
        return Path(base) / "wscli"
    return Path(environ.get("HOME") or Path.home()) / ".local/state/wscli"


def fit_to_keep(url: str) -> str:
    """`url` without userinfo, query and fragment; empty when the rest is not fit for a list of URLs."""
    parts = urlsplit(url)
    bare = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    tokens = any(len(segment) > _LONGEST_PLAIN_SEGMENT for segment in parts.path.split("/"))
    return "" if tokens or not _INERT.fullmatch(bare) else bare


def remember(url: str, folder: Path) -> None:
    """Puts `url` last among the URLs in `folder`; what may be a secret is left out.

    A folder that cannot be written is done without: no session fails for its history.
    """
    kept = fit_to_keep(url)
    if not kept:
        return
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        urls = [known for known in _known(folder / "urls") if known != kept]
        _replace(folder / "urls", [*urls[1 - MOST_URLS :], kept])
    except OSError:
        return


def _known(path: Path) -> list[str]:
    if not path.is_file() or path.stat().st_size > _MOST_FILE_BYTES:
        return []
    lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    return [line for line in lines if _INERT.fullmatch(line)]


def _replace(path: Path, urls: list[str]) -> None:
    """Renamed into place: whoever presses TAB meanwhile reads the old file or the new one."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.writelines(f"{url}\n" for url in urls)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
