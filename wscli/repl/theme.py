"""Colours of the line and the bar, for dark and for light grounds; from the terminal's own sixteen only."""

from __future__ import annotations

from typing import Final

from prompt_toolkit.styles import Style

_BOTH: Final = {
    "prompt": "bold",
    "command": "bold",
    "unknown": "underline",
    "fold": "italic",
    "selected": "reverse",
    "bar.state.open": "ansigreen bold",
    "bar.state.connecting": "ansimagenta bold",
    "bar.state.closing": "ansimagenta bold",
    "bar.state.closed": "ansired bold",
    "bar.alert": "ansimagenta bold",
    "search": "bold",
}

_DARK: Final = {
    "prompt": "ansicyan bold",
    "command": "ansicyan bold",
    "unknown": "ansired",
    "continuation": "ansibrightblack",
    "auto-suggestion": "ansibrightblack",
    "bottom-toolbar": "noreverse bg:ansibrightblack ansiwhite",
    "bar.state.open": "bg:ansibrightblack ansibrightgreen bold",
    "bar.state.connecting": "ansibrightyellow bold",
    "bar.state.closing": "ansibrightyellow bold",
    "bar.state.closed": "bold ansibrightred",
    "bar.alert": "ansibrightyellow bold",
    "completion-menu": "bg:ansibrightblack ansiwhite",
    "completion-menu.completion.current": "noreverse bg:ansicyan ansiblack",
    "completion-menu.meta.completion": "bg:ansiblack ansiwhite",
    "completion-menu.meta.completion.current": "bg:ansiblack ansicyan",
}

_LIGHT: Final = {
    "prompt": "ansiblue bold",
    "command": "ansiblue bold",
    "unknown": "ansired",
    "continuation": "ansibrightblack",
    "auto-suggestion": "ansibrightblack",
    "bottom-toolbar": "noreverse bg:ansigray ansiblack",
    "completion-menu": "bg:ansigray ansiblack",
    "completion-menu.completion.current": "noreverse bg:ansiblue ansiwhite",
    "completion-menu.meta.completion": "bg:ansiwhite ansiblack",
    "completion-menu.meta.completion.current": "bg:ansiwhite ansiblue",
}


def style_for(theme: str) -> Style:
    """The style of the theme `dark` or `light`."""
    return Style.from_dict(_BOTH | (_LIGHT if theme == "light" else _DARK))
