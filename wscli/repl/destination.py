"""Where `/connect` goes: the new target from the one before and a URL."""

from __future__ import annotations

from base64 import b64encode

from msgspec.structs import replace

from ..config import Target, Url
from ..sinks.redact import Redactor


def target_for(url: Url, before: Target, redactor: Redactor) -> tuple[Target, bool]:
    """The target for `url`, and whether headers of the user were left behind.

    As with redirects (contract §5), credentials and other headers that the user gave go to no other origin.
    """
    same = url.origin == before.url.origin
    headers = before.headers if same else ()
    if url.username is not None or url.password is not None:
        pair = f"{url.username or ''}:{url.password or ''}"
        redactor.learn([url.password or "", pair])
        authorization = ("Authorization", f"Basic {b64encode(pair.encode()).decode()}")
        headers = (*(header for header in headers if header[0].lower() != "authorization"), authorization)
    bare = replace(url, username=None, password=None)
    redactor.learn_request(bare.resource, headers)
    return replace(before, url=bare, headers=headers), bool(before.headers) and not same
