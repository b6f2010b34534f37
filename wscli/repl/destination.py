"""Where `/connect` goes: what a destination is, and the new target from the one before and a URL."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from ..config import DemoUrl, Target, Url
from ..session.redirects import redirected
from ..sinks.redact import Redactor


@dataclass(frozen=True, slots=True)
class Destination:
    """A target, and what the bar and the history call the peer; `demo` when it is an embedded server.

    `secrets` are what was looked up for it, beside what the target itself shows to be secret.
    """

    target: Target
    name: str
    demo: DemoUrl | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)


DemoServer = Callable[[DemoUrl], Any]
"""Makes the embedded server of a `demo:` URL, an async context manager."""

Profiles = Callable[[str], Destination]
"""Finds the destination that `@PROFILE` means. Raises: WscliError."""


def name_of(where: Url | DemoUrl) -> str:
    """What a peer is called; the port of a demo is another one each time."""
    return where.authority if isinstance(where, Url) else f"demo:{where.scenario}"


def target_for(url: Url, before: Target, redactor: Redactor) -> tuple[Target, bool]:
    """The target for `url`, and whether something of the user's was left behind.

    As with redirects (contract §5): credentials, identity and other headers of the user's go to no other
    origin.
    """
    target = redirected(before, before, replace(url, username=None, password=None))
    left_behind = replace(target, url=before.url) != before
    if url.username is not None or url.password is not None:
        pair = f"{url.username or ''}:{url.password or ''}"
        redactor.learn([url.password or "", pair])
        authorization = ("Authorization", f"Basic {b64encode(pair.encode()).decode()}")
        others = (header for header in target.headers if header[0].lower() != "authorization")
        target = replace(target, headers=(*others, authorization))
    redactor.learn_request(target.url.resource, target.headers)
    return target, left_behind
