"""Passive permessage-deflate: compressed payloads back to what they were (RFC 7692 §7.2.2).

Context takeover, window bits and a cap on the size are honoured; nothing is negotiated here.
"""

from __future__ import annotations

import zlib

# What a sender cut from the end of each message (RFC 7692 §7.2.1).
_TAIL = b"\x00\x00\xff\xff"
# Bytes of which the largest window is the end.
_MOST_RECENT = 1 << 16
# Behind a final block zlib is given this much, and then twice as much each time: what it leaves at the next
# final block it copies, and a hostile peer ends a block every two bytes.
_FIRST_PIECE = 64


class InflateError(Exception):
    """The payload is not a DEFLATE stream that continues the ones before it."""


class InflatedTooLarge(Exception):
    """The message would be longer than the cap."""


class Inflater:
    """Inflates the messages of one direction, in order.

    `window_bits` is 8 to 15; `takeover` says whether a message may refer to the ones before it.
    """

    __slots__ = (
        "_after_final_block",
        "_decompressor",
        "_recent",
        "_recent_bytes",
        "_takeover",
        "_window_bits",
    )

    def __init__(self, *, window_bits: int = 15, takeover: bool = True) -> None:
        self._window_bits = window_bits
        self._takeover = takeover
        self._decompressor = zlib.decompressobj(-window_bits)
        self._after_final_block = False
        # What was inflated last, a window of it at least: what comes after a final block may refer to it.
        self._recent: list[bytes] = []
        self._recent_bytes = 0

    def inflate(self, chunk: bytes, limit: int) -> bytes:
        """The next bytes of a message, inflated; at most `limit` bytes.

        Raises: InflateError, InflatedTooLarge.
        """
        inflated = self._decompress(chunk, limit)
        if not self._decompressor.eof:
            return inflated
        pieces = [inflated]
        rest = memoryview(chunk)[len(chunk) - len(self._decompressor.unused_data) :]
        size = _FIRST_PIECE
        while rest or self._decompressor.eof:
            limit -= len(pieces[-1])
            if self._decompressor.eof:
                self._begin_after_final_block()
                size = _FIRST_PIECE
            piece = rest[:size]
            pieces.append(self._decompress(piece, limit))
            rest = rest[len(piece) - len(self._decompressor.unused_data) :]
            size *= 2
        return b"".join(pieces)

    def finish(self, limit: int) -> bytes:
        """What the end of the message brings; at most `limit` bytes.

        Raises: InflateError, InflatedTooLarge.
        """
        # A sender that ends with BFINAL may leave out the empty block that RFC 7692 §7.2.3.4 asks for.
        rest = b"" if self._after_final_block else self._decompress(_TAIL, limit)
        if not self._takeover:
            self._decompressor = zlib.decompressobj(-self._window_bits)
            self._recent.clear()
            self._recent_bytes = 0
        self._after_final_block = False
        return rest

    def _decompress(self, chunk: bytes | memoryview, limit: int) -> bytes:
        try:
            inflated = self._decompressor.decompress(chunk, limit + 1)
        except zlib.error as failure:
            raise InflateError(str(failure)) from None
        if len(inflated) > limit:
            raise InflatedTooLarge
        if chunk:
            self._after_final_block = False
        if inflated:
            self._recent.append(inflated)
            self._recent_bytes += len(inflated)
            if self._recent_bytes > _MOST_RECENT:
                self._window()
        return inflated

    def _window(self) -> bytes:
        """The last bytes that were inflated, as many as can be referred to; only these are kept."""
        size = 1 << self._window_bits
        # A long message is not kept in memory, nor copied.
        last = self._recent[-1] if self._recent else b""
        window = (last if len(last) >= size else b"".join(self._recent))[-size:]
        self._recent, self._recent_bytes = [window], len(window)
        return window

    def _begin_after_final_block(self) -> None:
        """A block with BFINAL set may stand in mid-message (RFC 7692 §7.2.3.4), but zlib ends there.

        What came just before, in earlier messages too, is the window that the next block may refer to.
        """
        self._decompressor = zlib.decompressobj(-self._window_bits, zdict=self._window())
        self._after_final_block = True
