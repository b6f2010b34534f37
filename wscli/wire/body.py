"""The body of a refused handshake: how long it is, de-chunked, up to a limit (RFC 9112 §6 and §7)."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Final

from ..events import Headers
from .headers import Problems, header_values, list_items, parse_header_lines
from .rules import Violation, quoted

MAX_BODY_BYTES: Final = 64 * 1024

_MAX_LINE: Final = 8 * 1024
_DIGITS: Final = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")
_LINE_ENDS: Final = (b"\r\n", b"\n")


class BodyDecoder:
    """Decodes the body that follows a response head, incrementally; never raises.

    `complete` says that nothing more is worth reading: the body ended, or it is over `max_bytes`, or its
    framing is broken. `truncated` says that `body` is not all of it. `trailers` are those of a chunked body,
    `remainder` is what followed the body, `problems` name what was illegal.
    """

    def __init__(
        self, status: int, headers: Headers, *, method: str = "GET", max_bytes: int = MAX_BODY_BYTES
    ) -> None:
        self._max = max_bytes
        self._content = bytearray()
        self._buffer = bytearray()
        self._problems = Problems()
        self.truncated = False
        self.trailers: Headers = ()
        self.remainder = b""
        self._left, chunked = _framing(status, headers, method, self._problems)
        self._chunks = self._dechunk() if chunked else None
        self.complete = self._left == 0

    @property
    def body(self) -> bytes:
        """The content so far, transfer coding removed, `max_bytes` at most."""
        return bytes(self._content)

    @property
    def problems(self) -> tuple[Violation, ...]:
        """What was illegal in the framing, one of each kind."""
        return tuple(self._problems)

    def feed(self, chunk: bytes) -> bool:
        """Take what came; returns `complete`."""
        if self.complete:
            self.remainder += chunk
        elif self._chunks is not None:
            self._buffer += chunk
            # One step reads as far as the bytes go; the generator ends when the body does.
            if next(self._chunks, self) is self:
                self.complete = True
                self.remainder = b"" if self.truncated else bytes(self._buffer)
                self._buffer.clear()
        else:
            self._plain(chunk)
        return self.complete

    def eof(self) -> None:
        """The stream ended: a body that announced more is truncated."""
        if not self.complete and (self._left is not None or self._chunks is not None):
            self.truncated = True
            where = "inside a chunked body" if self._chunks else f"{self._left} bytes before the body's end"
            self._problems.note("body-truncated", f"the connection ended {where}")
            if not self._content:
                # Not one chunk came: what there is may well be a plain body that only claims to be chunked.
                self._keep(self._buffer)
        self.complete = True

    def _plain(self, chunk: bytes) -> None:
        content = chunk if self._left is None else chunk[: self._left]
        if self._left is not None:
            self._left -= len(content)
            self.complete = self._left == 0
        self.remainder = chunk[len(content) :]
        self._keep(content)

    def _keep(self, content: bytes | bytearray) -> bool:
        room = self._max - len(self._content)
        self._content += content[:room]
        if len(content) > room:
            self.truncated = self.complete = True
        return not self.truncated

    def _dechunk(self) -> Generator[None, None, None]:
        """Reads chunks off the buffer (RFC 9112 §7.1); yields whenever it needs more bytes."""
        while True:
            line = yield from self._line()
            size = _CHUNK_SIZE.fullmatch(line)
            if size is None:
                return self._give_up(line, "a chunk's size is not a hex number")
            left = int(size[1], 16)
            if left == 0:
                return (yield from self._trailers())
            if not (yield from self._chunk(left)):
                return None
            line = yield from self._line()
            if line not in _LINE_ENDS:
                return self._give_up(line, "a chunk does not end where its size says")

    def _chunk(self, left: int) -> Generator[None, None, bool]:
        while True:
            piece = self._buffer[:left]
            del self._buffer[:left]
            left -= len(piece)
            if not self._keep(piece):
                return False
            if not left:
                return True
            yield

    def _trailers(self) -> Generator[None, None, None]:
        lines: list[str] = []
        room = _MAX_LINE
        while (line := (yield from self._line())) not in _LINE_ENDS:
            room -= len(line)
            if room < 0:
                return self._give_up(b"", f"the trailers are over {_MAX_LINE} bytes")
            lines.append(line.decode("latin-1").rstrip("\r\n"))
        self.trailers = parse_header_lines(lines, self._problems)
        return None

    def _line(self) -> Generator[None, None, bytes]:
        """The next line with its end; one that is too long comes cut, without an end."""
        while (end := self._buffer.find(b"\n")) < 0 and len(self._buffer) <= _MAX_LINE:
            yield
        line = bytes(self._buffer[: end + 1] if end >= 0 else self._buffer)
        del self._buffer[: len(line)]
        if line.endswith(b"\n") and not line.endswith(b"\r\n"):
            self._problems.note("body-chunk", "a line of the chunked coding ends in LF without CR")
        return line

    def _give_up(self, line: bytes, why: str) -> None:
        # What is not chunked after all is shown as it stands: often it is the plain body.
        self._problems.note("body-chunk", f"{why}: {quoted(line.decode('latin-1'))}" if line else why)
        self._keep(line + self._buffer)
        self.truncated = True


def _framing(status: int, headers: Headers, method: str, problems: Problems) -> tuple[int | None, bool]:
    """The body's length if one is known, and whether it is chunked; neither: until EOF (RFC 9112 §6.3)."""
    if status < 200 or status in (204, 304) or method == "HEAD":
        return 0, False
    codings = [each.lower() for each in list_items(header_values(headers, "Transfer-Encoding"))]
    lengths = list_items(header_values(headers, "Content-Length"))
    if codings and lengths:
        problems.note("body-framing", "both Transfer-Encoding and Content-Length are given")
    if codings:
        chunked = codings[-1] == "chunked" and codings.count("chunked") == 1
        if not chunked:
            problems.note("body-coding", f"Transfer-Encoding is {quoted(', '.join(codings))}")
        return None, chunked
    return _length(lengths, problems) if lengths else None, False


def _length(lengths: list[str], problems: Problems) -> int | None:
    if len(set(lengths)) > 1 or not _DIGITS.fullmatch(lengths[0]):
        problems.note("body-length", f"Content-Length is {quoted(', '.join(lengths))}")
    # Differing lengths: the first one at least ends the wait on a connection that stays open.
    return int(lengths[0]) if _DIGITS.fullmatch(lengths[0]) else None
