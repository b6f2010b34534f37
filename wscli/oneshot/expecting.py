"""Expectations of a run that goes on: tells when they are decided, and what had failed by then."""

from __future__ import annotations

import asyncio

from ..errors import WscliError
from ..expect.expectation import State
from ..expect.expected import Expected
from ..session.journal import Batch
from ..session.session import Session


class Expecting:
    """Listens for `expected`; `decided` is set with its verdict. `within` are seconds from the opening on."""

    def __init__(self, expected: Expected, session: Session, within: float | None = None) -> None:
        self.expected = expected
        self.within = within
        self.decided = asyncio.Event()
        self._session = session
        self._failure_then: WscliError | None = None

    def feed(self, batch: Batch, /) -> None:
        """Take what happened."""
        if self.decided.is_set():
            return
        self.expected.feed(batch)
        if self.expected.state is not State.PENDING:
            # The first cause decides (contract §3): what fails after the verdict does not change it.
            self._failure_then = self._session.failure
            self.decided.set()

    def time_is_up(self) -> None:
        """`within` is over: what is pending has failed by that."""
        if not self.decided.is_set() and self.within is not None:
            self.expected.end(f" within {self.within:g} s")

    def follow(self, session: Session) -> None:
        """From here on it is this session's failure that may have come first."""
        self._session = session

    @property
    def met(self) -> bool:
        return self.expected.state is State.MET

    def unmet(self) -> str:
        """What was expected and not met, with the nearest miss; empty for nothing. Ends what is pending."""
        failure = self.expected.failure()
        return "" if failure is None else failure.message

    def judge(self, failure: WscliError | None) -> WscliError | None:
        """What a run comes to that ended with `failure`, or had its verdict before."""
        return self.expected.judge(self._failure_then if self.decided.is_set() else failure)
