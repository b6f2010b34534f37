"""Close codes: names, which may be on the wire, and what a Close payload says (RFC 6455 §7.4).

Names are those of the IANA WebSocket Close Code Number Registry, spelled out and in one letter case.
"""

from __future__ import annotations

from typing import Final

import msgspec

from .rules import Violation, violation

NO_STATUS: Final = 1005
ABNORMAL: Final = 1006

REGISTERED: Final = {
    1000: "Normal Closure",
    1001: "Going Away",
    1002: "Protocol Error",
    1003: "Unsupported Data",
    1004: "Reserved",
    1005: "No Status Received",
    1006: "Abnormal Closure",
    1007: "Invalid Frame Payload Data",
    1008: "Policy Violation",
    1009: "Message Too Big",
    1010: "Mandatory Extension",
    1011: "Internal Error",
    1012: "Service Restart",
    1013: "Try Again Later",
    1014: "Bad Gateway",
    1015: "TLS Handshake",
    3000: "Unauthorized",
    3003: "Forbidden",
    3008: "Timeout",
}

# RFC 6455 §7.4.1: these "MUST NOT be set as a status code in a Close control frame", and 1004 has no meaning.
_NEVER_SENT: Final = {
    1004: "1004 is reserved and has no meaning yet (RFC 6455 §7.4.1)",
    1005: "1005 stands for a Close without a code and is never sent (RFC 6455 §7.4.1)",
    1006: "1006 stands for a connection that ended without a Close and is never sent (RFC 6455 §7.4.1)",
    1015: "1015 stands for a failed TLS handshake and is never sent (RFC 6455 §7.4.1)",
}


class ClosePayload(msgspec.Struct, frozen=True):
    """What a Close frame says; `code` is None when it gives none.

    `reason` is readable always: what is not UTF-8 in it stands as backslash escapes, `raw_reason` has the
    bytes. `problems` name what is illegal in it.
    """

    code: int | None
    reason: str
    raw_reason: bytes
    problems: tuple[Violation, ...] = ()


def name_of(code: int) -> str:
    """The registered name of `code`, or what its range is for (RFC 6455 §7.4.2)."""
    if code in REGISTERED:
        return REGISTERED[code]
    if 4000 <= code <= 4999:
        return "Private Use"
    if 3000 <= code <= 3999:
        return "Unregistered"
    return "Reserved" if 1000 <= code <= 2999 else "Invalid"


def may_be_on_wire(code: int) -> bool:
    """Whether a Close frame may carry `code` (RFC 6455 §7.4)."""
    return not why_not(code)


def why_not(code: int) -> str:
    """Why `code` may not be in a Close frame, with the RFC section; empty when it may."""
    if code in _NEVER_SENT:
        return _NEVER_SENT[code]
    if not 0 <= code <= 0xFFFF:
        return f"{code} does not fit the two bytes of a close code (RFC 6455 §5.5.1)"
    if code < 1000:
        return f"{code} is below 1000: codes 0–999 are not used (RFC 6455 §7.4.2)"
    if 1016 <= code <= 2999:
        return f"{code} is reserved for the protocol and has no meaning yet (RFC 6455 §7.4.2)"
    if code >= 5000:
        return f"{code} is above 4999, the highest close code (RFC 6455 §7.4.2)"
    return ""


def parse_close(payload: bytes) -> ClosePayload:
    """The code and the reason in a Close frame's payload (RFC 6455 §5.5.1); never raises."""
    if not payload:
        return ClosePayload(None, "", b"")
    if len(payload) == 1:
        problem = violation("close-one-byte", f"the Close has one byte, 0x{payload.hex()}: half a close code")
        return ClosePayload(None, "", b"", (problem,))
    code, raw = int.from_bytes(payload[:2], "big"), payload[2:]
    problems = []
    if why := why_not(code):
        problems.append(violation("close-code", why))
    reason = raw.decode("utf-8", "backslashreplace")
    if _is_not_utf8(raw):
        problems.append(violation("close-reason-utf8", f"the close reason is not UTF-8: {raw!r}"))
    return ClosePayload(code, reason, raw, tuple(problems))


def _is_not_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return True
    return False
