"""Every way in which wscli can end: exit codes, the exceptions that carry them, and their one mapping.

An exception here is raised (or kept as a session's first cause) wherever a failure is understood; only
`cli/` turns it into an exit status, through `exit_code_for`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """Exit status of the process (contract §3); curl's numbers where curl has one."""

    OK = 0
    EXPECTATION = 1
    USAGE = 2
    RESOLVE = 6
    CONNECT = 7
    BAD_REPLY = 8
    REFUSED = 22
    OUTPUT = 23
    INPUT = 26
    TIMEOUT = 28
    TLS = 35
    REDIRECTS = 47
    UNSENT = 55
    LOST = 56
    CERTIFICATE = 60
    TOO_LARGE = 63
    INTERNAL = 70
    PROTOCOL = 76
    CLOSE_CODE = 90
    PROXY = 97
    INTERRUPTED = 130
    TERMINATED = 143

    @property
    def kind(self) -> str:
        """The name that users see, for example `bad-reply` (contract §3)."""
        return self.name.lower().replace("_", "-")


class WscliError(Exception):
    """A failure that wscli understands.

    `message` says what happened and in which phase, `hint` what to try (empty when there is nothing to
    say). Both may quote the peer: they are escaped and scrubbed of secrets where they are shown.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.INTERNAL

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class LocalError(WscliError):
    """The failure lies on this side: the user's input, files, streams or limits."""


class PeerError(WscliError):
    """The failure lies with the peer or with the way to it."""


class ExpectationFailed(LocalError):
    """An expectation that the caller set was not met."""

    exit_code = ExitCode.EXPECTATION


class UsageError(LocalError):
    """A bad option, URL, file or value; nothing was sent."""

    exit_code = ExitCode.USAGE


class OutputFailed(LocalError):
    """Standard output or a file cannot be written."""

    exit_code = ExitCode.OUTPUT


class InputFailed(LocalError):
    """Standard input or a file cannot be read, or is not UTF-8 where text is sent."""

    exit_code = ExitCode.INPUT


class Unsent(LocalError):
    """Something that was to be sent was not."""

    exit_code = ExitCode.UNSENT


class TooLarge(LocalError):
    """A message or body is over `--max-size` or another limit."""

    exit_code = ExitCode.TOO_LARGE


class Interrupted(LocalError):
    """Ctrl-C (SIGINT)."""

    exit_code = ExitCode.INTERRUPTED


class Terminated(LocalError):
    """SIGTERM."""

    exit_code = ExitCode.TERMINATED


class ResolveFailed(PeerError):
    """The host name did not resolve."""

    exit_code = ExitCode.RESOLVE


class ConnectFailed(PeerError):
    """Refused, unreachable, or closed or reset before a byte of the reply."""

    exit_code = ExitCode.CONNECT


class BadReply(PeerError):
    """The reply is no valid opening handshake (RFC 6455 §4.1)."""

    exit_code = ExitCode.BAD_REPLY


class Refused(PeerError):
    """An HTTP status other than 101, which is `status`; `retry_after` are seconds that it asks for."""

    exit_code = ExitCode.REFUSED

    def __init__(
        self, message: str, *, hint: str = "", status: int = 0, retry_after: float | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.retry_after = retry_after


class DeadlineExceeded(PeerError):
    """A deadline passed; the message names the phase."""

    exit_code = ExitCode.TIMEOUT


class TLSFailed(PeerError):
    """The TLS handshake failed, or an alert came after it before any reply."""

    exit_code = ExitCode.TLS


class TooManyRedirects(PeerError):
    """Redirects beyond the limit, or in a circle."""

    exit_code = ExitCode.REDIRECTS


class ConnectionLost(PeerError):
    """The connection ended without a Close frame (1006)."""

    exit_code = ExitCode.LOST


class CertificateUntrusted(PeerError):
    """The certificate is not trusted or does not match the name."""

    exit_code = ExitCode.CERTIFICATE


class ProtocolViolated(PeerError):
    """The peer broke RFC 6455 or RFC 7692 after the opening handshake."""

    exit_code = ExitCode.PROTOCOL

    @classmethod
    def by_peer(cls, rfc: str, detail: str, rule: str) -> ProtocolViolated:
        """What the peer broke: the section, what it did, the slug of the rule."""
        return cls(f"the peer broke {rfc}: {detail} ({rule})")


class ClosedByPeer(PeerError):
    """The peer closed first with a code other than 1000, 1001 or none."""

    exit_code = ExitCode.CLOSE_CODE


class ProxyFailed(PeerError):
    """The proxy refused or failed."""

    exit_code = ExitCode.PROXY


def internal_error(raised: BaseException, hint: str) -> WscliError:
    """A bug of wscli's, with its place, and without its text: that may hold secrets, or the peer's bytes."""
    import traceback
    from pathlib import Path

    frames = traceback.extract_tb(raised.__traceback__)
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    message = f"internal error: {type(raised).__name__}{place}; this is a bug in wscli"
    return WscliError(message, hint=f"please report it, with {hint}")


def exit_code_for(failure: BaseException | None) -> ExitCode:
    """The exit status for what ended the run: the only place that maps errors to codes (contract §3)."""
    match failure:
        case None:
            return ExitCode.OK
        case WscliError():
            return failure.exit_code
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED
        case _:
            return ExitCode.INTERNAL
