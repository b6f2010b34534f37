"""Colours of what is typed: a command's name, and whether there is such a command."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.lexers import Lexer

from .commands import ALIASES, FORMS


class LineLexer(Lexer):
    """Colours a command's name, and whether there is such a command."""

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        lines = document.lines

        def styled(number: int) -> StyleAndTextTuples:
            line = lines[number] if number < len(lines) else ""
            if number or not line.startswith("/") or line.startswith("//"):
                return [("", line)]
            name, space, rest = line.partition(" ")
            known = name[1:] in FORMS or name[1:] in ALIASES
            begun = not space and any(form.startswith(name[1:]) for form in FORMS)
            return [("class:command" if known or begun else "class:unknown", name), ("", space + rest)]

        return styled
