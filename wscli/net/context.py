"""What TLS is configured with: an `ssl.SSLContext` made from the user's options, each fault named."""

from __future__ import annotations

import functools
import os
import re
import ssl
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from ..config import TlsOptions
from ..errors import UsageError

_VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1,
    "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2,
    "1.3": ssl.TLSVersion.TLSv1_3,
}
# What OpenSSL and Python read when they make a context.
_TRUST_VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")
_BEGIN_CERTIFICATE = re.compile(rb"-----BEGIN (TRUSTED |X509 )?CERTIFICATE-----")
_BEGIN_KEY = re.compile(rb"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----")

KeyPassword = Callable[[], str]


def make_context(options: TlsOptions, key_password: KeyPassword | None = None) -> ssl.SSLContext:
    """The context for `options`; `key_password` is asked only when the key is encrypted.

    The file in the environment variable SSLKEYLOGFILE gets the session's secrets. Where the user names no
    file, the context may be that of an earlier call: who gets it must not change it.

    Raises: UsageError, which names the option and what is wrong with its value.
    """
    if options.cacert is None and options.cert is None and options.key is None:
        # Reading the system's certificates takes 20 ms, and some hundreds of KiB, each time. The user's own
        # files are read anew for each connection: those may be renewed while wscli runs.
        return _systems(options.insecure, options.minimum, _environment())
    return _make(options, key_password)


def _environment() -> tuple[str | None, ...]:
    return tuple(os.environ.get(name) for name in _TRUST_VARIABLES)


def make_judge(options: TlsOptions) -> ssl.SSLContext:
    """What `verdict.py` asks about a chain that nobody verified: trusts what `options` trust, by any name.

    It may be that of an earlier call. Raises: UsageError, as `make_context` does.
    """
    if options.cacert is not None:
        return _judge(options.cacert, options.minimum)
    return _systems_judge(options.minimum, _environment())


@functools.lru_cache(maxsize=4)
def _systems_judge(minimum: str | None, _environment: tuple[str | None, ...]) -> ssl.SSLContext:
    return _judge(None, minimum)


def _judge(cacert: str | None, minimum: str | None) -> ssl.SSLContext:
    context = _make(TlsOptions(cacert=cacert, minimum=minimum), None)
    context.check_hostname = False
    # The last version whose certificates are not encrypted.
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


@functools.lru_cache(maxsize=4)
def _systems(insecure: bool, minimum: str | None, _environment: tuple[str | None, ...]) -> ssl.SSLContext:
    """The context that trusts the system's certificates, for as long as `_environment` names the same."""
    return _make(TlsOptions(insecure=insecure, minimum=minimum), None)


def _make(options: TlsOptions, key_password: KeyPassword | None) -> ssl.SSLContext:
    context = _without_trust() if options.insecure and options.cacert is None else _with_trust(options.cacert)
    # Python 3.13 turned both on or off for its users; the same rules for every Python, and they are curl's:
    # an intermediate in --cacert is enough, and a private CA need not carry each key identifier.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    if options.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if options.minimum is not None:
        _set_minimum(context, options.minimum)
    if options.key is not None and options.cert is None:
        raise UsageError("--key needs --cert", hint="give the certificate that belongs to the key")
    if options.cert is not None:
        _load_identity(context, options.cert, options.key, key_password)
    return context


def _with_trust(cacert: str | None) -> ssl.SSLContext:
    try:
        if cacert is None:
            return ssl.create_default_context()
        path = Path(cacert)
        return _from_directory(path) if path.is_dir() else _from_file(path)
    except OSError as failure:
        # What --cacert names was read before: only the key log is left.
        raise _no_key_log(failure) from None


def _without_trust() -> ssl.SSLContext:
    """For who trusts anybody: the system's certificates are not read (20 ms)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # As ssl.create_default_context has it.
    if (log := os.environ.get("SSLKEYLOGFILE")) and not sys.flags.ignore_environment:
        try:
            context.keylog_filename = log
        except OSError as failure:
            raise _no_key_log(failure) from None
    return context


def _no_key_log(failure: OSError) -> UsageError:
    reason = failure.strerror or str(failure)
    return UsageError(f"SSLKEYLOGFILE cannot be written: {reason}", hint="unset it, or name a file")


def _from_file(path: Path) -> ssl.SSLContext:
    if not _BEGIN_CERTIFICATE.search(_read("--cacert", str(path))):
        raise UsageError(
            f"--cacert: {path} holds no certificate in PEM form",
            hint="its first line is -----BEGIN CERTIFICATE-----; `openssl x509 -inform der` makes it of DER",
        )
    try:
        return ssl.create_default_context(cafile=str(path))
    except ssl.SSLError as failure:
        raise UsageError(
            f"--cacert: {path} holds a certificate that cannot be read ({_reason(failure)})"
        ) from None


def _from_directory(path: Path) -> ssl.SSLContext:
    """Trust every certificate in a directory, whether or not `openssl rehash` was run on it."""
    pems: list[str] = []
    try:
        files = sorted(each for each in path.iterdir() if each.is_file())
        for each in files:
            text = each.read_bytes()
            if _BEGIN_CERTIFICATE.search(text):
                pems.append(text.decode("ascii", "ignore"))
    except OSError as failure:
        raise UsageError(f"--cacert: {path} cannot be read: {failure.strerror}") from None
    if not pems:
        raise UsageError(f"--cacert: no file in {path} holds a certificate in PEM form")
    try:
        return ssl.create_default_context(cadata="\n".join(dict.fromkeys(pems)))
    except ssl.SSLError as failure:
        raise UsageError(f"--cacert: a certificate in {path} cannot be read ({_reason(failure)})") from None


def _set_minimum(context: ssl.SSLContext, minimum: str) -> None:
    version = _VERSIONS.get(minimum)
    if version is None:
        raise UsageError(f"--tls-min: {minimum!r} is no TLS version", hint="one of 1.0, 1.1, 1.2, 1.3")
    if version < ssl.TLSVersion.TLSv1_2:
        # OpenSSL 3 allows the signatures of these versions at security level 0 alone.
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        # Python warns about 1.0 and 1.1; whoever asks for them by name has an old server to look at.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = version


def _load_identity(
    context: ssl.SSLContext, cert: str, key: str | None, key_password: KeyPassword | None
) -> None:
    if not _BEGIN_CERTIFICATE.search(_read("--cert", cert)):
        raise UsageError(f"--cert: {cert} holds no certificate in PEM form")
    if not _BEGIN_KEY.search(_read("--key" if key else "--cert", key or cert)):
        if key is None:
            raise UsageError(f"--cert: {cert} holds no private key", hint="give the key's file with --key")
        raise UsageError(f"--key: {key} holds no private key in PEM form")
    asked = False

    def password() -> str:
        nonlocal asked
        asked = True
        if key_password is None:
            raise UsageError(f"the private key in {key or cert} is encrypted, and no password was given")
        return key_password()

    try:
        # OpenSSL itself would ask on the terminal were there no callable.
        context.load_cert_chain(cert, key, password)
    except ssl.SSLError as failure:
        raise _explain_identity(failure, cert, key, asked) from None


def _explain_identity(failure: ssl.SSLError, cert: str, key: str | None, asked: bool) -> UsageError:
    option, name = ("--key", key) if key else ("--cert", cert)
    if failure.reason == "KEY_VALUES_MISMATCH" or failure.reason == "KEY_TYPE_MISMATCH":
        return UsageError(
            f"the private key in {name} does not belong to the first certificate in {cert}",
            hint="--key must be the key that the certificate of --cert was made for",
        )
    if asked:
        return UsageError(f"{option}: the password does not open the private key in {name}")
    return UsageError(f"--cert, --key: {cert} or {key or cert} cannot be read ({_reason(failure)})")


def _read(option: str, path: str) -> bytes:
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise UsageError(f"{option}: there is no file {path}") from None
    except OSError as failure:
        raise UsageError(f"{option}: {path} cannot be read: {failure.strerror}") from None
    if not content.strip():
        raise UsageError(f"{option}: {path} is empty")
    return content


def _reason(failure: ssl.SSLError) -> str:
    return (failure.reason or "not a valid PEM block").lower().replace("_", " ")
