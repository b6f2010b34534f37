"""The limits of a check: how long its opening, its first message, a pong and all of it may take."""

from __future__ import annotations

from msgspec.structs import replace

from ..config import Target
from ..errors import DeadlineExceeded, ExpectationFailed
from .suite import Limits


def opening_within(target: Target, limits: Limits) -> Target:
    """The target, opened no longer than limits.open says."""
    if limits.open is None or limits.open > target.connect_timeout:
        return target
    return replace(target, connect_timeout=limits.open)


def late_opening(late: DeadlineExceeded, target: Target, limits: Limits) -> DeadlineExceeded:
    """Why the opening was not done in time, and which limit that was: the shorter one decides."""
    if limits.open is None or limits.open > target.connect_timeout:
        return late
    hint = late.hint.replace("--connect-timeout", "limits.open")
    return DeadlineExceeded(f"{late.message} (limits.open)", hint=hint)


def judge_opening(took_ms: float, limits: Limits) -> None:
    """Raises: DeadlineExceeded, as an opening that was never done does."""
    if limits.open is not None and took_ms > limits.open * 1000:
        raise DeadlineExceeded(
            f"the opening took {took_ms:g} ms, more than {limits.open * 1000:g} ms",
            hint="allow more with --connect-timeout",
        )


def judge_pong(rtt_ms: float, limits: Limits) -> None:
    """Raises: ExpectationFailed."""
    if limits.rtt is not None and rtt_ms > limits.rtt * 1000:
        raise ExpectationFailed(
            f"the pong took {rtt_ms:g} ms, more than {limits.rtt * 1000:g} ms (limits.rtt)"
        )


def judge_first_message(took: float | None, limit: float) -> None:
    """Seconds after the opening, None when none came. Raises: ExpectationFailed."""
    if took is None:
        raise ExpectationFailed(f"no message came within {limit * 1000:g} ms (limits.first-message)")
    if took > limit:
        raise ExpectationFailed(
            f"the first message took {took * 1000:.1f} ms, more than {limit * 1000:g} ms"
            " (limits.first-message)"
        )


def not_over(limits: Limits, doing: str) -> ExpectationFailed:
    """The check was not over in time; `doing` is what it was at, where its place does not say that."""
    was = f": it was {doing}" if doing else ""
    return ExpectationFailed(f"the check was not over after {limits.total:g} s (limits.total){was}")
