"""Pings and their pongs: which ping an answer is for, and what is remembered."""

from __future__ import annotations

from wscli.events import Stamp
from wscli.session.pings import Pings


def answered(pings: Pings, payload: bytes, t: float = 1.0) -> int | None:
    """The number of the ping that this pong answers."""
    pong = pings.answer(payload, Stamp(t, ""))
    return None if pong is None else pong.n


class Counted(bytes):
    """A payload that counts how often it is compared."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return bytes.__eq__(self, other)

    __hash__ = bytes.__hash__


def test_equal_payloads_are_answered_in_the_order_sent() -> None:
    pings = Pings()
    for t, payload in enumerate((b"same", b"other", b"same")):
        pings.note_sent(payload, float(t))
    newest = pings.waiting(b"same")
    assert newest is not None
    assert newest.n == 3
    pong = pings.answer(b"same", Stamp(2.5, ""))
    assert pong is not None
    assert (pong.n, pong.rtt_ms, pong.length) == (1, 2500.0, 4)
    assert answered(pings, b"same") == 3
    assert answered(pings, b"same") is None
    assert answered(pings, b"other") == 2
    assert pings.waiting(b"same") is None


def test_an_answer_tells_also_whoever_expects_an_older_ping() -> None:
    pings = Pings()
    older, own, newer = (pings.expect(payload) for payload in (b"1", b"2", b"3"))
    for payload in (b"1", b"2", b"3"):
        pings.note_sent(payload, 0.0)
    assert answered(pings, b"2") == 2
    assert (older.is_set(), own.is_set(), newer.is_set()) == (True, True, False)
    assert answered(pings, b"1") == 1


def test_only_the_newest_pings_are_remembered() -> None:
    pings = Pings()
    for n in range(5000):
        pings.note_sent(b"%d" % n, 0.0)
    assert [answered(pings, b"%d" % n) for n in (0, 903, 904, 4999)] == [None, None, 905, 5000]


def test_a_pong_is_not_compared_with_every_ping_that_waits() -> None:
    pings = Pings()
    for n in range(4096):
        pings.note_sent(Counted(b"%d" % n), 0.0)
    Counted.compared = 0
    assert answered(pings, Counted(b"none of them")) is None
    assert answered(pings, Counted(b"4095")) == 4096
    assert Counted.compared < 100


def test_pings_without_an_answer_are_not_expected_for_ever() -> None:
    pings = Pings()
    for n in range(5000):
        payload = f"keepalive {n}".encode()
        pings.expect(payload)
        pings.note_sent(payload, float(n))
    newest = pings.expect(b"keepalive 4999")
    assert pings.expecting == 4096
    answered(pings, b"keepalive 4999", 5000.0)
    assert newest.is_set()
    assert pings.expecting == 0
