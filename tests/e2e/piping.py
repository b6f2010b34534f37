"""What the matrix of pipes is made of: wscli between descriptors of every kind, servers of every manner."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import pty
import re
import signal
import socket
import tempfile
import tty
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.peers import Peer, PeerGone, encode_frame
from tests.support import clean_env, command

TEXT, BINARY = 1, 2
MIB = 1 << 20

Message = tuple[int, str]
"""Opcode, and the SHA-256 of the payload."""

Manner = Callable[..., Awaitable[None]]
"""How a server behaves, with its ledger."""


def hashed(opcode: int, payload: bytes) -> Message:
    return opcode, hashlib.sha256(payload).hexdigest()


def all_hashed(opcode: int, payloads: list[bytes]) -> list[Message]:
    return [hashed(opcode, payload) for payload in payloads]


@dataclass
class Ledger:
    """What a server received and sent, each message counted and hashed."""

    received: list[Message] = field(default_factory=list)
    sent: list[Message] = field(default_factory=list)
    closed_with: int | None = None


@dataclass
class Finished:
    """What became of the process."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def unsent(self) -> int:
        """How many messages stderr says were not sent."""
        found = re.search(r"not sent[^:]*: (?:at least )?([\d,]+)", self.stderr)
        return int(found[1].replace(",", "")) if found else 0


def told(finished: Finished) -> str:
    return f"exit {finished.status}: {finished.stderr}"


def small_window(peer: Peer) -> None:
    peer.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)


async def take_all(peer: Peer, ledger: Ledger, *, answer: bool = True) -> None:
    """Receives, counts and hashes to the client's Close, which it answers unless it closed first."""
    with contextlib.suppress(PeerGone):
        while (frame := await peer.read_frame()).opcode != 8:
            if frame.opcode in (1, 2):
                ledger.received.append(hashed(frame.opcode, frame.payload))
        ledger.closed_with = frame.close_code
        if answer:
            await peer.frame(8, frame.payload)


async def give(peer: Peer, ledger: Ledger, opcode: int, payload: bytes, *, drip: bool = False) -> None:
    """Sends a message, byte by byte when `drip`; only then it counts as sent."""
    wire = encode_frame(opcode, payload)
    pieces = [wire[at : at + 1] for at in range(len(wire))] if drip else [wire]
    for piece in pieces:
        await peer.send(piece)
        if drip:
            await asyncio.sleep(0)
    ledger.sent.append(hashed(opcode, payload))


class Process:
    """A running wscli, its standard error collected."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stderr is not None
        self._stderr = asyncio.create_task(process.stderr.read())

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    async def finish(self, stdout: bytes = b"") -> Finished:
        stderr = await self._stderr
        return Finished(await self.process.wait(), stdout, stderr.decode())


@contextlib.asynccontextmanager
async def started(*args: str, stdin: int | None, stdout: int | None) -> AsyncIterator[Process]:
    """`wscli args` with these descriptors as its streams; None closes one."""
    line = command(*args)
    closing = "".join(f" {number}>&-" for number, fd in ((0, stdin), (1, stdout)) if fd is None)
    if closing:
        line = ["/bin/sh", "-c", f'exec "$@"{closing}', "sh", *line]
    process = await asyncio.create_subprocess_exec(
        *line,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
        stdout=asyncio.subprocess.DEVNULL if stdout is None else stdout,
        stderr=asyncio.subprocess.PIPE,
        env=clean_env(),
    )
    running = Process(process)
    try:
        yield running
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await asyncio.gather(running._stderr, return_exceptions=True)


def write_all(fd: int, content: bytes) -> None:
    """Writes and closes; a reader that has gone ends it."""
    view = memoryview(content)
    with contextlib.suppress(BrokenPipeError):
        while view:
            view = view[os.write(fd, view) :]
    os.close(fd)


def read_all(fd: int) -> bytes:
    """Everything to the end, which on a terminal is EIO."""
    parts = []
    with contextlib.suppress(OSError):
        while chunk := os.read(fd, 1 << 16):
            parts.append(chunk)
    os.close(fd)
    return b"".join(parts)


@contextlib.contextmanager
def fifo() -> Iterator[tuple[int, int]]:
    """Both ends of a named pipe: where to read, where to write; the caller closes what it takes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fifo"
        os.mkfifo(path)
        reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        writing = os.open(path, os.O_WRONLY)
        os.set_blocking(reading, True)
        yield reading, writing


@contextlib.contextmanager
def input_of(kind: str, content: bytes) -> Iterator[tuple[int | None, asyncio.Task[None] | None]]:
    """A descriptor of this kind that gives `content`, and the task that writes it, where one has to."""
    with contextlib.ExitStack() as stack:
        if kind == "closed":
            yield None, None
            return
        if kind == "file":
            file = stack.enter_context(tempfile.TemporaryFile())
            file.write(content)
            file.seek(0)
            yield file.fileno(), None
            return
        if kind == "terminal":
            writing, reading = pty.openpty()
            stack.callback(os.close, writing)
            # As somebody would type it: a line each, and Ctrl-D at the start of a line.
            content += b"\x04"
            target = os.dup(writing)
        elif kind == "fifo":
            reading, target = stack.enter_context(fifo())
        else:
            reading, target = os.pipe()
        stack.callback(os.close, reading)
        yield reading, asyncio.create_task(asyncio.to_thread(write_all, target, content))


class Drain:
    """A descriptor to write to, and what was written to it, read once `collect` is called."""

    def __init__(self, kind: str) -> None:
        self._folder = contextlib.ExitStack()
        self._reading: int
        if kind == "file":
            # The file's own position is wscli's: what it wrote is read through another descriptor.
            path = Path(self._folder.enter_context(tempfile.TemporaryDirectory())) / "out"
            self.fd = os.open(path, os.O_WRONLY | os.O_CREAT)
            self._reading = os.open(path, os.O_RDONLY)
        elif kind == "terminal":
            self._reading, self.fd = pty.openpty()
            tty.setraw(self.fd)
        elif kind == "fifo":
            self._reading, self.fd = self._folder.enter_context(fifo())
        else:
            self._reading, self.fd = os.pipe()
        self._file = kind == "file"

    async def collect(self, process: Process) -> bytes:
        """Reads to the end, which comes when the process has closed its side."""
        os.close(self.fd)
        if self._file:
            await process.process.wait()
        content = await asyncio.to_thread(read_all, self._reading)
        self._folder.close()
        return content

    def leave(self) -> None:
        """Goes away without reading."""
        os.close(self.fd)
        os.close(self._reading)
        self._folder.close()


async def run_piped(
    *args: str, stdin: str = "closed", content: bytes = b"", stdout: str = "pipe"
) -> Finished:
    """Runs wscli to its end between descriptors of these kinds."""
    drain = Drain(stdout)
    with input_of(stdin, content) as (fd, writing):
        async with started(*args, stdin=fd, stdout=drain.fd) as process:
            written = await drain.collect(process)
            finished = await process.finish(written)
    if writing is not None:
        await writing
    return finished
