"""What a suite file may hold: its tables as msgspec Structs, from which its JSON Schema is made.

Pure shape: what values mean is `load.py`'s to say. Keys are written with hyphens, as the options are.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

Duration = Annotated[
    str | float, Meta(description="A duration: seconds, or a text with ms, s, m or h such as '500ms'.")
]
Size = Annotated[str | int, Meta(description="A size: bytes, or a text with k, M or G such as '16M'.")]
Texts = Annotated[str | list[str], Meta(description="One text, or a list of them.")]
Binary = Annotated[str, Meta(description="Bytes as 'hex:00ff', 'base64:AP8=', or '@FILE'.")]


class _Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="kebab"):
    """Refuses keys that it does not know: a misspelt expectation must never pass."""


class TargetTable(_Table, frozen=True, kw_only=True):
    """Where to connect to, and how; the keys mean what the options of the same name mean."""

    url: (
        Annotated[
            str,
            Meta(description="ws://, wss://, http://, https://, demo: or @PROFILE of your configuration."),
        ]
        | None
    ) = None
    headers: (
        Annotated[dict[str, str], Meta(description="Headers to send in place of wscli's own.")] | None
    ) = None
    subprotocol: Texts | None = None
    origin: str | None = None
    user_agent: str | None = None
    user: Annotated[str, Meta(description="Basic authentication: USER:PASSWORD, or @FILE.")] | None = None
    bearer: Annotated[str, Meta(description="A token, or @FILE.")] | None = None
    netrc: Annotated[bool, Meta(description="Take user and password from ~/.netrc.")] | None = None
    cookie: str | None = None
    cookie_jar: str | None = None
    compression: Literal["deflate", "none"] | None = None
    location: Annotated[bool, Meta(description="Follow redirects.")] | None = None
    max_size: Size | None = None
    connect_timeout: Duration | None = None
    close_timeout: Duration | None = None
    ok_close: (
        Annotated[
            list[Annotated[int, Meta(ge=1000, le=4999)]],
            Meta(description="Close codes of the peer that are no failure, beside 1000 and 1001."),
        ]
        | None
    ) = None
    insecure: Annotated[bool, Meta(description="Accept any certificate.")] | None = None
    cacert: Annotated[str, Meta(description="Trust these certificates (relative to this file).")] | None = (
        None
    )
    cert: str | None = None
    key: str | None = None
    servername: str | None = None
    tls_min: Literal["1.0", "1.1", "1.2", "1.3"] | None = None
    proxy: str | None = None
    no_proxy: bool | None = None
    resolve: Texts | None = None
    connect_to: str | None = None
    unix_socket: str | None = None
    ipv4: bool | None = None
    ipv6: bool | None = None


class LimitsTable(_Table, frozen=True, kw_only=True):
    """How long things may take at most."""

    open: Annotated[Duration, Meta(description="From the start until the connection stands.")] | None = None
    first_message: (
        Annotated[Duration, Meta(description="From the opening to the first message received.")] | None
    ) = None
    rtt: Annotated[Duration, Meta(description="Every pong after its ping.")] | None = None
    total: Annotated[Duration, Meta(description="One attempt, from start to end.")] | None = None


class ExpectTable(_Table, frozen=True, kw_only=True):
    """What must hold over the whole check, whatever its steps are."""

    status: Annotated[int, Meta(ge=100, le=599, description="The HTTP status of the reply.")] | None = None
    headers: (
        Annotated[dict[str, str], Meta(description="Headers of the reply, each with a regex.")] | None
    ) = None
    subprotocol: Annotated[str, Meta(description="The server's choice; '' for none.")] | None = None
    extension: Texts | None = None
    tls_days: (
        Annotated[float, Meta(ge=0, description="The certificate is valid for this many days more.")] | None
    ) = None
    close: Annotated[int, Meta(ge=1000, le=4999, description="The peer's close code.")] | None = None
    reject: Annotated[Texts, Meta(description="No text message may match this regex.")] | None = None


class StepTable(_Table, frozen=True, kw_only=True):
    """One step: exactly one of its actions, and what belongs to it."""

    send: Annotated[str, Meta(description="Send a text message.")] | None = None
    send_json: Annotated[Any, Meta(description="Send a text message of JSON.")] = msgspec.UNSET
    send_binary: Binary | None = None
    ping: (
        Annotated[bool | str, Meta(description="Send a ping (with this payload), await its pong.")] | None
    ) = None
    wait: Annotated[Duration, Meta(description="Let this time pass.")] | None = None
    expect: Annotated[str, Meta(description="Await a text message that matches this regex.")] | None = None
    expect_json: (
        Annotated[str, Meta(description="Await a JSON message for which JMESPATH[=VALUE] holds.")] | None
    ) = None
    expect_binary: Binary | None = None
    expect_count: Annotated[int, Meta(ge=1, description="Await this many messages.")] | None = None
    expect_close: (
        Annotated[int, Meta(ge=1000, le=4999, description="Await the peer's Close with this code.")] | None
    ) = None
    close: (
        Annotated[bool | int, Meta(description="Perform the closing handshake (1000, or this code).")] | None
    ) = None
    within: (
        Annotated[Duration, Meta(description="For expect…, ping and close: how long at most (10s).")] | None
    ) = None
    capture: (
        Annotated[dict[str, str], Meta(description="For expect-json: variables, each with a JMESPath.")]
        | None
    ) = None
    reason: Annotated[str, Meta(description="For close: the reason to send.")] | None = None


class _CommonTable(TargetTable, frozen=True, kw_only=True):
    retries: Annotated[int, Meta(ge=0, le=100, description="How often to try again.")] | None = None
    retry_delay: Duration | None = None
    limits: LimitsTable | None = None
    expect: ExpectTable | None = None


class DefaultsTable(_CommonTable, frozen=True, kw_only=True):
    """What holds for every check that does not say otherwise."""


class ProfileTable(_CommonTable, frozen=True, kw_only=True):
    """A target with a name, for checks that say `profile`."""


class CheckTable(_CommonTable, frozen=True, kw_only=True):
    """One check; with a matrix, one for each combination of its values."""

    name: Annotated[str, Meta(min_length=1, description="Unique in its file; may use ${variables}.")]
    profile: Annotated[str, Meta(description="The name of a [profile.NAME] of this file.")] | None = None
    tags: Texts | None = None
    matrix: (
        Annotated[
            dict[str, list[str | int | float | bool]],
            Meta(description="Variables with their values; each combination is a check of its own."),
        ]
        | None
    ) = None
    steps: list[StepTable] | None = None


class SuiteTable(_Table, frozen=True, kw_only=True):
    """A suite of checks for `wscli check`."""

    name: str | None = None
    jobs: Annotated[int, Meta(ge=1, le=10000, description="How many checks run at a time.")] | None = None
    variables: dict[str, str | int | float | bool] | None = None
    defaults: DefaultsTable | None = None
    profile: dict[str, ProfileTable] | None = None
    check: Annotated[list[CheckTable], Meta(min_length=1)]


ACTIONS = (
    "send",
    "send-json",
    "send-binary",
    "ping",
    "wait",
    "expect",
    "expect-json",
    "expect-binary",
    "expect-count",
    "expect-close",
    "close",
)
MODIFIERS = {
    "within": {"expect", "expect-json", "expect-binary", "expect-count", "expect-close", "ping", "close"},
    "capture": {"expect-json"},
    "reason": {"close"},
}
"""What belongs to which actions."""
