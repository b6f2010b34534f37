"""How far a run is: the table fits the terminal as it is now, the lines come by the clock."""

from __future__ import annotations

import re

import pyte

from wscli.check.result import CheckResult
from wscli.check.suite import Check
from wscli.reports.progress import LiveTable, Progress
from wscli.sinks.human_style import PLAIN

CHECKS = [Check(name=f"{number} {'a long name ' * 10}", url="demo:") for number in range(12)]
PASSED = CheckResult(name="x", suite="s", url="demo:", verdict="passed")


class Terminal:
    """What a person sees, and a table that is told its size."""

    def __init__(self, columns: int, lines: int) -> None:
        self.screen = pyte.Screen(columns, lines)
        self.stream = pyte.Stream(self.screen)
        self.table = LiveTable(
            self.write, len(CHECKS), lambda: (self.screen.columns, self.screen.lines), PLAIN
        )
        for check in CHECKS:
            self.table.began(check)

    def write(self, text: str) -> None:
        self.stream.feed(text.replace("\n", "\r\n"))

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display if line.strip()]


def test_a_row_is_one_line_and_keeps_its_time() -> None:
    for columns in (30, 80, 140):
        terminal = Terminal(columns, 24)
        terminal.table.draw()
        terminal.table.draw()
        assert len(terminal.lines) == 9
        for row in terminal.lines[:8]:
            assert row.startswith("  …   ")
            assert re.search(r"  \d+\.\d s$", row)


def test_in_a_low_terminal_nothing_scrolls_away() -> None:
    terminal = Terminal(60, 5)
    for _ in range(3):
        terminal.table.draw()
    assert len(terminal.lines) == 4
    assert terminal.lines[-1].startswith("0 of 12 checked, 12 running")


def test_a_terminal_that_was_made_narrower_is_cleared_all_the_same() -> None:
    size = [80, 24]
    written: list[str] = []
    table = LiveTable(written.append, 3, lambda: (size[0], size[1]), PLAIN)
    for check in CHECKS[:3]:
        table.began(check)
    table.draw()
    size[0] = 40
    table.draw()
    # Each of the three rows takes two lines now, the sums one.
    assert written[-1].startswith("\r\x1b[7A\x1b[J")


def test_what_stays_stands_above_the_table_and_the_table_goes() -> None:
    terminal = Terminal(80, 24)
    terminal.table.draw()
    terminal.table.ended(CHECKS[0], PASSED, "ok    it\n")
    terminal.table.draw()
    assert terminal.lines[0] == "ok    it"
    assert terminal.lines[-1].startswith("1 of 12 checked")
    terminal.table.finish()
    assert terminal.lines == ["ok    it"]


def test_lines_come_while_nothing_ends_and_ever_more_seldom() -> None:
    now = 0.0
    written: list[tuple[float, str]] = []
    progress = Progress(lambda text: written.append((now, text)), 3, lambda: now)
    quick = Check(name="quick", url="demo:")
    progress.began(quick)
    slow = Check(name="slow \x1b[31m", url="demo:")
    now = 1.0
    progress.began(slow)
    while now < 250:
        progress.tick()
        now += 0.5
    assert [at for at, _ in written] == [5, 15, 35, 75, 135, 195]
    assert written[0][1] == "wscli: 0 of 3 checked, 0 failed, 2 running, longest quick (5 s)\n"
    progress.ended(slow, PASSED)
    now = 255.0
    progress.tick()
    assert written[-1][1].startswith("wscli: 1 of 3 checked, 0 failed, 1 running, longest quick")
    assert "\x1b" not in "".join(text for _, text in written)
