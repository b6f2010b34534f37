"""The commands that send something: a Command value and an open session in, frames out."""

from __future__ import annotations

import secrets
import stat
from itertools import pairwise
from pathlib import Path
from typing import Final

from ..errors import InputFailed, UsageError
from ..payloads import read_file
from ..session.session import Session
from ..wire.frame import Opcode, encode_frame
from .commands import AtFile, Payload, Ping, Pong, SendBinary, SendFragments, SendFrame, SendText

Sending = SendText | SendBinary | SendFragments | SendFrame | Ping | Pong
SENDING: Final = (SendText, SendBinary, SendFragments, SendFrame, Ping, Pong)

MOST_FILE: Final = 64 * 1024**2
MOST_QUEUED: Final = 64 * 1024**2
"""Bytes: a peer that does not read must not fill our memory with what was typed."""


def send(session: Session, command: Sending) -> None:
    """Queue what `command` says.

    Raises: Unsent when the connection is not open, UsageError or InputFailed when there is nothing to send.
    """
    if session.was_open and session.queued_bytes > MOST_QUEUED:
        raise UsageError("the peer does not read: too much waits to be sent already; nothing was added")
    match command:
        case SendText():
            session.send_text(_text(command.payload))
        case SendBinary():
            session.send_binary(load(command.payload))
        case SendFragments():
            session.send_fragments(Opcode.TEXT, split(command.payload, command.count))
        case SendFrame():
            session.send_raw(_frame(command))
        case Ping():
            # Pings that look alike could not be told apart by their pongs.
            session.send_ping(command.payload or secrets.token_hex(4).encode())
        case Pong():
            session.send_pong(command.payload)


def split(payload: bytes, count: int) -> list[bytes]:
    """`payload` in `count` parts of nearly the same length; some are empty when there are too few bytes."""
    edges = [len(payload) * index // count for index in range(count + 1)]
    return [payload[start:end] for start, end in pairwise(edges)]


def load(payload: Payload) -> bytes:
    """The bytes that a payload stands for.

    Raises: InputFailed for a file that cannot be read, is no file, or is over 64 MiB.
    """
    if not isinstance(payload, AtFile):
        return payload
    try:
        status = Path(payload.name).expanduser().stat()
    except (OSError, ValueError, RuntimeError):
        return read_file("nothing was sent", payload.name)
    if not stat.S_ISREG(status.st_mode):
        raise InputFailed(f"nothing was sent: {payload.name!r} is no regular file")
    if status.st_size > MOST_FILE:
        raise InputFailed(f"nothing was sent: {payload.name!r} has {status.st_size:,} bytes, over 64 MiB")
    return read_file("nothing was sent", payload.name)


def _text(payload: Payload) -> bytes:
    content = load(payload)
    try:
        content.decode()
    except UnicodeDecodeError as failure:
        raise InputFailed(
            f"nothing was sent: the file is not UTF-8 (byte 0x{content[failure.start]:02x}"
            f" at offset {failure.start:,})",
            hint="/binary @FILE sends any bytes",
        ) from None
    return content


def _frame(command: SendFrame) -> bytes:
    mask = (
        command.mask if isinstance(command.mask, bytes) else secrets.token_bytes(4) if command.mask else None
    )
    return encode_frame(
        command.opcode,
        load(command.payload),
        fin=command.fin,
        rsv1=command.rsv1,
        rsv2=command.rsv2,
        rsv3=command.rsv3,
        mask=mask,
        declared_length=command.length,
    )
