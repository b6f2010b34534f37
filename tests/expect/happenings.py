"""Events and runs as a session would deliver them, for tests of expectations."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from tests.peers import encode_frame
from wscli.events import (
    Certificate,
    Closed,
    Extension,
    Headers,
    MessageSeen,
    Opened,
    RequestSent,
    ResponseReceived,
    TlsEstablished,
)
from wscli.wire.runs import MessageRun

AT: dict[str, Any] = {"t": 0.0, "time": "2026-11-21T12:00:00.000000Z"}


def message(content: str | bytes, direction: Any = "in") -> MessageSeen:
    text = isinstance(content, str)
    payload = content.encode() if isinstance(content, str) else content
    return MessageSeen(
        **AT,
        n=1,
        direction=direction,
        type="text" if text else "binary",
        length=len(payload),
        wire_length=len(payload),
        fragments=1,
        compressed=False,
        text=content if isinstance(content, str) else UNSET,
        base64=UNSET if text else payload,
    )


def message_run(*contents: str | bytes, direction: Any = "in") -> MessageRun:
    opcode = 1 if isinstance(contents[0], str) else 2
    buffer, starts, ends = b"", [], []
    for content in contents:
        payload = content.encode() if isinstance(content, str) else content
        buffer += encode_frame(opcode, payload)
        starts.append(len(buffer) - len(payload))
        ends.append(len(buffer))
    run = MessageRun(buffer, 0, starts, ends)
    run.direction = direction
    return run


def response(status: int = 101, headers: Headers = ()) -> ResponseReceived:
    return ResponseReceived(
        **AT, status=status, reason="", version="HTTP/1.1", headers=headers, duration_ms=1.0, raw=b""
    )


def request() -> RequestSent:
    return RequestSent(**AT, method="GET", target="/", version="HTTP/1.1", headers=(), raw=b"")


def opened(subprotocol: str | None = None, *extensions: Extension) -> Opened:
    return Opened(**AT, url="ws://127.0.0.1/", subprotocol=subprotocol, extensions=extensions, total_ms=1.0)


def closed(code: int, reason: str = "") -> Closed:
    return Closed(
        **AT,
        code=code,
        name="Some Name",
        reason=reason,
        sent=None,
        initiator="peer",
        clean=True,
        tcp="fin",
        duration_ms=None,
    )


def tls(not_after: str | None) -> TlsEstablished:
    certificate = Certificate(
        subject=None, issuer=None, not_before=None, not_after=not_after, san=None, sha256="00"
    )
    return TlsEstablished(
        **AT,
        version="TLSv1.3",
        cipher="x",
        alpn=None,
        server_name=None,
        verified=True,
        certificate=certificate,
        duration_ms=1.0,
    )
