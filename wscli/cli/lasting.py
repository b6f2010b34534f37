"""The options of `connect` that make a connection last: keepalive and reconnecting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ..config import Target, parse_duration
from ..errors import UsageError
from .settings import Settings, parsed

if TYPE_CHECKING:
    from ..session.reconnect import ReconnectPolicy


def with_keepalive(settings: Settings, interval: str | None, timeout: str | None) -> Settings:
    """The settings with what --ping-interval and --ping-timeout say. Raises: UsageError."""
    if interval is None:
        if timeout is not None:
            raise UsageError(
                "--ping-timeout needs --ping-interval: without it no ping is sent",
                hint="add --ping-interval 20s",
            )
        return settings
    target: Target = replace(
        settings.target,
        ping_interval=_seconds("--ping-interval", interval),
        ping_timeout=None if timeout is None else _seconds("--ping-timeout", timeout),
    )
    return replace(settings, target=target)


def reconnect_policy(
    wanted: bool, max_retries: int | None, max_backoff: str | None
) -> ReconnectPolicy | None:
    """How --reconnect is to go on, None for not at all. Raises: UsageError."""
    if not wanted:
        if max_retries is not None or max_backoff is not None:
            raise UsageError("--max-retries and --max-backoff need --reconnect")
        return None
    from ..session.reconnect import ReconnectPolicy

    policy = ReconnectPolicy()
    if max_retries is not None:
        policy = replace(policy, max_retries=max_retries)
    if max_backoff is not None:
        policy = replace(policy, max_backoff=parsed("--max-backoff", parse_duration, max_backoff))
    return policy


def _seconds(option: str, text: str) -> float:
    seconds = parsed(option, parse_duration, text)
    if not seconds:
        raise UsageError(f"{option}: give a duration over 0", hint="20s, for example")
    return seconds
