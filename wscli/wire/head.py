"""HTTP heads, kept byte for byte: the decoders, the encoder, and how headers are looked up (RFC 9112).

The decoders read what can be read at all and name each lenience in `problems`; lint passes them on. What
is no HTTP is a `MalformedHead`, as soon as that is certain. Bodies are body.py's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final, Generic, TypeVar

import msgspec

from ..errors import UsageError
from ..events import Headers
from .banners import likeness
from .headers import (
    CONTROL,
    TOKEN,
    Problems,
    accept_for,
    header_value,
    header_values,
    list_items,
    parse_header_lines,
)
from .rules import Violation, quoted

__all__ = [
    "MAX_HEAD_BYTES",
    "HeadDecoder",
    "MalformedHead",
    "RequestHead",
    "RequestHeadDecoder",
    "ResponseHead",
    "accept_for",
    "encode_request",
    "header_value",
    "header_values",
    "list_items",
]

MAX_HEAD_BYTES: Final = 64 * 1024

_HEAD_END: Final = re.compile(rb"\n\r?\n")
_BLANK_LINES: Final = re.compile(rb"(?:\r?\n)*")
_VERSION: Final = r"(HTTP/[0-9]{1,3}(?:\.[0-9]{1,3})?)"
_STATUS_LINE: Final = re.compile(_VERSION + r"([ \t]+)([1-9][0-9]{2})(?:([ \t])(.*))?", re.DOTALL)
# A pattern that few runs use is compiled with its first use.
_REQUEST_LINE: Final = rf"({TOKEN.pattern}) +(\S+(?:[ \t]+\S+)*) +{_VERSION}[ \t]*"


class RequestHead(msgspec.Struct, frozen=True):
    """A request line and its headers, in wire order and case, as ISO-8859-1 text; `raw` is every byte."""

    method: str
    target: str
    version: str
    headers: Headers
    raw: bytes
    problems: tuple[Violation, ...] = ()


class ResponseHead(msgspec.Struct, frozen=True):
    """A status line and its headers, in wire order and case, as ISO-8859-1 text; `raw` is every byte."""

    version: str
    status: int
    reason: str
    headers: Headers
    raw: bytes
    problems: tuple[Violation, ...] = ()

    @property
    def is_interim(self) -> bool:
        """Whether the final reply is still to come (RFC 9110 §15.2): 100, 103 and the like, but not 101."""
        return 100 <= self.status < 200 and self.status != 101


class MalformedHead(msgspec.Struct, frozen=True):
    """What came instead of a head.

    `reason` completes "the reply is no valid handshake: …"; `raw` is all that came, up to the limit.
    `looks_like` names the protocol it seems to be (`TLS`, `SSH`, …), or is empty. `truncated`: the stream
    ended too early; `too_large`: no end came within the limit.
    """

    reason: str
    rfc: str
    raw: bytes
    looks_like: str = ""
    truncated: bool = False
    too_large: bool = False


Head = TypeVar("Head", RequestHead, ResponseHead)


class _Decoder(Generic[Head]):
    """Collects bytes until a head is complete or certainly none; the start line is a subclass's."""

    _what: ClassVar[str]
    _start_rfc: ClassVar[str]

    def __init__(self, max_bytes: int = MAX_HEAD_BYTES) -> None:
        self._max = max_bytes
        self._buffer = bytearray()
        self._start = 0
        self._scanned = 0
        self._line_checked = False
        self._outcome: Head | MalformedHead | None = None
        self.remainder = b""

    def feed(self, chunk: bytes) -> Head | MalformedHead | None:
        """Take what came: None while more is needed, else the outcome; never raises.

        After a head, `remainder` holds what followed it; bytes fed later are added to it.
        """
        if self._outcome is not None:
            self.remainder += chunk
            return self._outcome
        self._buffer += chunk
        self._outcome = self._decide()
        return self._outcome

    def eof(self) -> MalformedHead | None:
        """The stream ended: what is missing, or None when the head had been complete."""
        if self._outcome is None:
            reason = f"the connection ended {self._place()}"
            self._outcome = MalformedHead(reason, self._start_rfc, bytes(self._buffer), truncated=True)
        return self._outcome if isinstance(self._outcome, MalformedHead) else None

    def _decide(self) -> Head | MalformedHead | None:
        buffer = self._buffer
        if (blank := _BLANK_LINES.match(buffer, self._start)) is not None:
            self._start = blank.end()
        self._scanned = max(self._scanned, self._start)
        if self._start <= self._max and (malformed := self._check_start()) is not None:
            return malformed
        end = _HEAD_END.search(buffer, max(self._scanned - 2, self._start))
        self._scanned = len(buffer)
        if (len(buffer) if end is None else end.end()) > self._max:
            return self._malformed(f"the {self._what}'s head is over {self._max} bytes", too_large=True)
        if end is None:
            return None
        self.remainder = bytes(buffer[end.end() :])
        del buffer[end.end() :]
        return self._parse(bytes(buffer))

    def _check_start(self) -> MalformedHead | None:
        if self._line_checked or self._start == len(self._buffer):
            return None
        if not self._may_begin(bytes(self._buffer[self._start : self._start + 16])):
            return self._not_http()
        newline = self._buffer.find(b"\n", max(self._scanned - 1, self._start), self._max)
        if newline < 0:
            return None
        self._line_checked = True
        line = self._buffer[self._start : newline].removesuffix(b"\r").decode("latin-1")
        return None if self._reads(line) else self._bad_start(line)

    def _parse(self, raw: bytes) -> Head:
        problems = Problems()
        if self._start:
            problems.note("head-leading-line", f"an empty line stands before the {self._what}'s first line")
        text = raw[self._start :].decode("latin-1")
        if bare := text.count("\n") - text.count("\r\n"):
            problems.note("head-line-ending", f"lines that end in LF without CR: {bare}")
        # The last two are the empty line that ends the head, and what follows its LF: nothing.
        lines = [line.removesuffix("\r") for line in text.split("\n")[:-2]]
        return self._make(lines[0], parse_header_lines(lines[1:], problems), raw, problems)

    def _place(self) -> str:
        rest = bytes(self._buffer[self._start :])
        if not rest:
            return f"before a byte of the {self._what}"
        if b"\n" not in rest:
            return f"in the {self._what}'s first line, after {quoted(rest.decode('latin-1'))}"
        lines = rest.count(b"\n") - 1
        return f"in the {self._what}'s headers, after {lines} whole header line{'' if lines == 1 else 's'}"

    def _not_http(self) -> MalformedHead:
        seen = bytes(self._buffer[self._start :])
        like = likeness(seen)
        line = quoted(re.split(rb"\r?\n", seen, maxsplit=1)[0].decode("latin-1"))
        reason = f"the {self._what} is not HTTP" + (f" but looks like {like}" if like else "")
        return self._malformed(f"{reason}: it begins with {line}", looks_like=like)

    def _malformed(self, reason: str, *, looks_like: str = "", too_large: bool = False) -> MalformedHead:
        raw = bytes(self._buffer[: self._max])
        return MalformedHead(reason, self._start_rfc, raw, looks_like=looks_like, too_large=too_large)

    def _bad_start(self, line: str) -> MalformedHead:
        return self._malformed(f"the {self._what}'s first line is not valid: {quoted(line)}")

    def _may_begin(self, start: bytes) -> bool:
        raise NotImplementedError

    def _reads(self, line: str) -> bool:
        raise NotImplementedError

    def _make(self, start: str, headers: Headers, raw: bytes, problems: Problems) -> Head:
        raise NotImplementedError


class HeadDecoder(_Decoder[ResponseHead]):
    """Decodes one response head, incrementally (RFC 9112 §4); feed `remainder` to a new one for the next."""

    _what = "reply"
    _start_rfc = "RFC 9112 §4"

    def _may_begin(self, start: bytes) -> bool:
        return start.startswith(b"HTTP/") or b"HTTP/".startswith(start) or start == b"\r"

    def _reads(self, line: str) -> bool:
        return _STATUS_LINE.fullmatch(line) is not None

    def _make(self, start: str, headers: Headers, raw: bytes, problems: Problems) -> ResponseHead:
        match = _STATUS_LINE.fullmatch(start)
        version, gap, status, space, reason = match.groups() if match else ("", " ", "0", " ", start)
        if space is None:
            problems.note("head-status-line", f"no space follows the status code: {quoted(start)}")
        elif gap != " " or space != " " or CONTROL.search(reason):
            problems.note("head-status-line", f"white space or a control is out of place: {quoted(start)}")
        return ResponseHead(version, int(status), reason or "", headers, raw, tuple(problems))


class RequestHeadDecoder(_Decoder[RequestHead]):
    """Decodes one request head, incrementally (RFC 9112 §3): what a server sees of its client."""

    _what = "request"
    _start_rfc = "RFC 9112 §3"

    def _may_begin(self, start: bytes) -> bool:
        return start == b"\r" or TOKEN.match(start.decode("latin-1")) is not None

    def _reads(self, line: str) -> bool:
        return re.fullmatch(_REQUEST_LINE, line) is not None

    def _make(self, start: str, headers: Headers, raw: bytes, problems: Problems) -> RequestHead:
        match = re.fullmatch(_REQUEST_LINE, start)
        method, target, version = match.groups() if match else ("", start, "")
        if start != f"{method} {target} {version}" or re.search(r"\s", target):
            problems.note("head-request-line", f"white space is out of place: {quoted(start)}")
        return RequestHead(method, target, version, headers, raw, tuple(problems))


def encode_request(method: str, target: str, headers: Sequence[tuple[str, str]]) -> bytes:
    """The bytes of an HTTP/1.1 request head, headers in the order given (RFC 9112 §3).

    Raises: UsageError for a value of ours that would break the head; its message holds no value.
    """
    if not TOKEN.fullmatch(method):
        raise UsageError("the request method is not a token (RFC 9110 §9.1)")
    if not target or re.search(r"[\x00-\x20\x7f]", target) or not target.isascii():
        raise UsageError("the request target holds a space, a control or a character beyond ASCII")
    lines = [f"{method} {target} HTTP/1.1"]
    for position, (name, value) in enumerate(headers, 1):
        if not TOKEN.fullmatch(name):
            raise UsageError(
                f"the name of header {position} is not a token (RFC 9110 §5.1)",
                hint="write -H 'Name: value'; a name has no spaces, colons or line breaks",
            )
        if re.search(r"[\r\n\0]", value):
            raise UsageError(f"the header {name} holds a line break or NUL (RFC 9110 §5.5)")
        lines.append(f"{name}: {value}")
    try:
        return "\r\n".join([*lines, "", ""]).encode("latin-1")
    except UnicodeEncodeError:
        raise UsageError(
            "a header holds a character that ISO-8859-1 does not have",
            hint="percent-encode it, or use base64",
        ) from None
