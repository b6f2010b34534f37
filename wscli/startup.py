"""What makes the start of the process cheaper; imported first, after `--version` was answered."""

from __future__ import annotations

import gc
import importlib
import sys
import types
from typing import Any, Final

# Imported at the top of what a run needs, but used by few runs; `python -X importtime` tells what they cost.
_SELDOM_USED: Final = (
    "bz2",  # shutil, for archives
    "lzma",  # the same
    "locale",  # subprocess, to decode the output of programs
    "textwrap",  # traceback and msgspec
    "tokenize",  # inspect and linecache, to show lines of source code
    "importlib.metadata",  # websockets, in a version that is not released (10 ms)
    "msgspec.inspect",  # msgspec, for JSON Schema
    "asyncio.sslproto",  # asyncio, for its own transports
    "asyncio.staggered",  # the same
    "shellingham",  # Typer, to find out which shell to complete for
)


def quicken() -> None:
    """Leaves out what would be done in vain.

    Importing makes many objects and no garbage, so the collector runs rarely (a cycle waits a little longer).
    """
    gc.set_threshold(50_000)
    _keep_freed_memory()
    for name in _SELDOM_USED:
        if name not in sys.modules:
            _import_on_use(name)


def _import_on_use(name: str) -> None:
    # As an import does: known by its name, and an attribute of its package.
    sys.modules[name] = stand_in = _ImportedOnUse(name)
    package, _, last = name.rpartition(".")
    if package in sys.modules:
        setattr(sys.modules[package], last, stand_in)


def _keep_freed_memory() -> None:
    """Keeps the allocator from handing the memory of each long message to the kernel, to ask for it again.

    A flood of them would take twice as long. glibc learns from a large block that is freed how much is worth
    keeping (twice its size; mallopt(3), M_MMAP_THRESHOLD); the pages of this one are never touched.
    """
    bytes(4 * 1024 * 1024)


def import_asyncio() -> None:
    """Imports asyncio without ssl (4 ms), which serves only its own transports; our TLS is in net/tls.py.

    asyncio can do without: there are interpreters that have no ssl. Whoever imports ssl later, gets it.
    """
    if "asyncio" in sys.modules or "ssl" in sys.modules:
        return
    sys.modules["ssl"] = None  # type: ignore[assignment] # how the import system is told that there is none
    try:
        importlib.import_module("asyncio")
    finally:
        del sys.modules["ssl"]


class _ImportedOnUse(types.ModuleType):
    """Stands for a module that may never be needed; the first use of anything in it imports it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)
