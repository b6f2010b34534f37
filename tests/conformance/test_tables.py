"""A client that conforms to RFC 6455 in everything a server can try."""

from __future__ import annotations

import pytest

from .driving import check
from .tables import TABLES


@pytest.mark.deadline(100)
@pytest.mark.parametrize("table", TABLES)
async def test_client_conforms(table: str) -> None:
    for case in TABLES[table]():
        await check(case)
