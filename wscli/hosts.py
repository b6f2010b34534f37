"""Hosts as users write them: international names in ASCII, zones of addresses, URLs that are nearly ones."""

from __future__ import annotations

import re
from typing import Final

from .errors import UsageError

# RFC 6874 §2 writes %25 before a zone; the % alone is what people copy from elsewhere (§3).
_ZONE: Final = re.compile(r"%(?:25(?=.))?([A-Za-z0-9._~-]+)")
# RFC 5891 and the IDNA of 2003 make different names of these (UTS 46 §7).
_DEVIATIONS: Final = re.compile("([ß\u1e9eς\u200c\u200d])")
# RFC 3490 §3.1: what else counts as a dot.
_DOTS: Final = re.compile("[.\u3002\uff0e\uff61]")


def host_and_zone(host: str) -> tuple[str, str | None]:
    """The host of a URL in ASCII, and the zone of an IPv6 address, if it has one. Raises: UsageError."""
    address, _, _ = host.partition("%")
    if ":" not in host or address == host:
        return ascii_host(host), None
    zone = _ZONE.fullmatch(host, len(address))
    if zone is None:
        raise UsageError(
            "the zone of the URL's IPv6 address is not valid", hint="write ws://[fe80::1%25eth0]/"
        )
    return address, zone[1]


def ascii_host(host: str, where: str = "the URL") -> str:
    """`host` as DNS knows it (RFC 5890 §2.3.2.1).

    Raises: UsageError when it is none that can be, or one that the two standards take for different hosts.
    """
    if host.isascii():
        return host
    try:
        old = host.encode("idna").decode("ascii")
        new = ".".join(map(_new_label, _DOTS.split(host)))
    except UnicodeError:
        raise UsageError(f"{where}: the host name is not a valid international domain name") from None
    if _DEVIATIONS.search(host):
        raise UsageError(
            f"{where}: the host name means {new} today, and {old} to older programs",
            hint="write the one that you mean",
        )
    return old


def tls_name(name: str, where: str = "--servername") -> str:
    """`name` as TLS can be asked for it and hold a certificate to it: in ASCII, or an IP address.

    Raises: UsageError, with the reason.
    """
    name = ascii_host(name, where)
    if not re.fullmatch(r"[A-Za-z0-9._:-]+", name):
        why = "it is empty" if not name else "it holds a character that host names cannot have"
    # RFC 1035 §2.3.4
    elif ":" not in name and not all(0 < len(label) < 64 for label in name.removesuffix(".").split(".")):
        why = "a part of it is empty or longer than 63 characters"
    else:
        return name
    raise UsageError(
        f"{where}: this is no host name: {why}", hint="give a name as it stands in the certificate"
    )


def nearest_url(shown: str) -> str:
    """The URL that may be meant by what is no URL; empty when there is no telling."""
    if match := re.fullmatch(r"(wss?|https?)(?:[:;]/{0,2}|//)([^/:;].*)", shown, re.IGNORECASE):
        return f"{match[1].lower()}://{match[2]}"
    if match := re.fullmatch(r"(demo)(/.*)?", shown, re.IGNORECASE):
        return f"demo:{(match[2] or '')[1:]}"
    if match := re.fullmatch(r":?(\d{1,5}(/.*)?)", shown):
        return f"ws://localhost:{match[1]}"
    shown = shown.removeprefix("//")
    if re.fullmatch(r"[0-9a-f]*:[0-9a-f:]*:[0-9a-f:.]*", shown, re.IGNORECASE):
        return f"ws://[{shown}]"
    if re.match(r"(?=[^/]*\w)[\w.\[\]:-]+(/|$)", shown):
        secure = shown.partition("/")[0].endswith(":443")
        return f"{'wss' if secure else 'ws'}://{shown}"
    return ""


def _new_label(label: str) -> str:
    """A label of IDNA 2008 that deviates from that of 2003; others as 2003 has them."""
    if not _DEVIATIONS.search(label):
        return label.encode("idna").decode("ascii")
    from encodings.idna import nameprep

    parts = _DEVIATIONS.split(label.replace("\u1e9e", "ß"))
    kept = "".join(part if index % 2 else nameprep(part) for index, part in enumerate(parts))
    return "xn--" + kept.encode("punycode").decode("ascii")
