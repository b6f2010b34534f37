"""Cookies from a file in Netscape's format, as curl (`-c`) and the exporters of browsers write it.

One cookie a line, seven fields apart by tabs: domain, whether subdomains get it too, path, whether TLS is a
must, when it expires (seconds since 1970; 0 for the end of the session), name, value. Which of them go
with a request is RFC 6265 §5.4's part.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from ..config import Url
from ..errors import UsageError

_HTTP_ONLY: Final = "#HttpOnly_"
_FLAGS: Final = {"TRUE": True, "FALSE": False}
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f;]")
_LOOPBACK: Final = re.compile(r"(.+\.)?localhost|127(\.\d+){3}|::1")
_FORMAT_HINT: Final = "export it in Netscape's format (cookies.txt): seven fields, with tabs between them"


@dataclass(frozen=True, slots=True)
class Cookie:
    """One line of the file; `expires` is None for a cookie of the session."""

    domain: str
    subdomains: bool
    path: str
    secure: bool
    expires: float | None
    name: str
    value: str = field(repr=False)

    def goes_to(self, url: Url, now: float) -> bool:
        """Whether a request for `url` carries it at `now`, in seconds since 1970 (RFC 6265 §5.4)."""
        if self.expires is not None and self.expires <= now:
            return False
        # As in browsers and curl, a connection that never leaves the machine counts as secure.
        if self.secure and not url.secure and not _LOOPBACK.fullmatch(url.host):
            return False
        return self._fits_host(url.host) and self._fits_path(url.resource.partition("?")[0])

    def _fits_host(self, host: str) -> bool:
        """RFC 6265 §5.1.3; an address has no subdomains."""
        host = host.rstrip(".").lower()
        if host == self.domain:
            return True
        address = ":" in host or re.fullmatch(r"[\d.]+", host) is not None
        return self.subdomains and not address and host.endswith(f".{self.domain}")

    def _fits_path(self, path: str) -> bool:
        """RFC 6265 §5.1.4."""
        if not path.startswith(self.path):
            return False
        return len(path) == len(self.path) or self.path.endswith("/") or path[len(self.path)] == "/"


def parse_cookies(text: str, source: str) -> list[Cookie]:
    """The cookies of a file; of two with the same name, domain and path the later one counts.

    Raises: UsageError, which names `source` and the line, and never what stands in it.
    """
    if text.lstrip().startswith(("[", "{", "<")):
        raise UsageError(f"{source} is no cookie file", hint=_FORMAT_HINT)
    cookies: dict[tuple[str, str, str], Cookie] = {}
    for number, line in _lines(text):
        cookie = _parse_line(line, f"{source}, line {number}")
        cookies.pop(key := (cookie.name, cookie.domain, cookie.path), None)
        cookies[key] = cookie
    return list(cookies.values())


def cookie_header(cookies: list[Cookie], url: Url, now: float) -> str:
    """The value of Cookie for `url`: longer paths first, then in the file's order; empty for none."""
    fitting = [cookie for cookie in cookies if cookie.goes_to(url, now)]
    fitting.sort(key=lambda cookie: -len(cookie.path))
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in fitting)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n"), 1):
        line = line.rstrip("\r").removeprefix(_HTTP_ONLY)
        if line.strip() and not line.startswith("#"):
            yield number, line


def _parse_line(line: str, where: str) -> Cookie:
    fields = line.split("\t")
    if len(fields) == 6:  # an empty value, its tab lost
        fields.append("")
    if len(fields) != 7:
        raise UsageError(f"{where}: a cookie has seven fields, not {len(fields)}", hint=_FORMAT_HINT)
    domain, subdomains, path, secure, expires, name, value = fields
    flags = [_FLAGS.get(flag.strip().upper()) for flag in (subdomains, secure)]
    if flags[0] is None or flags[1] is None:
        raise UsageError(f"{where}: the second and the fourth field are TRUE or FALSE", hint=_FORMAT_HINT)
    if (not name and not value) or _CONTROL.search(name + value):
        raise UsageError(f"{where}: the cookie's name or value cannot be sent (RFC 6265 §4.1.1)")
    return Cookie(
        domain=domain.strip().lstrip(".").rstrip(".").lower(),
        subdomains=flags[0],
        path=path if path.startswith("/") else "/",
        secure=flags[1],
        expires=_moment(expires.strip(), where),
        name=name,
        value=value,
    )


def _moment(text: str, where: str) -> float | None:
    """Some exporters write fractions, and nothing for the end of the session."""
    try:
        moment = float(text or "0")
    except ValueError:
        moment = math.nan
    if math.isnan(moment):
        raise UsageError(f"{where}: the fifth field is no number of seconds", hint=_FORMAT_HINT)
    return moment or None
