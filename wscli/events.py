"""The events: every fact that wscli learns, as one JSON object each (contract §4).

Frozen msgspec Structs, tagged by `event`, joined in the union `Event`; the JSON Schema that ships with the
package is made from them. A field that holds `bytes` is base64 in JSON. Text is either `text` (valid UTF-8)
or `base64` (everything else), never both.
"""

from __future__ import annotations

import time as _time
from datetime import UTC, datetime
from typing import Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

Direction = Literal["in", "out"]
FrameType = Literal["text", "binary", "continuation", "close", "ping", "pong", "reserved"]
MessageType = Literal["text", "binary"]
Severity = Literal["error", "warning"]
Headers = tuple[tuple[str, str], ...]


class Stamp(NamedTuple):
    """When something happened: seconds since the run began (monotonic), and UTC (RFC 3339)."""

    t: float
    time: str


class Clock:
    """Makes stamps; one for a run. `now()` is the monotonic clock of every measured duration."""

    __slots__ = ("_start",)

    def __init__(self) -> None:
        self._start = _time.perf_counter()

    def now(self) -> float:
        """Seconds since the run began."""
        return _time.perf_counter() - self._start

    def stamp(self) -> Stamp:
        """The stamp for this moment; what one read brought shares one."""
        utc = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
        return Stamp(round(self.now(), 6), utc + "Z")


class _Base(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    t: float
    time: str


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One TCP connection attempt; `error` is null for the one that won."""

    address: str
    duration_ms: float
    error: str | None


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """One certificate of the server's; all but `sha256` are null when it cannot be read.

    `days_left` are whole days until `not_after`, less than 0 when that has passed.
    """

    subject: str | None
    issuer: str | None
    not_before: str | None
    not_after: str | None
    san: tuple[str, ...] | None
    sha256: str
    days_left: int | None = None


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """One negotiated extension; a parameter without a value has null."""

    name: str
    params: tuple[tuple[str, str | None], ...]


class SentClose(msgspec.Struct, frozen=True, kw_only=True):
    """Our Close frame; `code` is null for an empty one."""

    code: int | None
    reason: str


class Resolved(_Base, frozen=True, kw_only=True, tag="resolve"):
    """The host name was resolved."""

    host: str
    addresses: tuple[str, ...]
    duration_ms: float


class Connected(_Base, frozen=True, kw_only=True, tag="connect"):
    """A TCP (or Unix) connection stands."""

    address: str
    port: int
    local_address: str
    duration_ms: float
    attempts: tuple[Attempt, ...]


class Proxied(_Base, frozen=True, kw_only=True, tag="proxy"):
    """The proxy agreed to, or refused, a tunnel."""

    url: str
    status: int | None
    duration_ms: float


class TlsEstablished(_Base, frozen=True, kw_only=True, tag="tls"):
    """The TLS handshake is done; `chain` is what the server sent behind its leaf, as it came.

    `problems` is why the certificate would not be trusted without `-k`: empty when it would be, null when
    that cannot be told.
    """

    version: str
    cipher: str
    alpn: str | None
    server_name: str | None
    verified: bool
    certificate: Certificate | None
    duration_ms: float
    chain: tuple[Certificate, ...] = ()
    problems: tuple[str, ...] | None = ()


class RequestSent(_Base, frozen=True, kw_only=True, tag="request"):
    """The request head as it went over the wire (RFC 6455 §4.1)."""

    method: str
    target: str
    version: str
    headers: Headers
    raw: bytes
    redacted: bool = False


class ResponseReceived(_Base, frozen=True, kw_only=True, tag="response"):
    """The response head as it came, and what body there was, de-chunked (RFC 6455 §4.2.2)."""

    status: int
    reason: str
    version: str
    headers: Headers
    body: str | UnsetType = UNSET
    base64: bytes | UnsetType = UNSET
    body_truncated: bool = False
    duration_ms: float
    raw: bytes
    redacted: bool = False


class Redirected(_Base, frozen=True, kw_only=True, tag="redirect"):
    """The server sent us elsewhere."""

    status: int
    location: str
    followed: bool


class Opened(_Base, frozen=True, kw_only=True, tag="open"):
    """The WebSocket connection is established; `offered` are the extensions that we asked for."""

    url: str
    subprotocol: str | None
    extensions: tuple[Extension, ...]
    total_ms: float
    offered: tuple[Extension, ...] = ()


class FrameSeen(_Base, frozen=True, kw_only=True, tag="frame"):
    """One frame as it stood on the wire (RFC 6455 §5.2)."""

    n: int
    direction: Direction
    opcode: int
    type: FrameType
    fin: bool
    rsv1: bool
    rsv2: bool
    rsv3: bool
    masked: bool
    mask: str | None
    wire_length: int
    length: int
    header: str
    text: str | UnsetType = UNSET
    base64: bytes | UnsetType = UNSET
    truncated: bool = False

    @property
    def payload(self) -> bytes:
        """The bytes that `text` or `base64` holds."""
        return self.base64 or b"" if self.text is UNSET else self.text.encode()


class MessageSeen(_Base, frozen=True, kw_only=True, tag="message"):
    """One whole message, its fragments joined and inflated (RFC 6455 §5.4)."""

    n: int
    direction: Direction
    type: MessageType
    length: int
    wire_length: int
    fragments: int
    compressed: bool
    text: str | UnsetType = UNSET
    base64: bytes | UnsetType = UNSET

    @property
    def payload(self) -> bytes:
        """The bytes that `text` or `base64` holds."""
        return self.base64 or b"" if self.text is UNSET else self.text.encode()


class PongReceived(_Base, frozen=True, kw_only=True, tag="pong"):
    """The answer to ping number `n` of ours (RFC 6455 §5.5.3)."""

    n: int
    rtt_ms: float
    length: int


class PingLost(_Base, frozen=True, kw_only=True, tag="lost"):
    """Ping number `n` of ours had no pong in time."""

    n: int
    waited_ms: float


class ViolationFound(_Base, frozen=True, kw_only=True, tag="violation"):
    """A rule that the peer broke; `rule` is a stable slug."""

    rule: str
    rfc: str
    severity: Severity
    detail: str
    frame: int | None


class Closed(_Base, frozen=True, kw_only=True, tag="close"):
    """How the connection ended; 1005 and 1006 stand for an empty and a missing Close (RFC 6455 §7.1.5).

    `wire_code` is what the peer's Close carried, null for an empty one or none: a peer that breaks the
    rules sends 1005 and 1006 too.
    """

    code: int
    name: str
    reason: str
    sent: SentClose | None
    initiator: Literal["local", "peer", "none"]
    clean: bool
    tcp: Literal["fin", "reset", "open"]
    duration_ms: float | None
    wire_code: int | None = None


class Reconnecting(_Base, frozen=True, kw_only=True, tag="reconnect"):
    """The connection will be opened again in `delay_ms`; `attempt` is from 1, anew once one stood a while."""

    attempt: int
    delay_ms: float
    reason: str


class Failed(_Base, frozen=True, kw_only=True, tag="error"):
    """Why the exit code is not 0 (contract §3)."""

    kind: str
    message: str
    hint: str
    exit_code: int


class Checked(_Base, frozen=True, kw_only=True, tag="check"):
    """One check of `wscli check` has its result; durations are milliseconds, `place` is a step."""

    name: str
    suite: str
    url: str
    verdict: Literal["passed", "failed", "skipped"]
    file: str | None
    line: int
    tags: tuple[str, ...]
    kind: str
    exit_code: int
    place: str
    message: str
    hint: str
    warning: str
    attempts: int
    started: str
    duration_ms: float
    open_ms: float | None
    phases_ms: dict[str, float]
    status: int | None
    subprotocol: str | None
    extensions: tuple[str, ...]
    close_code: int | None
    tls_not_after: str | None
    messages_in: int
    messages_out: int
    bytes_in: int
    bytes_out: int
    violations: tuple[str, ...]


class Summarized(_Base, frozen=True, kw_only=True, tag="summary", omit_defaults=True):
    """What the command measured; `ping` fills the round-trip fields, the others verdicts and totals."""

    command: str
    sent: int | UnsetType = UNSET
    received: int | UnsetType = UNSET
    loss_percent: float | UnsetType = UNSET
    min_ms: float | None | UnsetType = UNSET
    avg_ms: float | None | UnsetType = UNSET
    max_ms: float | None | UnsetType = UNSET
    mdev_ms: float | None | UnsetType = UNSET
    p50_ms: float | None | UnsetType = UNSET
    p95_ms: float | None | UnsetType = UNSET
    p99_ms: float | None | UnsetType = UNSET
    errors: int | UnsetType = UNSET
    warnings: int | UnsetType = UNSET
    frames_in: int | UnsetType = UNSET
    frames_out: int | UnsetType = UNSET
    messages_in: int | UnsetType = UNSET
    messages_out: int | UnsetType = UNSET
    bytes_in: int | UnsetType = UNSET
    bytes_out: int | UnsetType = UNSET
    phases_ms: dict[str, float] | UnsetType = UNSET
    passed: int | UnsetType = UNSET
    failed: int | UnsetType = UNSET
    skipped: int | UnsetType = UNSET
    duration_ms: float | UnsetType = UNSET


Event = (
    Resolved
    | Connected
    | Proxied
    | TlsEstablished
    | RequestSent
    | ResponseReceived
    | Redirected
    | Opened
    | FrameSeen
    | MessageSeen
    | PongReceived
    | PingLost
    | ViolationFound
    | Closed
    | Reconnecting
    | Failed
    | Checked
    | Summarized
)
