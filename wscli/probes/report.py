"""What an operation came to."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import WscliError


@dataclass(frozen=True, slots=True)
class Report:
    """The failure that decides the exit status, or none; and what is only worth a warning."""

    failure: WscliError | None = None
    warning: str = ""
