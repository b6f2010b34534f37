"""What waits for the screen is bounded, and what was left out is counted."""

from __future__ import annotations

from wscli.repl.backlog import Backlog


def test_what_fits_is_taken_in_order() -> None:
    backlog = Backlog()
    backlog.add(b"one\n")
    backlog.add(b"two\n")
    assert backlog.take() == "one\ntwo\n"
    assert not backlog


def test_the_oldest_lines_are_left_out_and_counted() -> None:
    backlog = Backlog(most=10)
    for line in (b"a\nb\n", b"1234567\n", b"last\n"):
        backlog.add(line)
    assert backlog.take() == "… 3 lines not shown\nlast\n"
    backlog.add(b"next\n")
    assert backlog.take() == "next\n"


def test_one_chunk_is_never_left_out() -> None:
    backlog = Backlog(most=1)
    backlog.add(b"a long line\n")
    assert backlog.take() == "a long line\n"
