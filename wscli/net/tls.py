"""TLS over any `Stream`, with `ssl.MemoryBIO`: close_notify and FIN stay apart, and so do their bytes.

What belongs here is the TLS stream itself and its handshake; `context.py` builds what it is configured
with, `trust.py` explains why a handshake failed.
"""

from __future__ import annotations

import ssl
from contextlib import suppress

from ..errors import TLSFailed
from .stream import RECEIVE_LIMIT, Ended, Stream, StreamBroken

# RFC 8446 §5.1: the most plaintext that one record carries. One record at a time: as long as its last byte
# is not with the kernel the peer can read nothing of it, so what was not reported was not sent.
RECORD_LIMIT = 16 * 1024


class TLSStream(Stream):
    """The encrypted stream over `inner`; call `handshake` first."""

    __slots__ = (
        "_end_told",
        "_failure",
        "_from_peer",
        "_inner",
        "_pending",
        "_plain",
        "_shut",
        "_tls",
        "_to_peer",
        "_unreported",
        "close_notify_received",
        "first_bytes",
    )

    def __init__(self, inner: Stream, context: ssl.SSLContext, server_hostname: str | None) -> None:
        self._inner = inner
        self._from_peer = ssl.MemoryBIO()
        self._to_peer = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._from_peer, self._to_peer, server_hostname=server_hostname)
        self._pending = memoryview(b"")
        self._unreported = 0
        self._plain = bytearray()
        self._shut = False
        self._end_told = False
        self._failure: TLSFailed | None = None
        self.close_notify_received = False
        self.first_bytes = b""

    @property
    def ended(self) -> Ended:
        """As TCP ended; `fin` when only close_notify has come so far (`receive` again waits for TCP)."""
        if self._inner.ended == "open" and self.close_notify_received:
            return "fin"
        return self._inner.ended

    @property
    def local_address(self) -> str:
        return self._inner.local_address

    @property
    def peer_address(self) -> str:
        return self._inner.peer_address

    @property
    def unacknowledged(self) -> int:
        return len(self._pending) + self._inner.unacknowledged

    @property
    def ssl_object(self) -> ssl.SSLObject:
        """For facts about the session: version, cipher, certificate."""
        return self._tls

    async def handshake(self) -> None:
        """Perform the TLS handshake.

        Raises: ssl.SSLError as OpenSSL has it, after our alert was sent; StreamBroken; EOFError when the
        peer ended the connection in the middle.
        """
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                await self._flush()
                await self._feed()
            except ssl.SSLError:
                await self._send_alert()
                raise
            else:
                return await self._flush()

    async def receive(self, limit: int = RECEIVE_LIMIT) -> bytes:
        """Up to `limit` decrypted bytes; b"" after close_notify or the end of the stream below.

        After close_notify, another call answers it and waits for the end of TCP itself, so that `ended` is
        exact; nothing may be on its way to the peer then.

        Raises: TLSFailed for an alert or for bytes that are no TLS record.
        """
        if self._plain:
            head = bytes(self._plain[:limit])
            del self._plain[:limit]
            return head
        while not (chunk := self._decrypt(limit)):
            if self.close_notify_received and not self._end_told:
                self._end_told = True
                return b""
            if self.close_notify_received:
                await self._answer_close_notify()
            ciphertext = await self._inner.receive()
            if not ciphertext:
                return b""
            if not self.close_notify_received:
                self._from_peer.write(ciphertext)
        return chunk

    def unread(self, chunk: bytes) -> None:
        self._plain[:0] = chunk

    async def send_some(self, view: memoryview | bytes) -> int:
        """Encrypt at most one record, and report its plaintext once all of its bytes are with the kernel.

        Raises: StreamBroken; after a cancelled call, ValueError when `view` is shorter than what it began.
        """
        if not self._unreported:
            await self._flush()
            self._unreported = self._encrypt(memoryview(view)[:RECORD_LIMIT])
        elif len(view) < self._unreported:
            raise ValueError("after a cancelled send, begin with the same bytes")
        await self._flush()
        sent, self._unreported = self._unreported, 0
        return sent

    async def send_eof(self) -> None:
        """Send close_notify (RFC 8446 §6.1), then FIN; receiving goes on.

        Raises: StreamBroken.
        """
        if not self._shut:
            self._shut = True
            self._send_close_notify()
        await self._flush()
        await self._inner.send_eof()

    def close(self) -> None:
        self._inner.close()

    async def _feed(self) -> None:
        ciphertext = await self._inner.receive()
        if not ciphertext:
            raise EOFError("the connection ended during the TLS handshake")
        if not self.first_bytes:
            self.first_bytes = ciphertext[:1024]
        self._from_peer.write(ciphertext)

    async def _flush(self) -> None:
        while True:
            while self._pending:
                self._pending = self._pending[await self._inner.send_some(self._pending) :]
            if not self._to_peer.pending:
                return
            self._pending = memoryview(self._to_peer.read())

    async def _answer_close_notify(self) -> None:
        # Many servers wait for it before they close TCP. No FIN with it: that one is theirs to send first.
        with suppress(StreamBroken):
            if not self._shut:
                self._shut = True
                self._send_close_notify()
            await self._flush()

    async def _send_alert(self) -> None:
        # A courtesy only: the failure of the handshake is what counts.
        with suppress(StreamBroken):
            await self._flush()

    def _decrypt(self, limit: int) -> bytes:
        """The plaintext of all records that are there, up to `limit` bytes.

        Raises: TLSFailed, once what came before the alert was given out.
        """
        pieces, room = [], limit
        while room and not self.close_notify_received and self._failure is None:
            try:
                piece = self._tls.read(room)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                piece = b""
            except ssl.SSLError as failure:
                self._failure = explain_alert(failure)
                break
            self.close_notify_received = not piece
            pieces.append(piece)
            room -= len(piece)
        if self._failure is not None and not pieces:
            raise self._failure
        return b"".join(pieces)

    def _encrypt(self, piece: memoryview) -> int:
        if self._shut:
            raise StreamBroken("close_notify was sent already")
        try:
            return self._tls.write(piece)
        except ssl.SSLError as failure:
            raise StreamBroken(failure.reason or "TLS takes nothing more") from failure

    def _send_close_notify(self) -> None:
        # OpenSSL looks for the peer's close_notify as it sends ours, and gives up the session when it finds
        # application data instead: read what is there first.
        # An alert that is found so is kept for `receive` to raise.
        with suppress(TLSFailed):
            while chunk := self._decrypt(RECEIVE_LIMIT):
                self._plain += chunk
        # An error here only says that the peer's close_notify is still to come: `receive` sees it.
        with suppress(ssl.SSLError):
            self._tls.unwrap()


_ALERTS = {
    "CERTIFICATE_REQUIRED": "the server asks for a client certificate",
    "UNKNOWN_CA": "the server does not know the issuer of our certificate",
    "BAD_CERTIFICATE": "the server rejected our certificate, or asks for one",
    "CERTIFICATE_UNKNOWN": "the server rejected our certificate",
    "CERTIFICATE_EXPIRED": "the server says that our certificate has expired",
    "CERTIFICATE_REVOKED": "the server says that our certificate is revoked",
    "ACCESS_DENIED": "the server does not accept our certificate",
    "DECRYPT_ERROR": "the server could not verify the handshake",
    "HANDSHAKE_FAILURE": "the server found no common settings, or asks for a client certificate",
    "PROTOCOL_VERSION": "the server does not speak this version of TLS",
    "UNRECOGNIZED_NAME": "the server does not know the name it was asked for",
    "NO_APPLICATION_PROTOCOL": "the server does not offer http/1.1 (ALPN)",
    "INTERNAL_ERROR": "the server reports an internal error",
}
_CLIENT_CERTIFICATE = "give a certificate with --cert and --key, one that the server accepts"
_ALERT_HINTS = {
    "HANDSHAKE_FAILURE": "it may miss a client certificate (--cert, --key), --tls-min or --servername",
    "PROTOCOL_VERSION": "try another --tls-min",
    "UNRECOGNIZED_NAME": "give the name that the server knows with --servername",
    "NO_APPLICATION_PROTOCOL": "this port may be for HTTP/2 alone",
    "DECRYPT_ERROR": "",
    "INTERNAL_ERROR": "the server's log says more; a missing client certificate can be the cause",
}


def explain_alert(failure: ssl.SSLError) -> TLSFailed:
    """What a TLS failure means: the peer's alert (RFC 8446 §6.2) in plain words, or OpenSSL's reason."""
    reason = failure.reason or ""
    name = reason.partition("_ALERT_")[2]
    if name in _ALERTS:
        alert = name.lower()
        return TLSFailed(
            f"TLS failed: {_ALERTS[name]} (alert {alert})", hint=_ALERT_HINTS.get(name, _CLIENT_CERTIFICATE)
        )
    if name:
        return TLSFailed(f"TLS failed: the server sent the alert {name.lower()}")
    return TLSFailed(f"TLS failed: {reason.lower().replace('_', ' ') or failure}")
