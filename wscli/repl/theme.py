"""Colours of the line, the menu and the bar, for dark and for light grounds."""

from __future__ import annotations

from typing import Final

from prompt_toolkit.styles import Style

# The bar takes the terminal's own two colours, exchanged: these are readable whatever they are. The states
# bring both of theirs: a terminal's green or yellow may go with one ground's colour and not with the other's.
_BOTH: Final = {
    "bottom-toolbar": "reverse",
    "bar.state.open": "noreverse bg:#005f00 #ffffff bold",
    "bar.state.connecting": "noreverse bg:#ffd75f #000000 bold",
    "bar.state.closing": "noreverse bg:#ffd75f #000000 bold",
    "bar.state.closed": "noreverse bg:#af0000 #ffffff bold",
    "bar.alert": "bold",
    "unknown": "ansired",
}
# Greys with a contrast of at least 4.5 to 1 on black and on white.
_DARK: Final = {
    # Dark is what is taken where a terminal does not tell: on white these two can be read as well.
    "prompt": "#008787 bold",
    "command": "#008787 bold",
    "continuation": "#8a8a8a",
    "auto-suggestion": "#8a8a8a",
    "completion-menu": "bg:#303030 #e4e4e4",
    "completion-menu.completion.current": "noreverse bg:#5fafd7 #000000",
    "completion-menu.meta.completion": "bg:#262626 #a8a8a8",
    "completion-menu.meta.completion.current": "bg:#87afd7 #000000",
}
_LIGHT: Final = {
    "prompt": "ansiblue bold",
    "command": "ansiblue bold",
    "continuation": "#707070",
    "auto-suggestion": "#707070",
    "completion-menu": "bg:#dadada #1c1c1c",
    "completion-menu.completion.current": "noreverse bg:#005f87 #ffffff",
    "completion-menu.meta.completion": "bg:#eeeeee #4e4e4e",
    "completion-menu.meta.completion.current": "bg:#00527a #ffffff",
}


def style_for(theme: str) -> Style:
    """The style of the theme `dark` or `light`."""
    return Style.from_dict(_BOTH | (_LIGHT if theme == "light" else _DARK))
