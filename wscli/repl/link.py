"""The link: the REPL's connections, one after another, all on one journal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import Enum

from ..config import Target
from ..errors import WscliError
from ..session.journal import Journal
from ..session.session import Session


class State(Enum):
    """How a connection stands (RFC 6455 §4.1 and §7.1)."""

    CONNECTING = "CONNECTING"
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    CLOSED = "CLOSED"


class Link:
    """Holds at most one connection.

    `begins` is told before each is opened, `ended` of each that ends by itself, opened or not, with its
    failure; `broken` of a bug in one. `secure` says that the newest connection's URL asks for TLS.
    """

    def __init__(
        self,
        journal: Journal,
        ok_close: frozenset[int],
        begins: Callable[[], None],
        ended: Callable[[Session], None],
        changed: Callable[[], None],
        broken: Callable[[Exception], None],
    ) -> None:
        self._journal = journal
        self._ok_close = ok_close
        self._begins = begins
        self._ended = ended
        self._changed = changed
        self._broken = broken
        self._task: asyncio.Task[None] | None = None
        self.session: Session | None = None
        self.secure = False

    @property
    def state(self) -> State:
        session = self.session
        if session is None:
            return State.CONNECTING
        if session.closed is not None or self._task is None or self._task.done():
            return State.CLOSED
        if not session.was_open:
            return State.CONNECTING
        return State.OPEN if session.is_open else State.CLOSING

    @property
    def was_open(self) -> bool:
        """Whether the newest connection's opening handshake succeeded."""
        return self.session is not None and self.session.was_open

    @property
    def failure(self) -> WscliError | None:
        """Why the newest connection did not go, or end, well."""
        return None if self.session is None else self.session.failure

    @property
    def phase(self) -> str:
        """How far the opening handshake has come."""
        return "" if self.session is None else self.session.handshake.phase

    @property
    def unsent_bytes(self) -> int:
        """Bytes that wait to be handed to the socket."""
        session = self.session
        return session.queued_bytes if session is not None and session.was_open else 0

    async def connect(self, target: Target) -> bool:
        """Open a connection, the one before being over; whether that worked (`failure` says why not)."""
        self._begins()
        self.secure = target.url.secure
        session = self.session = Session(target, self._journal, ok_close=self._ok_close)
        opened = asyncio.Event()
        self._task = asyncio.create_task(self._live(session, opened))
        self._changed()
        await opened.wait()
        return session.was_open

    async def _live(self, session: Session, opened: asyncio.Event) -> None:
        try:
            async with session:
                await session.open()
                opened.set()
                self._changed()
                await session.wait_closed()
        except WscliError as failure:
            session.failure = session.failure or failure
        except Exception as bug:  # noqa: BLE001 # told at the end of the run (contract §3, 70)
            self._broken(bug)
            return
        finally:
            opened.set()
        # After this step the task is done, and with it the state is CLOSED.
        asyncio.get_running_loop().call_soon(self._ended, session)

    async def close(self, *, seconds: float | None = None) -> None:
        """Close with 1000, in `seconds` at most (the target's `close_timeout`); returns once it is over.

        Raises: WscliError when the Close cannot be sent.
        """
        session, state = self.session, self.state
        if session is None or state is State.CLOSED:
            return
        if state is State.CONNECTING:
            await self.abandon()
            return
        if state is State.OPEN:
            session.send_close(1000, "")
            self._changed()
        if seconds is not None:
            await session.close(seconds=seconds)
        await self.wait()

    async def give_up(self) -> None:
        """Wait no longer for the peer's part of the closing handshake."""
        if self.session is not None and self.session.was_open and self.state is not State.CLOSED:
            await self.session.close(seconds=0)
        else:
            await self.abandon()

    def drop(self) -> None:
        """End the connection as it stands, soon."""
        if self._task is not None and not self._task.done():
            self._task.cancel()

    async def abandon(self) -> None:
        """End the connection as it stands, and return once it is over."""
        self.drop()
        await self.wait()

    async def wait(self) -> None:
        """Return once the connection is over."""
        if self._task is not None:
            await asyncio.wait({self._task})
