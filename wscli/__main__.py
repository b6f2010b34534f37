"""The entry point: answers `--version` from nothing but a literal, and leaves all else to `cli/`."""

from __future__ import annotations

import sys

from . import __version__


def main() -> int:
    """Runs wscli with the process's arguments; returns its exit status (contract §3)."""
    arguments = sys.argv[1:]
    if arguments in (["--version"], ["-V"]):
        return _print_version()
    try:
        from .startup import leave_quickly, quicken

        quicken()
        from .cli.app import main as run
    except KeyboardInterrupt:
        return 130
    try:
        return run(arguments)
    finally:
        leave_quickly()


def _print_version() -> int:
    try:
        sys.stdout.write(f"wscli {__version__}\n")
        sys.stdout.flush()
    except (BrokenPipeError, KeyboardInterrupt):
        # What is still buffered must not fail once more when the interpreter ends.
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
