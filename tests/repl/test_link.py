"""The REPL's connections, one after another."""

from __future__ import annotations

import asyncio

from tests.peers import Peer, raw_server
from wscli.config import Target, Url, parse_url
from wscli.events import FrameSeen
from wscli.repl.link import Link
from wscli.session.journal import Batch, Journal
from wscli.wire.runs import MessageRun


class Broken:
    """A listener with a bug."""

    def feed(self, batch: Batch) -> None:
        if any(isinstance(each, FrameSeen | MessageRun) for each in batch):
            raise KeyError("bug")


async def test_a_bug_inside_a_connection_is_told() -> None:
    async def greet(peer: Peer) -> None:
        await peer.accept()
        await peer.frame(1, "hello")
        await peer.wait_eof()

    bugs: list[Exception] = []
    told = asyncio.Event()

    def broken(bug: Exception) -> None:
        bugs.append(bug)
        told.set()

    journal = Journal(listeners=[Broken()])
    link = Link(journal, frozenset(), lambda: None, lambda _: None, lambda: None, broken)
    async with raw_server(greet) as server:
        url = parse_url(server.url)
        assert isinstance(url, Url)
        await link.connect(Target(url))
        await told.wait()
        await link.wait()
    assert [type(bug) for bug in bugs] == [KeyError]
