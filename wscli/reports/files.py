"""Where reports go: `--report KIND[=FILE]`, each file written beside its place and renamed into it."""

from __future__ import annotations

import contextlib
import os
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

_HINT: Final = "for example --report junit=report.xml"
# A textfile collector runs as somebody else; secrets are not in reports.
_MODE: Final = 0o644


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
            found.append(Destination(kind, _writable(kind, name)))
        elif kind == WITHOUT_FILE:
            found.append(Destination(kind, None))
    return found


def _writable(kind: str, name: str) -> Path:
    path = Path(name).expanduser()
    if path.is_dir():
        raise UsageError(f"--report {kind}: {name!r} is a folder", hint=_HINT)
    if not path.parent.is_dir():
        raise UsageError(f"--report {kind}: the folder of {name!r} is not there", hint="create it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(f"--report {kind}: {name!r} may not be written by you")
    return path


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
        content = rendered(destination.kind, result)
        if destination.file is None:
            to_stderr(content)
            continue
        try:
            (_append if destination.append else _replace)(destination.file, content.encode())
        except OSError as failure:
            reason = failure.strerror or str(failure)
            failures.append(
                OutputFailed(
                    f"cannot write the report {str(destination.file)!r}: {reason}", hint="check the disk"
                )
            )
    if failures:
        raise failures[0]


def _append(path: Path, content: bytes) -> None:
    with path.open("ab") as file:
        file.write(content)


def _replace(path: Path, content: bytes) -> None:
    """Whoever reads the file meanwhile sees the old one or the new one, never a half."""
    if path.exists() and not path.is_file():  # /dev/stdout, a FIFO: there is nothing to rename to
        path.write_bytes(content)
        return
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
