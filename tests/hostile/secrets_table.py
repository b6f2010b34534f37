"""Where a user may put a secret, as command lines: each has its own, so that a find tells what leaked."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_COUNTER = itertools.count(1)


def _fresh(kind: str) -> str:
    """A secret that stands nowhere else: `kind` says in a failed test where it was planted."""
    return f"sEcReT{next(_COUNTER):03d}{kind}zQ"


@dataclass
class Planted:
    """A command line, made by `command_line`, and `environ` for it; `secrets` must not show.

    `profile` is what stands in a configuration file, whose `@planted` is the URL then.
    """

    name: str
    secrets: list[str] = field(default_factory=list)
    userinfo: str = ""
    resource: str = "/"
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    profile: str = ""

    def command_line(self, port: int) -> list[str]:
        """The URL of the server on that port of 127.0.0.1, and the options."""
        url = f"ws://{self.userinfo}127.0.0.1:{port}{self.resource}"
        if self.profile:
            config = Path(self.environ["XDG_CONFIG_HOME"]) / "wscli" / "config.toml"
            config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            config.touch(mode=0o600)
            config.write_text(f'[profiles.planted]\nurl = "{url}"\n{self.profile}\n')
            url = "@planted"
        return [url, *self.options]

    def forms(self) -> set[bytes]:
        """Each secret as it may appear: as it is, and in base64 at every alignment."""
        found = set()
        for secret in self.secrets:
            found.add(secret.encode())
            for shift in range(3):
                # What stands around it spoils the first and the last characters.
                encoded = base64.b64encode(b"x" * shift + secret.encode())
                found.add(encoded[4 : len(encoded) - 4])
        return found

    def plant(self, kind: str) -> str:
        self.secrets.append(_fresh(kind))
        return self.secrets[-1]


def plantings(folder: Path) -> Iterator[Planted]:
    """Every way in; files are written to `folder`."""

    def file(name: str, content: str) -> str:
        path = folder / name
        path.write_text(content)
        path.chmod(0o600)
        return f"@{path}"

    one = Planted("-u")
    one.options = ("-u", f"bob:{one.plant('user')}")
    yield one
    one = Planted("-u @file")
    one.options = ("-u", file("user", f"bob:{one.plant('userfile')}\n"))
    yield one
    one = Planted("--bearer")
    one.options = ("--bearer", one.plant("bearer"))
    yield one
    one = Planted("--bearer @file")
    one.options = ("--bearer", file("bearer", one.plant("bearerfile") + "\n"))
    yield one
    one = Planted("-H Authorization")
    one.options = ("-H", f"Authorization: Custom {one.plant('custom')}")
    yield one
    one = Planted("-H @file")
    lines = f"Authorization: Bearer {one.plant('headerfile')}\nX-Auth-Token: {one.plant('tokenfile')}\n"
    one.options = ("-H", file("headers", lines))
    yield one
    one = Planted("userinfo and query")
    one.userinfo = f"bob:{one.plant('info')}@"
    names = ("token", "key", "sig", "password", "access_token")
    one.resource = "/?" + "&".join(f"{name}={one.plant(name)}" for name in names)
    yield one
    one = Planted("headers, cookie, subprotocol")
    one.options = ("--cookie", f"sid={one.plant('cookie')}", "-H", f"X-Api-Key: {one.plant('apikey')}")
    one.options += ("-H", f"My-Secret-Thing: {one.plant('thing')}", "-s", "chat")
    one.secrets.append(f"eyJhbGciOiJIUzI1NiJ9.eyJ{_fresh('jwt')}.c2ln")
    one.options += ("-s", one.secrets[-1])
    yield one
    one = Planted("--cookie @file")
    one.options = ("--cookie", file("cookie", f"sid={one.plant('cookiefile')}\n"))
    yield one
    one = Planted("--cookie-jar")
    line = f"127.0.0.1\tFALSE\t/\tFALSE\t0\tsid\t{one.plant('jar')}\n"
    one.options = ("--cookie-jar", file("jar", line)[1:])
    yield one
    one = Planted("--netrc")
    login = f"machine 127.0.0.1 login bob password {one.plant('netrc')}\n"
    one.environ = {"NETRC": file("netrc", login)[1:]}
    one.options = ("--netrc",)
    yield one
    one = Planted("a subprotocol behind bearer")
    one.options = ("-s", "chat", "-s", "bearer", "-s", one.plant("subprotocol"))
    yield one
    one = Planted("a subprotocol of over 32 characters")
    one.options = ("-s", one.plant("x" * 33))
    yield one
    one = Planted("a parameter of an extension")
    one.options = (
        "--extension",
        f'x-own; token={one.plant("param")}; other="1"; sig="{one.plant("quoted")}"',
    )
    yield one
    one = Planted("userinfo in Origin and Referer")
    one.options = ("-o", f"https://bob:{one.plant('origin')}@a.example")
    one.options += ("-H", f"Referer: https://bob:{one.plant('referer')}@a.example/x")
    yield one
    one = Planted("variables")
    one.environ = {"WSCLI_BEARER": one.plant("env"), "WSCLI_COOKIE": f"sid={one.plant('envcookie')}"}
    yield one
    one = Planted("a profile")
    one.environ = {"XDG_CONFIG_HOME": str(folder / "plain")}
    one.userinfo, one.resource = f"bob:{one.plant('profileinfo')}@", f"/?token={one.plant('profilequery')}"
    one.profile = (
        f'cookie = "sid={one.plant("profilecookie")}"\nheader = ["X-Token: {one.plant("header")}"]\n'
    )
    yield one
    one = Planted("a profile's variable and command")
    one.environ = {"XDG_CONFIG_HOME": str(folder / "pointing"), "PLANTED": one.plant("variable")}
    printed = file("printed", one.plant("command") + "\n")[1:]
    one.profile = 'bearer = { env = "PLANTED" }\n'
    one.profile += f'header = [{{ name = "X-Api-Key", command = ["cat", "{printed}"] }}]\n'
    yield one
