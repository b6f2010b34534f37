"""How the user wants the peer to be reached: overrides, another host, a proxy. Parsing and choosing only."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from msgspec.structs import replace

from ..config import Discreet, Target
from ..errors import UsageError
from .stream import address_text

# curl's default ports.
_PROXY_PORTS = {"http": 1080, "https": 443, "socks5": 1080, "socks5h": 1080, "socks4": 1080, "socks4a": 1080}
_PROXY_HINT = "write http://HOST:PORT, https://…, socks5://…, socks5h://…, socks4://… or socks4a://…"


class ProxyUrl(Discreet, frozen=True):
    """A proxy, and who we are to it; `socks5h` and `socks4a` resolve the peer's name themselves.

    `variable` is that of the environment which names it.
    """

    unshown: ClassVar[frozenset[str]] = frozenset({"username", "password"})

    scheme: str
    host: str
    port: int
    username: str | None = None
    password: str | None = None
    variable: str = ""

    def __str__(self) -> str:
        """The URL without its credentials."""
        return f"{self.scheme}://{address_text(self.host, self.port)}"


def parse_proxy(text: str, source: str = "--proxy") -> ProxyUrl:
    """The proxy that `text` names; without a scheme it is an HTTP proxy, as for curl.

    Raises: UsageError, which names `source` and never the credentials.
    """
    if not text.strip():
        raise UsageError(
            f"{source}: the proxy's URL is empty", hint="is the variable set? --no-proxy goes without one"
        )
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        scheme, rest = "http", text.strip()
    scheme = {"socks": "socks5h"}.get(scheme.lower(), scheme.lower())
    if scheme not in _PROXY_PORTS:
        shown = scheme if re.fullmatch(r"[a-z0-9+.-]{1,20}", scheme) else "this"
        raise UsageError(f"{source}: {shown} is no kind of proxy that wscli speaks", hint=_PROXY_HINT)
    wrong = UsageError(f"{source}: the proxy's host or port is not valid", hint=_PROXY_HINT)
    try:
        parts = urlsplit(f"//{rest}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    if not host or port == 0 or re.search(r"[\x00-\x20\x7f]", rest) or not host.isascii():
        raise wrong
    username = None if parts.username is None else unquote(parts.username)
    password = None if parts.password is None else unquote(parts.password)
    return ProxyUrl(scheme, host, port or _PROXY_PORTS[scheme], username, password)


def parse_resolve(text: str) -> tuple[str, int, tuple[str, ...]]:
    """`HOST:PORT:ADDRESS[,ADDRESS…]` of --resolve; IPv6 may be in brackets, HOST may be `*`.

    Raises: UsageError.
    """
    match = re.fullmatch(r"(\[[^\]]+\]|[^:]+):(\d{1,5}):(.+)", text)
    if not match or not 0 < int(match[2]) <= 65535:
        raise UsageError(
            f"--resolve: {text!r} is not HOST:PORT:ADDRESS", hint="--resolve example.com:443:127.0.0.1"
        )
    addresses = tuple(each.strip().strip("[]") for each in match[3].split(","))
    for address in addresses:
        try:
            ipaddress.ip_address(address)
        except ValueError:
            raise UsageError(
                f"--resolve: {address!r} is not an IP address",
                hint="to connect to another name use --connect-to",
            ) from None
    return _in_ascii("--resolve", match[1].strip("[]")).lower(), int(match[2]), addresses


def parse_connect_to(text: str) -> tuple[str, int]:
    """`HOST:PORT` of --connect-to; IPv6 in brackets.

    Raises: UsageError.
    """
    match = re.fullmatch(r"\[([^\]\s]+)\]:(\d{1,5})|([^:\s/@\[\]]+):(\d{1,5})", text)
    port = int(match[2] or match[4]) if match else 0
    if not match or not 0 < port <= 65535:
        raise UsageError(f"--connect-to: {text!r} is not HOST:PORT", hint="--connect-to 127.0.0.1:8443")
    return match[1] or _in_ascii("--connect-to", match[3]), port


def _in_ascii(option: str, host: str) -> str:
    if host.isascii():
        return host
    from ..hosts import ascii_host

    return ascii_host(host, option)


def override_for(target: Target, host: str, port: int) -> tuple[str, ...]:
    """The addresses that --resolve gives for host and port: the first entry that fits, or none."""
    for name, number, addresses in target.resolve_overrides:
        if number == port and name in {"*", host.lower()}:
            return addresses
    return ()


def proxy_for(target: Target) -> ProxyUrl | None:
    """The proxy to go through: --proxy, else what the environment says, but never for loopback.

    Raises: UsageError when it is named wrongly.
    """
    if target.unix_socket is not None or target.no_proxy:
        return None
    if target.proxy is not None:
        return parse_proxy(target.proxy)
    host, port = target.connect_to or (target.url.host, target.url.port)
    if is_loopback(host) or not any(name.lower().endswith("_proxy") for name in os.environ):
        return None
    return _from_environment(target.url.secure, host, port)


def is_loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine's own (RFC 6761 §6.3).

    So are the unspecified addresses, and an IPv4 address as the system takes it, too: `127.1`, `0x7f000001`.
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        try:
            address = ipaddress.ip_address(socket.inet_aton(name))
        except (OSError, ValueError):
            return False
    address = getattr(address, "ipv4_mapped", None) or address
    return address.is_loopback or address.is_unspecified


def _from_environment(secure: bool, host: str, port: int) -> ProxyUrl | None:
    # Costs 30 ms to import: only for those who have a proxy.
    from urllib.request import getproxies_environment

    from .bypass import is_bypassed

    named = getproxies_environment()
    if is_bypassed(named.get("no", ""), host, port):
        return None
    for name in ("wss", "https", "all") if secure else ("ws", "http", "all"):
        if named.get(name):
            return replace(parse_proxy(named[name], f"{name}_proxy"), variable=f"{name}_proxy")
    return None
