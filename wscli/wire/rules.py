"""The rules that lint knows: slug, RFC section, severity and explanation of each, in one table.

Everything that speaks of a rule, the docs included, takes it from `RULES`; a `Violation` is made by
`violation(slug, detail)` alone. What breaks a MUST, or makes a client fail the connection, is an error.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec

from ..events import Severity, Stamp, ViolationFound

_SHOWN = 200


class Rule(NamedTuple):
    """Where a rule is written, how bad it is to break it, and what it asks for."""

    rfc: str
    severity: Severity
    explanation: str


class Violation(msgspec.Struct, frozen=True):
    """A rule that the peer broke: a stable slug, its RFC section, and what was seen."""

    rule: str
    rfc: str
    severity: Severity
    detail: str

    def event(self, stamp: Stamp, frame: int | None = None) -> ViolationFound:
        """The event that tells it; `frame` is the number of the frame at fault, None for the handshake's."""
        return ViolationFound(
            t=stamp.t,
            time=stamp.time,
            rule=self.rule,
            rfc=self.rfc,
            severity=self.severity,
            detail=self.detail,
            frame=frame,
        )


def _error(rfc: str, explanation: str) -> Rule:
    return Rule(rfc, "error", explanation)


def _warning(rfc: str, explanation: str) -> Rule:
    return Rule(rfc, "warning", explanation)


HEAD_RULES: Final = {
    "head-line-ending": _error("RFC 9112 §2.2", "each line of an HTTP head ends in CR LF"),
    "head-leading-line": _error("RFC 9112 §2.1", "an HTTP message begins with its start line"),
    "head-status-line": _error("RFC 9112 §4", "a status line is version SP code SP reason"),
    "head-request-line": _error("RFC 9112 §3", "a request line is method SP target SP version"),
    "head-obs-fold": _error("RFC 9112 §5.2", "a header value does not go on in the next line"),
    "head-header-line": _error("RFC 9112 §5", "a header line is a name, a colon and a value"),
    "head-header-name": _error("RFC 9110 §5.1", "a header name is a token, right before its colon"),
    "head-header-value": _error("RFC 9110 §5.5", "a header value holds no control characters but tabs"),
}

BODY_RULES: Final = {
    "body-framing": _error("RFC 9112 §6.3", "a body has one length: Content-Length or Transfer-Encoding"),
    "body-length": _error(
        "RFC 9110 §8.6", "Content-Length is a decimal number, the same wherever it is given"
    ),
    "body-coding": _error("RFC 9112 §6.1", "the last transfer coding of a response is chunked, given once"),
    "body-chunk": _error("RFC 9112 §7.1", "a chunk is its size in hex, CR LF, that many bytes, CR LF"),
    "body-truncated": _error("RFC 9112 §8", "a body is complete before the connection ends"),
}

HANDSHAKE_RULES: Final = {
    "http-version": _error("RFC 6455 §4.2.2", "the opening handshake is HTTP/1.1"),
    "status": _error("RFC 6455 §4.1", "a server that accepts the handshake answers 101"),
    "upgrade": _error("RFC 6455 §4.1", "the 101 has Upgrade: websocket"),
    "connection": _error("RFC 6455 §4.1", "the 101 has Connection: Upgrade"),
    "accept-missing": _error("RFC 6455 §4.1", "the 101 has a Sec-WebSocket-Accept"),
    "accept-mismatch": _error(
        "RFC 6455 §4.1", "Sec-WebSocket-Accept is derived from the Sec-WebSocket-Key sent"
    ),
    "accept-repeated": _error("RFC 6455 §11.3.3", "Sec-WebSocket-Accept appears once"),
    "subprotocol-not-offered": _error("RFC 6455 §4.1", "the server selects a subprotocol that was offered"),
    "subprotocol-repeated": _error("RFC 6455 §11.3.4", "the server selects one subprotocol at most"),
    "subprotocol-not-chosen": _warning(
        "RFC 6455 §4.2.2", "a server may choose no subprotocol; then all that were offered are declined"
    ),
    "extensions-repeated": _error("RFC 6455 §11.3.2", "Sec-WebSocket-Extensions appears once in a response"),
    "extensions-malformed": _error("RFC 6455 §9.1", "Sec-WebSocket-Extensions follows its grammar"),
    "extension-not-offered": _error("RFC 6455 §4.1", "the server uses only extensions that were offered"),
    "extension-agreed-twice": _error("RFC 7692 §5", "one permessage-deflate offer at most is accepted"),
    "deflate-parameter-repeated": _error("RFC 7692 §7.1", "no parameter is given twice"),
    "deflate-parameter-unknown": _error("RFC 7692 §7.1", "only parameters that the RFC defines are used"),
    "deflate-parameter-value": _error("RFC 7692 §7.1", "a parameter has a value that the RFC allows"),
    "deflate-window-too-large": _error(
        "RFC 7692 §7.1.2.1", "server_max_window_bits is the size that the client asked for, or less"
    ),
    "deflate-client-window": _error(
        "RFC 7692 §7.1.2.2", "client_max_window_bits is in the response only if the client offered it"
    ),
    "deflate-context-takeover": _error(
        "RFC 7692 §7.1.1.1", "server_no_context_takeover is agreed to when the client asked for it"
    ),
    "header-repeated": _warning("RFC 9110 §5.3", "a header that is no list appears once"),
    "body-in-101": _warning("RFC 9110 §8.6", "a 101 announces no body"),
}

FRAME_RULES: Final = {
    "masked-by-server": _error("RFC 6455 §5.1", "a server does not mask its frames"),
    "reserved-opcode": _error("RFC 6455 §5.2", "opcodes 3–7 and 11–15 are reserved"),
    "rsv-without-extension": _error(
        "RFC 6455 §5.2", "RSV bits are 0 unless an extension gives them a meaning"
    ),
    "rsv1-on-continuation": _error("RFC 7692 §6.1", "RSV1 is set on the first fragment only"),
    "rsv1-on-control": _error("RFC 7692 §6.1", "control frames are never compressed"),
    "control-fragmented": _error("RFC 6455 §5.5", "control frames are not fragmented"),
    "control-too-long": _error("RFC 6455 §5.5", "a control frame's payload is 125 bytes at most"),
    "length-not-minimal": _error("RFC 6455 §5.2", "the payload length takes the fewest bytes that hold it"),
    "length-top-bit": _error("RFC 6455 §5.2", "the top bit of a 64-bit payload length is 0"),
    "continuation-without-start": _error("RFC 6455 §5.4", "a continuation follows the start of its message"),
    "message-interleaved": _error("RFC 6455 §5.4", "a message ends before the next one begins"),
    "invalid-utf8": _error("RFC 6455 §8.1", "a text message is valid UTF-8"),
    "inflate-failed": _error("RFC 7692 §7.2.2", "the payload of a compressed message is valid DEFLATE"),
    "close-one-byte": _error("RFC 6455 §5.5.1", "a Close is empty or begins with a two-byte code"),
    "close-code": _error("RFC 6455 §7.4", "a Close carries a code that may be sent"),
    "close-reason-utf8": _error("RFC 6455 §5.5.1", "a close reason is valid UTF-8"),
    "close-inside-message": _error("RFC 6455 §5.4", "a message ends before the connection is closed"),
    "after-close": _error("RFC 6455 §5.5.1", "nothing follows a Close"),
    "pong-unsolicited": _warning(
        "RFC 6455 §5.5.3", "a pong nobody asked for is allowed, but needs no answer"
    ),
    "frame-truncated": _warning("RFC 6455 §5.2", "a frame is complete before the connection ends"),
    "message-unfinished": _warning("RFC 6455 §5.4", "a message is complete before the connection ends"),
}

CLOSING_RULES: Final = {
    # No error: exit 76 is for what was on the wire, a Close that is missing is 28 or 56 (contract §3).
    "close-unanswered": _warning("RFC 6455 §5.5.1", "a Close is answered with a Close"),
    "close-code-not-echoed": _warning("RFC 6455 §5.5.1", "the answer to a Close usually repeats its code"),
    "tcp-left-open": _warning("RFC 6455 §7.1.1", "the server closes TCP once both sent Close"),
    "tcp-reset": _warning("RFC 6455 §7.1.1", "TCP is closed in an orderly way, not by a reset"),
}

RULES: Final[dict[str, Rule]] = HEAD_RULES | BODY_RULES | HANDSHAKE_RULES | FRAME_RULES | CLOSING_RULES


def violation(rule: str, detail: str) -> Violation:
    """The violation of `rule`, a slug of `RULES`; `detail` says in one line what was seen.

    Raises: KeyError for an unknown slug, which is a bug.
    """
    rfc, severity, _ = RULES[rule]
    return Violation(rule, rfc, severity, detail)


def quoted(text: str) -> str:
    """What a peer said, quoted, controls escaped, cut to 200 characters: for details that stay one line."""
    return repr(text) if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}… ({len(text)} characters)"


def invalid_utf8(detail: str) -> Violation:
    """A text message is not UTF-8 (RFC 6455 §8.1)."""
    return violation("invalid-utf8", detail)


def inflate_failed(detail: str) -> Violation:
    """A compressed message does not inflate (RFC 7692 §7.2.2)."""
    return violation("inflate-failed", detail)


def frame_truncated(detail: str) -> Violation:
    """The stream ended inside a frame (RFC 6455 §5.2)."""
    return violation("frame-truncated", detail)


def message_unfinished(detail: str) -> Violation:
    """The stream ended inside a fragmented message (RFC 6455 §5.4)."""
    return violation("message-unfinished", detail)
