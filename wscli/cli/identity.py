"""The password of an encrypted `--key`: from the environment, or asked for on the terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ..config import Target
from ..errors import UsageError
from .environment import Environment

VARIABLE: Final = "WSCLI_KEY_PASSWORD"
# PKCS #8 (RFC 7468 §11), and what OpenSSL wrote before it.
_ENCRYPTED: Final = rb"(?m)-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED"


def with_key_password(target: Target, environment: Environment) -> Target:
    """`target` with what opens its private key, if that is encrypted and will be used.

    Raises: UsageError when there is no password and no terminal to ask on.
    """
    tls = target.tls
    key = tls.key or tls.cert
    if key is None or not target.url.secure or not _is_encrypted(key):
        return target
    password = environment.environ.get(VARIABLE) or _ask(key, environment)
    return replace(target, tls=replace(tls, key_password=password))


def _is_encrypted(path: str) -> bool:
    try:
        return re.search(_ENCRYPTED, Path(path).read_bytes()) is not None
    except OSError:
        # Whoever reads it for good tells what is wrong with it.
        return False


def _ask(path: str, environment: Environment) -> str:
    if not (environment.stdin_tty and environment.stderr_tty):
        raise UsageError(
            f"the private key in {path} is encrypted, and there is no terminal to ask for its password",
            hint=f"put the password into the variable {VARIABLE}",
        )
    from getpass import getpass

    from ..sinks.escape import escape

    try:
        return getpass(f"Password for the key {escape(path)}: ")
    except EOFError:
        raise UsageError("no password was given for the private key") from None
