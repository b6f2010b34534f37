"""From what the user typed to what the layers below take: `Settings`, checked before anything is sent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from msgspec.structs import replace

from ..config import (
    ColorChoice,
    DemoUrl,
    Discreet,
    Format,
    OutputOptions,
    Target,
    TlsOptions,
    Url,
    parse_duration,
    parse_size,
    parse_url,
)
from ..errors import UsageError
from ..profiles.location import is_wanted
from .environment import Environment
from .extensions import deflate_offer, extension_offers
from .identity import with_key_password
from .options import SharedOptions
from .request import AskPassword, check_subprotocols, collect_headers, field_value

# Contract §5; browsers allow twenty, curl fifty.
MAX_REDIRECTS: Final = 10
# RFC 6455 §7.4.1: what they stand for, and what expects that of a connection.
_NEVER_IN_A_CLOSE: Final = {
    1005: ("which stands for an empty one", "it exits 0 as it is; --expect-close 1005 asks for it"),
    1006: ("which stands for none", "--expect-close 1006 expects an end without a Close"),
    1015: ("which stands for TLS that failed", "--expect-close 1006 expects an end without a Close"),
}


class Settings(Discreet, frozen=True):
    """One run of a command that connects: where to, how to show it, for how long (seconds).

    `demo` is set for a `demo:` URL; the port in `target.url` is 0 until the embedded server runs.
    `color_choice` is what `--color` says, which `output` has decided for stdout alone.
    `ok_close` are close codes that exit 0 beside 1000 and 1001. `secrets` are passwords and tokens to hide
    wherever they appear; `warnings` are for the user, before the run.
    """

    unshown: ClassVar[frozenset[str]] = frozenset({"secrets"})

    target: Target
    output: OutputOptions
    color_choice: ColorChoice = ColorChoice.AUTO
    demo: DemoUrl | None = None
    timeout: float | None = None
    ok_close: frozenset[int] = frozenset()
    secrets: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def build_settings(
    url: str,
    options: SharedOptions,
    environment: Environment,
    *,
    piped_format: Format = Format.PLAIN,
    delimiter: bytes = b"\n",
) -> Settings:
    """Checks every shared option, those out of the environment and the configuration file included.

    `piped_format` is the format when stdout is no terminal.

    Raises: UsageError, or InputFailed for a file that cannot be read.
    """
    if not is_wanted(url, environment.environ):
        return _build(url, options, environment, piped_format, delimiter)
    from .effective import find_effective

    effective = find_effective(url, options, environment.environ)
    url, options, secrets = effective.reveal(options)
    try:
        settings = _build(url, options, environment, piped_format, delimiter)
    except UsageError as wrong:
        raise effective.blame(wrong) from None
    return replace(
        settings,
        secrets=(*settings.secrets, *secrets),
        warnings=(*effective.warnings(), *settings.warnings),
    )


def _build(
    url: str, options: SharedOptions, environment: Environment, piped_format: Format, delimiter: bytes
) -> Settings:
    where = parse_url(url)
    output = build_output(options, environment, piped_format=piped_format, delimiter=delimiter)
    _path("--cookie-jar", options.cookie_jar)
    target = _build_target(where, options)
    # Last, for it may ask for a password: what is wrong elsewhere is said before.
    asked = where if isinstance(where, Url) else target.url
    collected = collect_headers(options, asked, password_prompt(environment), environment.environ)
    if options.frames and output.format is Format.RAW:
        collected.warnings.append(
            "--frames shows nothing in the format raw: --json has them, and --format plain"
        )
    target = with_key_password(target, environment)
    key_password = target.tls.key_password
    return Settings(
        target=replace(
            target, headers=collected.headers, removed=collected.removed, cookies=collected.cookies
        ),
        output=output,
        color_choice=options.color,
        demo=where if isinstance(where, DemoUrl) else None,
        timeout=parsed("--timeout", parse_duration, "0" if options.timeout is None else options.timeout)
        or None,
        ok_close=_close_codes(options.ok_close or []),
        secrets=(*collected.secrets, *([] if key_password is None else [key_password])),
        warnings=tuple(collected.warnings),
    )


def build_output(
    options: SharedOptions,
    environment: Environment,
    *,
    piped_format: Format = Format.PLAIN,
    delimiter: bytes = b"\n",
) -> OutputOptions:
    """How to show results (contract §2). Raises: UsageError for options that contradict each other."""
    if options.json and options.format and options.format is not Format.JSON:
        raise UsageError(f"--json and --format {options.format.value} contradict each other")
    if options.quiet and options.verbose:
        raise UsageError("-q and -v contradict each other")
    default = Format.HUMAN if environment.stdout_tty else piped_format
    return OutputOptions(
        format=Format.JSON if options.json else options.format or default,
        color=environment.color(options.color),
        width=environment.width,
        quiet=options.quiet,
        verbose=options.verbose,
        frames=options.frames or options.verbose,
        show_secrets=options.show_secrets,
        delimiter=delimiter,
    )


def _build_target(where: Url | DemoUrl, options: SharedOptions) -> Target:
    from ..net.routes import parse_connect_to, parse_resolve

    url = where if isinstance(where, Url) else Url(secure=False, host="127.0.0.1", port=0, resource="/")
    if options.ipv4 and options.ipv6:
        raise UsageError("-4 and -6 contradict each other", hint="leave both out to use either")
    return Target(
        # Userinfo becomes a header like any other; nothing below has to know it.
        url=replace(url, username=None, password=None),
        subprotocols=check_subprotocols(options.subprotocol or []),
        origin=_field("--origin", options.origin),
        user_agent=_field("--user-agent", options.user_agent),
        deflate=deflate_offer(options),
        extensions=extension_offers(options.extension or []),
        max_redirects=MAX_REDIRECTS if options.location else 0,
        max_size=parsed("--max-size", parse_size, options.max_size),
        connect_timeout=_positive("--connect-timeout", options.connect_timeout),
        close_timeout=parsed("--close-timeout", parse_duration, options.close_timeout),
        tls=_build_tls(options),
        family=4 if options.ipv4 else 6 if options.ipv6 else 0,
        resolve_overrides=tuple(map(parse_resolve, options.resolve or [])),
        connect_to=None if options.connect_to is None else parse_connect_to(options.connect_to),
        unix_socket=_path("--unix-socket", options.unix_socket),
        proxy=_proxy(options),
        no_proxy=options.no_proxy,
    )


def _build_tls(options: SharedOptions) -> TlsOptions:
    if options.key is not None and options.cert is None:
        raise UsageError("--key needs --cert", hint="give the certificate that belongs to the key")
    return TlsOptions(
        insecure=options.insecure,
        cacert=_existing("--cacert", options.cacert),
        cert=_existing("--cert", options.cert),
        key=_existing("--key", options.key),
        servername=_server_name(options.servername),
        minimum=None if options.tls_min is None else options.tls_min.value,
    )


def _server_name(name: str | None) -> str | None:
    if name is None:
        return None
    from ..hosts import tls_name

    return tls_name(name)


def _proxy(options: SharedOptions) -> str | None:
    """The proxy's URL, checked; it may hold a password, so that no message repeats it."""
    if options.proxy is None:
        return None
    if options.no_proxy:
        raise UsageError("--proxy and --no-proxy contradict each other")
    if options.unix_socket is not None:
        raise UsageError("--proxy and --unix-socket contradict each other")
    from ..net.routes import parse_proxy

    parse_proxy(options.proxy)
    return options.proxy


T = TypeVar("T")


def parsed(option: str, parse: Callable[[str], T], text: str) -> T:
    """`parse(text)`, with the option's name before what is wrong."""
    try:
        return parse(text)
    except UsageError as wrong:
        raise UsageError(f"{option}: {wrong.message}", hint=wrong.hint) from None


def _field(option: str, text: str | None) -> str | None:
    if text is not None and not text.strip():
        raise UsageError(
            f"{option}: the value is empty", hint="leave it out to send none; is the variable set?"
        )
    return None if text is None else field_value(option, text)


def _positive(option: str, text: str) -> float:
    seconds = parsed(option, parse_duration, text)
    if not seconds:
        raise UsageError(f"{option}: nothing can be done in no time", hint="give a duration over 0: 10s")
    return seconds


def _path(option: str, path: str | None) -> str | None:
    """Raises: UsageError for an empty one, which would mean the folder that wscli runs in."""
    if path == "":
        raise UsageError(f"{option}: the path is empty", hint="is the variable set?")
    return path


def _existing(option: str, path: str | None) -> str | None:
    """The path, when it can be read: a wrong one is said before anything is sent."""
    if (path := _path(option, path)) is None:
        return None
    try:
        expanded = Path(path).expanduser()
        expanded.stat()
        readable = os.access(expanded, os.R_OK)
    except (OSError, ValueError, RuntimeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) and failure.strerror else "no such path"
        raise UsageError(f"{option}: {path!r}: {reason}", hint="give the path of what exists") from None
    if not readable:
        raise UsageError(f"{option}: {path!r} may not be read by you")
    return str(expanded)


def _close_codes(codes: list[int]) -> frozenset[int]:
    """Raises: UsageError for what is no code, or one that no Close can bring (RFC 6455 §7.4.1)."""
    for code in codes:
        if not 1000 <= code <= 4999:
            raise UsageError(
                f"--ok-close: {code} is not a close code", hint="they go from 1000 to 4999 (RFC 6455 §7.4.2)"
            )
        if code in _NEVER_IN_A_CLOSE:
            meaning, hint = _NEVER_IN_A_CLOSE[code]
            raise UsageError(f"--ok-close: no Close carries {code}, {meaning} (RFC 6455 §7.4.1)", hint=hint)
        from ..wire.closecodes import why_not

        if why := why_not(code):
            hint = "a Close with it breaks the protocol, which exits 76 whatever is allowed"
            raise UsageError(f"--ok-close: {why}", hint=hint)
    return frozenset(codes)


def password_prompt(environment: Environment) -> AskPassword:
    """Asks on the terminal for the password of a user; a usage error where there is no terminal."""

    def ask(username: str) -> str:
        if not (environment.stdin_tty and environment.stderr_tty):
            raise UsageError(
                "-u: the password is missing, and there is no terminal to ask on",
                hint="write -u USER:PASSWORD, or -u @FILE to keep it out of the process list",
            )
        from getpass import getpass

        from ..sinks.escape import escape

        try:
            return getpass(f"Password for {escape(username)}: ")
        except EOFError:
            raise UsageError("-u: no password was given") from None

    return ask
