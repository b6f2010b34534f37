"""Which hosts no proxy of the environment is for: the entries of `no_proxy`, read as curl reads them."""

from __future__ import annotations

import ipaddress
import re

# A host, or an address or network, IPv6 in brackets where a port follows.
_ENTRY = re.compile(
    r"\[(?P<bracketed>[^\]]*)\](?::(?P<port6>\d{1,5}))?|(?P<bare>[^:]*)(?::(?P<port>\d{1,5}))?|(?P<v6>.*)"
)


def is_bypassed(no_proxy: str, host: str, port: int) -> bool:
    """Whether an entry of `no_proxy` is for host and port.

    Entries stand apart by commas or spaces. `*` is every host; a name is itself and all below it, with or
    without a dot (or `*.`) before it; an address is itself, `10.0.0.0/8` and `fd00::/8` are networks. With
    `:PORT` an entry is for that port alone. What is none of this is for nobody.
    """
    return any(_fits(entry, host, port) for entry in re.split(r"[,\s]+", no_proxy.strip()) if entry)


def _fits(entry: str, host: str, port: int) -> bool:
    if entry == "*":
        return True
    match = _ENTRY.fullmatch(entry)
    if match is None:
        return False
    number = match["port6"] or match["port"]
    if number is not None and int(number) != port:
        return False
    named = next(text for text in (match["bracketed"], match["bare"], match["v6"]) if text is not None)
    address = _address(host)
    return _is_at_or_below(host, named) if address is None else _holds(named, address)


def _holds(named: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(named, strict=False)
    except ValueError:
        return False


def _is_at_or_below(host: str, named: str) -> bool:
    host, name = host.rstrip(".").lower(), named.removeprefix("*").strip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return False
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.rstrip("."))
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
