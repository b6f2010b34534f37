"""The rules of docs/architecture.md that can be read off the source: layers, homes, sizes, reasons."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "wscli"

# Imports point down this list. Parts that share a line do not know each other.
LAYERS = (
    {"__main__"},
    {"cli"},
    {"repl", "completion", "reports"},
    {"oneshot", "check"},
    {"probes", "expect", "credentials", "profiles"},
    {"session", "server", "sinks"},
    {"net"},
    {"wire"},
    {"events_schema"},
    {"events", "config", "payloads", "recent"},
    {"hosts", "longtext"},
    {"errors", "startup", "threads", "__init__"},
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# One library, one home: where else it is imported, a change of library would be felt there too.
HOMES = {
    "typer": ("cli/",),
    "prompt_toolkit": ("repl/",),
    "rich": ("sinks/human",),
    "python_socks": ("net/",),
    "jmespath": ("expect/",),
    "websockets": ("session/", "server/"),
}
# What events are made of is at home wherever events are.
EVERYWHERE = {"msgspec"}

# wire/ is pure: no sockets, no event loop, no files, no clock of its own.
IMPURE = {"asyncio", "socket", "selectors", "ssl", "threading", "subprocess", "os", "pathlib", "time"}

MOST_LINES = 400
LONGER: dict[str, str] = {}  # module: why it is one piece


@dataclass(frozen=True)
class Import:
    """One import: the file it stands in, its line, and the module it names, absolute."""

    file: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"wscli/{self.file}:{self.line} imports {self.module}"

    @property
    def part(self) -> str:
        """The part of wscli that the import stands in: a folder, or a module at the top."""
        return self.file.split("/")[0].removesuffix(".py")

    @property
    def library(self) -> str:
        return self.module.split(".")[0]

    @property
    def imported_part(self) -> str:
        """The part of wscli that is imported; empty for other packages."""
        names = self.module.split(".")
        return "" if names[0] != "wscli" else (names[1:] or ["__init__"])[0]


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[Import]:
    file = path.relative_to(PACKAGE).as_posix()
    package = ["wscli", *path.relative_to(PACKAGE).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module.split(".") if node.module else [])])
            for alias in node.names:
                submodule = PACKAGE.parent.joinpath(*module.split("."), alias.name)
                is_module = submodule.is_dir() or submodule.with_suffix(".py").is_file()
                yield Import(file, node.lineno, f"{module}.{alias.name}" if is_module else module)


IMPORTS = [found for path in modules() for found in imports_of(path)]


def comments() -> Iterator[tuple[str, str]]:
    for path in [*modules(), *sorted((ROOT / "tests").rglob("*.py"))]:
        with tokenize.open(path) as source:
            for token in tokenize.generate_tokens(io.StringIO(source.read()).readline):
                if token.type == tokenize.COMMENT:
                    yield f"{path.relative_to(ROOT)}:{token.start[0]}", token.string


def test_every_part_has_a_layer() -> None:
    parts = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in modules()}
    assert parts <= set(LEVEL), "give it a place in LAYERS and in docs/architecture.md"


def test_imports_point_down() -> None:
    upward = [
        str(found)
        for found in IMPORTS
        if found.imported_part
        and found.imported_part != found.part
        and LEVEL[found.imported_part] <= LEVEL[found.part]
    ]
    assert not upward


@pytest.mark.parametrize("library", HOMES)
def test_a_library_has_one_home(library: str) -> None:
    strays = [
        str(found)
        for found in IMPORTS
        if found.library == library and not found.file.startswith(HOMES[library])
    ]
    assert not strays


def test_the_wire_is_pure() -> None:
    assert not [str(found) for found in IMPORTS if found.part == "wire" and found.library in IMPURE]


def test_every_library_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    declared = {re.split(r"[^\w-]", wanted)[0].replace("-", "_") for group in groups for wanted in group}
    foreign = {found.library for found in IMPORTS} - sys.stdlib_module_names - {"wscli"}
    assert foreign <= declared
    assert foreign <= set(HOMES) | EVERYWHERE, "give it a home in HOMES"


def imported_by(*arguments: str) -> set[str]:
    """The modules that `python -m wscli ARGUMENTS` imports beyond what `python -m` itself needs."""
    names = []
    for command in (["-c", "import runpy"], ["-m", "wscli", *arguments]):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", *command],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
        )
        # "import time:  self [us] | cumulative | imported package", indented by depth
        names.append({line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "|" in line})
    bare, ours = names
    return ours - bare


def test_version_imports_nothing() -> None:
    assert imported_by("--version") <= {"wscli", "__future__"}


@pytest.mark.parametrize("command", ["handshake", "ping", "close", "connect", "check", "serve"])
def test_help_imports_neither_websockets_nor_the_prompt(command: str) -> None:
    heavy = {"websockets", "prompt_toolkit", "pydantic"}
    assert not imported_by(command, "--help") & heavy


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_a_module_can_be_read_in_one_go(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MOST_LINES or path.relative_to(PACKAGE).as_posix() in LONGER


def test_every_ignore_has_a_reason() -> None:
    ignore = re.compile(r"#\s*(?:type:\s*ignore(?:\[[^\]]*\])?|noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?)(.*)")
    bare = [
        where
        for where, comment in comments()
        if (found := ignore.match(comment)) and not re.search(r"[^\W\d_]{2}", found[1])
    ]
    assert not bare
