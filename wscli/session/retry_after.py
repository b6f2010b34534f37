"""When a server that refused wants to be asked again; pure."""

from __future__ import annotations

from ..wire.head import ResponseHead, header_value


def asked_wait(response: ResponseHead) -> str:
    """What its Retry-After says, seconds or a date; empty when it has none."""
    return (header_value(response.headers, "Retry-After") or "").strip()


def retry_after(response: ResponseHead, now: float) -> float | None:
    """Seconds that its Retry-After asks for (RFC 9110 §10.2.3), a number or a date; None when it does not.

    `now` is seconds since the epoch. It may be infinite: what a peer asks for has no bound.
    """
    asked = asked_wait(response)
    if asked.isascii() and asked.isdigit():
        return float(asked)
    return _until(asked, now) if asked else None


def _until(date: str, now: float) -> float | None:
    """Seconds until a date in any of the three forms of HTTP (RFC 9110 §5.6.7), 0 for one that is over."""
    from datetime import UTC
    from email.utils import parsedate_to_datetime

    try:
        when = parsedate_to_datetime(date)
        # The oldest form names no time zone: all are in UTC.
        return max(0.0, when.replace(tzinfo=when.tzinfo or UTC).timestamp() - now)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
