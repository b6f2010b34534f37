"""What counts as a secret (contract §2), pure: header names, query names, and a value's forms.

Secret names, and subprotocols that carry a token, are in wire/headers.py, for session/ needs to know them
too. `redact.py` is what puts them out of sight.
"""

from __future__ import annotations

import re
from typing import Final

from ..wire.headers import SECRET_NAMES

_HEADERS: Final = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie", "set-cookie2"})
_HEADER_PART: Final = re.compile(r"token|secret|api[-_]?key", re.IGNORECASE)
_QUERY: Final = re.compile(r"[?&;#]([^?&;#=\s\"<>]+)=")
_QUERY_VALUE: Final = re.compile(r"[^&#\s\"<>]*")
_USERINFO: Final = re.compile(r"//([^/?#\s\"'<>]*)@")
_URL_SAFE: Final = "/:@!$&'()*+,;=~"
_SCHEME: Final = re.compile(r"\s*(?:basic|bearer|digest|negotiate|ntlm|token)\s+", re.IGNORECASE)


def is_secret_header(name: str) -> bool:
    """Whether a header of this name carries credentials."""
    return name.lower() in _HEADERS or _HEADER_PART.search(name) is not None


def authentication_scheme(value: str) -> str:
    """The scheme with the space after it, when the value begins with one that is known: `Bearer `."""
    match = _SCHEME.match(value)
    return match[0] if match else ""


def secret_spans(text: str) -> list[tuple[int, int]]:
    """Where URLs in `text` hold userinfo and secret query values: (start, end), in order, apart."""
    spans = [match.span(1) for match in _USERINFO.finditer(text)] if "@" in text else []
    end = 0
    while match := _QUERY.search(text, end):
        end = match.end()
        if _is_secret_query(match[1]):
            value = _QUERY_VALUE.match(text, end)
            # A quote at the very end is one that a message put around the URL.
            stop = end if value is None else end + len(value[0].rstrip("'"))
            if stop > end:
                spans.append((end, stop))
            end = stop
        else:
            end -= 1
    return _apart(spans)


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_secret_query(name: str) -> bool:
    from urllib.parse import unquote_plus

    return unquote_plus(name).lower() in SECRET_NAMES


def credentials_in(value: str) -> list[str]:
    """The secrets in a secret header's value: the whole, its words, each cookie's, Basic's user:password."""
    from base64 import b64decode

    scheme = authentication_scheme(value)
    credentials = value[len(scheme) :].strip()
    found = [credentials, *credentials.split()]
    found += [part.partition("=")[2].strip('"') for part in re.split(r"[;,]\s*", credentials) if "=" in part]
    if scheme.strip().lower() == "basic":
        try:
            pair = b64decode(credentials, validate=True).decode()
        except ValueError:
            return found
        found += [pair, pair.partition(":")[2]]
    return found


def forms_of(secret: str) -> set[str]:
    """How a secret may look elsewhere: as it is, percent-encoded, base64, in a repr, read as ISO-8859-1."""
    from base64 import b64encode
    from urllib.parse import quote, quote_plus

    encoded = secret.encode("utf-8", "surrogateescape")
    basic = b64encode(encoded).decode()
    return {
        secret,
        quote(encoded),
        quote(encoded, safe=_URL_SAFE),
        quote(encoded, safe=""),
        quote_plus(encoded),
        basic,
        basic.rstrip("="),
        repr(secret)[1:-1],
        encoded.decode("latin-1"),
    }
