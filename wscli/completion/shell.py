"""How text becomes one word of a shell's language."""

from __future__ import annotations

import re


def quoted(text: str) -> str:
    """`text` as a word of a POSIX shell, bash and zsh included."""
    return "'" + text.replace("'", "'\\''") + "'"


def fish_quoted(text: str) -> str:
    """`text` as a word of fish, where a backslash escapes in single quotes, too."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def powershell_quoted(text: str) -> str:
    """`text` as a literal string of PowerShell, which takes typographic single quotes for quotes as well."""
    return "'" + re.sub("(['\u2018-\u201b])", r"\1\1", text) + "'"
