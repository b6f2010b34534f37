"""Where a redirect leads, and what of the user's may go there (contract §5); pure."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from msgspec.structs import replace

from ..config import Target, Url, parse_url
from ..errors import Refused, UsageError
from ..wire.head import ResponseHead, header_value
from ..wire.headers import secret_parameters, without_secret_subprotocols

# RFC 9110 §15.4: those whose Location a client may follow by itself.
_STATUSES = frozenset({301, 302, 303, 307, 308})
# All of ASCII that is printable: what a Location holds is percent-encoded only where no URL may hold it.
_KEPT = "".join(map(chr, range(0x21, 0x7F)))


def location_of(response: ResponseHead) -> str | None:
    """Where this reply leads, if it is a redirect that says so (RFC 9110 §10.2.2)."""
    return header_value(response.headers, "Location") if response.status in _STATUSES else None


def resolve_location(base: Url, location: str, status: int) -> Url:
    """The URL that `location` means in a reply of `base`, without its userinfo and fragment.

    Raises: Refused, when it is none that wscli can or may go to: TLS is never downgraded.
    """
    try:
        joined = urljoin(str(base), quote(location.encode("latin-1", "replace"), safe=_KEPT))
        url = parse_url(joined.partition("#")[0])
    except (UsageError, ValueError):
        url = None
    if not isinstance(url, Url):
        raise Refused(
            f"the server redirects ({status}) to what is no WebSocket URL: {location!r}", status=status
        )
    if base.secure and not url.secure:
        raise Refused(
            f"TLS is never downgraded: the server redirects ({status}) from wss:// to {url}",
            hint="connect to that URL yourself, if you mean to go on without TLS",
            status=status,
        )
    return replace(url, username=None, password=None)


def redirected(first: Target, current: Target, url: Url) -> Target:
    """The target for `url`, to which a reply of `current` leads; `first` is what the user asked for.

    The user's headers, the subprotocols that carry a token and the extensions with a secret parameter end
    with the first change of origin (RFC 6454 §4), and do not come back. Identity, name and other ways to the
    peer are those of the first origin alone.
    """
    moved = replace(current, url=url)
    if url.origin != current.url.origin:
        moved = _without_credentials(moved)
    if url.origin != first.url.origin:
        tls = replace(first.tls, cert=None, key=None, key_password=None, servername=None)
        return replace(moved, tls=tls, unix_socket=None, connect_to=None)
    return replace(moved, tls=first.tls, unix_socket=first.unix_socket, connect_to=first.connect_to)


def _without_credentials(target: Target) -> Target:
    return replace(
        target,
        headers=(),
        subprotocols=without_secret_subprotocols(target.subprotocols),
        extensions=tuple(each for each in target.extensions if not secret_parameters(each)),
    )
