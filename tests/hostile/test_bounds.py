"""Each hostile peer is told for what it is, in time and in little memory."""

from __future__ import annotations

import pytest

from .cases import BOUND, CASES, Case
from .running import idle_peak, play


@pytest.mark.deadline(120)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_hostile_peer_ends_with_its_code_and_in_bounds(case: Case) -> None:
    outcome = await play(case)
    assert outcome.code == case.code, outcome.stderr
    assert case.says in outcome.stderr
    assert "Traceback" not in outcome.stderr
    assert outcome.peak - await idle_peak() <= BOUND
