"""Where connections lead, and the pauses between them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from tests.peers.raw import Peer, raw_server
from tests.support import until
from wscli.cli.wiring import demo_server
from wscli.config import DemoUrl, Target, Url, parse_url
from wscli.errors import UsageError
from wscli.events import Clock
from wscli.repl.destination import Destination
from wscli.repl.link import Link, State
from wscli.repl.route import Route
from wscli.repl.voice import Voice
from wscli.session.journal import Journal
from wscli.session.reconnect import Reconnector, ReconnectPolicy
from wscli.sinks.human_style import PLAIN
from wscli.sinks.redact import Redactor

NOBODY = "ws://127.0.0.1:1/"


def target(url: str) -> Target:
    where = parse_url(url)
    assert isinstance(where, Url)
    return Target(where)


async def echo(peer: Peer) -> None:
    await peer.accept()
    await peer.echo()


async def mute(peer: Peer) -> None:
    await peer.wait_eof()


class Journey:
    """A route, and all that it needs."""

    def __init__(self, first: str, profiles: dict[str, Destination]) -> None:
        self.said = bytearray()
        self.redactor = Redactor()
        journal = Journal(Clock())
        self.link = Link(journal, frozenset(), lambda: None, lambda _: None, lambda: None, lambda _: None)
        # An hour: a pause that nothing ends is never over.
        reconnector = Reconnector(ReconnectPolicy(), journal, lambda _low, _high: 3600.0)

        def known(name: str) -> Destination:
            if name not in profiles:
                raise UsageError(f"there is no profile {name!r}")
            return profiles[name]

        voice = Voice(self.said.extend, PLAIN, self.redactor, lambda: 80)
        self.route = Route(
            Destination(target(first), "first"),
            self.link,
            voice,
            self.redactor,
            reconnector,
            demo_server,
            known,
        )


@contextlib.asynccontextmanager
async def journey(first: str = NOBODY, **profiles: Destination) -> AsyncIterator[Journey]:
    made = Journey(first, {f"@{name}": destination for name, destination in profiles.items()})
    try:
        yield made
    finally:
        made.route.stop()
        await made.link.abandon()
        await made.route.aclose()


async def paused(made: Journey) -> asyncio.Task[bool]:
    """A route on its way to nobody, in the pause before the second attempt."""
    connecting = asyncio.create_task(made.route.connect())
    await until(lambda: made.route._pause is not None)
    return connecting


async def test_a_pause_can_be_given_up() -> None:
    async with journey() as made:
        assert not made.route.give_up()
        connecting = await paused(made)
        assert made.route.give_up()
        assert not await connecting
        assert not made.route.give_up()


async def test_an_opening_can_be_given_up_and_no_other_attempt_follows() -> None:
    async with raw_server(mute) as server, journey(server.url) as made:
        connecting = asyncio.create_task(made.route.connect())
        await until(lambda: made.link.phase == "reply")
        assert made.route.give_up()
        assert not await connecting
        assert (made.link.state, made.route._pause) == (State.CLOSED, None)


async def test_what_is_open_is_not_given_up() -> None:
    async with raw_server(echo) as server, journey(server.url) as made:
        assert await made.route.connect()
        assert not made.route.give_up()
        assert made.link.state is State.OPEN


async def test_stop_ends_a_pause_and_grants_no_other_attempt() -> None:
    async with journey() as made:
        connecting = await paused(made)
        made.route.stop()
        assert not await connecting
        assert made.route.next_delay(made.link.session) is None


async def test_who_goes_elsewhere_in_a_pause_is_not_called_back() -> None:
    async with raw_server(echo) as server, journey() as made:
        connecting = await paused(made)
        assert await made.route.reach(server.url)
        assert not await connecting
        assert made.link.state is State.OPEN
        assert made.route.name == server.url.removeprefix("ws://").rstrip("/")


async def test_a_destination_that_is_not_known_leaves_the_connection_open() -> None:
    async with raw_server(echo) as server, journey(server.url) as made:
        assert await made.route.connect()
        for where in ("@nowhere", "localhost:80"):
            with pytest.raises(UsageError):
                await made.route.reach(where)
            assert made.link.state is State.OPEN
            assert made.route.name == "first"
            assert not made.route.busy


async def test_a_profile_leads_to_its_url_with_its_headers_and_no_others() -> None:
    async with raw_server(echo) as server, contextlib.AsyncExitStack() as stack:
        headers = (("Authorization", "Bearer s3cr3t-of-the-profile"),)
        theirs = Target(target(server.url).url, headers=headers)
        work = Destination(theirs, "work", secrets=("looked-up-secret",))
        made = await stack.enter_async_context(journey(work=work))
        assert await made.route.reach("@work")
        assert (made.route.name, made.route.target) == ("work", theirs)
        assert not made.route.at_first
        shown = made.redactor.scrub("s3cr3t-of-the-profile looked-up-secret")
        assert "s3cr3t" not in shown
        assert "looked-up" not in shown


async def test_a_profile_may_be_a_demo() -> None:
    placeholder = Destination(target(NOBODY), "demo:hello", DemoUrl("hello", ""))
    async with journey(here=placeholder) as made:
        assert await made.route.reach("@here")
        assert made.route.name == "demo:hello"
        assert made.link.state is State.OPEN


async def test_the_way_back_is_the_first_again() -> None:
    async with raw_server(echo) as server, journey(server.url) as made:
        assert await made.route.connect()
        assert await made.route.reach("demo:")
        assert not made.route.at_first
        assert await made.route.reach(server.url)
        assert made.route.at_first


async def test_who_goes_elsewhere_does_not_wait_for_a_close_that_never_comes() -> None:
    async def deaf(peer: Peer) -> None:
        await peer.accept()
        await peer.wait_eof()

    async with raw_server(deaf) as silent, raw_server(echo) as server, journey(silent.url) as made:
        # Without a bound of its own this would take an hour.
        made.route.target = Target(target(silent.url).url, close_timeout=3600.0)
        assert await made.route.connect()
        assert await made.route.reach(server.url)
        assert made.link.state is State.OPEN
