"""Passive permessage-deflate: compressed payloads back to what they were (RFC 7692 §7.2.2).

Context takeover, window bits and a cap on the size are honoured; nothing is negotiated here.
"""

from __future__ import annotations

import zlib

# What a sender cut from the end of each message (RFC 7692 §7.2.1).
_TAIL = b"\x00\x00\xff\xff"


class InflateError(Exception):
    """The payload is not a DEFLATE stream that continues the ones before it."""


class InflatedTooLarge(Exception):
    """The message would be longer than the cap."""


class Inflater:
    """Inflates the messages of one direction, in order.

    `window_bits` is 8 to 15; `takeover` says whether a message may refer to the ones before it.
    """

    __slots__ = ("_after_final_block", "_decompressor", "_takeover", "_window_bits")

    def __init__(self, *, window_bits: int = 15, takeover: bool = True) -> None:
        self._window_bits = window_bits
        self._takeover = takeover
        self._decompressor = zlib.decompressobj(-window_bits)
        self._after_final_block = False

    def inflate(self, chunk: bytes, limit: int) -> bytes:
        """The next bytes of a message, inflated; at most `limit` bytes.

        Raises: InflateError, InflatedTooLarge.
        """
        inflated = self._decompress(chunk, limit)
        if not self._decompressor.eof:
            return inflated
        pieces = [inflated]
        window = b""
        while self._decompressor.eof:
            size = 1 << self._window_bits
            window = (window + pieces[-1][-size:])[-size:]
            limit -= len(pieces[-1])
            pieces.append(self._go_on_after_final_block(window, limit))
        return b"".join(pieces)

    def finish(self, limit: int) -> bytes:
        """What the end of the message brings; at most `limit` bytes.

        Raises: InflateError, InflatedTooLarge.
        """
        # A sender that ends with BFINAL may leave out the empty block that RFC 7692 §7.2.3.4 asks for.
        rest = b"" if self._after_final_block else self._decompress(_TAIL, limit)
        if not self._takeover:
            self._decompressor = zlib.decompressobj(-self._window_bits)
        self._after_final_block = False
        return rest

    def _decompress(self, chunk: bytes, limit: int) -> bytes:
        try:
            inflated = self._decompressor.decompress(chunk, limit + 1)
        except zlib.error as failure:
            raise InflateError(str(failure)) from None
        if len(inflated) > limit:
            raise InflatedTooLarge
        if chunk:
            self._after_final_block = False
        return inflated

    def _go_on_after_final_block(self, window: bytes, limit: int) -> bytes:
        """A block with BFINAL set may stand in mid-message (RFC 7692 §7.2.3.4), but zlib ends there.

        What came just before is handed on as the window that the next block may refer to.
        """
        rest = self._decompressor.unused_data
        self._decompressor = zlib.decompressobj(-self._window_bits, zdict=window)
        inflated = self._decompress(rest, limit)
        self._after_final_block = not rest
        return inflated
