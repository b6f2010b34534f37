"""Names to addresses: getaddrinfo in a thread of its own that nobody has to wait for."""

from __future__ import annotations

import socket
from typing import Any

import msgspec

from ..errors import ResolveFailed, UsageError
from ..threads import in_daemon_thread

_FAMILIES = {0: socket.AF_UNSPEC, 4: socket.AF_INET, 6: socket.AF_INET6}


class Endpoint(msgspec.Struct, frozen=True):
    """One place to connect to: what socket() and connect() want."""

    family: int
    address: tuple[Any, ...]

    @property
    def host(self) -> str:
        """The address alone, without its port; with the zone of an IPv6 address that needs one."""
        host = str(self.address[0])
        if self.family != socket.AF_INET6 or "%" in host or not self.address[3]:
            return host
        try:
            return f"{host}%{socket.if_indextoname(self.address[3])}"
        except OSError:
            return f"{host}%{self.address[3]}"

    @property
    def port(self) -> int:
        return int(self.address[1])


async def resolve(host: str, port: int, family: int = 0) -> list[Endpoint]:
    """Where `host` can be reached, in the system's order of preference (RFC 6724); an address at once.

    `family` is 4, 6, or 0 for both. Cancelled, it returns at once; the thread ends by itself.

    Raises: ResolveFailed; UsageError when an address and `family` contradict each other.
    """
    literal = parse_address(host, port)
    if literal is not None:
        return check_family(host, [literal], family)

    def look_up() -> list[Any]:
        return socket.getaddrinfo(host, port, _FAMILIES[family], socket.SOCK_STREAM)

    try:
        return _endpoints(await in_daemon_thread(look_up, f"resolve {host}"))
    except (socket.gaierror, UnicodeError) as failure:
        raise _explain(host, family, failure) from failure


def check_family(host: str, endpoints: list[Endpoint], family: int) -> list[Endpoint]:
    """The endpoints of `family`, in order.

    Raises: UsageError when none of them is.
    """
    fitting = [each for each in endpoints if not family or each.family == _FAMILIES[family]]
    if not fitting:
        raise UsageError(
            f"-{family} asks for IPv{family}, but {host} stands for an address of the other family",
            hint=f"leave out -{family}, or give another name or address",
        )
    return fitting


def parse_address(host: str, port: int) -> Endpoint | None:
    """The endpoint that an IP address in text form stands for, None when it is a name."""
    try:
        # As bytes: for a string Python would import its IDNA tables, and no address needs them.
        found = socket.getaddrinfo(
            host.encode(), port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
        )
    except (socket.gaierror, UnicodeError):
        return None
    return _endpoints(found)[0]


def _endpoints(found: list[Any]) -> list[Endpoint]:
    return list(dict.fromkeys(Endpoint(entry[0], entry[4]) for entry in found))


def _explain(host: str, family: int, failure: Exception) -> ResolveFailed:
    code = failure.errno if isinstance(failure, socket.gaierror) else None
    address, _, zone = host.partition("%")
    if zone and ":" in address:
        return ResolveFailed(
            f"could not resolve {host}: this machine has no network interface {zone}",
            hint="name the one that leads to the address (ip link, or ifconfig, lists them)",
        )
    if isinstance(failure, UnicodeError):
        return ResolveFailed(
            f"could not resolve {host}: it is not a valid host name", hint="check its spelling"
        )
    if code == socket.EAI_AGAIN:
        return ResolveFailed(
            f"could not resolve {host}: the name server does not answer",
            hint="check the network connection and the system's DNS settings",
        )
    if code in {
        socket.EAI_NONAME,
        getattr(socket, "EAI_NODATA", None),
        getattr(socket, "EAI_ADDRFAMILY", None),
    }:
        kind = f" over IPv{family}" if family else ""
        hint = f"check its spelling, or leave out -{family}" if family else "check its spelling"
        return ResolveFailed(f"could not resolve {host}: no address is known for this name{kind}", hint=hint)
    reason = getattr(failure, "strerror", None) or str(failure)
    return ResolveFailed(f"could not resolve {host}: {reason}", hint="check the system's DNS settings")
