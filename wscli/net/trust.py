"""Why TLS could not be established, in plain words, with the option that would help."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from datetime import UTC, datetime

from ..errors import CertificateUntrusted, TLSFailed, WscliError
from ..events import Certificate
from .tls import TLSStream, explain_alert

# OpenSSL's X509_V_ERR_ numbers (x509_vfy.h).
_NOT_YET_VALID, _EXPIRED, _SELF_SIGNED, _SELF_SIGNED_CA = 9, 10, 18, 19
_NO_ISSUER_HERE, _NO_ISSUER_SENT, _REVOKED, _PURPOSE = 20, 21, 23, 26
_WRONG_NAME, _WRONG_ADDRESS = 62, 64
# A key or a digest, of the leaf or of an issuer, that the security level forbids.
_TOO_WEAK = {66, 67, 68}
_NAMES_SHOWN = 6
_INSECURE = "-k goes on without checking"


def explain_mistrust(
    failure: ssl.SSLCertVerificationError,
    name: str,
    certificate: Certificate | None,
    problems: Iterable[str] = (),
) -> CertificateUntrusted:
    """The failure of verification; `certificate` is the leaf when it could be had, `name` the one wanted.

    `problems` are all that are known: OpenSSL stops at the first, which alone would lead to the next failure.
    """
    reason, hint = reason_of(failure, name, certificate)
    reasons = "; ".join(dict.fromkeys((reason, *problems)))
    return CertificateUntrusted(f"TLS: the certificate of {name} is not trusted: {reasons}", hint=hint)


def reason_of(
    failure: ssl.SSLCertVerificationError, name: str, certificate: Certificate | None
) -> tuple[str, str]:
    """What speaks against the certificate, as a clause that begins with `it` or `its`, and what to try."""
    code = failure.verify_code
    cacert = f"trust its issuer with --cacert FILE, if you know it; {_INSECURE}"
    if code in {_EXPIRED, _NOT_YET_VALID}:
        reason, hint = (
            _out_of_time(code, certificate),
            f"the server needs a new one (or your clock is wrong); {_INSECURE}",
        )
    elif code == _SELF_SIGNED:
        reason = f"it is self-signed{_for(certificate)}"
        hint = f"trust it with --cacert FILE, if you know it; {_INSECURE}"
    elif code == _SELF_SIGNED_CA:
        reason, hint = f"its chain ends in a root that is not trusted here{_by(certificate)}", cacert
    elif code in {_NO_ISSUER_HERE, _NO_ISSUER_SENT}:
        reason = (
            f"its issuer is not known{_by(certificate)}, or the server does not send the certificate between"
        )
        hint = cacert
    elif code in {_WRONG_NAME, _WRONG_ADDRESS}:
        reason = f"it is not for {name} but for {_names(certificate)}"
        hint = f"connect by a name that it is for, or give that name with --servername; {_INSECURE}"
    elif code == _REVOKED:
        reason, hint = "it is revoked", "do not go on, unless you know why"
    elif code in _TOO_WEAK:
        reason = failure.verify_message or "it is too weak"
        hint = f"the server needs a stronger one; {_INSECURE}"
    elif code == _PURPOSE:
        reason, hint = "it is not made for servers", f"the server needs another one; {_INSECURE}"
    else:
        reason, hint = failure.verify_message or "it cannot be verified", cacert
    return reason, hint


def _out_of_time(code: int, certificate: Certificate | None) -> str:
    if certificate is None or certificate.not_after is None or certificate.not_before is None:
        return "it has expired" if code == _EXPIRED else "it is not valid yet"
    now = datetime.now(UTC)
    if code == _NOT_YET_VALID:
        start = datetime.fromisoformat(certificate.not_before)
        return (
            f"it is valid only from {_day(start)} on" if start > now else "one in its chain is not valid yet"
        )
    end = datetime.fromisoformat(certificate.not_after)
    if end > now:
        return "one of the certificates that it was issued with has expired"
    days = (now - end).days
    return f"it expired on {_day(end)}, {days} {'day' if days == 1 else 'days'} ago"


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M UTC")


def _for(certificate: Certificate | None) -> str:
    return f" ({certificate.subject})" if certificate is not None and certificate.subject else ""


def _by(certificate: Certificate | None) -> str:
    return f" ({certificate.issuer})" if certificate is not None and certificate.issuer else ""


def _names(certificate: Certificate | None) -> str:
    if certificate is None or certificate.san is None:
        return "another name"
    if not certificate.san:
        return f"no host name at all (subject {certificate.subject})"
    shown = ", ".join(certificate.san[:_NAMES_SHOWN])
    more = len(certificate.san) - _NAMES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def explain_failure(failure: Exception, stream: TLSStream, where: str) -> WscliError:
    """What a failed handshake means that was not about trust; `where` is the peer's host and port."""
    first = stream.first_bytes
    if first.startswith(b"HTTP/"):
        return TLSFailed(
            f"TLS failed: {where} answered in plain HTTP",
            hint="this looks like a plain ws:// port: use ws:// instead of wss://",
        )
    # RFC 8446 §5.1: a first record is an alert (21) or a handshake (22), of version 3.x.
    if first and (first[0] not in {21, 22} or first[1:2] not in {b"\x03", b""}):
        return TLSFailed(
            f"TLS failed: what {where} answered is not TLS (it begins with {first[:24]!r})",
            hint="this looks like a plain ws:// port, or another service's: check the scheme and the port",
        )
    if isinstance(failure, ssl.SSLError):
        return explain_alert(failure)
    end = "reset" if stream.ended == "reset" else "closed"
    return TLSFailed(
        f"TLS failed: {where} {end} the connection during the handshake",
        hint="is it a TLS port? ws:// is for plain ones; --servername or --tls-min may matter to the server",
    )
