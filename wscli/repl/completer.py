"""Completions: commands, their words, close codes with their names, files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from ..sinks.escape import escape
from ..wire.closecodes import may_be_on_wire, name_of
from .commands import ALIASES, FORMS
from .filters import KINDS
from .settings import CHOICES, MEANINGS

_CODES: Final = [code for code in (*range(1000, 1016), 3000, 3003, 3008) if may_be_on_wire(code)]
_FRAME_FIELDS: Final = {
    "opcode=": "0 to 15, or a name",
    "fin=": "0 or 1",
    "rsv1=": "0 or 1",
    "rsv2=": "0 or 1",
    "rsv3=": "0 or 1",
    "mask=": "1, 0 or eight hex digits",
    "length=": "what the header claims",
    "payload=": "text, hex:…, base64:… or @FILE; last",
}
_BYTES: Final = {"hex:": "hex digits", "base64:": "base64", "@": "a file"}
_MOST_FILES: Final = 200


class CommandCompleter(Completer):
    """Completes what stands before the cursor on a line that is a command; messages are left alone."""

    def get_completions(self, document: Document, _event: CompleteEvent) -> Iterable[Completion]:
        text = document.text_before_cursor
        if not text.startswith("/") or text.startswith("//") or "\n" in text:
            return
        name, space, rest = text[1:].partition(" ")
        if not space:
            yield from _commands(name)
            return
        word = rest.rpartition(" ")[2]
        for choice, meaning in _choices(ALIASES.get(name, name), rest, word):
            if choice.startswith(word) and choice != word:
                yield Completion(choice, -len(word), display=escape(choice), display_meta=escape(meaning))


def _commands(name: str) -> Iterator[Completion]:
    for form in FORMS.values():
        if form.name.startswith(name.lower()):
            yield Completion(
                "/" + form.name, -len(name) - 1, display=f"/{form.name}", display_meta=form.summary
            )


def _choices(name: str, rest: str, word: str) -> Iterator[tuple[str, str]]:
    """What the word being typed may become, with what each means."""
    if name == "filter":
        yield from (("in", "what the peer sent"), ("out", "what we sent"))
        yield from ((kind, "") for kind in KINDS)
        yield from (("off", "show everything"), ("jmespath:", "a path into JSON"))
    elif name == "frame" and word.startswith("payload="):
        yield from _files(word, "payload=@")
    elif name == "frame":
        given = f" {rest}"
        yield from ((field, meaning) for field, meaning in _FRAME_FIELDS.items() if f" {field}" not in given)
    elif rest == word:
        yield from _first_words(name, word)
    elif name == "set":
        option = rest.split(maxsplit=1)[:1]
        yield from ((value, "") for each in option for value in CHOICES.get(each, ()) if value.isalpha())


def _first_words(name: str, word: str) -> Iterator[tuple[str, str]]:
    match name:
        case "close":
            yield from ((str(code), name_of(code)) for code in _CODES)
        case "pretty":
            yield from (("on", ""), ("off", ""))
        case "set":
            yield from MEANINGS.items()
        case "help":
            yield from ((form.name, form.summary) for form in FORMS.values())
        case "binary":
            yield from _BYTES.items()
            yield from _files(word, "@")
        case "send":
            yield from _files(word or "@", "@")
        case "save":
            yield from _files(word, "")
        case "connect":
            yield from ((scheme, "") for scheme in ("ws://", "wss://", "demo:"))
        case _:
            return


def _files(word: str, prefix: str) -> Iterator[tuple[str, str]]:
    if not word.startswith(prefix):
        return
    path = word[len(prefix) :]
    folder, _, begin = path.rpartition("/")
    shown_folder = folder + "/" if "/" in path else ""
    try:
        with os.scandir(Path(shown_folder or ".").expanduser()) as entries:
            names = sorted(
                entry.name + ("/" if entry.is_dir() else "")
                for entry in entries
                if entry.name.startswith(begin) and (begin or not entry.name.startswith("."))
            )
    except (OSError, ValueError, RuntimeError):
        return
    # A name with a space cannot be told from two words.
    for name in [name for name in names if " " not in name][:_MOST_FILES]:
        yield f"{prefix}{shown_folder}{name}", ""
