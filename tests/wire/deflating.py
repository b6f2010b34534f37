"""The sender's side of permessage-deflate, for tests of the receiver's (RFC 7692 §7.2.1)."""

from __future__ import annotations

import zlib


class Deflater:
    """Deflates the messages of one connection; `window_bits` from 9 to 15, for zlib has no 8."""

    def __init__(self, *, window_bits: int = 15, takeover: bool = True) -> None:
        self._window_bits = window_bits
        self._takeover = takeover
        self._compressor = zlib.compressobj(wbits=-window_bits)

    def part(self, payload: bytes) -> bytes:
        """The first part of a message, flushed so that all of it can be inflated from these bytes."""
        return self._compressor.compress(payload) + self._compressor.flush(zlib.Z_SYNC_FLUSH)

    def message(self, payload: bytes) -> bytes:
        """The payload of a message's frames, deflated."""
        deflated = self._compressor.compress(payload) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        if not self._takeover:
            self._compressor = zlib.compressobj(wbits=-self._window_bits)
        return deflated.removesuffix(b"\x00\x00\xff\xff")
