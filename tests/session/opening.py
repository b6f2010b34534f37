"""One opening of a session against a scripted peer: how it went, and every event."""

from __future__ import annotations

from typing import Any

from tests.probes.probing import Kept
from wscli.config import Target, Url, parse_url
from wscli.errors import WscliError
from wscli.session.journal import Journal
from wscli.session.session import Session


def target_for(url: str, **fields: Any) -> Target:
    parsed = parse_url(url)
    assert isinstance(parsed, Url)
    return Target(url=parsed, **fields)


async def opened(url: str, **fields: Any) -> tuple[WscliError | None, Kept]:
    """Opens and closes a session to `url`; its failure, and the events."""
    kept = Kept()
    try:
        async with Session(target_for(url, **fields), Journal(listeners=[kept])) as session:
            await session.open()
            await session.close()
            return session.failure, kept
    except WscliError as failure:
        return failure, kept
