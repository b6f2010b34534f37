"""What the user wants in the opening handshake's request: headers, credentials, cookies, subprotocols.

Pure but for `@file` values and the password prompt. No message here repeats a value: it may be a secret.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from ..config import Url
from ..errors import InputFailed, UsageError
from ..wire.headers import CONTROL, TOKEN
from .options import SharedOptions

Header = tuple[str, str]
AskPassword = Callable[[str], str]

_MOST_OF_A_FILE: Final = 64 * 1024
_ONE_LINE: Final = "a header is one line; use one option for each"

# At most once each: RFC 6455 §4.1 and §11.3, RFC 9110 §7.2 and §11.6.2, RFC 6265 §5.4.
_ONCE: Final = {
    "authorization",
    "connection",
    "cookie",
    "host",
    "origin",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "upgrade",
    "user-agent",
}


def read_value(option: str, text: str) -> str:
    """The value itself: `@file` is that file's text without its last newline, `@@x` is `@x`.

    Raises: InputFailed when the file cannot be read; UsageError when it is over 64 KiB.
    """
    if not text.startswith("@"):
        return text
    if text.startswith("@@"):
        return text[1:]
    content = _read_file(option, text[1:])
    return content.removesuffix("\n").removesuffix("\r")


def _read_file(option: str, name: str) -> str:
    try:
        with Path(name).expanduser().open("rb") as file:
            content = file.read(_MOST_OF_A_FILE + 1)
    except (OSError, ValueError, RuntimeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else "not a file name"
        raise InputFailed(
            f"{option}: cannot read the file {name!r}: {reason}",
            hint="a value that begins with @ names a file; write @@ for a plain @",
        ) from None
    if len(content) > _MOST_OF_A_FILE:
        raise UsageError(f"{option}: the file {name!r} is over 64 KiB", hint="is it the right file?")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise InputFailed(f"{option}: the file {name!r} is not UTF-8 text") from None


def field_value(option: str, value: str) -> str:
    """`value` fit for a header: checked, stripped, its bytes as typed seen as ISO-8859-1.

    Raises: UsageError when it holds a newline or another control character (RFC 9110 §5.5).
    """
    if "\n" in value or "\r" in value:
        raise UsageError(f"{option}: the value holds a newline", hint=_ONE_LINE)
    if CONTROL.search(value):
        raise UsageError(f"{option}: the value holds a control character")
    return os.fsencode(value.strip(" \t")).decode("latin-1")


def parse_header(option: str, line: str) -> tuple[str, str | None]:
    """Name and value of `Name: value`; the value is None for `Name:` and empty for `Name;`, as in curl."""
    name, colon, value = line.partition(":")
    if not colon and line.endswith(";") and TOKEN.fullmatch(line[:-1]):
        return line[:-1], ""
    if "\n" in line or "\r" in line:
        raise UsageError(f"{option}: a header holds a newline", hint=_ONE_LINE)
    if not colon:
        raise UsageError(
            f"{option}: a header has no colon",
            hint="write 'NAME: VALUE' in quotes, or 'NAME:' to send no such header",
        )
    if not TOKEN.fullmatch(name):
        raise UsageError(
            f"{option}: a header's name is empty or holds a character that names cannot have (RFC 9110 §5.1)",
            hint="no space goes before the colon",
        )
    checked = field_value(option, value)
    return name, checked or None


def _header_lines(values: list[str]) -> Iterator[tuple[str, str]]:
    """Each header of `-H`, with where it comes from."""
    for value in values:
        if value.startswith("@") and not value.startswith("@@"):
            origin = f"-H {value}"
            lines = _read_file("-H", value[1:]).splitlines()
            yield from ((origin, line) for line in lines if line.strip())
        else:
            yield "-H", read_value("-H", value)


class RequestHeaders:
    """Collects the user's headers, and refuses two sources for one that may stand only once.

    `cookies` is what the cookie jar has for a URL, `secrets` are passwords and tokens as they were given,
    `warnings` are for the user.
    """

    def __init__(self) -> None:
        self._headers: list[Header] = []
        self._removed: set[str] = set()
        self._sources: dict[str, str] = {}
        self.cookies: Callable[[Url], str] | None = None
        self.secrets: list[str] = []
        self.warnings: list[str] = []

    @property
    def headers(self) -> tuple[Header, ...]:
        return tuple(self._headers)

    @property
    def removed(self) -> frozenset[str]:
        return frozenset(self._removed)

    def add(self, source: str, name: str, value: str | None) -> None:
        """Sends `name: value`, or nothing of that name when the value is None.

        Raises: UsageError, which names both sources.
        """
        self.claim(source, name, removes=value is None)
        if value is None:
            self._removed.add(name.lower())
        else:
            self.put(name, value)

    def put(self, name: str, value: str) -> None:
        """Sends a header that is claimed already."""
        self._headers.append((name, value))

    def claim(self, source: str, name: str, *, removes: bool = False) -> None:
        """Notes that `source` sets the header `name`."""
        key = name.lower()
        before = self._sources.get(key)
        if before and (key in _ONCE or removes or key in self._removed):
            raise UsageError(
                f"two sources for the header {name}: {before} and {source}", hint="keep one of the two"
            )
        self._sources.setdefault(key, source)


def collect_headers(
    options: SharedOptions, url: Url, ask: AskPassword, environ: Mapping[str, str]
) -> RequestHeaders:
    """The headers that URL and options ask for, in the order of the help.

    `ask` returns a password, given the user's name. Raises: UsageError, InputFailed.
    """
    collected = RequestHeaders()
    for source, line in _header_lines(options.header or []):
        name, value = parse_header(source, line)
        collected.add(_described(source, name), name, value)
    if url.username is not None:
        collected.claim("the URL's userinfo", "Authorization")
        _put_basic(collected, "the URL's userinfo", url.username, url.password or "")
    # All are claimed before any is made, so that a conflict is told before a password is asked for.
    for option, name, given in (
        ("-u", "Authorization", options.user is not None),
        ("--bearer", "Authorization", options.bearer is not None),
        ("--netrc", "Authorization", options.netrc),
        ("--cookie", "Cookie", options.cookie is not None),
        ("--cookie-jar", "Cookie", options.cookie_jar is not None),
        ("--origin", "Origin", options.origin is not None),
        ("--user-agent", "User-Agent", options.user_agent is not None),
        ("--subprotocol", "Sec-WebSocket-Protocol", bool(options.subprotocol)),
    ):
        if given:
            collected.claim(option, name)
    if options.bearer is not None:
        token = _bearer_token(options.bearer)
        collected.secrets.append(token)
        collected.put("Authorization", f"Bearer {token}")
    if options.cookie is not None:
        collected.put("Cookie", _cookies(options.cookie))
    if options.cookie_jar is not None or options.netrc:
        _put_stored(collected, options, url, environ)
    if options.user is not None:
        _put_basic(collected, "-u", *_user_and_password(options.user, ask))
    return collected


def _put_stored(
    collected: RequestHeaders, options: SharedOptions, url: Url, environ: Mapping[str, str]
) -> None:
    from .stored import stored_cookies, stored_login

    if options.cookie_jar is not None:
        collected.cookies, warnings = stored_cookies(options.cookie_jar, url)
        collected.warnings += warnings
    if options.netrc:
        login, warnings = stored_login(environ, url)
        collected.warnings += warnings
        if login is not None:
            _put_basic(collected, "--netrc", login.username, login.password)


def _put_basic(collected: RequestHeaders, source: str, username: str, password: str) -> None:
    collected.put("Authorization", basic_credentials(source, username, password))
    collected.secrets.append(password)


def _described(source: str, name: str) -> str:
    return f"{source} '{name}: …'" if source == "-H" else source


def basic_credentials(source: str, username: str, password: str) -> str:
    """The value of Authorization for Basic authentication, in UTF-8 (RFC 7617 §2).

    Raises: UsageError when either holds a control character, or the name a colon.
    """
    if ":" in username:
        raise UsageError(f"{source}: a user name cannot hold a colon (RFC 7617 §2)")
    pair = os.fsencode(f"{username}:{password}")
    if any(byte < 0x20 or byte == 0x7F for byte in pair):
        raise UsageError(f"{source}: user name or password holds a newline or another control character")
    return "Basic " + base64.b64encode(pair).decode("ascii")


def _user_and_password(text: str, ask: AskPassword) -> tuple[str, str]:
    username, colon, password = read_value("-u", text).partition(":")
    if not username and not colon:
        raise UsageError("-u: the user name is empty", hint="write -u USER:PASSWORD, -u USER or -u @FILE")
    return username, password if colon else ask(username)


def _bearer_token(text: str) -> str:
    token = read_value("--bearer", text)
    if not token:
        raise UsageError("--bearer: the token is empty", hint="is the variable set?")
    if re.search(r"[^\x21-\x7e]", token):
        raise UsageError(
            "--bearer: the token holds a character that tokens cannot have, perhaps a space (RFC 6750 §2.1)"
        )
    return token


def _cookies(text: str) -> str:
    cookies = field_value("--cookie", read_value("--cookie", text))
    if "=" not in cookies:
        raise UsageError("--cookie: there is no NAME=VALUE in it", hint="write 'a=1; b=2', or @FILE")
    return cookies


def check_subprotocols(names: list[str]) -> tuple[str, ...]:
    """The offer of Sec-WebSocket-Protocol: tokens, none twice (RFC 6455 §4.1, item 10)."""
    for name in names:
        if not TOKEN.fullmatch(name):
            raise UsageError(
                "-s: a subprotocol is empty or holds a space, a comma or another character that its name"
                " cannot have (RFC 6455 §4.1)",
                hint="give -s once for each subprotocol",
            )
    if len(set(names)) < len(names):
        raise UsageError("-s: a subprotocol is given twice (RFC 6455 §4.1)")
    return tuple(names)
