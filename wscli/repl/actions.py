"""What each command does: the one place where Command values meet the connection and the screen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final

from ..errors import Unsent, UsageError, WscliError
from ..probes.stop import Stop
from ..sinks.human_style import plural, size_text
from ..sinks.output import Output
from ..sinks.redact import Redactor
from . import commands as c
from .keeping import save, write_events
from .link import Link, State
from .ring import Ring
from .sending import SENDING, send
from .settings import Preferences
from .shell import Feed, pipe_to
from .showing import Showing
from .view import View
from .voice import Voice

_MOST_ANSWER_LINES: Final = 500

Reach = Callable[[str | None], Coroutine[Any, Any, None]]


class Actions:
    """Carries commands out. What takes time goes on as a task; `interrupt` cancels a pipe.

    `reach` connects (to a URL, or to the same one again), `give_up` ends the opening of a connection, or
    the pause before it, and says whether there was one, `leave` closes and ends the REPL, `apply` puts
    preferences into force, `typed` gives the history, `broken` is told of a bug.
    """

    def __init__(
        self,
        link: Link,
        ring: Ring,
        view: View,
        voice: Voice,
        showing: Showing,
        preferences: Preferences,
        redactor: Redactor,
        *,
        reach: Reach,
        give_up: Callable[[], bool],
        leave: Callable[[], None],
        apply: Callable[[], None],
        typed: Callable[[], list[str]],
        broken: Callable[[Exception], None],
    ) -> None:
        self._link = link
        self._ring = ring
        self._view = view
        self._voice = voice
        self._showing = showing
        self._preferences = preferences
        self._redactor = redactor
        self._reach = reach
        self._give_up = give_up
        self._leave = leave
        self._apply = apply
        self._typed = typed
        self._broken = broken
        self._tasks: set[asyncio.Task[None]] = set()
        self._saves: set[asyncio.Task[None]] = set()
        self._pipe: asyncio.Task[None] | None = None
        self._reaching: asyncio.Task[None] | None = None

    def perform(self, command: c.Command) -> None:
        """Do what `command` says.

        Raises: WscliError when nothing was done.
        """
        if isinstance(command, SENDING):
            self._send(command)
            return
        match command:
            case c.CloseWith(code, reason):
                self._close(code, reason)
            case c.Reconnect():
                self._connect(None)
            case c.ConnectTo(url):
                self._connect(url)
            case c.Quit():
                self._leave()
            case c.Save(file=str(name)):
                self._saves.add(saving := self._begin(self._save(name)))
                saving.add_done_callback(self._saves.discard)
            case c.Save(pipe=str(shell_command)):
                self._pipe_to(shell_command, self._feed_kept)
            case c.ShowFrame(n, pipe=str(shell_command)):
                self._pipe_to(shell_command, _feeding(self._showing.find_frame(n).payload))
            case c.SetFilter() | c.Pretty() | c.Pause() | c.Resume() | c.SetOption():
                self._change(command)
            case _:
                self._show(command)

    def interrupt(self) -> bool:
        """End a shell command that runs, or else the opening of a connection; whether there was one."""
        if self._pipe is None or self._pipe.done():
            return self._given_up()
        self._end_pipe()
        return True

    async def finish(self, stop: Stop) -> None:
        """End what is still going on; files are completed first, unless `stop` asks for haste."""
        if self._saves and not stop.requested:
            self._voice.note("leaving once /save is done")
            asked: asyncio.Task[Any] = asyncio.create_task(stop.wait())
            while self._saves and not asked.done():
                await asyncio.wait({asked, *self._saves}, return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
        self._end_pipe()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _end_pipe(self) -> None:
        if self._pipe is not None and not self._pipe.done():
            self._pipe.cancel()
            self._voice.note("the shell command was ended")

    def _send(self, command: Any) -> None:
        session = self._link.session
        if session is None or self._link.state is not State.OPEN:
            raise Unsent(f"nothing was sent: the connection is {self._link.state.value}", hint="/reconnect")
        send(session, command)

    def _close(self, code: int, reason: str) -> None:
        session = self._link.session
        if self._given_up():
            return
        if session is None or self._link.state is not State.OPEN:
            raise Unsent(f"nothing was sent: the connection is {self._link.state.value}")
        session.send_close(code, reason)

    def _given_up(self) -> bool:
        if not self._give_up():
            return False
        self._voice.note("given up: nothing is being opened any more; /reconnect tries again")
        return True

    def _connect(self, url: str | None) -> None:
        if self._reaching is not None and not self._reaching.done():
            raise UsageError("a connection is being opened already")
        self._reaching = self._begin(self._reach(url))

    async def _save(self, name: str) -> None:
        try:
            count = await save(self._ring, self._redactor, name)
        except asyncio.CancelledError:
            self._voice.warn(f"/save: {name} is not complete")
            raise
        fallen = self._ring.lost_frames
        older = f"; {plural(fallen, 'older frame')} had fallen out of the ring" if fallen else ""
        self._voice.note(f"{plural(count, 'event')} saved to {name}{older}")

    async def _feed_kept(self, output: Output) -> str:
        return plural(await write_events(self._ring, self._redactor, output), "event")

    def _pipe_to(self, shell_command: str, feed: Feed) -> None:
        if self._pipe is not None and not self._pipe.done():
            raise UsageError("a shell command is running already", hint="Ctrl-C ends it")
        self._pipe = self._begin(self._run_pipe(shell_command, feed))

    async def _run_pipe(self, shell_command: str, feed: Feed) -> None:
        answer = await pipe_to(shell_command, feed)
        lines = answer.text.removesuffix("\n").split("\n") if answer.text else []
        self._voice.text(lines[:_MOST_ANSWER_LINES])
        if len(lines) > _MOST_ANSWER_LINES or answer.truncated:
            self._voice.note("its answer is longer: write it to a file with > FILE")
        status = f" with status {answer.status}" if answer.status else ""
        early = " before it had read everything" if answer.taken is None else ""
        if status or early:
            self._voice.note(f"the shell command ended{status}{early}")
        elif not lines:
            self._voice.note(f"the shell command took {answer.taken} and said nothing")

    def _change(self, command: c.Command) -> None:
        view, voice, preferences = self._view, self._voice, self._preferences
        match command:
            case c.SetFilter(filter=None):
                voice.note(f"filter: {view.filter.text}" if view.filter else "no filter: everything is shown")
            case c.SetFilter(filter=wanted) if wanted is not None:
                view.filter = wanted
                voice.note(f"shown: {wanted.text}; all is kept" if wanted else "everything is shown")
            case c.Pretty(on):
                preferences.pretty = not preferences.pretty if on is None else on
                voice.note(f"JSON on many lines: {preferences.shown('pretty')}")
            case c.Pause():
                view.pause()
                voice.note("paused: what comes is kept, and not shown until /resume")
            case c.Resume() if not view.paused:
                voice.note("nothing was paused")
            case c.Resume():
                hidden = view.resume()
                where = " (/show N, /find, /save)" if hidden else ""
                voice.note(f"{plural(hidden, 'frame')} came meanwhile{where}")
            case c.SetOption(name=str(name), value=str(value)):
                preferences.change(name, value)
                voice.note(f"{name}: {preferences.shown(name)}")
            case _:
                self._showing.preferences(preferences)
        self._apply()

    def _show(self, command: c.Command) -> None:
        showing = self._showing
        match command:
            case c.ShowFrame(n):
                showing.frame(n)
            case c.Find(pattern):
                showing.find(pattern)
            case c.ShowHeaders():
                showing.headers()
            case c.ShowTls():
                showing.tls(secure=self._link.secure)
            case c.ShowInfo():
                showing.info(self._link.state.value)
            case c.ShowStats():
                showing.stats(self._view.hidden)
            case c.ShowHistory(word):
                showing.history(self._typed(), word)
            case c.Help(topic):
                showing.help(topic)
            case _:
                return

    def _begin(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._told(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except WscliError as failure:
            self._voice.error(failure)
        except Exception as bug:  # noqa: BLE001 # told where every bug is told, not at the end of the loop
            self._broken(bug)


def _feeding(payload: bytes) -> Feed:
    async def feed(output: Output) -> str:
        output.write(payload)
        return size_text(len(payload))

    return feed
