"""The saved corpus, and a short run of fresh inputs, against every target."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .inputs import mutated, saved
from .targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_saved_corpus_keeps_every_promise(name: str) -> None:
    inputs = saved(name)
    assert inputs
    for octets in inputs:
        TARGETS[name](octets)


@pytest.mark.parametrize("name", TARGETS)
def test_fresh_inputs_keep_every_promise(name: str) -> None:
    seeds = saved(name)

    @settings(max_examples=150, deadline=None)
    @given(st.one_of(st.binary(max_size=200), st.integers(0, 1 << 32)))
    def hold(drawn: bytes | int) -> None:
        octets = mutated(random.Random(drawn), seeds) if isinstance(drawn, int) else drawn
        TARGETS[name](octets)

    hold()
