"""What a check keeps of what came: nothing is lost, nobody sleeps on it, and memory has a bound."""

from __future__ import annotations

import asyncio

import pytest

from wscli.check.facts import Inbox
from wscli.check.waiting import either
from wscli.errors import TooLarge
from wscli.probes.conduct import Watch
from wscli.wire.runs import MessageRun


def run_of(*payloads: bytes) -> MessageRun:
    wire, starts, ends = b"", [], []
    for payload in payloads:
        wire += bytes((0x81, len(payload)))
        starts.append(len(wire))
        wire += payload
        ends.append(len(wire))
    return MessageRun(wire, 0, starts, ends)


async def look(inbox: Inbox, watch: Watch) -> tuple[bytes, bool]:
    while (message := inbox.take()) is None:
        await either(inbox.fed(), watch)
    return message


@pytest.mark.parametrize("turns", range(6))
async def test_a_message_that_comes_at_any_turn_of_the_loop_wakes_whoever_looks(turns: int) -> None:
    inbox, watch = Inbox(lambda _: None, keep=True), Watch()
    looking = asyncio.create_task(look(inbox, watch))
    # The wait begins some turns after the look found nothing; healthy endpoints failed for what came between.
    for _ in range(turns):
        await asyncio.sleep(0)
    inbox.feed([run_of(b"hi")])
    async with asyncio.timeout(10):
        assert await looking == (b"hi", True)


async def test_it_holds_the_peer_up_only_while_no_step_waits_for_the_peer() -> None:
    inbox = Inbox(lambda _: None, keep=True)
    inbox.feed([MessageRun(bytes(2 * 1024 * 1024), 0, [0], [2 * 1024 * 1024])])
    held_up = asyncio.create_task(inbox.ready())
    await asyncio.sleep(0)
    assert not held_up.done()
    async with asyncio.timeout(10):
        with inbox.holding_nobody_up():
            await held_up
    held_up = asyncio.create_task(inbox.ready())
    await asyncio.sleep(0)
    assert not held_up.done()
    inbox.take()
    async with asyncio.timeout(10):
        await held_up


def test_empty_messages_take_up_memory_too() -> None:
    overflows: list[TooLarge] = []
    inbox = Inbox(overflows.append, keep=True)
    batch = [run_of(*[b""] * 64 * 1024)] * 4
    for _ in range(4):
        inbox.feed(batch)
    assert len(overflows) == 1
    assert inbox.take() is None
