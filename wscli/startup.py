"""What makes the start of the process cheaper; imported first, after `--version` was answered."""

from __future__ import annotations

import gc
import importlib
import sys
import types
from typing import Any


def quicken() -> None:
    """Leaves out what would be done in vain.

    Importing makes many objects and no garbage, so the collector runs rarely (a cycle waits a little longer).
    websockets imports importlib.metadata (10 ms), and uses it only in a version that is not released.
    """
    gc.set_threshold(50_000)
    _keep_freed_memory()
    if "importlib.metadata" not in sys.modules:
        # As an import does: known by its name, and an attribute of its package.
        importlib.metadata = sys.modules["importlib.metadata"] = _ImportedOnUse("importlib.metadata")


def _keep_freed_memory() -> None:
    """Keeps the allocator from handing the memory of each long message to the kernel, to ask for it again.

    A flood of them would take twice as long. glibc learns from a large block that is freed how much is worth
    keeping (twice its size; mallopt(3), M_MMAP_THRESHOLD); the pages of this one are never touched.
    """
    bytes(4 * 1024 * 1024)


class _ImportedOnUse(types.ModuleType):
    """Stands for a module that may never be needed; the first use of anything in it imports it."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def leave_quickly() -> None:
    """Spares the interpreter its last look for garbage: the process ends, and its memory with it."""
    gc.freeze()
