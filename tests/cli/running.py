"""Runs the command line inside the test's process, with streams of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass

from wscli.cli.app import main
from wscli.cli.environment import Environment


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    code: int
    stdout: str
    stderr: str


def run_main(*arguments: str, environ: Mapping[str, str] | None = None) -> Ran:
    """`wscli arguments` with no stdin, and stdout and stderr that are no terminals."""
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        environment = Environment(None, stdout.fileno(), stderr.fileno(), environ=environ or {})
        code = main(arguments, environment)
        stdout.seek(0)
        stderr.seek(0)
        return Ran(int(code), stdout.read().decode(), stderr.read().decode())
