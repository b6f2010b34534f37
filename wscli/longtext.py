"""Text that may be long: in memory once, as UTF-8, whatever is in it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final, cast

LONG: Final = 256 * 1024
"""Bytes of a payload, above which it is kept and shown so that it is in memory once."""

_PIECE: Final = 96 * 1024


class LongText:
    """What `text` of an event is when it has more than `LONG` bytes: its UTF-8, a str only in pieces.

    A single character can make a str four times as long as its UTF-8.
    """

    __slots__ = ("_utf8",)

    def __init__(self, utf8: bytes) -> None:
        self._utf8 = utf8

    def encode(self) -> bytes:
        """The UTF-8, not copied."""
        return self._utf8

    def pieces(self) -> Iterator[str]:
        """The text in order, some ten thousand characters at a time."""
        return utf8_pieces(self._utf8)

    def __len__(self) -> int:
        return sum(map(len, self.pieces()))

    def __getitem__(self, part: slice) -> str:
        if part.start is None and part.step is None and part.stop is not None and part.stop >= 0:
            # A character has four bytes at most (RFC 3629 §3).
            return self._utf8[: 4 * part.stop].decode("utf-8", "ignore")[: part.stop]
        return str(self)[part]

    def __str__(self) -> str:
        return self._utf8.decode()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str | LongText) and self._utf8 == other.encode()

    def __hash__(self) -> int:
        return hash(self._utf8)


def utf8_pieces(utf8: bytes) -> Iterator[str]:
    """A long text piece by piece, no character cut.

    Raises: UnicodeDecodeError where the bytes are no UTF-8.
    """
    decode = codecs.getincrementaldecoder("utf-8")().decode
    for begin in range(0, len(utf8), _PIECE):
        yield decode(utf8[begin : begin + _PIECE], begin + _PIECE >= len(utf8))


def check_utf8(octets: bytes) -> None:
    """Nothing, for UTF-8.

    Raises: UnicodeDecodeError where the bytes are none.
    """
    if len(octets) <= LONG:
        octets.decode()
    elif not octets.isascii():
        for _ in utf8_pieces(octets):
            pass


def text_field(utf8: bytes) -> str:
    """The field `text` for this UTF-8.

    Raises: UnicodeDecodeError when it is none.
    """
    if len(utf8) <= LONG:
        return utf8.decode()
    check_utf8(utf8)
    # Not a str, but what is asked of one: its length, its beginning, its UTF-8.
    return cast(str, LongText(utf8))
