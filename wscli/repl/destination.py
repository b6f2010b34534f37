"""Where `/connect` goes: the new target from the one before and a URL."""

from __future__ import annotations

from base64 import b64encode

from msgspec.structs import replace

from ..config import Target, Url
from ..session.redirects import redirected
from ..sinks.redact import Redactor


def target_for(url: Url, before: Target, redactor: Redactor) -> tuple[Target, bool]:
    """The target for `url`, and whether something of the user's was left behind.

    As with redirects (contract §5): credentials, identity and other headers of the user's go to no other
    origin.
    """
    target = redirected(before, before, replace(url, username=None, password=None))
    left_behind = target.headers != before.headers or target.tls != before.tls
    if url.username is not None or url.password is not None:
        pair = f"{url.username or ''}:{url.password or ''}"
        redactor.learn([url.password or "", pair])
        authorization = ("Authorization", f"Basic {b64encode(pair.encode()).decode()}")
        others = (header for header in target.headers if header[0].lower() != "authorization")
        target = replace(target, headers=(*others, authorization))
    redactor.learn_request(target.url.resource, target.headers)
    return target, left_behind
