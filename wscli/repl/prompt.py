"""The prompt: one prompt_toolkit application for the whole session, with everything else shown above it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from prompt_toolkit import PromptSession
from prompt_toolkit.auto_suggest import AutoSuggestFromHistory
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER, EditingMode
from prompt_toolkit.filters import (
    Condition,
    Filter,
    emacs_insert_mode,
    emacs_mode,
    has_focus,
    vi_insert_mode,
    vi_navigation_mode,
)
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.keys import Keys
from prompt_toolkit.styles import DynamicStyle

from ..sinks.output import Output
from .above import MOST_QUEUED, Above
from .burst import Burst, Unbracketed
from .completer import CommandCompleter
from .history import LineHistory
from .lexer import LineLexer
from .paste import MOST_PASTE, Folds, as_it_stands, as_text, is_unfinished
from .screen import ScreenInput, ScreenOutput
from .settings import Preferences
from .terminal import Handlers
from .theme import style_for

_PROMPT: Final = "› "
_BAR_INTERVAL: Final = 0.2


class Prompt:
    """A Terminal with a line to edit, its history, completions and a bar; output scrolls above it."""

    echoes = False

    def __init__(
        self,
        stdin: int,
        output: Output,
        handlers: Handlers,
        preferences: Preferences,
        history: LineHistory,
        *,
        color: bool,
        term: str | None,
    ) -> None:
        self._handlers = handlers
        self._preferences = preferences
        self._history = history
        self._output = output
        self._keyboard = ScreenInput(stdin)
        self._screen = ScreenOutput(output, color=color, term=term)
        self._folds = Folds()
        self._refreshing: asyncio.TimerHandle | None = None
        self._keys = 0
        self._interrupted_at = -1
        self._session = self._make_session()
        self._burst = Burst(self._end_line)
        self._above = Above(self._session.app, self._screen, output)
        self.apply()

    def _make_session(self) -> PromptSession[str]:
        styles = {theme: style_for(theme) for theme in ("dark", "light")}
        session: PromptSession[str] = PromptSession(
            [("class:prompt", _PROMPT)],
            input=self._keyboard,
            output=self._screen,
            multiline=True,
            prompt_continuation=[("class:continuation", "· ")],
            history=self._history,
            auto_suggest=AutoSuggestFromHistory(),
            completer=CommandCompleter(),
            complete_while_typing=Condition(self._on_a_command),
            reserve_space_for_menu=6,
            bottom_toolbar=self._bar,
            lexer=LineLexer(),
            style=DynamicStyle(lambda: styles[self._preferences.theme]),
            include_default_pygments_style=False,
            key_bindings=self._bindings(),
            search_ignore_case=True,
            enable_suspend=True,
            erase_when_done=True,
        )
        # A loop that a flood keeps busy would put the echo of a key off.
        session.app.max_render_postpone_time = None
        session.default_buffer.accept_handler = self._accept
        session.app.key_processor.before_key_press += self._on_key
        return session

    # What the REPL asks for.

    def write(self, chunk: bytes) -> None:
        """Show whole lines above the prompt; soon, and many at once."""
        self._above.write(chunk)

    def width(self) -> int:
        """Columns."""
        return self._screen.get_size().columns

    def refresh(self) -> None:
        """Repaint the bar soon."""
        if self._refreshing is None:
            self._refreshing = asyncio.get_running_loop().call_later(_BAR_INTERVAL, self._repaint)

    def apply(self) -> None:
        """Take over the preferences."""
        app = self._session.app
        mode = EditingMode.VI if self._preferences.editing == "vi" else EditingMode.EMACS
        if app.editing_mode != mode:
            app.editing_mode = mode
            app.vi_state.reset()
        app.invalidate()

    def lines(self) -> list[str]:
        """The history of typed lines, oldest first."""
        return list(self._history.get_strings())

    def keep_history_in(self, path: Path | None) -> None:
        """Use another history; what is being typed stays."""
        self._history.move(path)
        buffer = self._session.default_buffer
        buffer.reset(buffer.document)

    async def run(self) -> None:
        """Read lines until `leave`; the end of the input is a wish to end."""
        try:
            await self._session.app.run_async(handle_sigint=False, set_exception_handler=False)
        except EOFError:
            self._handlers.end()
        finally:
            self._burst.cancel()
            if self._refreshing is not None:
                self._refreshing.cancel()
            self._above.flush()
            self._screen.end()

    def leave(self) -> None:
        """End `run`."""
        app = self._session.app
        if app.is_running and not app.is_done:
            self._above.flush()
            app.exit()

    # The bar.

    def _repaint(self) -> None:
        self._refreshing = None
        if self._output.queued <= MOST_QUEUED:
            self._session.app.invalidate()

    def _bar(self) -> StyleAndTextTuples:
        width = self.width()
        if self._is_unfinished():
            long, short = "Enter on an empty line sends it as it is", "an empty line ends it"
            text = f" JSON goes on · {long if width > len(long) + 16 else short}"
            return [("class:bar.alert", text)]
        return [(f"class:{style}" if style else "", text) for style, text in self._handlers.bar(width)]

    # Keys.

    def _on_a_command(self) -> bool:
        text = self._session.default_buffer.text
        return text.startswith("/") and not text.startswith("//") and "\n" not in text

    def _bindings(self) -> KeyBindings:
        bindings = KeyBindings()
        on_line = has_focus(DEFAULT_BUFFER)

        def bind(*keys: Keys | str, when: Filter | None = None) -> Callable[..., object]:
            return bindings.add(*keys, filter=on_line if when is None else on_line & when)

        bind("enter")(self._enter)
        bind("escape", "enter", when=emacs_insert_mode | vi_insert_mode)(_new_line)
        bind("c-c")(self._interrupt)
        bind("c-d", when=Condition(lambda: not self._session.default_buffer.text))(self._end_of_input)
        bind("c-x", "c-e", when=emacs_mode)(self._edit)
        bind("v", when=vi_navigation_mode)(self._edit)
        bind(Keys.BracketedPaste)(self._paste)
        return bindings

    def _on_key(self, _processor: object) -> None:
        self._keys += 1
        if self._burst.resume():
            self._session.default_buffer.insert_text("\n")

    def _enter(self, event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        completing = buffer.complete_state
        if completing is not None and completing.current_completion is not None:
            buffer.complete_state = None
            return
        if not buffer.text and not self._burst.lasts:
            return
        if self._more_input(event):
            self._burst.go_on()
            buffer.insert_text("\n")
        elif self._burst.lasts:
            self._burst.defer()
        else:
            self._end_line()

    def _end_line(self) -> None:
        buffer = self._session.default_buffer
        if self._is_unfinished():
            self._go_on(buffer)
        else:
            buffer.validate_and_handle()

    def _is_unfinished(self) -> bool:
        return is_unfinished(self._folds.unfold(self._session.default_buffer.text))

    def _go_on(self, buffer: Buffer) -> None:
        """To the next line of unfinished JSON; two Enters in a row say that it is meant as it is."""
        if not buffer.document.is_cursor_at_the_end or (text := as_it_stands(buffer.text)) is None:
            buffer.newline(copy_margin=True)
        else:
            buffer.set_document(Document(text, len(text)))
            buffer.validate_and_handle()

    def _more_input(self, event: KeyPressEvent) -> bool:
        """Whether more was typed than this Enter: nobody types that fast, so it is a paste."""
        queue = event.key_processor.input_queue
        return any(key.key is not Keys.CPRResponse for key in queue) or self._keyboard.more_waits()

    def _accept(self, buffer: Buffer) -> bool:
        line = self._folds.unfold(buffer.text)
        if self._handlers.line(line):
            known = self._history.get_strings()
            if line and (not known or known[-1] != line):
                self._history.append_string(line)
            self._clear(buffer)
        else:
            self._handlers.note("not open yet: nothing was sent; press Enter again once it is")
        # It was cleared and remembered here, where that was right.
        return True

    def _clear(self, buffer: Buffer) -> None:
        buffer.reset()
        # At the next paint would be too late for who is quick with the arrow keys.
        buffer.load_history_if_not_yet_loaded()
        self._folds.forget()
        # A new line begins in insert mode, as readline's does.
        self._session.app.vi_state.reset()

    def _interrupt(self, event: KeyPressEvent) -> None:
        again = self._interrupted_at == self._keys - 1
        self._interrupted_at = self._keys
        buffer = event.current_buffer
        if buffer.text:
            self._clear(buffer)
        elif self._handlers.interrupt():
            return
        elif again:
            self._handlers.end()
        else:
            self._handlers.stays()

    def _end_of_input(self, _event: KeyPressEvent) -> None:
        self._handlers.end()

    def _edit(self, event: KeyPressEvent) -> None:
        """The line in $VISUAL or $EDITOR; it comes back to be sent, or not, with Enter."""
        buffer = event.current_buffer
        text = self._folds.unfold(buffer.text)
        self._clear(buffer)
        buffer.set_document(Document(text, len(text)))
        buffer.open_in_editor(validate_and_handle=False)

    def _paste(self, event: KeyPressEvent) -> None:
        pasted = event.data
        if len(pasted) > MOST_PASTE:
            self._handlers.note(
                f"the paste is over {MOST_PASTE // 1024 // 1024} MiB and was not taken:"
                " save it to a file, then /send @FILE"
            )
            return
        buffer, text = event.current_buffer, as_text(pasted)
        if isinstance(pasted, Unbracketed):
            if self._burst.lasts:
                length, before = self._folds.take_back(buffer.document.text_before_cursor)
                buffer.delete_before_cursor(length)
                text = before + text
            self._burst.go_on()
        buffer.insert_text(self._folds.fold(text))


def _new_line(event: KeyPressEvent) -> None:
    event.current_buffer.newline(copy_margin=True)
