"""The ping probe: round-trip times over an open connection, in the manner of ping(8)."""

from __future__ import annotations

import asyncio
import itertools
from math import ceil, sqrt

import msgspec

from ..config import Target
from ..errors import DeadlineExceeded, ExpectationFailed, Interrupted, WscliError
from ..events import PingLost, PongReceived
from ..session.journal import Batch, Journal
from ..session.outbox import QUEUE_LIMIT
from ..session.session import Session
from .conduct import (
    Watch,
    close_in_time,
    close_warning,
    open_unless_stopped,
    summarize,
    until_one_is_done,
    watching,
)
from .report import Report
from .stop import Stop

# Contract §3: how long its own Close may take to be answered.
CLOSE_SECONDS = 1.0
DEFAULT_SIZE = 8


class PingOptions(msgspec.Struct, frozen=True):
    """`count` 0 means until stopped; `interval` and `wait` are seconds.

    `payload` is what every ping carries; without it each has its number, in `size` bytes.
    """

    count: int = 4
    interval: float = 1.0
    wait: float = 5.0
    payload: bytes | None = None
    size: int = DEFAULT_SIZE
    max_rtt_ms: float | None = None
    max_loss_percent: float | None = None

    def payload_of(self, n: int) -> bytes:
        """The payload of ping `n`."""
        if self.payload is not None:
            return self.payload
        return str(n).rjust(self.size, "0").encode()[-self.size :] if self.size else b""


class Tally(msgspec.Struct):
    """What became of each ping: in time, lost, or still on its way; times in milliseconds."""

    journal: Journal
    wait: float
    sent: int = 0
    rtts: list[float] = msgspec.field(default_factory=list)
    lost: set[int] = msgspec.field(default_factory=set)
    settled: asyncio.Event = msgspec.field(default_factory=asyncio.Event)
    _pending: dict[int, asyncio.TimerHandle] = msgspec.field(default_factory=dict)

    def note_sent(self, n: int) -> None:
        """Ping `n` is on its way; from now on it has `wait` seconds."""
        self.sent = n
        self.settled.clear()
        self._pending[n] = asyncio.get_running_loop().call_later(self.wait, self._lose, n)

    def feed(self, batch: Batch, /) -> None:
        for item in batch:
            if isinstance(item, PongReceived) and item.n in self._pending:
                self._pending.pop(item.n).cancel()
                self.rtts.append(item.rtt_ms)
        self._settle()

    def _lose(self, n: int) -> None:
        del self._pending[n]
        self.lost.add(n)
        t, time = self.journal.stamp()
        self.journal.record(PingLost(t=t, time=time, n=n, waited_ms=round(self.wait * 1000, 3)))
        self._settle()

    def _settle(self) -> None:
        if not self._pending:
            self.settled.set()

    def stop(self) -> None:
        """Waits for no pong any more."""
        for handle in self._pending.values():
            handle.cancel()
        self._pending.clear()

    @property
    def loss_percent(self) -> float:
        return round(100 * (self.sent - len(self.rtts)) / self.sent, 3) if self.sent else 0.0


def statistics(rtts: list[float]) -> dict[str, float | None]:
    """The fields of `summary`: mdev is the standard deviation, as in ping(8); percentiles by nearest rank."""
    if not rtts:
        names = ("min_ms", "avg_ms", "max_ms", "mdev_ms", "p50_ms", "p95_ms", "p99_ms")
        return dict.fromkeys(names)
    ordered = sorted(rtts)
    average = sum(ordered) / len(ordered)
    variance = sum((rtt - average) ** 2 for rtt in ordered) / len(ordered)
    measured: dict[str, float | None] = {
        "min_ms": ordered[0],
        "avg_ms": round(average, 3),
        "max_ms": ordered[-1],
        "mdev_ms": round(sqrt(variance), 3),
    }
    for percent in (50, 95, 99):
        measured[f"p{percent}_ms"] = ordered[ceil(len(ordered) * percent / 100) - 1]
    return measured


async def probe(
    target: Target,
    journal: Journal,
    stop: Stop,
    options: PingOptions,
    *,
    ok_close: frozenset[int] = frozenset(),
) -> Report:
    """Pings until all are answered or lost, the peer closes, or the run is told to end; then sums up."""
    tally = Tally(journal, options.wait)
    journal.listeners.append(tally)
    session = Session(target, journal, ok_close=ok_close, strict_close=False)
    try:
        async with session:
            if not await open_unless_stopped(session, stop):
                return Report(stop.cause)
            first = await _ping_and_close(session, stop, options, tally)
    except WscliError as failure:
        return Report(failure)
    finally:
        tally.stop()
        journal.listeners.remove(tally)
        _sum_up(tally)
    cause = first or _judge(tally, stop, options) or session.failure
    return Report(cause, close_warning(session))


def _sum_up(tally: Tally) -> None:
    summarize(
        "ping",
        tally.journal,
        sent=tally.sent,
        received=len(tally.rtts),
        loss_percent=tally.loss_percent,
        **statistics(tally.rtts),
    )


async def _ping_and_close(
    session: Session, stop: Stop, options: PingOptions, tally: Tally
) -> WscliError | None:
    """Pings, and why there can be no more; how our own Close then fares comes after it (contract §3)."""
    stop.phase = lambda: "waiting for a pong"
    async with watching(session, stop) as watch:
        stuck = await _send_pings(session, options, tally, watch)
        if not watch.over:
            await _settled(tally, watch)
    failure = session.failure or (None if stop.requested else stuck)
    seconds = min(CLOSE_SECONDS, session.target.close_timeout)
    await close_in_time(session, stop, session.close(1000, seconds=seconds))
    return failure


async def _send_pings(
    session: Session, options: PingOptions, tally: Tally, watch: Watch
) -> WscliError | None:
    """Send as many as there are to be, and why it is fewer: a peer that takes nothing for `wait`."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for n in itertools.count(1) if options.count == 0 else range(1, options.count + 1):
        # By the clock, not after the last pong: so a slow pong does not thin out the pings.
        if n > 1 and await watch.pause(max(0.0, start + (n - 1) * options.interval - loop.time())):
            break
        if not session.is_open:
            break
        session.send_ping(options.payload_of(n))
        tally.note_sent(n)
        if session.queued_bytes >= QUEUE_LIMIT and not await _taken_in_time(session, options.wait, watch):
            return DeadlineExceeded(
                f"sending pings: the peer took nothing more for {options.wait:g} s (-W)",
                hint="the peer does not read, or something between does not pass it on",
            )
    return None


async def _taken_in_time(session: Session, seconds: float, watch: Watch) -> bool:
    """Whether the peer takes of what is queued within so many seconds; also when it is over meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await until_one_is_done(session.room(), watch.pause())
    except TimeoutError:
        return False
    return True


async def _settled(tally: Tally, watch: Watch) -> None:
    await until_one_is_done(tally.settled.wait(), watch.pause())


def _judge(tally: Tally, stop: Stop, options: PingOptions) -> WscliError | None:
    """What the figures come to; Ctrl-C only ends the measuring (contract §3)."""
    if stop.requested and not isinstance(stop.cause, Interrupted):
        return stop.cause
    slow = [rtt for rtt in tally.rtts if options.max_rtt_ms is not None and rtt > options.max_rtt_ms]
    if slow:
        return ExpectationFailed(
            f"{len(slow)} of {len(tally.rtts)} pongs took longer than {options.max_rtt_ms:g} ms (--max-rtt);"
            f" the slowest {max(slow):g} ms"
        )
    if options.max_loss_percent is not None:
        if tally.loss_percent > options.max_loss_percent:
            return ExpectationFailed(
                f"{tally.loss_percent:g} % of the pings were lost, more than {options.max_loss_percent:g} %"
                " (--max-loss)"
            )
        return None
    if tally.sent and not tally.rtts:
        return DeadlineExceeded(
            f"no pong came: {tally.sent} {'ping was' if tally.sent == 1 else 'pings were'} lost",
            hint="the peer must answer pings (RFC 6455 §5.5.2); something between may swallow them",
        )
    return None
