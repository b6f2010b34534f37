"""What the tests of net/ share: one dial with everything it told, streams, certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import trustme

from wscli.config import Target, TlsOptions, Url, parse_url
from wscli.events import Clock, Event
from wscli.net.dial import dial
from wscli.net.stream import SocketStream, Stream

E = TypeVar("E")
PAST = datetime(2020, 3, 1, 12, 30, tzinfo=UTC)


def url_of(text: str) -> Url:
    url = parse_url(text)
    assert isinstance(url, Url)
    return url


@dataclass
class Dialed:
    """A dial: the events it emitted, the phases it entered, its stream once it has one."""

    target: Target
    events: list[Event] = field(default_factory=list)
    phases: list[str] = field(default_factory=list)

    async def open(self, **extra: Any) -> Stream:
        return await dial(self.target, self.events.append, Clock(), self.phases.append, **extra)

    def event(self, kind: type[E]) -> E:
        (found,) = (event for event in self.events if isinstance(event, kind))
        return found


def dialed(url: str, *, tls: TlsOptions | None = None, **fields: Any) -> Dialed:
    return Dialed(Target(url_of(url), tls=tls or TlsOptions(), **fields))


@asynccontextmanager
async def open_stream(url: str, **options: Any) -> AsyncIterator[Stream]:
    stream = await dialed(url, **options).open()
    try:
        yield stream
    finally:
        stream.close()


@asynccontextmanager
async def stream_pair() -> AsyncIterator[tuple[SocketStream, socket.socket]]:
    """A stream and the bare socket at its other end, over loopback TCP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.create_connection(listener.getsockname())
        theirs, _ = listener.accept()
    stream = SocketStream(ours)
    with theirs:
        theirs.setblocking(False)
        try:
            yield stream, theirs
        finally:
            stream.close()


async def read_all(stream: Stream) -> bytes:
    whole = bytearray()
    while chunk := await stream.receive():
        whole += chunk
    return bytes(whole)


def context_for(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
