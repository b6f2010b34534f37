"""Tunnels through a SOCKS proxy (RFC 1928, RFC 1929), spoken by python-socks over a stream of ours."""

from __future__ import annotations

from typing import Any

from ..errors import ProxyFailed, UsageError
from .routes import ProxyUrl
from .stream import Stream, address_text


class _ExactStream:
    """What python-socks reads and writes."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def write(self, payload: bytes) -> None:
        await self._stream.send_all(payload)

    async def read_exactly(self, count: int) -> bytes:
        """Never reads further: what follows the reply is the tunnel's."""
        received = b""
        while len(received) < count:
            chunk = await self._stream.receive(count - len(received))
            if not chunk:
                raise EOFError("it ended the connection in the middle of the SOCKS handshake")
            received += chunk
        return received


async def open_socks(stream: Stream, proxy: ProxyUrl, host: str, port: int) -> None:
    """Make `stream`, which leads to the SOCKS proxy, lead to host and port.

    Raises: ProxyFailed; StreamBroken; UsageError when python-socks is not installed.
    """
    create_connector, kinds, refusal = load_python_socks()
    kind = kinds.SOCKS4 if proxy.scheme.startswith("socks4") else kinds.SOCKS5
    # RFC 1929: name and password go together.
    password = proxy.password if proxy.username is None else proxy.password or ""
    connector = create_connector(kind, proxy.username, password, rdns=True, resolver=None)
    try:
        await connector.connect(_ExactStream(stream), host, port)
    except refusal as failure:
        raise ProxyFailed(
            f"proxy {proxy}: it refused the tunnel to {address_text(host, port)}: {failure}",
            hint="it may want credentials (USER:PASSWORD@ before the host in --proxy), or not reach the host",
        ) from failure
    except EOFError as failure:
        raise ProxyFailed(
            f"proxy {proxy}: {failure}", hint="check the scheme and the port of --proxy"
        ) from failure
    except (ValueError, AssertionError) as failure:
        # What python-socks says to an answer that breaks the protocol, and to values too long for it.
        raise ProxyFailed(
            f"proxy {proxy}: the SOCKS handshake went wrong", hint="check the scheme of --proxy"
        ) from failure


def load_python_socks() -> tuple[Any, Any, type[Exception]]:
    """What of python-socks is used here.

    Raises: UsageError when it is not installed.
    """
    try:
        # Its public classes open sockets of their own; this part does no I/O but has no public name, so
        # pyproject.toml pins the release.
        from python_socks import ProxyType
        from python_socks._connectors.factory_async import create_connector
        from python_socks._protocols.errors import ReplyError
    except ImportError:
        raise UsageError(
            "SOCKS proxies need the package python-socks", hint="pip install 'wscli-inspector[socks]'"
        ) from None
    return create_connector, ProxyType, ReplyError
