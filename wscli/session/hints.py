"""What to try after a handshake that failed, from what the reply says; pure."""

from __future__ import annotations

from typing import Final

from ..config import Target
from ..wire.head import MalformedHead, ResponseHead, header_value

# RFC 6455 §4.1: what the server looks for.
_HANDSHAKE: Final = frozenset(
    {
        "host",
        "upgrade",
        "connection",
        "sec-websocket-key",
        "sec-websocket-version",
        "sec-websocket-extensions",
    }
)


def hint_for_refusal(response: ResponseHead, target: Target, body: bytes = b"") -> str:
    """One line that fits this status (RFC 9110 §15), target and body; empty when there is nothing to say."""
    status = response.status
    if 300 <= status < 400:
        return _redirect(response)
    match status:
        case 200 | 201 | 202 | 203 | 204 | 206:
            return "this is a plain web page, not a WebSocket endpoint: check the path"
        case 400:
            return _bad_request(response, target, body.lower())
        case 401:
            scheme = header_value(response.headers, "WWW-Authenticate")
            wanted = f" (it asks for {scheme.split()[0]})" if scheme and scheme.split() else ""
            return f"credentials are missing or wrong{wanted}: give -u USER:PASSWORD, --bearer or -H"
        case 403:
            return _forbidden(target)
        case 404 | 410:
            return "nothing lives at this path: check it, and whether the server wants a trailing slash"
        case 405:
            return "this path does not take GET, so it is no WebSocket endpoint: check the path"
        case 407:
            return "a proxy on the way asks for credentials"
        case 426:
            return _own_headers(target) or _upgrade_required(response)
        case 429:
            wait = _try_again(response)
            return f"the server limits how often you may connect: {wait or 'wait, then try again'}"
        case 500 | 502 | 503 | 504:
            return _unavailable(response)
    return ""


def hint_for_malformed(head: MalformedHead, target: Target) -> str:
    """One line that fits a reply that is not HTTP; empty when there is nothing to say."""
    if head.looks_like == "TLS" or (head.truncated and not head.raw and not target.url.secure):
        return "the port may speak TLS: try wss://"
    if head.looks_like:
        return f"this port speaks {head.looks_like}, not WebSocket: check the port"
    return ""


def _redirect(response: ResponseHead) -> str:
    location = header_value(response.headers, "Location")
    if not location:
        return "it does not say where to"
    return f"it leads to {location} (-L follows it, or use that URL)"


def _forbidden(target: Target) -> str:
    if target.origin is None:
        return "the server may want an Origin (-o https://…) or credentials (-u, --bearer, --cookie)"
    return "the server may not accept this Origin, or wants credentials (-u, --bearer, --cookie)"


def _unavailable(response: ResponseHead) -> str:
    wait = _try_again(response)
    if wait:
        return f"it is not available now: {wait}"
    if response.status == 500:
        return "the server failed: its log may say why"
    return "if a gateway answered: the service behind it may be down, or the gateway does not pass upgrades"


def _try_again(response: ResponseHead) -> str:
    from .retry_after import asked_wait

    when = asked_wait(response)
    if not when:
        return ""
    return f"try again after {when} s" if when.isdigit() else f"try again after {when}"


def _upgrade_required(response: ResponseHead) -> str:
    version = header_value(response.headers, "Sec-WebSocket-Version")
    if version:
        return f"the server speaks Sec-WebSocket-Version {version}; wscli speaks 13 (RFC 6455 §4.2.2)"
    return "the server wants another protocol than the one asked for: see its Upgrade header"


def _bad_request(response: ResponseHead, target: Target, page: bytes) -> str:
    """What nginx's own pages say, in lower case; it has numbers for these (495 to 497), but sends 400."""
    if "https" in response.reason.lower() or b"plain http request was sent to https" in page:
        return "this port speaks TLS: use wss://"
    if target.url.secure and b"ssl certificate" in page:
        if target.tls.cert is None:
            return "the server asks for a client certificate: give one with --cert and --key"
        return "the server does not accept this client certificate: is it the right one, with its chain?"
    return _own_headers(target)


def _own_headers(target: Target) -> str:
    """Which headers of the opening handshake the user has changed: these the server may not like."""
    sent = [name for name, _ in target.headers if name.lower() in _HANDSHAKE]
    names = ", ".join(dict.fromkeys([*sent, *sorted(target.removed & _HANDSHAKE)]))
    return f"your own {names} (-H) may be why: see RFC 6455 §4.1, or leave it to wscli" if names else ""
