"""Kept events on their way to a file or a shell command: all of them, and never many at once."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest

from tests.repl.samples import run_of
from wscli.errors import OutputFailed
from wscli.repl.keeping import save, write_events
from wscli.repl.ring import Ring
from wscli.repl.shell import Answer, pipe_to
from wscli.sinks.output import Output
from wscli.sinks.redact import Redactor
from wscli.wire.dissect import Numbering

COUNT = 8_000


def full_ring() -> Ring:
    """`COUNT` messages, over 4 MB as NDJSON."""
    ring, numbering = Ring(), Numbering()
    for read in range(8):
        texts = (f"message {number}" for number in range(read * COUNT // 8, (read + 1) * COUNT // 8))
        ring.feed(run_of(*texts, numbering=numbering))
    return ring


class Watched(Output):
    """An Output that knows how much ever waited in it."""

    most = 0

    def write(self, chunk: bytes) -> None:
        super().write(chunk)
        self.most = max(self.most, self.queued)


async def test_little_waits_for_a_command_that_reads_slowly() -> None:
    read_end, write_end = os.pipe()
    output = Watched(write_end, name="a pipe", limit=64 * 1024)
    with os.fdopen(read_end, "rb") as reader, os.fdopen(write_end, "wb") as writer:
        writing = asyncio.create_task(write_events(full_ring(), Redactor(), output))
        # Everything that can be done without a reader is done.
        while output.queued < 64 * 1024:  # noqa: ASYNC110 - the queue sets no event when it is full
            await asyncio.sleep(0)
        reading = asyncio.create_task(asyncio.to_thread(reader.read))
        assert await writing == 2 * COUNT
        await output.close()
        writer.close()
        lines = (await reading).splitlines()
    assert [json.loads(line)["n"] for line in lines] == [n for i in range(1, COUNT + 1) for n in (i, i)]
    assert output.most < 256 * 1024 < sum(map(len, lines))


async def piped(shell_command: str) -> Answer:
    async def feed(output: Output) -> str:
        return f"{await write_events(full_ring(), Redactor(), output)} events"

    return await pipe_to(shell_command, feed)


async def test_a_command_gets_every_event() -> None:
    assert await piped("wc -l | tr -d ' '") == Answer(f"{2 * COUNT}\n", 0, f"{2 * COUNT} events")


@pytest.mark.parametrize("shell_command", ["head -n 1", "exec <&-; echo '{\"n\": 1}'"])
async def test_a_command_that_stops_reading_is_told_of(shell_command: str) -> None:
    answer = await piped(shell_command)
    assert json.loads(answer.text)["n"] == 1
    assert answer.status == 0
    assert answer.taken is None


async def test_a_child_that_outlives_the_command_does_not_hold_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "end")
    child = f"exec setsid cat {tmp_path / 'end'} >/dev/null 2>&1"
    answer = await piped(f"exec 3<&0; ({child}) & echo done")
    assert (answer.text, answer.taken) == ("done\n", None)
    (tmp_path / "end").write_bytes(b"")


async def test_a_file_holds_every_event(tmp_path: Path) -> None:
    name = str(tmp_path / "kept.ndjson")
    assert await save(full_ring(), Redactor(), name) == 2 * COUNT
    lines = Path(name).read_text().splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["frame", "message"] * COUNT


async def test_a_text_file_holds_them_as_plain_text(tmp_path: Path) -> None:
    name = str(tmp_path / "kept.txt")
    await save(full_ring(), Redactor(), name)
    assert Path(name).read_text().count('"message 7999"') == 2


async def test_a_file_that_exists_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine")
    with pytest.raises(OutputFailed, match="exists already"):
        await save(full_ring(), Redactor(), str(tmp_path / "kept"))
    assert (tmp_path / "kept").read_text() == "mine"
