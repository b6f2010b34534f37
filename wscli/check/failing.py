"""What an attempt at a check ends with, beside the failures of its connection."""

from __future__ import annotations

from copy import copy

from ..errors import ExpectationFailed, WscliError


class CutOff(WscliError):
    """The run was told to end before the check was over, which so neither passed nor failed."""


def told_with(failure: WscliError, unmet: ExpectationFailed | None) -> WscliError:
    """`failure`, which decides (contract §3), and what was not met either."""
    if unmet is None or isinstance(failure, ExpectationFailed):
        return failure
    told = copy(failure)
    told.message += f"; an expectation was not met either: {unmet.message}"
    return told
