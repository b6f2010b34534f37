"""All expectations of a run together: what they come to, and which failures they allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..errors import ClosedByPeer, ConnectionLost, ExpectationFailed, Refused, WscliError
from ..events import Event, MessageSeen
from ..wire.closecodes import ABNORMAL
from ..wire.runs import MessageRun
from .expectation import Expectation, State


class Expected:
    """Feeds every expectation, in the order of the wire; what was met stays met, whatever comes later.

    `state` is MET once all but the lasting ones are (with `to_the_end`: not before `end`), FAILED once one
    cannot be met any more.
    """

    def __init__(self, expectations: Iterable[Expectation], *, to_the_end: bool = False) -> None:
        self.all = tuple(expectations)
        self._to_the_end = to_the_end
        self.state = State.PENDING
        self._about_messages = [one for one in self.all if one.about_messages]
        self._when = ""

    def __bool__(self) -> bool:
        return bool(self.all)

    @property
    def ends_by_itself(self) -> bool:
        """Whether being met ends a run: `--reject` alone does not."""
        return not self._to_the_end and any(not one.lasting for one in self.all)

    @property
    def awaited(self) -> str:
        """What is still to come, in words; empty where nothing that comes ends a run."""
        if not self.ends_by_itself:
            return ""
        pending = [one for one in self.all if one.state is State.PENDING and not one.lasting]
        return " and ".join(f"{one.wanted} ({one.option})" for one in pending)

    @property
    def status(self) -> int | None:
        """The status that the reply is expected to have, if one."""
        if not self.all:
            return None
        from .opening import Status

        return next((one.status for one in self.all if isinstance(one, Status)), None)

    def feed(self, batch: Sequence[Event | MessageRun], /) -> None:
        """Take what happened."""
        for item in batch:
            if self.state is State.MET:
                return
            if isinstance(item, MessageRun):
                if item.direction == "in" and self._about_messages:
                    self._run(item)
            elif isinstance(item, MessageSeen):
                if item.direction == "in":
                    self._message(item.payload, text=item.type == "text")
            else:
                self._event(item)

    def _run(self, run: MessageRun) -> None:
        text = run.type == "text"
        for payload in run.payloads:
            self._message(payload, text=text)
            if self.state is not State.PENDING:
                return

    def _message(self, payload: bytes, *, text: bool) -> None:
        for one in self._about_messages:
            if one.state is State.PENDING:
                one.message(payload, text=text)
        self._conclude()

    def _event(self, event: Event) -> None:
        for one in self.all:
            if one.state is State.PENDING:
                one.event(event)
        self._conclude()

    def _conclude(self) -> None:
        if self.state is not State.PENDING:
            return
        if any(one.state is State.FAILED for one in self.all):
            self.state = State.FAILED
        elif self.ends_by_itself and all(one.state is State.MET or one.lasting for one in self.all):
            self.state = State.MET

    def end(self, when: str = "") -> None:
        """Nothing more will come: every expectation has its verdict. `when` says by when it had to."""
        if self.state is State.PENDING:
            self._when = when
            for one in self.all:
                one.end()
            failed = any(one.state is State.FAILED for one in self.all)
            self.state = State.FAILED if failed else State.MET

    def failure(self) -> ExpectationFailed | None:
        """What was not met, in one line; ends what is pending."""
        self.end()
        if self.state is State.MET:
            return None
        failed = [one for one in self.all if one.state is State.FAILED]
        # What else is open when one fails was not refuted: naming it would blame the innocent.
        return ExpectationFailed("; ".join(one.story(self._when) for one in failed))

    def allows(self, failure: WscliError) -> bool:
        """Whether this failure is what an expectation is about, so that its verdict counts instead."""
        # Here: most runs expect nothing, and make an `Expected` all the same.
        from .closing import CloseCode
        from .opening import Status

        if isinstance(failure, Refused):
            return any(isinstance(one, Status) for one in self.all)
        codes = [one.code for one in self.all if isinstance(one, CloseCode)]
        if isinstance(failure, ClosedByPeer):
            return bool(codes)
        return isinstance(failure, ConnectionLost) and ABNORMAL in codes

    def judge(self, failure: WscliError | None) -> WscliError | None:
        """What a run that ended with `failure` comes to: connection failures keep their own code (§3)."""
        if failure is not None and not self.allows(failure):
            return failure
        return self.failure()
