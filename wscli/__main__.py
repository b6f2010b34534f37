"""The entry point: answers `--version` from nothing but a literal, and leaves all else to `cli/`."""

from __future__ import annotations

import os
import sys

from . import __version__


def program() -> None:
    """Is the command `wscli`: runs it, and ends the process with its exit status (contract §3).

    At once: an interpreter would take every module apart first (4 ms), while a thread may stand in a read
    of stdin. Under `python -X dev` it does that, and tells what was left open.
    """
    status = main()
    if sys.flags.dev_mode:
        sys.exit(status)
    try:
        for stream in (sys.stdout, sys.stderr):
            try:  # without contextlib, which takes `--version` a quarter of its time
                stream.flush()
            except (AttributeError, OSError, ValueError):
                continue  # closed by whoever started us; what could not be written, `main` has told
    finally:
        os._exit(status)


def main() -> int:
    """Runs wscli with the process's arguments; returns its exit status (contract §3)."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        return _print_version()
    try:
        from .startup import quicken

        quicken()
        from .cli.app import main as run
    except KeyboardInterrupt:
        return 130
    return run(arguments)


def _print_version() -> int:
    try:
        if sys.stdout is None:  # closed by whoever started us
            return _output_failed("cannot write to standard output: it is closed")
        sys.stdout.write(f"wscli {__version__}\n")
        sys.stdout.flush()
    except (BrokenPipeError, KeyboardInterrupt):
        _silence_stdout()
    except OSError as failure:
        _silence_stdout()
        return _output_failed(f"cannot write to standard output: {failure.strerror}")
    return 0


def _output_failed(message: str) -> int:
    from .cli.environment import Environment
    from .cli.report import report_failure
    from .errors import OutputFailed, exit_code_for

    failed = OutputFailed(message)
    report_failure(failed, Environment.current())
    return exit_code_for(failed)


def _silence_stdout() -> None:
    """What is still buffered must not fail once more when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    program()
