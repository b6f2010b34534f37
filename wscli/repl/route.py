"""The route: where the REPL's connections lead, one after another, and the pauses between them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Final

from msgspec.structs import replace as with_fields

from ..config import DemoUrl, Url, parse_url
from ..errors import UsageError
from ..session.reconnect import Reconnector
from ..session.session import Session
from ..sinks.redact import Redactor
from ..threads import in_daemon_thread
from .destination import DemoServer, Destination, Profiles, name_of, target_for
from .link import Link, State
from .voice import Voice

# Who goes elsewhere does not wait long for a peer that does not answer Close.
_LEAVING_SECONDS: Final = 1.0


class Route:
    """The first connection, those of `/reconnect` and `/connect`, and those that `--reconnect` makes.

    `name` is what the newest destination is called, `target` how it is reached; `at_first` says that it is
    the first one still. `busy` says that the user's own `/reconnect` or `/connect` is under way, `diverted`
    that the user has ever had a say in where to go. `give_up` ends what is being opened, `stop` ends all:
    nothing is connected to any more.
    """

    def __init__(
        self,
        first: Destination,
        link: Link,
        voice: Voice,
        redactor: Redactor,
        reconnector: Reconnector | None,
        demo_server: DemoServer,
        profiles: Profiles,
    ) -> None:
        self.target = first.target
        self.name = first.name
        self.busy = False
        self.diverted = False
        self._first = first.target.url.origin
        self._link = link
        self._voice = voice
        self._redactor = redactor
        self._reconnector = reconnector
        self._demo_server = demo_server
        self._profiles = profiles
        self._demos = contextlib.AsyncExitStack()
        self._pause: asyncio.Event | None = None
        self._opening: object | None = None
        self._stopped = False

    @property
    def at_first(self) -> bool:
        """Whether the newest destination has the origin of the first: what was said for that one fits it."""
        return self.target.url.origin == self._first

    async def connect(self) -> bool:
        """Open the next connection, with as many attempts as `--reconnect` grants; whether that worked."""
        opening = self._opening = object()
        try:
            while not await self._link.connect(self.target):
                session = self._link.session
                delay = self.next_delay(session) if opening is self._opening else None
                if delay is None or not await self._waited(delay, session):
                    return False
        finally:
            if opening is self._opening:
                self._opening = None
        if self._reconnector is not None:
            self._reconnector.note_open()
        return True

    async def again(self, session: Session, delay: float) -> bool:
        """Connect `delay` seconds after `session` has ended, unless the user was first; whether it did."""
        return await self._waited(delay, session) and await self.connect()

    async def reach(self, where: str | None) -> bool:
        """`/connect`, and with None `/reconnect`: close what is open, then open the other.

        Raises: WscliError when it is not known how to get there; what is open stays open then.
        """
        self.busy = self.diverted = True
        try:
            destination = None if where is None else await self._destination(where)
            self.give_up()
            await self._link.close(seconds=_LEAVING_SECONDS)
            if destination is not None:
                self.target, self.name = destination.target, destination.name
            return await self.connect()
        finally:
            self.busy = False

    def next_delay(self, session: Session | None) -> float | None:
        """Seconds until `session` gets a successor by itself (`--reconnect`); None when it gets none."""
        if self._reconnector is None or session is None or self._stopped:
            return None
        return self._reconnector.next_delay(session.failure, session.closed)

    def give_up(self) -> bool:
        """Open no connection that does not stand yet, now or after a pause; whether one was to be opened."""
        if (self._opening is None and self._pause is None) or self._link.state is State.OPEN:
            return False
        self.diverted = True
        self._opening = None
        self._end_pause()
        self._link.drop()
        return True

    def stop(self) -> None:
        """Connect no more."""
        self._stopped = True
        self._end_pause()

    def _end_pause(self) -> None:
        if self._pause is not None:
            self._pause.set()

    async def aclose(self) -> None:
        """End the embedded servers that were connected to."""
        await self._demos.aclose()

    async def _waited(self, seconds: float, session: Session | None) -> bool:
        """Whether the pause went by, and nothing else was connected to meanwhile."""
        pause = self._pause = asyncio.Event()
        try:
            await asyncio.wait_for(pause.wait(), seconds)
        except TimeoutError:
            return session is self._link.session and not self._stopped
        else:
            return False
        finally:
            if self._pause is pause:
                self._pause = None

    async def _destination(self, text: str) -> Destination:
        if text.startswith("@"):
            return await self._profile(text)
        where = parse_url(text)
        url = where if isinstance(where, Url) else await self._serve(where)
        target, left_behind = target_for(url, self.target, self._redactor)
        if left_behind:
            self._voice.note("another origin: credentials and headers of the command line stay behind")
        return Destination(target, name_of(where))

    async def _profile(self, text: str) -> Destination:
        # It may run a command for a secret, which takes its time.
        found = await in_daemon_thread(lambda: self._profiles(text), "wscli profile")
        self._redactor.learn(found.secrets)
        self._redactor.learn_target(found.target)
        if found.demo is None:
            return found
        url = await self._serve(found.demo)
        return replace(found, target=with_fields(found.target, url=url))

    async def _serve(self, demo: DemoUrl) -> Url:
        """The address of an embedded server that is up until the end."""
        server = await self._demos.enter_async_context(self._demo_server(demo))
        address = parse_url(server.url)
        if not isinstance(address, Url):
            raise UsageError(f"/connect: demo:{demo.scenario} leads nowhere")
        return address
