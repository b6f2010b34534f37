"""A host's user and password from .netrc, the file that curl and ftp read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import InputFailed, UsageError
from .files import expanded


@dataclass(frozen=True, slots=True)
class Login:
    """Who we are to a host."""

    username: str
    password: str = field(repr=False)


def netrc_path(environ: Mapping[str, str]) -> Path:
    """The file that `NETRC` names, or `.netrc` (`_netrc` on Windows, when only that is there) at home."""
    named = environ.get("NETRC")
    if named:
        return expanded(named)
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    other = home / "_netrc"
    return other if os.name == "nt" and other.exists() else home / ".netrc"


def find_login(path: Path, host: str) -> Login | None:
    """The entry for `host`, or the one for `default`.

    Raises: InputFailed when the file cannot be read; UsageError with its line when it cannot be understood.
    """
    import netrc

    try:
        hosts = netrc.netrc(path).hosts
    except netrc.NetrcParseError as failure:
        # What it says quotes the file, and that may be the password; its line is one too far at times.
        where = f", near line {failure.lineno}" if failure.lineno else ""
        raise UsageError(
            f"--netrc: {str(path)!r}{where}: this is not how .netrc is written",
            hint="write: machine HOST login USER password PASSWORD",
        ) from None
    except UnicodeDecodeError:
        raise InputFailed(f"--netrc: the file {str(path)!r} is not UTF-8 text") from None
    except OSError as failure:
        raise InputFailed(f"--netrc: cannot read the file {str(path)!r}: {failure.strerror}") from None
    by_name = {name.lower(): entry for name, entry in hosts.items()}
    entry = by_name.get(host.lower()) or hosts.get("default")
    return None if entry is None else Login(entry[0] or "", entry[2] or "")
