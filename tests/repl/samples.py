"""Events and runs for the tests of the REPL."""

from __future__ import annotations

from tests.peers.framing import encode_frame
from wscli.events import Direction, Event, FrameSeen, Stamp
from wscli.wire.dissect import Dissector, Numbering
from wscli.wire.runs import MessageRun


def dissected(wire_bytes: bytes, numbering: Numbering | None = None) -> list[Event | MessageRun]:
    """What a read of `wire_bytes` from the peer brings."""
    dissector = Dissector("in", numbering or Numbering(), max_size=1 << 20, deflate=None)
    return list(dissector.feed(wire_bytes, Stamp(1.0, "2026-11-21T10:00:00.000000Z")))


def run_of(*texts: str, numbering: Numbering | None = None) -> list[Event | MessageRun]:
    """A read that holds these text messages."""
    return dissected(b"".join(encode_frame(1, text) for text in texts), numbering)


def frame(
    n: int, payload: bytes, *, opcode: int = 1, header: bytes = b"\x81\x01", direction: Direction = "in"
) -> FrameSeen:
    """A frame event."""
    kinds = {0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong"}
    mask = header[-4:].hex() if header[1] & 0x80 else None
    return FrameSeen(
        t=1.0,
        time="2026-11-21T10:00:00.000000Z",
        n=n,
        direction=direction,
        opcode=opcode,
        type=kinds.get(opcode, "reserved"),  # type: ignore[arg-type] # one of the names above
        fin=bool(header[0] & 0x80),
        rsv1=bool(header[0] & 0x40),
        rsv2=False,
        rsv3=False,
        masked=mask is not None,
        mask=mask,
        wire_length=len(payload),
        length=len(payload),
        header=header.hex(),
        text=payload.decode(),
    )
