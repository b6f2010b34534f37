"""Servers of the system (nginx, tinyproxy, microsocks, dante, stunnel), each an async context manager.

Each runs in the foreground as a child of the test, on a free port of loopback, with a configuration of its
own in a temporary folder, and has ended when the `with` ends. `.ci/apt-packages` says what installs them.
"""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import random
import shutil
import socket
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from tests.support import DEADLINE

# Below the range that the kernel gives to port 0: no server of another test can take one between our look
# and the start of the program.
_PORTS = range(10_240, 32_000)
_TRIES = 5
# Debian keeps daemons where the PATH of a user does not lead.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

Command = Callable[[int], Sequence[str]]


def program(name: str) -> str:
    """The path of a program of the system. Raises: AssertionError, which says where it comes from."""
    path = shutil.which(name, path=_PATH)
    assert path is not None, f"{name} is missing: install what .ci/apt-packages lists"
    return path


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of loopback that nobody has."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        port = random.choice(_PORTS)
        with contextlib.suppress(OSError), socket.create_server((host, port), family=family):
            return port


@contextlib.asynccontextmanager
async def daemon(command: Command, log: Path, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """Runs `command(port)` until it listens on `port` of `host`, which is given; `log` takes its output."""
    for _ in range(_TRIES):
        port = free_port(host)
        with log.open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command(port), stdin=DEVNULL, stdout=output, stderr=output, cwd=log.parent
            )
        try:
            if await _listens(process, host, port):
                yield port
                return
        finally:
            await _end(process)
    raise AssertionError(f"{command(0)[0]} did not start:\n{log.read_text(errors='replace')}")


async def _listens(process: asyncio.subprocess.Process, host: str, port: int) -> bool:
    """Waits until the port accepts; False when the program ended instead."""
    async with asyncio.timeout(DEADLINE):
        while process.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                await writer.wait_closed()
                return True
            await asyncio.sleep(0.005)
    return False


async def _end(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def nginx(
    folder: Path, listen: str, server: str, *, top: str = "", host: str = "127.0.0.1"
) -> AsyncIterator[int]:
    """nginx with one server: `listen` is that directive, with `{port}`, and `server` what follows it.

    `top` goes beside the server, in `http`.
    """
    scratch = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )

    def command(port: int) -> Sequence[str]:
        configuration = folder / "nginx.conf"
        configuration.write_text(
            f"daemon off; master_process off; pid {folder}/nginx.pid; error_log stderr;\n"
            "events { worker_connections 64; }\n"
            f"http {{\naccess_log off;\n{scratch}{top}\n"
            "map $http_upgrade $connection_upgrade { default upgrade; '' close; }\n"
            f"server {{\nlisten {listen.format(port=port)};\n{server}\n}}\n}}\n"
        )
        return [program("nginx"), "-p", str(folder), "-e", "stderr", "-c", str(configuration)]

    async with daemon(command, folder / "nginx.log", host) as port:
        yield port


def to_upstream(url: str) -> str:
    """What makes an nginx location pass WebSocket connections on to `url`, a ws:// URL."""
    return (
        f"proxy_pass {url.replace('ws://', 'http://').rstrip('/')}; proxy_http_version 1.1;"
        " proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;"
    )


@contextlib.asynccontextmanager
async def tinyproxy(folder: Path, *, user: str = "", password: str = "") -> AsyncIterator[int]:
    """tinyproxy, an HTTP proxy; with `user` and `password` it wants them."""

    def command(port: int) -> Sequence[str]:
        configuration = folder / "tinyproxy.conf"
        configuration.write_text(
            f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nAllow 127.0.0.1\nLogLevel Info\n"
            + (f"BasicAuth {user} {password}\n" if user else "")
        )
        return [program("tinyproxy"), "-d", "-c", str(configuration)]

    async with daemon(command, folder / "tinyproxy.log") as port:
        yield port


@contextlib.asynccontextmanager
async def microsocks(folder: Path, *, user: str = "", password: str = "") -> AsyncIterator[int]:
    """microsocks, a SOCKS5 proxy; with `user` and `password` it wants them."""
    login = ["-u", user, "-P", password] if user else []

    def command(port: int) -> Sequence[str]:
        return [program("microsocks"), "-i", "127.0.0.1", "-p", str(port), *login]

    async with daemon(command, folder / "microsocks.log") as port:
        yield port


@contextlib.asynccontextmanager
async def dante(folder: Path) -> AsyncIterator[int]:
    """dante, a proxy for SOCKS4, 4a and 5 that lets everybody on this machine reach this machine."""

    def command(port: int) -> Sequence[str]:
        configuration = folder / "dante.conf"
        configuration.write_text(
            f"logoutput: stderr\ninternal: 127.0.0.1 port = {port}\nexternal: 127.0.0.1\n"
            f"user.unprivileged: {getpass.getuser()}\n"
            "clientmethod: none\nsocksmethod: none\n"
            "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }\n"
            "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }\n"
        )
        return [
            program("danted"),
            "-f",
            str(configuration),
            "-p",
            str(folder / "dante.pid"),
            "-N",
            "1",
        ]

    async with daemon(command, folder / "dante.log") as port:
        yield port


@contextlib.asynccontextmanager
async def stunnel(folder: Path, certificate: Path, to: int) -> AsyncIterator[int]:
    """stunnel, which takes TLS with `certificate` (PEM, its key in it) and passes it on to the port `to`."""

    def command(port: int) -> Sequence[str]:
        configuration = folder / "stunnel.conf"
        configuration.write_text(
            "foreground = yes\npid =\nsyslog = no\n"
            f"[proxy]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{to}\ncert = {certificate}\n"
        )
        return [program("stunnel"), str(configuration)]

    async with daemon(command, folder / "stunnel.log") as port:
        yield port
