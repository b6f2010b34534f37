"""`python -m tests.fuzz.guided TARGET [libFuzzer options]`: guided by coverage, where atheris is installed.

atheris is no dependency of the tests: its wheels are few. New inputs that reach new code go to a
folder of their own; what is found is printed, and kept by libFuzzer in the working directory.
"""

from __future__ import annotations

import importlib
import sys
import tempfile


def main() -> None:
    atheris = importlib.import_module("atheris")
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["wscli"]):
        from .inputs import FOLDER
        from .targets import TARGETS
    with tempfile.TemporaryDirectory() as grown:
        arguments = [sys.argv[0], "-max_len=4096", *options, grown, str(FOLDER / name)]
        atheris.Setup(arguments, TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
