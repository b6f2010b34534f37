"""`wscli config`: what holds, and who said so."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from enum import Enum
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer

from ..config import Format, parse_url
from ..errors import OutputFailed, UsageError
from ..profiles.location import VARIABLE, expanded, own_file
from ..profiles.secrets import SecretSource
from ..sinks.escape import escape
from ..sinks.redact import MARKER, redacted_extensions, redacted_url
from ..sinks.secrets import is_secret_header
from ..wire.headers import secret_subprotocols
from .effective import Effective, find_effective, kinds, option_name
from .environment import Environment
from .options import SharedOptions, command, option_defaults
from .report import report_warning, write_stdout
from .settings import build_output

EXAMPLES: Final = "Example: wscli config --init, then wscli config @staging"

# Variables of other programs that count here, too.
_AMBIENT: Final = (
    *(f"{scheme}_proxy" for scheme in ("http", "https", "ws", "wss", "all", "no")),
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "SSLKEYLOGFILE",
    "NETRC",
    "NO_COLOR",
    "FORCE_COLOR",
)
_STARTER: Final = """\
# wscli's configuration: https://toml.io. Keys are the options' long names; `wscli config` shows what holds.

[defaults] # for every URL; credentials do not belong here
# connect-timeout = "5s"
# color = "never"

# [profiles.staging] # used as: wscli connect @staging, or @staging/path
# url = "wss://staging.example.com/ws"
# subprotocol = ["graphql-transport-ws"]
# cacert = "staging-ca.pem" # found beside this file
# bearer = { env = "STAGING_TOKEN" }
# bearer = { command = ["pass", "show", "staging"] } # the first line that it prints
# header = ["X-Tenant: 7", { name = "X-Api-Key", env = "STAGING_KEY" }]
"""


class Row(NamedTuple):
    """One effective value, fit to be shown."""

    option: str
    value: Any
    source: str


@command
def main(
    context: typer.Context,
    shared: SharedOptions,
    url: Annotated[
        str, typer.Argument(metavar="[URL|@PROFILE]", help="What would be connected to.", show_default=False)
    ] = "",
    init: Annotated[
        bool, typer.Option("--init", help="Write a file to start from, unless there is one already.")
    ] = False,
) -> int:
    """Show the value of every shared option, and where it comes from; secrets are not looked up."""
    environment: Environment = context.obj
    if init:
        path = _write_starter(environment.environ)
        write_stdout(f"wrote {escape(str(path))}\n", environment)
        return 0
    effective = find_effective(url, shared, environment.environ)
    _check_url(effective)
    for warning in effective.warnings():
        report_warning(warning, environment)
    rows = [*_rows(effective, shared.show_secrets), *_ambient_rows(environment.environ, shared.show_secrets)]
    as_json = build_output(shared, environment).format is Format.JSON
    write_stdout(_as_json(rows) if as_json else _as_text(rows, effective, environment.environ), environment)
    return 0


def _check_url(effective: Effective) -> None:
    """Raises: UsageError, as `connect` would."""
    given = effective.given.get("url")
    if given is None or not isinstance(given.value, str):
        return
    try:
        parse_url(given.value)
    except UsageError as wrong:
        raise effective.blame(wrong) from None


def _rows(effective: Effective, show: bool) -> list[Row]:
    rows = []
    for name, default in {"url": None, **option_defaults()}.items():
        given = effective.given.get(name)
        if given is not None:
            rows.append(Row(option_name(name), _shown(name, given.value, show), given.source))
        elif name in kinds():
            rows.append(Row(option_name(name), _shown(name, default, show), "built in"))
    return rows


def _shown(name: str, value: Any, show: bool) -> Any:
    """The value without its secrets; one that is kept elsewhere is named by its source."""
    if isinstance(value, list):
        tokens = secret_subprotocols(value) if name == "subprotocol" and not show else ()
        hidden = [MARKER if token else each for each, token in zip_longest(value, tokens)]
        return [_shown(name, each, show) for each in hidden]
    if isinstance(value, SecretSource):
        return f"{value.name}: {MARKER} from {value}".removeprefix(": ")
    if isinstance(value, Enum):
        return value.value
    if show or not isinstance(value, str):
        return value
    if name in {"bearer", "cookie"}:
        return value if _names_file(value) else MARKER
    if name == "user" and not _names_file(value):
        user, colon, _ = value.partition(":")
        return f"{user}:{MARKER}" if colon else value
    if name == "header":
        header, colon, content = value.partition(":")
        if colon and content.strip() and is_secret_header(header):
            return f"{header}: {MARKER}"
    if name == "extension":
        return redacted_extensions(value)
    return _hidden_userinfo(value) if name in {"proxy", "url"} else redacted_url(value)


def _names_file(value: str) -> bool:
    return value.startswith("@") and not value.startswith("@@")


def _hidden_userinfo(url: str) -> str:
    """Without a scheme it is a proxy's `USER:PASSWORD@HOST:PORT`."""
    if "://" in url:
        return redacted_url(url)
    return f"{MARKER}@{url.rpartition('@')[2]}" if "@" in url else redacted_url(url)


def _ambient_rows(environ: Mapping[str, str], show: bool) -> list[Row]:
    return [
        Row(name, value if show else _hidden_userinfo(value), "environment")
        for name in _AMBIENT
        if (value := environ.get(name))
    ]


def _as_text(rows: list[Row], effective: Effective, environ: Mapping[str, str]) -> str:
    """One fact a line: option, value, source; apart by two spaces or more."""
    values = [_as_word(row.value) for row in rows]
    first, second = max(len(row.option) for row in rows), min(48, max(map(len, values)))
    if effective.file is None:
        lines = [f"file: none ({escape(str(own_file(environ) or VARIABLE))} is not there)"]
    else:
        names = ", ".join(f"@{name}" for name in effective.file.profiles) or "none"
        lines = [f"file: {escape(str(effective.file.path))}", f"profiles: {names}"]
    for row, value in zip(rows, values, strict=True):
        source = row.source if effective.file is None else row.source.replace(f"{effective.file.path}, ", "")
        lines.append(f"{row.option:<{first}}  {value:<{second}}  {escape(source)}")
    return "\n".join(lines) + "\n"


def _as_word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_as_word, value)) or "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else escape(str(value))


def _as_json(rows: list[Row]) -> str:
    """One object a line, in ASCII."""
    return "".join(json.dumps(row._asdict()).replace("\x7f", "\\u007f") + "\n" for row in rows)


def _write_starter(environ: Mapping[str, str]) -> Path:
    """Writes the starter where the file is looked for. Raises: UsageError, OutputFailed."""
    named = environ.get(VARIABLE)
    path = Path(expanded(named)) if named else own_file(environ)
    if path is None:
        raise UsageError("there is no home directory to write to", hint=f"name a file with {VARIABLE}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise UsageError(f"{str(path)!r} is there already: nothing was changed") from None
    except OSError as failure:
        raise OutputFailed(f"cannot write {str(path)!r}: {failure.strerror}") from None
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_STARTER)
    return path
