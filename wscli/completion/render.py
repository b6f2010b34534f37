"""The generators by the shell's name, and where a package puts what each makes."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from .bash import bash_script
from .fish import fish_script
from .powershell import powershell_script
from .program import Program
from .zsh import zsh_script

RENDERERS: Final = MappingProxyType[str, Callable[[Program], str]](
    {"bash": bash_script, "zsh": zsh_script, "fish": fish_script, "powershell": powershell_script}
)

FILES: Final = MappingProxyType(
    {"bash": "wscli.bash", "zsh": "_wscli", "fish": "wscli.fish", "powershell": "wscli.ps1"}
)
"""The file in completions/ for each shell; zsh autoloads by that name."""
