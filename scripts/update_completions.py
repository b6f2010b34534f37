"""Writes completions/ and docs/wscli.1 from the commands as they are now.

.venv/bin/python -m scripts.update_completions
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from wscli.cli.tree import read_program
from wscli.completion.man import man_page
from wscli.completion.render import FILES, RENDERERS

ROOT = Path(__file__).resolve().parent.parent


def generated() -> Iterator[tuple[Path, str]]:
    """Each file that is made from the commands, and what belongs in it."""
    program = read_program()
    for shell, render in RENDERERS.items():
        yield ROOT / "completions" / FILES[shell], render(program)
    yield ROOT / "docs" / "wscli.1", man_page(program)


def main() -> None:
    """Writes every file anew."""
    for path, text in generated():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
