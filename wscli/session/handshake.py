"""The way to an open connection over any number of opening handshakes: redirects, when they are followed."""

from __future__ import annotations

import asyncio

from ..config import Target
from ..errors import Refused, TooManyRedirects
from .journal import Journal
from .opening import Connection, Opening, RedirectReceived
from .redirects import redirected, resolve_location

_NOT_LET_IN = frozenset({401, 403})


class Handshake:
    """Opens a connection to `target`, wherever that leads; `phase` says how far it has come."""

    def __init__(self, target: Target, journal: Journal) -> None:
        self._first = target
        self._journal = journal
        self._seen = [target.url]
        self._started = journal.clock.now()
        self._opening = Opening(target, journal, self._started)

    @property
    def phase(self) -> str:
        return self._opening.phase

    def unfinished(self) -> tuple[str, float, float] | None:
        """As Opening has it, for the hop that goes on or failed."""
        return self._opening.unfinished()

    async def perform(self) -> Connection:
        """Open the connection within `connect_timeout` seconds, all hops together.

        Raises: what Opening.perform does; TooManyRedirects.
        """
        deadline = asyncio.get_running_loop().time() + self._first.connect_timeout
        target = self._first
        while True:
            try:
                return await self._opening.perform(deadline)
            except RedirectReceived as redirect:
                target = self._next(target, redirect)
                self._opening = Opening(target, self._journal, self._started)
            except Refused as failure:
                if failure.status in _NOT_LET_IN and target.headers != self._first.headers:
                    failure.hint = (
                        f"your headers and credentials were not sent to {target.url} (another origin): "
                        "connect to it directly, if you trust it with them"
                    )
                raise

    def _next(self, target: Target, redirect: RedirectReceived) -> Target:
        """The target that the redirect leads to; told in any case, followed or not."""
        try:
            url = resolve_location(target.url, redirect.location, redirect.status)
            if url in self._seen:
                raise TooManyRedirects(f"the redirects go in a circle: {url} leads back to itself")
            if len(self._seen) > self._first.max_redirects:
                raise TooManyRedirects(
                    f"too many redirects: after {self._first.max_redirects} the server sent one to {url}",
                    hint="connect to that URL, if it is the right one",
                )
        except (Refused, TooManyRedirects):
            redirect.record(self._journal, followed=False)
            raise
        redirect.record(self._journal, followed=True)
        self._seen.append(url)
        return redirected(self._first, target, url)
