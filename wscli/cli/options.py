"""The options that all commands share (contract §5), declared once; `settings.py` says what they become.

A command names a parameter `shared: SharedOptions`; `command` replaces it by one option for each field.

No `from __future__ import annotations` here, in `expectations.py` and in `connect.py`: annotations that are
text would be compiled and evaluated one by one (2 ms at each start).
"""

import functools
import inspect
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, get_type_hints

import msgspec
import typer

from ..config import ColorChoice, Format
from ..startup import import_asyncio

# One for each group of the help; the groups appear in the order in which their first option does.
_request = functools.partial(typer.Option, rich_help_panel="Request")
_output = functools.partial(typer.Option, rich_help_panel="Output")
_limit = functools.partial(typer.Option, rich_help_panel="Limits and time")
_tls = functools.partial(typer.Option, rich_help_panel="TLS")
_network = functools.partial(typer.Option, rich_help_panel="Network")


class Compression(str, Enum):
    """What to offer in Sec-WebSocket-Extensions."""

    DEFLATE = "deflate"
    NONE = "none"


class TlsVersion(str, Enum):
    """Versions for --tls-min."""

    TLS_1_0 = "1.0"
    TLS_1_1 = "1.1"
    TLS_1_2 = "1.2"
    TLS_1_3 = "1.3"


UrlArgument = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        help="ws://, wss://, http://, https://, demo: for the embedded server, or @PROFILE of the"
        " configuration.",
        show_default=False,
    ),
]


class SharedOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the user typed, unchecked; the order here is the order in the help."""

    header: Annotated[
        list[str] | None,
        _request(
            "-H",
            "--header",
            metavar="'NAME: VALUE'|@FILE",
            help="Send this header in place of wscli's own; 'NAME:' sends none. Repeatable.",
        ),
    ] = None
    subprotocol: Annotated[
        list[str] | None,
        _request(
            "-s",
            "--subprotocol",
            metavar="NAME",
            help="Offer this subprotocol; repeat it in order of preference.",
        ),
    ] = None
    user: Annotated[
        str | None,
        _request(
            "-u",
            "--auth",
            "--user",
            metavar="USER[:PASSWORD]|@FILE",
            help="Basic authentication; asks for a password that is left out.",
        ),
    ] = None
    bearer: Annotated[
        str | None,
        _request(metavar="TOKEN|@FILE", help="Send 'Authorization: Bearer TOKEN'."),
    ] = None
    cookie: Annotated[
        str | None,
        _request(metavar="TEXT|@FILE", help="Send these cookies: 'a=1; b=2'."),
    ] = None
    cookie_jar: Annotated[
        str | None,
        _request(
            metavar="FILE", help="Send what a Netscape cookie file (curl's, a browser's) has for the URL."
        ),
    ] = None
    netrc: Annotated[bool, _request("--netrc", help="Take user and password for the host from ~/.netrc.")] = (
        False
    )
    origin: Annotated[
        str | None,
        _request("-o", "--origin", metavar="ORIGIN", help="Send this Origin."),
    ] = None
    user_agent: Annotated[
        str | None,
        _request(metavar="TEXT", help="Send this User-Agent."),
    ] = None
    compression: Annotated[
        Compression,
        _request(help="Offer permessage-deflate (RFC 7692), or nothing."),
    ] = Compression.DEFLATE

    server_no_context_takeover: Annotated[
        bool,
        _request("--server-no-context-takeover", help="Ask the server to compress each message on its own."),
    ] = False
    client_no_context_takeover: Annotated[
        bool,
        _request("--client-no-context-takeover", help="Compress each message on its own."),
    ] = False
    server_max_window_bits: Annotated[
        int | None,
        _request(metavar="BITS", help="Ask the server for a compression window of at most 8 to 15 bits."),
    ] = None
    client_max_window_bits: Annotated[
        int | None,
        _request(metavar="BITS", help="Compress with a window of at most 9 to 15 bits."),
    ] = None
    extension: Annotated[
        list[str] | None,
        _request(
            metavar="'NAME; PARAM=VALUE'",
            help="Offer this extension, too; what it does to frames is shown, not judged. Repeatable.",
        ),
    ] = None
    location: Annotated[
        bool,
        _request("-L", "--location", help="Follow redirects, at most 10; credentials stay with the origin."),
    ] = False

    format: Annotated[
        Format | None,
        _output(
            help="How to write results. Default: human on a terminal; otherwise raw for connect, plain for"
            " the others."
        ),
    ] = None
    json: Annotated[bool, _output("--json", help="The same as --format json.")] = False
    quiet: Annotated[bool, _output("-q", "--quiet", help="No status on stderr; errors stay.")] = False
    verbose: Annotated[
        bool,
        _output("-v", "--verbose", help="Add frames, header bytes, masks and phases."),
    ] = False
    frames: Annotated[bool, _output("--frames", help="Report each frame, too.")] = False
    color: Annotated[
        ColorChoice,
        _output(help="When to use colour."),
    ] = ColorChoice.AUTO
    show_secrets: Annotated[
        bool,
        _output("--show-secrets", help="Show credentials instead of ‹redacted›."),
    ] = False

    timeout: Annotated[
        str | None,
        _limit(metavar="DURATION", help="End the whole run after this; 0 means never."),
    ] = None
    connect_timeout: Annotated[
        str,
        _limit(metavar="DURATION", help="For the whole opening."),
    ] = "10s"
    close_timeout: Annotated[
        str,
        _limit(metavar="DURATION", help="For the answer to our Close."),
    ] = "5s"
    max_size: Annotated[
        str,
        _limit(metavar="SIZE", help="The largest message to accept, inflated."),
    ] = "16M"
    ok_close: Annotated[
        list[int] | None,
        _limit(metavar="CODE", help="Exit 0 when the peer closes with this code, too. Repeatable."),
    ] = None

    insecure: Annotated[
        bool,
        _tls("-k", "--insecure", help="Accept any certificate; show what is wrong."),
    ] = False
    cacert: Annotated[
        str | None,
        _tls(metavar="PATH", help="Trust these CA certificates: a PEM file or a directory."),
    ] = None
    cert: Annotated[
        str | None,
        _tls(metavar="FILE", help="Show this client certificate (PEM; its chain and key may be in it)."),
    ] = None
    key: Annotated[
        str | None,
        _tls(metavar="FILE", help="The client certificate's key (PEM), if in another file."),
    ] = None
    servername: Annotated[
        str | None,
        _tls(metavar="NAME", help="Ask for (SNI) and verify this name, not the URL's host."),
    ] = None
    tls_min: Annotated[TlsVersion | None, _tls(help="The oldest TLS version to accept.")] = None

    proxy: Annotated[
        str | None,
        _network(
            metavar="URL",
            help="Go through this proxy: http://, https://, socks5://, socks5h://, socks4:// or socks4a://.",
        ),
    ] = None
    no_proxy: Annotated[bool, _network("--no-proxy", help="Use no proxy, not even the environment's.")] = (
        False
    )
    resolve: Annotated[
        list[str] | None,
        _network(metavar="HOST:PORT:ADDRESS", help="Use this address for HOST:PORT. Repeatable."),
    ] = None
    connect_to: Annotated[
        str | None, _network(metavar="HOST:PORT", help="Connect to this in place of the URL's host and port.")
    ] = None
    unix_socket: Annotated[str | None, _network(metavar="PATH", help="Connect to this Unix socket.")] = None
    ipv4: Annotated[bool, _network("-4", "--ipv4", help="Use IPv4 only.")] = False
    ipv6: Annotated[bool, _network("-6", "--ipv6", help="Use IPv6 only.")] = False

    typed: frozenset[str] = frozenset()
    """No option: the names of those that stand on the command line."""


def option_defaults() -> dict[str, Any]:
    """What each shared option is when nobody says anything, in the order of the help."""
    names = SharedOptions.__struct_fields__
    defaults = dict(zip(names, SharedOptions.__struct_defaults__, strict=True))
    del defaults["typed"]
    return defaults


def command(function: Callable[..., int]) -> Callable[..., int]:
    """Replaces the parameter `shared` of `function` by the shared options, after the command's own.

    `function` has a parameter `context`, too.
    """
    own = inspect.signature(function, eval_str=True)
    hints = get_type_hints(SharedOptions, include_extras=True)
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name])
        for name, default in option_defaults().items()
    ]
    names = [parameter.name for parameter in shared]

    @functools.wraps(function)
    def collected(**values: Any) -> int:
        # Arguments are good, and a command that connects is about to import what it needs.
        import_asyncio()
        source = values["context"].get_parameter_source
        typed = frozenset(
            name for name in names if source(name) is not None and source(name).name == "COMMANDLINE"
        )
        options = SharedOptions(**{name: values.pop(name) for name in names}, typed=typed)
        return function(**values, shared=options)

    kept = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in own.parameters.values()
        if parameter.name != "shared"
    ]
    # The signature says it all, evaluated as it is: Typer shall not evaluate the same once more.
    collected.__annotations__ = {}
    collected.__signature__ = own.replace(parameters=kept + shared)  # type: ignore[attr-defined] # inspect reads it
    return collected
