"""Tunnels through a SOCKS proxy (RFC 1928, RFC 1929), spoken by python-socks over a stream of ours."""

from __future__ import annotations

import asyncio
from typing import Any

from ..errors import ProxyFailed, UsageError
from ..wire.banners import likeness
from .routes import ProxyUrl
from .stream import Stream, address_text

# The first byte of every reply (RFC 1928 §3; SOCKS 4 replies with a version of 0).
_VERSION_5, _VERSION_4 = 5, 0
# RFC 1928 §3 and RFC 1929 §2.
_BY_PASSWORD, _NO_METHOD, _PASSWORD_VERSION = 2, 0xFF, 1
# Not written as a URL: in one, what stands before the @ is redacted.
_CREDENTIALS = "give credentials, or other ones: USER:PASSWORD@ before the host in --proxy"
_NOT_SOCKS = "check the scheme and the port of --proxy"
_UNREACHED = "the proxy could not reach the host: check its name and port"
_FORBIDDEN = "this proxy does not allow the host or the port, to us at least"
# RFC 1928 §6, and the reply codes of SOCKS 4.
_HINTS = {
    1: "the proxy's log may say why",
    2: _FORBIDDEN,
    3: _UNREACHED,
    4: _UNREACHED,
    5: "nothing listens there: check the host's name and port",
    6: _UNREACHED,
    7: _NOT_SOCKS,
    8: "let the proxy look up the name, with socks5h:// or socks4a://; or pick a family with -4 or -6",
    0x5B: "it may not reach the host, or not allow it",
    0x5C: "it wants to ask an identd on this machine who we are",
    0x5D: "it wants another user: USER@ before the host in --proxy",
}
# For more of an answer that is no SOCKS, only to say what it looks like.
_LOOK_SECONDS = 0.2


class _ExactStream:
    """What python-socks reads and writes; `replies` is what it read, piece by piece."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.replies: list[bytes] = []

    async def write(self, payload: bytes) -> None:
        await self._stream.send_all(payload)

    async def read_exactly(self, count: int) -> bytes:
        """Never reads further: what follows the reply is the tunnel's."""
        received = b""
        while len(received) < count:
            chunk = await self._stream.receive(count - len(received))
            if not chunk:
                if received:
                    self.replies.append(received)
                how = "reset" if self._stream.ended == "reset" else "closed"
                when = "in the middle of the SOCKS handshake" if self.replies else "without an answer"
                raise EOFError(f"it {how} the connection {when}")
            received += chunk
        self.replies.append(received)
        return received

    async def likeness(self) -> str:
        """What the first answer begins like, in brackets; empty when it is nothing that we know."""
        more = b""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                more = await self._stream.receive(64)
        except TimeoutError:
            pass
        seen = b"".join(self.replies) + more
        like = "HTTP" if seen.startswith(b"HTTP/") else likeness(seen)
        return f" (it looks like {like})" if like else ""


async def open_socks(stream: Stream, proxy: ProxyUrl, host: str, port: int) -> None:
    """Make `stream`, which leads to the SOCKS proxy, lead to host and port.

    Raises: ProxyFailed; StreamBroken; UsageError when python-socks is not installed.
    """
    create_connector, kinds, refusal = load_python_socks()
    kind = kinds.SOCKS4 if proxy.scheme.startswith("socks4") else kinds.SOCKS5
    # RFC 1929: name and password go together.
    password = proxy.password if proxy.username is None else proxy.password or ""
    connector = create_connector(kind, proxy.username, password, rdns=True, resolver=None)
    exact = _ExactStream(stream)
    try:
        await connector.connect(exact, host, port)
    except refusal as failure:
        raise await _explain(failure, exact, proxy, address_text(host, port)) from failure
    except EOFError as failure:
        raise await _other_version(exact, proxy) or ProxyFailed(
            f"proxy {proxy}: {failure}", hint=_NOT_SOCKS
        ) from failure
    except (ValueError, AssertionError) as failure:
        # What python-socks says to names that are no ASCII or too long for it, and to a broken reply.
        raise ProxyFailed(
            f"proxy {proxy}: the SOCKS handshake went wrong",
            hint="check the scheme of --proxy; user and password are ASCII, and at most 255 characters each",
        ) from failure


async def _explain(failure: Exception, exact: _ExactStream, proxy: ProxyUrl, authority: str) -> ProxyFailed:
    """A refusal where the proxy spoke SOCKS and said no; otherwise what is wrong with its answer."""
    code = getattr(failure, "error_code", None)
    if code is not None:
        return _refused(proxy, authority, str(failure), _HINTS.get(int(code), ""))
    if (wrong := await _other_version(exact, proxy)) is not None:
        return wrong
    first, *more = exact.replies
    spoken = _version(proxy)
    if spoken == _VERSION_5 and not more and first[1] in {_BY_PASSWORD, _NO_METHOD}:
        if proxy.username and proxy.password:
            hint = "it may want none, or a login of another kind"
            return _refused(proxy, authority, "it takes no login by name and password", hint)
        return _refused(proxy, authority, "it wants a login", _CREDENTIALS)
    if spoken == _VERSION_5 and first[1] == _BY_PASSWORD and more[-1][0] == _PASSWORD_VERSION:
        return _refused(proxy, authority, "wrong user name or password", _CREDENTIALS)
    return ProxyFailed(f"proxy {proxy}: its answer breaks the SOCKS protocol: {failure}", hint=_NOT_SOCKS)


def _version(proxy: ProxyUrl) -> int:
    return _VERSION_4 if proxy.scheme.startswith("socks4") else _VERSION_5


async def _other_version(exact: _ExactStream, proxy: ProxyUrl) -> ProxyFailed | None:
    """What is wrong when the first byte of all is not that of the version of `proxy`."""
    begin = b"".join(exact.replies)[:1]
    if not begin or begin[0] == _version(proxy):
        return None
    others = {_VERSION_4: "socks4", _VERSION_5: "socks5"}
    hint = f"it may speak {others[begin[0]]}://" if begin[0] in others else _NOT_SOCKS
    version = 5 if _version(proxy) == _VERSION_5 else 4
    seems = await exact.likeness()
    return ProxyFailed(f"proxy {proxy}: its answer is no SOCKS {version}{seems}", hint=hint)


def _refused(proxy: ProxyUrl, authority: str, reason: str, hint: str) -> ProxyFailed:
    return ProxyFailed(f"proxy {proxy}: it refused the tunnel to {authority}: {reason}", hint=hint)


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
