"""The shared options out of all their sources: command line > environment > profile > defaults > built in.

The environment's are `WSCLI_` and the option's name in capitals (`WSCLI_BEARER`, `WSCLI_MAX_SIZE`); the
others stand in the configuration file. Imported only by those who have one of these.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, Final, get_args, get_origin, get_type_hints

import msgspec

from ..config import Url, parse_url
from ..credentials.files import exposure
from ..errors import UsageError
from ..net.routes import is_loopback
from ..profiles.location import PREFIX, VARIABLE, expanded, find_file, own_file, refusal_of_commands
from ..profiles.secrets import SecretSource
from ..profiles.toml import ConfigFile, Kind, Section, load_file
from .layers import Given, Layer, merge
from .options import SharedOptions, option_defaults

TYPED: Final = "command line"
# No file and no variable shows secrets by itself; `format` says what `json` would.
_TYPED_ONLY: Final = frozenset({"json", "show_secrets"})
_YES, _NO = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})
_PATHS: Final = frozenset({"cacert", "cert", "key", "cookie_jar", "unix_socket"})
_VALUES_OR_FILES: Final = frozenset({"header", "user", "bearer", "cookie"})
# Ways to a peer on another machine: an embedded server needs none.
_WAYS: Final = frozenset({"proxy", "no_proxy", "resolve", "connect_to", "unix_socket", "ipv4", "ipv6"})
# The options that a message names, and those that it names by their short form.
_OPTION: Final = re.compile(r"(?<![\w-])--?[a-zA-Z0-9][a-z0-9-]*")
_SHORT: Final = {"-u": "user", "-s": "subprotocol", "-H": "header", "-4": "ipv4", "-6": "ipv6"}


@dataclass(frozen=True, slots=True)
class Effective:
    """The values that are not built in, `url` among them, by the options' names with underscores."""

    given: Layer
    file: ConfigFile | None
    environ: Mapping[str, str]

    def reveal(self, typed: SharedOptions) -> tuple[str, SharedOptions, list[str]]:
        """The URL, the options, and the secrets that were looked up for them. Raises: UsageError."""
        secrets: list[str] = []
        values = {name: self._revealed(name, given, secrets) for name, given in self.given.items()}
        url = values.pop("url", "")
        return url, msgspec.structs.replace(typed, **values), secrets

    def warnings(self) -> list[str]:
        """What the user should know of the file."""
        exposed = exposure(self.file.path) if self.file is not None and self.file.holds_secrets else ""
        return [exposed] if exposed else []

    def blame(self, wrong: UsageError) -> UsageError:
        """`wrong`, with the places of the values that it is about, unless these were typed."""
        names = [
            _SHORT.get(option, option[2:].replace("-", "_")) for option in _OPTION.findall(wrong.message)
        ]
        if "URL" in wrong.message or wrong.message.startswith(("the scheme", "port ")):
            names.append("url")
        sources = [self.given[name].source for name in names if name in self.given]
        places = "; ".join(source for source in dict.fromkeys(sources) if source != TYPED)
        return UsageError(f"{wrong.message} ({places})", hint=wrong.hint) if places else wrong

    def _revealed(self, name: str, given: Given, secrets: list[str]) -> Any:
        if isinstance(given.value, list):
            return [self._one(name, each, given.source, secrets) for each in given.value]
        value = self._one(name, given.value, given.source, secrets)
        choices = None if name == "url" else choices_of(name)
        if choices is None or isinstance(value, Enum):
            return value
        try:
            return choices(value)
        except ValueError:
            from .usage import either

            known = either([str(each.value) for each in choices])
            raise UsageError(f"{given.source}: {option_name(name)} is {known}") from None

    def _one(self, name: str, value: Any, source: str, secrets: list[str]) -> Any:
        if not isinstance(value, SecretSource):
            return value
        if value.command and self.file is not None:
            refusal, hint = refusal_of_commands(self.file.path, self.environ)
            if refusal:
                raise UsageError(f"{source}: {option_name(name)}: {refusal}", hint=hint)
        secret = value.reveal(self.environ, f"{source}: {option_name(name)}")
        secrets.append(secret)
        if name == "header":
            return f"{value.name}: {secret}"
        return f"@{secret}" if name in _VALUES_OR_FILES and secret.startswith("@") else secret


def find_effective(url: str, typed: SharedOptions, environ: Mapping[str, str]) -> Effective:
    """What holds for `url`, which may be `@PROFILE` with a path or a query behind it, or empty.

    Raises: UsageError, InputFailed.
    """
    path = find_file(environ)
    file = None if path is None else _loaded(path)
    variables = _from_environment(environ)
    profile: Layer = {}
    own = _typed_layer(typed)
    if url.startswith("@"):
        profile = _profile(url, file, environ)
    elif url:
        own["url"] = Given(url, TYPED)
    defaults = {} if file is None else _from_section(file, file.defaults, "[defaults]")
    needless = _needless_ways(own.get("url") or profile.get("url"))
    for name in needless:
        variables.pop(name, None)
        defaults.pop(name, None)
    return Effective(merge([own, variables, profile, defaults]), file, environ)


def _loaded(path: Path) -> ConfigFile:
    """The file at `path`; a suite with thousands of checks reads it once."""
    try:
        found = path.stat()
    except OSError:
        return load_file(path, kinds())
    return _loaded_as(path, found.st_ino, found.st_mtime_ns, found.st_size)


@functools.lru_cache(maxsize=1)
def _loaded_as(path: Path, *_found: int) -> ConfigFile:
    return load_file(path, kinds())


def _typed_layer(typed: SharedOptions) -> Layer:
    return {
        name: Given(getattr(typed, name), TYPED)
        for name, default in option_defaults().items()
        if name in typed.typed or getattr(typed, name) != default
    }


def _profile(url: str, file: ConfigFile | None, environ: Mapping[str, str]) -> Layer:
    match = re.fullmatch(r"@([A-Za-z0-9_-]+)([/?].*)?", url, re.DOTALL)
    if match is None:
        raise UsageError("after @ comes the name of a profile", hint="write @NAME, @NAME/PATH or @NAME?QUERY")
    if file is None:
        where = own_file(environ) or VARIABLE
        raise UsageError(
            f"there is no profile {match[1]!r}, for there is no file {str(where)!r}",
            hint="wscli config --init writes one to start from",
        )
    layer = _from_section(file, file.profile(match[1]), f"profile {match[1]}")
    given = layer.get("url")
    if given is None:
        raise UsageError(f"the profile {match[1]!r} in {file.path} has no url", hint='add url = "wss://…"')
    if match[2] and isinstance(given.value, str):
        layer["url"] = replace(given, value=_extended(given.value, match[2]))
    elif match[2]:
        raise UsageError(
            f"{given.source}: the url is a secret that nothing can be added to", hint=f"write @{match[1]}"
        )
    return layer


def _extended(base: str, more: str) -> str:
    """`more` behind the base's path; its query, when it has one, in place of the base's."""
    path, _, query = base.partition("?")
    added, mark, replaced = more.partition("?")
    query = replaced if mark else query
    return (path.rstrip("/") + added if added else path) + (f"?{query}" if query else "")


def _needless_ways(url: Given | None) -> frozenset[str]:
    """What is meant for all URLs but not for this one: as curl, no proxy for loopback; no way to `demo:`."""
    if url is None or not isinstance(url.value, str):
        return frozenset()
    try:
        where = parse_url(url.value)
    except UsageError:
        return frozenset()
    if not isinstance(where, Url):
        return _WAYS
    return frozenset({"proxy"} if is_loopback(where.host) else ())


def _from_section(file: ConfigFile, section: Section, label: str) -> Layer:
    folder = file.path.parent
    return {
        name: Given(_placed(name, setting.value, folder), f"{label}, {setting.where}")
        for name, setting in section.items()
    }


def _placed(name: str, value: Any, folder: Path) -> Any:
    """Files that the file names are found from where it is."""
    if isinstance(value, list):
        return [_placed(name, each, folder) for each in value]
    if not isinstance(value, str):
        return value
    if name in _PATHS and value:
        return str(folder / Path(expanded(value)))
    if name in _VALUES_OR_FILES and value.startswith("@") and not value.startswith("@@"):
        return f"@{folder / Path(expanded(value[1:]))}"
    return value


def _from_environment(environ: Mapping[str, str]) -> Layer:
    layer: Layer = {}
    for name, kind in kinds().items():
        variable = PREFIX + name.upper()
        if environ.get(variable):
            layer[name] = Given(_parsed(variable, kind, environ[variable]), variable)
    return layer


def _parsed(variable: str, kind: Kind, text: str) -> Any:
    """A list has one value a line: values hold spaces."""
    word = text.strip().lower()
    if kind is Kind.FLAG:
        if word not in _YES | _NO:
            raise UsageError(f"{variable}: neither yes nor no", hint="write 1 or 0")
        return word in _YES
    if kind is Kind.TEXT:
        return text
    values: list[Any] = [line.strip() for line in text.splitlines() if line.strip()]
    if kind is Kind.TEXTS:
        return values
    try:
        values = [int(value) for value in (values if kind is Kind.NUMBERS else [word])]
    except ValueError:
        raise UsageError(f"{variable} is a whole number") from None
    return values if kind is Kind.NUMBERS else values[0]


@functools.cache
def kinds() -> dict[str, Kind]:
    """What may stand in the file and in the environment, and what each takes."""
    hints = get_type_hints(SharedOptions)
    return {name: _kind(hints[name]) for name in option_defaults() if name not in _TYPED_ONLY}


def _kind(hint: Any) -> Kind:
    for each in (hint, *get_args(hint)):
        if get_origin(each) is list:
            return Kind.NUMBERS if get_args(each) == (int,) else Kind.TEXTS
        if each in {bool, int}:
            return Kind.FLAG if each is bool else Kind.NUMBER
    return Kind.TEXT


@functools.cache
def choices_of(name: str) -> type[Enum] | None:
    """The values that the option `name` may have, where these are listed."""
    hint = get_type_hints(SharedOptions)[name]
    enums = [each for each in (hint, *get_args(hint)) if isinstance(each, type) and issubclass(each, Enum)]
    return enums[0] if enums else None


def option_name(name: str) -> str:
    """As it stands in the file, and behind -- on the command line."""
    return name.replace("_", "-")
