"""Writes into README.md what its commands show now. A block whose output has a `…` line is left for a person.

.venv/bin/python -m scripts.update_readme
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.test_readme import SET_UP, steps, terminal

README = Path(__file__).resolve().parent.parent / "README.md"


def main() -> None:
    """Replaces the output of every command of every console block but those of the set-up."""
    lines = README.read_text(encoding="utf-8").splitlines()
    # From the end, so that the line numbers of the steps before stay true.
    for step in reversed(steps()):
        if SET_UP.match(step.command):
            continue
        if "…" in step.output:
            sys.stderr.write(f"line {step.line}: left as it is: {step.command}\n")
            continue
        with TemporaryDirectory() as folder:
            _, shown = terminal(step.command, Path(folder))
        if any("internal error" in line for line in shown):
            sys.exit(f"line {step.line}: {step.command}\n" + "\n".join(shown))
        lines[step.line : step.line + len(step.output)] = shown
    README.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
