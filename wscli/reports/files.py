"""Where reports go, `--report KIND[=FILE]`: each file is written beside its place and renamed into it."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from ..check.result import RunResult
from ..errors import OutputFailed, UsageError

_MODULES: Final = {
    "junit": "junit",
    "tap": "tap",
    "json": "jsonreport",
    "markdown": "markdown",
    "github": "github",
    "prometheus": "prometheus",
}
KINDS: Final = tuple(_MODULES)
WITHOUT_FILE: Final = "github"
"""The kind that needs no file."""

_DESCRIPTOR: Final = re.compile(r"/dev/(stdout|stderr)|/(?:dev|proc/self)/fd/(\d{1,6})")
_HINT: Final = "for example --report junit=report.xml"
# A textfile collector runs as somebody else; secrets are not in reports.
_MODE: Final = 0o644
# A mount on the file itself, as in a container; a folder that takes no new files.
_NO_NEW_FILE: Final = (errno.EBUSY, errno.EXDEV, errno.EACCES, errno.EPERM, errno.EROFS)


@dataclass(frozen=True, slots=True)
class Destination:
    """A report of `kind` to `file`; for `github` without one, to stderr. `append` is for a job's summary."""

    kind: str
    file: Path | None
    append: bool = False


def parse_reports(texts: Sequence[str], environment: Mapping[str, str]) -> list[Destination]:
    """What `--report` asks for, checked before anything is sent.

    Raises: UsageError for an unknown kind, a missing file, a folder that is not there.
    """
    found: list[Destination] = []
    summary = environment.get("GITHUB_STEP_SUMMARY")
    for text in texts:
        kind, equals, name = text.partition("=")
        if kind not in _MODULES:
            raise UsageError(
                f"--report: there is no report {kind!r}", hint=f"the kinds are {', '.join(_MODULES)}; {_HINT}"
            )
        if equals and not name:
            raise UsageError(f"--report {kind}: the file name is empty", hint=_HINT)
        if kind == "markdown" and summary:
            job = Destination(kind, Path(summary), append=True)
            found += [] if job in found else [job]
        elif not equals and kind != WITHOUT_FILE:
            raise UsageError(f"--report {kind}: no file is named", hint=f"--report {kind}=FILE")
        if equals:
            path = _writable(kind, name)
            if any(path == other.file and not other.append for other in found) and not _is_stream(path):
                raise UsageError(f"--report: two reports go to {name!r}", hint="name a file for each")
            found.append(Destination(kind, path))
        elif kind == WITHOUT_FILE:
            found.append(Destination(kind, None))
    return found


def _writable(kind: str, name: str) -> Path:
    if name == "-":
        raise UsageError(
            f"--report {kind}: '-' names no file, and standard output has the results",
            hint=f"--report {kind}=FILE, or {kind}=/dev/stdout to have both there",
        )
    path = Path(name).expanduser()
    if path.is_dir():
        raise UsageError(f"--report {kind}: {name!r} is a folder", hint=_HINT)
    if not path.parent.is_dir():
        raise UsageError(f"--report {kind}: the folder of {name!r} is not there", hint="create it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"--report {kind}: {name!r} may not be written by you")
    return path


def _descriptor(path: Path) -> int | None:
    """The open file of this process that `path` stands for, if it is one; never to be replaced."""
    found = _DESCRIPTOR.fullmatch(str(path))
    if found is None:
        return None
    return {"stdout": 1, "stderr": 2}.get(found[1]) or int(found[2] or 0)


def _is_stream(path: Path) -> bool:
    """An open file of this process, a FIFO, a device: what takes several reports, one after the other."""
    return _descriptor(path) is not None or (path.exists() and not path.is_file())


def rendered(kind: str, result: RunResult) -> str:
    """The report as text."""
    render: Callable[[RunResult], str] = import_module(f".{_MODULES[kind]}", __package__).render
    return render(result)


def write_reports(
    destinations: Sequence[Destination], result: RunResult, to_stderr: Callable[[str], None]
) -> None:
    """Writes them all. Raises: OutputFailed with the first that could not be written."""
    failures: list[OutputFailed] = []
    for destination in destinations:
        if destination.file is None:
            to_stderr(rendered(destination.kind, result))
            continue
        try:
            if destination.append:
                _append(destination.file, result)
            else:
                _replace(destination.file, rendered(destination.kind, result).encode())
        except OutputFailed as failure:
            failures.append(failure)
        except BrokenPipeError:
            # Whoever read it has gone: a quiet end, as for the results (contract §3).
            continue
        except OSError as failure:
            reason = failure.strerror or str(failure)
            failures.append(
                OutputFailed(
                    f"cannot write the report {str(destination.file)!r}: {reason}", hint="check the disk"
                )
            )
    if failures:
        raise failures[0]


def _write_to(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _append(path: Path, result: RunResult) -> None:
    """To a job's summary, in what room the step's earlier commands left."""
    from .markdown import LEAST_BYTES, MOST_BYTES, render

    with path.open("ab") as file:
        room = MOST_BYTES - file.tell()
        if room < LEAST_BYTES:
            raise OutputFailed(
                f"the summary {str(path)!r} is full: GitHub takes 1 MiB of a step",
                hint="check in a step of its own, or name a file: --report markdown=FILE",
            )
        file.write(render(result, room).encode())


def _replace(path: Path, content: bytes) -> None:
    """Whoever reads the file meanwhile sees the old one or the new one, never a half; if that can be."""
    descriptor = _descriptor(path)
    if descriptor is not None:
        _write_to(descriptor, content)
        return
    # What a link leads to is replaced, the link stays.
    path = path.resolve()
    if _is_stream(path):
        path.write_bytes(content)
        return
    try:
        _rename_into(path, content)
    except OSError as failure:
        if failure.errno not in _NO_NEW_FILE or not path.exists():
            raise
        path.write_bytes(content)


def _rename_into(path: Path, content: bytes) -> None:
    descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(temporary).chmod(path.stat().st_mode & 0o7777 if path.exists() else _MODE)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise
