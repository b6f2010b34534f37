"""What the user asked for, as frozen values: the URL, the target and everything an option becomes.

Pure: parsing and checking only. Whatever is wrong here is a `UsageError`, raised before anything is sent;
its message never repeats userinfo or a query, which may hold secrets.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from enum import Enum
from typing import ClassVar
from urllib.parse import quote, urlsplit

import msgspec

from .errors import UsageError

DEFAULT_MAX_SIZE = 16 * 1024**2
DEFAULT_CONNECT_TIMEOUT = 10.0
DEFAULT_CLOSE_TIMEOUT = 5.0

_SCHEMES = {"ws": False, "http": False, "wss": True, "https": True}
_SIZE_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_DURATION_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
# RFC 3986 §3.3 and §3.4: what may stand unquoted in a path and a query; `%` is kept as typed.
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_QUERY_SAFE = _PATH_SAFE + "?"


class Format(str, Enum):
    """How results are written (contract §2)."""

    HUMAN = "human"
    PLAIN = "plain"
    RAW = "raw"
    JSON = "json"


class ColorChoice(str, Enum):
    """When styling is used; `auto` means on a terminal, `NO_COLOR` and `FORCE_COLOR` heeded."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class Discreet(msgspec.Struct, frozen=True):
    """A value whose `repr` leaves out what may be secret: tracebacks and logs show reprs."""

    unshown: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (name for name in self.__struct_fields__ if name not in self.unshown)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"


class Url(Discreet, frozen=True):
    """A WebSocket URL (RFC 6455 §3), its host in ASCII and its path and query percent-encoded.

    `zone` is that of a link-local IPv6 address: it matters on this machine alone (RFC 6874 §4).
    """

    unshown: ClassVar[frozenset[str]] = frozenset({"username", "password"})

    secure: bool
    host: str
    port: int
    resource: str
    username: str | None = None
    password: str | None = None
    zone: str | None = None

    @property
    def address(self) -> str:
        """The host as a connection needs it: an IPv6 address with its zone."""
        return self.host if self.zone is None else f"{self.host}%{self.zone}"

    @property
    def authority(self) -> str:
        """Host and port as the Host header writes them (RFC 6455 §4.1), the default port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.secure else 80) else f"{host}:{self.port}"

    @property
    def origin(self) -> tuple[bool, str, int]:
        """What two URLs share when credentials may go to both (RFC 6454 §4)."""
        return self.secure, self.address, self.port

    def __str__(self) -> str:
        """The URL without its userinfo; the query is still in it."""
        authority = self.authority
        if self.zone is not None:
            authority = authority.replace("]", f"%25{self.zone}]", 1)
        return f"{'wss' if self.secure else 'ws'}://{authority}{self.resource}"


class DemoUrl(msgspec.Struct, frozen=True):
    """`demo:` or `demo:SCENARIO?query`: the embedded server inside this process."""

    scenario: str
    query: str


class TlsOptions(Discreet, frozen=True):
    """How the server's certificate is judged, and what we show of ourselves."""

    unshown: ClassVar[frozenset[str]] = frozenset({"key_password"})

    insecure: bool = False
    cacert: str | None = None
    cert: str | None = None
    key: str | None = None
    servername: str | None = None
    minimum: str | None = None
    key_password: str | None = None


class DeflateOffer(msgspec.Struct, frozen=True):
    """The parameters with which permessage-deflate is offered (RFC 7692 §7.1).

    Window bits are from 8 (the client's from 9) to 15; None says nothing of the server's window, and of the
    client's that the server may choose it.
    """

    server_no_context_takeover: bool = False
    client_no_context_takeover: bool = False
    server_max_window_bits: int | None = None
    client_max_window_bits: int | None = None


class Target(Discreet, frozen=True):
    """Everything that opening a connection needs to know.

    `headers` are the user's own (credentials and cookies included), in order: each replaces wscli's header
    of that name. `removed` are lower-case names that must not be sent. `cookies` gives what the user's cookie
    jar has for a URL, as the value of Cookie, empty for none. `deflate` is the offer of permessage-deflate,
    None for none; `extensions` are other offers as Sec-WebSocket-Extensions writes them.
    Sizes are bytes, times seconds; `max_size` bounds a message after inflation. `max_redirects` is how many
    are followed. `ping_interval` and `ping_timeout` are those of keepalive, None for none. `family` is 4, 6
    or 0 for both. `resolve_overrides` are host, port and the addresses to use; `connect_to` is the host and
    port to connect to instead of the URL's. `proxy` is a URL, with its credentials; without one the
    environment may name one, unless `no_proxy`. `expected_status` is that of a refusal which
    is what the user wants to see.
    """

    unshown: ClassVar[frozenset[str]] = frozenset({"headers", "cookies", "proxy"})

    url: Url
    headers: tuple[tuple[str, str], ...] = ()
    removed: frozenset[str] = frozenset()
    cookies: Callable[[Url], str] | None = None
    subprotocols: tuple[str, ...] = ()
    origin: str | None = None
    user_agent: str | None = None
    deflate: DeflateOffer | None = DeflateOffer()
    extensions: tuple[str, ...] = ()
    max_size: int = DEFAULT_MAX_SIZE
    connect_timeout: float = DEFAULT_CONNECT_TIMEOUT
    close_timeout: float = DEFAULT_CLOSE_TIMEOUT
    tls: TlsOptions = TlsOptions()
    family: int = 0
    resolve_overrides: tuple[tuple[str, int, tuple[str, ...]], ...] = ()
    connect_to: tuple[str, int] | None = None
    unix_socket: str | None = None
    proxy: str | None = None
    no_proxy: bool = False
    max_redirects: int = 0
    ping_interval: float | None = None
    ping_timeout: float | None = None
    expected_status: int | None = None


class OutputOptions(msgspec.Struct, frozen=True):
    """How results are shown; `color` is the decision, not the choice."""

    format: Format
    color: bool = False
    width: int = 80
    quiet: bool = False
    verbose: bool = False
    frames: bool = False
    show_secrets: bool = False
    delimiter: bytes = b"\n"


def parse_url(text: str) -> Url | DemoUrl:
    """The URL that the user typed (contract §1).

    Raises: UsageError, which says what to type instead.
    """
    if not text or text.isspace():
        raise UsageError("the URL is empty", hint="give one, for example wss://example.com/ws or demo:")
    if any(ord(char) <= 0x20 or ord(char) == 0x7F for char in text):
        raise UsageError("the URL holds a space or a control character", hint="percent-encode it (%20)")
    if any(0xD800 <= ord(char) <= 0xDFFF for char in text):
        # Bytes of the command line that are no UTF-8 become lone surrogates.
        raise UsageError("the URL is not UTF-8", hint="percent-encode each byte of it (%FF)")
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() == "demo":
        scenario, _, query = rest.partition("?")
        return DemoUrl(scenario or "echo", query)
    if not (colon and rest.startswith("//")):
        raise UsageError(f"{_shown(text)!r} is not a WebSocket URL", hint=_suggestion(text))
    if scheme.lower() not in _SCHEMES:
        raise UsageError(
            f"the scheme {scheme!r} is not one that wscli speaks",
            hint="use ws://, wss://, http://, https:// or demo:",
        )
    return _split(text, secure=_SCHEMES[scheme.lower()])


def _split(text: str, *, secure: bool) -> Url:
    if "#" in text:
        raise UsageError(
            "a WebSocket URL has no fragment (RFC 6455 §3)", hint="write # as %23 if it belongs to the path"
        )
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise UsageError(
            "the URL's host or port is not valid", hint="a port is a number from 1 to 65535; IPv6 goes in []"
        ) from None
    if port == 0:
        raise UsageError("port 0 cannot be connected to", hint="a port is a number from 1 to 65535")
    if not parts.hostname:
        raise UsageError("the URL has no host", hint="write ws://HOST[:PORT]/PATH")
    resource = quote(parts.path or "/", safe=_PATH_SAFE)
    if parts.query:
        resource += "?" + quote(parts.query, safe=_QUERY_SAFE)
    default = 443 if secure else 80
    host, zone = parts.hostname, None
    if "%" in host or not host.isascii():
        from .hosts import host_and_zone

        host, zone = host_and_zone(host)
    # RFC 1035 §2.3.4; TLS takes no other name.
    labels = [] if ":" in host or not secure else host.removesuffix(".").split(".")
    if not all(0 < len(label) < 64 for label in labels):
        raise UsageError(
            "the URL's host name has a part that is empty or longer than 63 characters",
            hint="is a dot too many in it?",
        )
    return Url(secure, host, port or default, resource, *_userinfo(parts.netloc), zone)


def _userinfo(netloc: str) -> tuple[str | None, str | None]:
    from urllib.parse import unquote

    userinfo, at, _ = netloc.rpartition("@")
    if not at:
        return None, None
    username, _, password = userinfo.partition(":")
    return unquote(username), unquote(password)


def _shown(text: str) -> str:
    """`text` without what may be secret in it: userinfo, query and fragment."""
    return re.split(r"[?#]", text.rpartition("@")[2], maxsplit=1)[0]


def _suggestion(text: str) -> str:
    from .hosts import nearest_url

    url = nearest_url(_shown(text))
    try:
        if url:
            parse_url(url)
            return f"did you mean {url}?"
    except UsageError as wrong:
        # A hint that leads to the next error is none.
        return wrong.hint
    return "write ws://HOST[:PORT]/PATH, wss://… or demo:"


def parse_size(text: str) -> int:
    """Bytes; `k`, `M` and `G` are powers of 1024.

    Raises: UsageError when it is not a whole, finite number of bytes from 0 up.
    """
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?)([kKmMgG]?)[bB]?", text.strip(), re.ASCII)
    if not match:
        raise UsageError(f"{text!r} is not a size", hint="write bytes, or a number with k, M or G: 16M")
    return int(float(match[1]) * _SIZE_UNITS[match[2].lower()])


def parse_duration(text: str) -> float:
    """Seconds; a suffix `ms`, `s`, `m` or `h` counts.

    Raises: UsageError when it is not a finite number from 0 up.
    """
    match = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)(ms|s|m|h)?", text.strip(), re.ASCII)
    seconds = float(match[1]) * _DURATION_UNITS[match[2] or ""] if match else math.nan
    # A year: what is longer is a mistake, and select() and friends overflow.
    if not seconds <= 366 * 86400:
        raise UsageError(
            f"{text!r} is not a duration", hint="write seconds, or a number with ms, s, m, h: 500ms"
        )
    return seconds
