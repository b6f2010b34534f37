"""Writes into README.md what its commands show now.

A `…` on an output's first line goes on standing for what comes before the second; an output that has one
elsewhere is left for a person.

.venv/bin/python -m scripts.update_readme
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.test_readme import SET_UP, Step, normalised, played, steps, terminal

README = Path(__file__).resolve().parent.parent / "README.md"


def main() -> None:
    """Replaces the output of every command of every console block but those of the set-up."""
    lines = README.read_text(encoding="utf-8").splitlines()
    # From the end, so that the line numbers of the steps before stay true.
    for step in reversed(steps()):
        if SET_UP.match(step.command):
            continue
        shown = shortened(step.output, shown_by(step))
        if shown is None:
            sys.stderr.write(f"line {step.line}: left as it is: {step.command}\n")
            continue
        lines[step.line : step.line + len(step.output)] = shown
    README.write_text("\n".join(lines) + "\n", encoding="utf-8")


def shown_by(step: Step) -> list[str]:
    """What the terminal shows after `step`."""
    with TemporaryDirectory() as folder:
        if step.typed:
            with played(step, Path(folder)) as screen:
                shown = screen.text.splitlines()
        else:
            _, shown = terminal(step.command, Path(folder))
    if any("internal error" in line for line in shown):
        sys.exit(f"line {step.line}: {step.command}\n" + "\n".join(shown))
    return shown


def shortened(before: tuple[str, ...], shown: list[str]) -> list[str] | None:
    """`shown` as short as the output `before`; None when its `…` is one that only a person can place."""
    if "…" not in before:
        return shown
    if before[0] != "…" or "…" in before[1:]:
        return None
    first = normalised(before[1])
    starts = [index for index, line in enumerate(shown) if normalised(line) == first]
    return ["…", *shown[starts[0] :]] if starts else None


if __name__ == "__main__":
    main()
