"""The commands that show something of what is kept; none of them touches the connection."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

from ..errors import UsageError
from ..events import FrameSeen, RequestSent, ResponseReceived, TlsEstablished
from ..expect.pattern import SECONDS, TooSlow
from ..session.journal import Journal
from ..sinks.human_frames import FrameLines
from ..sinks.human_handshake import HandshakeLines
from ..sinks.human_style import plural, size_text
from ..sinks.redact import Redactor
from .anatomy import anatomy
from .commands import ALIASES, FORMS
from .facts import Facts
from .filters import ADVICE, compile_pattern
from .ring import Ring
from .settings import CHOICES, MEANINGS, Preferences
from .voice import Voice

_MOST_FOUND: Final = 20
_MOST_COUNTED: Final = 10_000
_MOST_HISTORY: Final = 50
_KEYS: Final = (
    ("Alt-Enter", "a new line in the message (so does Enter in unfinished JSON)"),
    ("Ctrl-R", "search in the history; → takes a suggestion"),
    ("Ctrl-X Ctrl-E", "the line in $EDITOR (v in vi mode)"),
    ("Ctrl-C", "clear the line; end an opening or a pipe; twice: close and leave"),
    ("Ctrl-D", "on an empty line: close with 1000 and leave"),
    ("//…", "send a line that begins with /"),
)


class Showing:
    """Answers through `voice` from `ring`, `facts` and the journal's totals."""

    def __init__(self, voice: Voice, ring: Ring, facts: Facts, journal: Journal, redactor: Redactor) -> None:
        self._voice = voice
        self._ring = ring
        self._facts = facts
        self._journal = journal
        self._redactor = redactor

    def frame(self, n: int | None) -> None:
        """`/show N`. Raises: UsageError when that frame is not kept."""
        frame = self.find_frame(n)
        palette, width = self._voice.palette, self._voice.width()
        violations, message = self._ring.violations(frame.n), self._ring.message_of(frame.n)
        self._voice.lines(anatomy(frame, violations, message, palette, width))

    def find_frame(self, n: int | None) -> FrameSeen:
        """Frame `n`; None is the newest, a negative number counts from the end.

        Raises: UsageError when it is not kept.
        """
        first, last = self._ring.first_frame, self._ring.last_frame
        if first is None or last is None:
            raise UsageError("/show: there is no frame yet")
        wanted = last if n is None else last + 1 + n if n < 0 else n
        frame = self._ring.frame(wanted)
        if frame is None:
            fallen = 0 < wanted < first
            gone = "has fallen out of the ring" if fallen else "is not there"
            more = "; --ring SIZE keeps more" if fallen else ""
            raise UsageError(f"/show: frame {wanted:,} {gone}", hint=f"kept are {first:,} to {last:,}{more}")
        return frame

    def find(self, pattern: str) -> None:
        """`/find REGEX`: the newest matches, oldest first, and how many there are."""
        matches = self._ring.find(compile_pattern(pattern).found_in)
        shown: list[FrameSeen] = []
        more, given_up = 0, False
        try:
            shown.extend(islice(matches, _MOST_FOUND))
            for _ in islice(matches, _MOST_COUNTED):
                more += 1
        except TooSlow:
            given_up = True
        lines = FrameLines(self._voice.width(), self._voice.palette, verbose=False)
        lines.set_compressed(any(frame.length != frame.wire_length for frame in shown))
        for frame in reversed(shown):
            self._voice.lines(lines.frame(frame))
        over = "over " if more == _MOST_COUNTED else "at least " if given_up else ""
        found = f"{over}{plural(len(shown) + more, 'frame')} found"
        self._voice.note(f"{found}, the newest {len(shown)} shown" if more else found)
        if given_up:
            self._voice.warn(f"given up after {SECONDS:g} s, older frames were not searched: {ADVICE}")
        self._tell_fallen_out()

    def headers(self) -> None:
        """`/headers`."""
        request = self._facts.seen.get(RequestSent)
        response = self._facts.seen.get(ResponseReceived)
        lines = HandshakeLines(self._voice.width(), self._voice.palette)
        if isinstance(request, RequestSent):
            shown = self._redactor.event(request)
            if isinstance(shown, RequestSent):
                self._voice.lines(lines.request(shown))
        if isinstance(response, ResponseReceived):
            answered = self._redactor.event(response)
            if isinstance(answered, ResponseReceived):
                self._voice.lines(lines.response(answered))
        if request is None:
            self._voice.note("no request was sent yet")

    def tls(self, *, secure: bool) -> None:
        """`/tls`; `secure` says that the URL asks for it."""
        event = self._facts.seen.get(TlsEstablished)
        if not isinstance(event, TlsEstablished):
            plain = "this connection has no TLS: its URL is a ws:// one"
            self._voice.note("no TLS handshake was completed" if secure else plain)
            return
        lines = HandshakeLines(self._voice.width(), self._voice.palette)
        self._voice.lines(lines.tls(event, certificate=True))

    def info(self, state: str) -> None:
        """`/info`."""
        totals = self._journal.totals
        received = f"{plural(totals.messages_in, 'message')}, {plural(totals.frames_in, 'frame')}"
        sent = f"{plural(totals.messages_out, 'message')}, {plural(totals.frames_out, 'frame')}"
        self._voice.facts(
            [
                ("state", state),
                *self._facts.connection(),
                ("received", f"{received}, {size_text(totals.bytes_in)}"),
                ("sent", f"{sent}, {size_text(totals.bytes_out)}"),
                ("lint", f"{plural(totals.errors, 'error')}, {plural(totals.warnings, 'warning')}"),
            ]
        )

    def stats(self, hidden: int) -> None:
        """`/stats`."""
        ring = self._ring
        kept = f"{plural(ring.frames, 'frame')} in {size_text(ring.bytes)}"
        fallen = plural(ring.lost_frames, "frame")
        rows = [*self._facts.traffic(), ("kept", kept), ("fell out", fallen)]
        if hidden:
            rows.append(("paused", f"{plural(hidden, 'frame')} not shown"))
        if self._facts.connections > 1:
            rows.append(("connections", str(self._facts.connections)))
        self._voice.facts(rows)

    def history(self, lines: Iterable[str], word: str) -> None:
        """`/history [WORD]`."""
        found = [line for line in lines if word in line][-_MOST_HISTORY:]
        self._voice.text(f"  {line.replace(chr(10), ' ⏎ ')}" for line in map(self._redactor.scrub, found))
        if not found:
            self._voice.note("nothing was typed yet" if not word else f"no line holds {word!r}")

    def help(self, topic: str) -> None:
        """`/help [COMMAND]`."""
        voice = self._voice
        if topic:
            form = FORMS[ALIASES.get(topic, topic)]
            voice.facts([("", form.usage)], voice.palette.strong)
            voice.facts([("", form.summary), *(("", detail) for detail in form.details)])
            return
        voice.facts((f"/{form.name}", form.summary) for form in FORMS.values())
        voice.lines([voice.palette.paint(voice.palette.faint, "  keys")])
        voice.facts(_KEYS)

    def preferences(self, preferences: Preferences) -> None:
        """`/set`."""
        self._voice.facts(
            (name, f"{preferences.shown(name)}  ({MEANINGS[name]}: {', '.join(CHOICES[name])})")
            for name in CHOICES
        )

    def _tell_fallen_out(self) -> None:
        if self._ring.lost_frames:
            self._voice.note(f"{plural(self._ring.lost_frames, 'older frame')} had fallen out of the ring")
