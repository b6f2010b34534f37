"""The close probe: sends Close, and judges what comes back (RFC 6455 §5.5.1 and §7)."""

from __future__ import annotations

import msgspec

from ..config import Target
from ..errors import UsageError, WscliError
from ..events import Closed, ViolationFound
from ..session.journal import Journal
from ..session.session import Session
from ..wire.closecodes import ABNORMAL, name_of, why_not
from ..wire.rules import Violation, violation
from .conduct import cause_of_end, close_in_time, open_unless_stopped, summarize
from .report import Report
from .stop import Stop

# RFC 6455 §5.5: 125 bytes in a control frame, two of which are the code.
MOST_REASON_BYTES = 123


class CloseOptions(msgspec.Struct, frozen=True):
    """The Close to send; `force` sends also a code that may not be on the wire."""

    code: int = 1000
    reason: str = ""
    force: bool = False


def close_options(code: int, reason: str, *, force: bool = False) -> CloseOptions:
    """Checked, so that nothing is sent when something is wrong.

    Raises: UsageError, with the reason why the code may not be sent.
    """
    if not 0 <= code <= 0xFFFF:
        raise UsageError(f"--code: {why_not(code)}")
    if not force and (why := why_not(code)):
        raise UsageError(f"--code: {why}", hint="--force sends it all the same")
    length = len(reason.encode(errors="surrogateescape"))
    if length > MOST_REASON_BYTES:
        raise UsageError(
            f"--reason: a close reason has at most 123 bytes of UTF-8, not {length} (RFC 6455 §5.5)",
            hint="shorten it",
        )
    if any(0xD800 <= ord(char) <= 0xDFFF for char in reason):
        raise UsageError("--reason: a close reason is UTF-8 text (RFC 6455 §5.5.1)")
    return CloseOptions(code, reason, force)


async def probe(
    target: Target,
    journal: Journal,
    stop: Stop,
    options: CloseOptions,
    *,
    ok_close: frozenset[int] = frozenset(),
) -> Report:
    """Opens, performs the closing handshake, judges it; the verdicts are `violation` events."""
    try:
        async with Session(target, journal, ok_close=ok_close) as session:
            if not await open_unless_stopped(session, stop):
                return Report(stop.cause)
            stop.found = lambda: session.failure
            stop.phase = lambda: "waiting for the peer's Close"
            await close_in_time(session, stop, _close(session, options))
            for violation in _verdicts(session.closed, journal, hurried=stop.requested):
                journal.record(violation)
            return Report(cause_of_end(session, stop))
    except WscliError as failure:
        return Report(failure)
    finally:
        summarize("close", journal)


async def _close(session: Session, options: CloseOptions) -> None:
    if session.is_open:
        session.send_close(options.code, options.reason, force=options.force)
    await session.wait_closed()


def _verdicts(closed: Closed | None, journal: Journal, *, hurried: bool) -> list[ViolationFound]:
    """What is wrong with the answer; a peer that we gave up on because we were `hurried` broke no rule."""
    if closed is None or closed.sent is None or closed.initiator != "local":
        return []
    if hurried and closed.tcp == "open":
        return []
    found: list[Violation] = []
    # Not always the one that was asked for: who breaks the protocol before it is told so (RFC 6455 §7.1.7).
    code = closed.sent.code
    if closed.code == ABNORMAL and closed.wire_code is None:
        found.append(violation("close-unanswered", "a Close must be answered with a Close; none came"))
    # A code that may not be sent is rightly refused: with 1002, for one.
    elif code is not None and closed.code != code and not why_not(code):
        answer = f"{closed.code} ({name_of(closed.code)})"
        found.append(violation("close-code-not-echoed", f"{code} was answered with {answer}"))
    if closed.clean and closed.tcp == "open":
        found.append(violation("tcp-left-open", "the server did not close TCP after the closing handshake"))
    if closed.clean and closed.tcp == "reset":
        found.append(violation("tcp-reset", "TCP was reset, not closed, after the closing handshake"))
    stamp = journal.stamp()
    return [one.event(stamp) for one in found]
