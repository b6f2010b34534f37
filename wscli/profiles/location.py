"""Where the configuration file is, and whether it is the user's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from ..errors import UsageError

VARIABLE = "WSCLI_CONFIG"
PREFIX = "WSCLI_"
# As many as Linux follows.
_MOST_LINKS = 40


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
    be writable by nobody else, as ssh wants it (StrictModes): who may write to a folder may put another file,
    or another folder, in place of one. Further up a folder may be sticky instead, as /tmp is.
    """
    if environ.get(VARIABLE) or path != own_file(environ):
        return (
            f"commands are run from your own file alone, not from one that {VARIABLE} names",
            f'use {{env = "NAME"}}, or put the profile into {own_file(environ) or "your own file"}',
        )
    if os.name == "nt":  # its modes do not say who may write
        return "", ""
    hops, home = _hops(path), environ.get("HOME") or path.parent
    strict = {path.resolve(), *(hop.parent for hop in hops), *(hop.parent.resolve() for hop in hops)}
    above = {folder for each in strict for folder in each.parents}
    for each in sorted(strict | above, key=lambda each: -len(each.parts)):
        found = each.stat()
        # Above the home directory the owner may be one that a container does not know.
        if found.st_uid not in {0, os.getuid()} and (each in strict or each.is_relative_to(home)):
            return (
                f"{str(each)!r} belongs to another user, so that its commands are not run",
                f"chown {os.getuid()} {each}",
            )
        others_write = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        if others_write and (each in strict or not found.st_mode & stat.S_ISVTX):
            return f"others may write {str(each)!r}, so that its commands are not run", f"chmod go-w {each}"
    return "", ""


def _hops(path: Path) -> list[Path]:
    """`path`, and what it leads to when it is a symbolic link, link by link."""
    hops = [path.absolute()]
    while hops[-1].is_symlink() and len(hops) < _MOST_LINKS:
        hops.append(hops[-1].parent / hops[-1].readlink())
    return hops


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a folder on the way may not be entered
        return False
