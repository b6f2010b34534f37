"""Reconnecting: after what, how often, after how long."""

from __future__ import annotations

from typing import Any

import pytest

from tests.peers import Peer, raw_server
from tests.probes.probing import Kept
from tests.session.driving import session_to
from wscli.errors import (
    BadReply,
    CertificateUntrusted,
    ClosedByPeer,
    ConnectFailed,
    ConnectionLost,
    DeadlineExceeded,
    InputFailed,
    ProtocolViolated,
    ProxyFailed,
    Refused,
    ResolveFailed,
    TLSFailed,
    TooLarge,
    TooManyRedirects,
    WscliError,
)
from wscli.events import Closed, Reconnecting
from wscli.session.journal import Journal
from wscli.session.reconnect import Reconnector, ReconnectPolicy, may_pass, why_again


def closed(code: int, initiator: Any = "peer") -> Closed:
    return Closed(
        t=0.0,
        time="",
        code=code,
        name="",
        reason="",
        sent=None,
        initiator=initiator,
        clean=True,
        tcp="fin",
        duration_ms=None,
    )


def by_proxy(cause: WscliError | None) -> ProxyFailed:
    failure = ProxyFailed("proxy")
    failure.__cause__ = cause
    return failure


@pytest.mark.parametrize(
    ("failure", "passes"),
    [
        (ConnectFailed(""), True),
        (ResolveFailed(""), True),
        (ConnectionLost(""), True),
        (DeadlineExceeded(""), True),
        (ClosedByPeer(""), True),
        *((Refused("", status=status), True) for status in (408, 425, 429, 500, 502, 503, 504)),
        *((Refused("", status=status), False) for status in (200, 302, 400, 401, 403, 404, 426)),
        (BadReply(""), False),
        (CertificateUntrusted(""), False),
        (TLSFailed(""), False),
        (TooManyRedirects(""), False),
        (ProtocolViolated(""), False),
        (TooLarge(""), False),
        (InputFailed(""), False),
        (by_proxy(None), False),
        (by_proxy(ConnectFailed("")), True),
        (by_proxy(CertificateUntrusted("")), False),
    ],
)
def test_only_what_may_pass_is_tried_again(failure: WscliError, passes: bool) -> None:
    assert may_pass(failure) is passes
    assert (why_again(failure, None) is not None) is passes


@pytest.mark.parametrize(
    ("failure", "end", "again"),
    [
        (None, closed(1000), False),
        (None, closed(1001), True),
        (None, closed(1001, "local"), False),
        (ClosedByPeer(""), closed(4001), True),
        (ConnectionLost(""), closed(1006, "none"), True),
        (ConnectionLost(""), closed(1006, "local"), False),
        (None, None, False),
    ],
)
def test_an_orderly_end_and_our_own_close_are_final(
    failure: WscliError | None, end: Closed | None, again: bool
) -> None:
    assert (why_again(failure, end) is not None) is again


def test_the_ceiling_doubles_up_to_the_largest_backoff() -> None:
    policy = ReconnectPolicy(max_backoff=3.0)
    assert [policy.ceiling(n) for n in range(1, 6)] == [0.5, 1.0, 2.0, 3.0, 3.0]
    assert policy.ceiling(10_000) == 3.0


def reconnector(policy: ReconnectPolicy, drawn: list[tuple[float, float]]) -> tuple[Reconnector, Kept]:
    kept = Kept()

    def draw(low: float, high: float) -> float:
        drawn.append((low, high))
        return high

    return Reconnector(policy, Journal(listeners=[kept]), draw), kept


def test_each_attempt_is_an_event_drawn_with_full_jitter_until_none_is_left() -> None:
    drawn: list[tuple[float, float]] = []
    again, kept = reconnector(ReconnectPolicy(max_retries=3), drawn)
    lost = ConnectionLost("lost it")
    assert [again.next_delay(lost, None) for _ in range(4)] == [0.5, 1.0, 2.0, None]
    assert drawn == [(0.0, 0.5), (0.0, 1.0), (0.0, 2.0)]
    told = [(event.attempt, event.delay_ms, event.reason) for event in kept.of(Reconnecting)]
    assert told == [(1, 500.0, "lost it"), (2, 1000.0, "lost it"), (3, 2000.0, "lost it")]
    assert again.exhausted


def test_no_bound_on_retries_means_none() -> None:
    again, _ = reconnector(ReconnectPolicy(max_retries=0, max_backoff=0.0), [])
    assert all(again.next_delay(ConnectFailed(""), None) == 0.0 for _ in range(1000))


def test_a_connection_that_drops_at_once_begins_no_new_row() -> None:
    again, kept = reconnector(ReconnectPolicy(max_retries=2), [])
    for _ in range(3):
        again.note_open()
        again.next_delay(ConnectionLost(""), closed(1006, "none"))
    assert [event.attempt for event in kept.of(Reconnecting)] == [1, 2]


def test_a_connection_that_stood_a_while_begins_a_new_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wscli.session.reconnect.STABLE_SECONDS", 0.0)
    again, kept = reconnector(ReconnectPolicy(max_retries=2), [])
    for _ in range(3):
        again.note_open()
        again.next_delay(ConnectionLost(""), closed(1006, "none"))
    assert [event.attempt for event in kept.of(Reconnecting)] == [1, 1, 1]


def test_nothing_is_told_when_nothing_is_tried() -> None:
    again, kept = reconnector(ReconnectPolicy(), [])
    assert again.next_delay(Refused("", status=404), None) is None
    assert not kept.events


@pytest.mark.parametrize(
    ("asked", "delay", "reason"),
    [
        (None, 0.5, "no"),
        (0.1, 0.5, "no"),
        (7.0, 7.0, "no (Retry-After: 7 s)"),
        (3600.0, 30.0, "no (Retry-After: 3600 s, cut to 30 s by --max-backoff)"),
        (float("inf"), 30.0, "no (Retry-After: inf s, cut to 30 s by --max-backoff)"),
    ],
)
def test_a_server_that_asks_for_a_pause_has_it(asked: float | None, delay: float, reason: str) -> None:
    again, kept = reconnector(ReconnectPolicy(), [])
    assert again.next_delay(Refused("no", status=503, retry_after=asked), None) == delay
    assert [(event.delay_ms, event.reason) for event in kept.of(Reconnecting)] == [(delay * 1000, reason)]


async def test_the_pause_that_a_refusal_asks_for_is_known() -> None:
    async def script(peer: Peer) -> None:
        await peer.respond(429, "Too Many Requests", headers=[("Retry-After", "7")])

    async with raw_server(script) as server:
        session, _ = session_to(server)
        async with session:
            with pytest.raises(Refused) as refused:
                await session.open()
    assert refused.value.retry_after == 7
