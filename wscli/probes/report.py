"""What an operation came to."""

from __future__ import annotations

import msgspec

from ..errors import WscliError


class Report(msgspec.Struct, frozen=True):
    """The failure that decides the exit status, or none; and what is only worth a warning."""

    failure: WscliError | None = None
    warning: str = ""
