"""One conformance case: what the server sends, and what must come back from a client that echoes.

A case is played against Session and Echo in this process (`check`), or against the program (`check_program`).
The server compares every message byte for byte, and looks at the pongs, at our Close and at the exit code.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.peers import Peer, PeerFrame, raw_server
from tests.session.driving import converse
from tests.support import wscli
from wscli.errors import ExitCode
from wscli.oneshot.feed import Echo
from wscli.session.session import Session

TEXT, BINARY = 1, 2
# What this run of the tests has played, for `python -m tests.hostile`.
COUNTED = {"cases": 0, "bytes": 0}


@dataclass(frozen=True)
class Case:
    """`writes` are sent one after the other; `echoes` and `pongs` must come back, in order.

    `close` is the code that our Close must bear: None for an empty one, -1 when the server sends its Close
    1000 after all that, and expects it back. `exit_code` is what contract §3 says of it.
    """

    name: str
    writes: tuple[bytes, ...]
    echoes: tuple[tuple[int, bytes], ...] = ()
    pongs: tuple[bytes, ...] = ()
    close: int | None = -1
    exit_code: ExitCode = ExitCode.OK

    def __str__(self) -> str:
        return self.name


def violating(name: str, *writes: bytes, close: int = 1002, **fields: Any) -> Case:
    """A case in which the server breaks the protocol, and is told so."""
    return Case(name, writes, close=close, exit_code=ExitCode.PROTOCOL, **fields)


@dataclass
class Negotiated:
    """permessage-deflate as the server answers it; the other side of what wscli compresses is here."""

    answer: str = "permessage-deflate"
    client_window: int = 15
    client_takeover: bool = True
    _inflater: Any = None

    def inflate(self, payload: bytes) -> bytes:
        """A message of the client's, in steps so small that nothing beyond its window is in reach."""
        if self._inflater is None or not self.client_takeover:
            self._inflater = zlib.decompressobj(-max(self.client_window, 9))
        pieces, rest = [], payload + b"\x00\x00\xff\xff"
        while rest:
            pieces.append(self._inflater.decompress(rest, 128))
            rest = self._inflater.unconsumed_tail
            if not rest and len(pieces[-1]) == 128:
                rest = b""
                pieces.append(self._inflater.decompress(b"", 0))
        return b"".join(pieces)


class Server:
    """Plays one case and keeps what the client answered."""

    def __init__(self, case: Case, deflate: Negotiated | None = None) -> None:
        self._case = case
        self._deflate = deflate
        self.messages: list[tuple[int, bytes]] = []
        self.pongs: list[bytes] = []
        self.close: PeerFrame | None = None
        self._parts: list[PeerFrame] = []

    async def script(self, peer: Peer) -> None:
        case = self._case
        await peer.accept(extensions=None if self._deflate is None else self._deflate.answer)
        for write in case.writes:
            await peer.send(write)
        if case.close == -1:
            while len(self.messages) < len(case.echoes) or len(self.pongs) < len(case.pongs):
                if not await self._take(peer):
                    return
            await peer.close(1000)
        while await self._take(peer):
            pass

    async def _take(self, peer: Peer) -> bool:
        frame = await peer.read_frame()
        assert frame.mask is not None, "RFC 6455 §5.1: a client masks"
        if frame.opcode == 10:
            self.pongs.append(frame.payload)
        elif frame.opcode == 8:
            self.close = frame
            return False
        else:
            self._parts.append(frame)
            if frame.fin:
                self._message()
        return True

    def _message(self) -> None:
        first = self._parts[0]
        payload = b"".join(part.payload for part in self._parts)
        if first.rsv & 4:
            assert self._deflate is not None, "RSV1 without permessage-deflate"
            payload = self._deflate.inflate(payload)
        self._parts = []
        self.messages.append((first.opcode, payload))

    def judge(self, exit_code: int, said: object = "") -> None:
        """Compares what came back with what had to."""
        case = self._case
        assert self.messages == list(case.echoes), (case.name, exit_code, said)
        assert self.pongs == list(case.pongs), (case.name, exit_code, said)
        assert exit_code == case.exit_code, (case.name, said)
        assert self.close is not None, f"{case.name}: no Close came"
        assert self.close.close_code == (1000 if case.close == -1 else case.close), case.name
        COUNTED["cases"] += 1
        COUNTED["bytes"] += sum(map(len, case.writes))


async def _echo(session: Session) -> None:
    session.paced = True
    session.journal.listeners.append(Echo(session))


async def check(case: Case, negotiated: Negotiated | None = None, **options: Any) -> None:
    """Plays `case` against a session in this process."""
    server = Server(case, negotiated)
    outcome = await converse(server.script, _echo, **options)
    server.judge(outcome.exit_code, outcome.session.failure)


async def check_all(cases: Iterable[Case], **options: Any) -> None:
    """Plays every case, each over a connection of its own."""
    for case in cases:
        await check(case, **options)


async def check_program(case: Case, *options: str, deflate: Negotiated | None = None) -> None:
    """Plays `case` against `wscli connect --echo`."""
    server = Server(case, deflate)
    async with raw_server(server.script) as listening:
        ran = await wscli("connect", "--echo", listening.url, *options)
        await listening.finished()
    server.judge(ran.returncode, ran.stderr.decode())
    assert b"Traceback" not in ran.stderr


def chopped(octets: bytes, size: int) -> tuple[bytes, ...]:
    """`octets` in writes of `size` bytes."""
    return tuple(octets[at : at + size] for at in range(0, len(octets), size))


def named(case: Case, suffix: str, writes: tuple[bytes, ...]) -> Case:
    """The same case, sent in other writes."""
    return dataclasses.replace(case, name=f"{case.name}, {suffix}", writes=writes)
