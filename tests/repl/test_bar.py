"""The bar fits its width and leaves out what matters least."""

from __future__ import annotations

from dataclasses import replace

import pytest

from wscli.repl.bar import Standing, bar
from wscli.repl.link import State
from wscli.sinks.human_style import cells

FULL = Standing(
    State.OPEN,
    "example.com:8080",
    subprotocol="graphql-ws",
    rtt_ms=12.34,
    received=48_210,
    sent=7,
    unsent_bytes=4096,
    paused=True,
    hidden=120,
    filter="in text trade",
)


def text_of(standing: Standing, width: int) -> str:
    return "".join(text for _, text in bar(standing, width))


def test_everything_is_told_where_there_is_room() -> None:
    text = text_of(FULL, 200)
    for part in (
        "OPEN",
        "graphql-ws",
        "rtt 12.3 ms",
        "↓ 48,210 ↑ 7",
        "4,096 B unsent",
        "paused (120 hidden)",
    ):
        assert part in text
    assert "filter in text trade" in text


@pytest.mark.parametrize("width", range(10, 140, 7))
def test_it_never_is_wider_than_the_terminal(width: int) -> None:
    assert cells(text_of(FULL, width)) <= width


def test_at_forty_columns_what_hides_output_is_told_first() -> None:
    text = text_of(FULL, 40)
    assert "paused" in text
    assert "example.com" not in text


def test_the_peers_subprotocol_cannot_act() -> None:
    text = text_of(replace(FULL, subprotocol="a\x1b[2J\u202eb"), 300)
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize("state", list(State))
def test_each_state_has_its_name_and_style(state: State) -> None:
    style, text = bar(replace(FULL, state=state), 100)[0]
    assert text.strip() == state.value
    assert style == f"bar.state.{state.value.lower()}"
