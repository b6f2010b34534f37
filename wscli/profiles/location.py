"""Where the configuration file is, and whether it is the user's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError

VARIABLE = "WSCLI_CONFIG"
PREFIX = "WSCLI_"


def is_wanted(url: str, environ: Mapping[str, str]) -> bool:
    """Whether anything but the command line can say what the options are; costs one look at the disk."""
    if url.startswith("@") or any(name.startswith(PREFIX) for name in environ):
        return True
    own = own_file(environ)
    return own is not None and _is_there(own)


def expanded(path: str) -> str:
    """`path` with its `~`, where that means anybody's home; pathlib would raise where it does not."""
    return os.path.expanduser(path)  # noqa: PTH111 # see above


def own_file(environ: Mapping[str, str]) -> Path | None:
    """`wscli/config.toml` under `XDG_CONFIG_HOME`, ~/.config or (Windows) `APPDATA`; None without a home.

    On macOS, too: the command-line programs that people configure by hand are there.
    """
    folder = environ.get("APPDATA") if os.name == "nt" else environ.get("XDG_CONFIG_HOME")
    # The XDG base directory specification: a relative path is to be ignored.
    if folder and Path(folder).is_absolute():
        return Path(folder) / "wscli" / "config.toml"
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return Path(home) / ".config" / "wscli" / "config.toml" if home else None


def find_file(environ: Mapping[str, str]) -> Path | None:
    """The file to read: the one that `WSCLI_CONFIG` names, else the user's own if it is there.

    Raises: UsageError when the one that is named is not there.
    """
    named = environ.get(VARIABLE)
    if named:
        path = Path(expanded(named))
        if not _is_there(path):
            raise UsageError(f"{VARIABLE}: there is no file {named!r}", hint=f"unset {VARIABLE}, or write it")
        return path
    own = own_file(environ)
    return own if own is not None and _is_there(own) else None


def refusal_of_commands(path: Path, environ: Mapping[str, str]) -> tuple[str, str]:
    """Why the commands in `path` are not run, and what to do about it; both empty when they may be.

    Only the user's own file may name commands: what `WSCLI_CONFIG` names may have come with a repository
    whose settings for the shell set that variable. It, what it leads to, and the folders that hold them must
    be writable by nobody else.
    """
    if environ.get(VARIABLE) or path != own_file(environ):
        return (
            f"commands are run from your own file alone, not from one that {VARIABLE} names",
            f'use {{env = "NAME"}}, or put the profile into {own_file(environ) or "your own file"}',
        )
    real = path.resolve()
    for each in dict.fromkeys((real, real.parent, path.parent)):
        if others_may_write(each):
            return f"others may write {str(each)!r}, so that its commands are not run", f"chmod go-w {each}"
    return "", ""


def others_may_write(path: Path) -> bool:
    """Whether the file or folder belongs to another user (but root), or its mode lets others write."""
    if os.name == "nt":  # its modes do not say who may write
        return False
    found = path.stat()
    return found.st_uid not in {0, os.getuid()} or bool(found.st_mode & (stat.S_IWGRP | stat.S_IWOTH))


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder on the way may not be entered
        return False
