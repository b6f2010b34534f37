"""Input bytes into messages: by delimiter, or all of it as one; pure."""

from __future__ import annotations

from typing import Protocol

from ..errors import InputFailed


class Splitter(Protocol):
    """Takes what was read, gives the messages that are complete."""

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages that this chunk completes."""

    def end(self) -> list[bytes]:
        """The message that the end of the input completes, if one."""

    @property
    def begun(self) -> bool:
        """Whether a message has begun that is not complete."""


class DelimitedSplitter:
    """Messages end with `delimiter` (one byte); what stands after the last one is a message too.

    An empty line is an empty message; nothing else of the input is added, cut or changed.
    """

    def __init__(self, delimiter: bytes = b"\n") -> None:
        self._delimiter = delimiter
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The messages that this chunk completes."""
        messages = chunk.split(self._delimiter)
        rest = messages.pop()
        if messages:
            messages[0] = b"".join([*self._parts, messages[0]])
            self._parts = []
        if rest:
            self._parts.append(rest)
        return messages

    def end(self) -> list[bytes]:
        """The message without a delimiter at the end of the input, if one."""
        rest, self._parts = b"".join(self._parts), []
        return [rest] if rest else []

    @property
    def begun(self) -> bool:
        """Whether something stands after the last delimiter."""
        return bool(self._parts)


class WholeSplitter:
    """All of the input is one message, also when it is empty."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """Nothing yet: the message ends with the input."""
        self._parts.append(chunk)
        return []

    def end(self) -> list[bytes]:
        """The one message."""
        whole, self._parts = b"".join(self._parts), []
        return [whole]

    @property
    def begun(self) -> bool:
        """Whether there is input, and no end of it yet."""
        return bool(self._parts)


def check_text(messages: list[bytes], before: int) -> list[bytes]:
    """The same messages, when all are UTF-8; `before` were read earlier.

    Raises: InputFailed with the number of the first that is not (RFC 6455 §5.6).
    """
    if b"".join(messages).isascii():
        return messages
    for number, message in enumerate(messages, before + 1):
        try:
            message.decode()
        except UnicodeDecodeError as failure:
            raise InvalidText(number, messages[: number - before - 1], failure) from None
    return messages


class InvalidText(InputFailed):
    """A message that is to be sent as text is not UTF-8; `good` are those of the same read before it."""

    def __init__(self, number: int, good: list[bytes], failure: UnicodeDecodeError) -> None:
        byte = failure.object[failure.start]
        super().__init__(
            f"message {number} of standard input is not UTF-8: byte 0x{byte:02x} at offset {failure.start}",
            hint="send it as binary with --binary, or convert it first (iconv)",
        )
        self.good = good
