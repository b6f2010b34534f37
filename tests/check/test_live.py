"""The live table, as a terminal shows it: what runs while it runs, and in the end nothing but results."""

from __future__ import annotations

from pathlib import Path

import pexpect
import pyte

from tests.support import clean_env, command

SUITE = """
[[check]]
name = "slow"
url = "demo:"
steps = [{ wait = "1500ms" }]
[[check]]
name = "quick \\u001b[31m\\u202e ::error::x"
url = "demo:"
[[check]]
name = "refused"
url = "demo:reject"
"""


def test_the_table_shows_what_runs_and_leaves_only_results(tmp_path: Path) -> None:
    file = tmp_path / "suite.toml"
    file.write_text(SUITE, encoding="utf-8")
    program, *arguments = command("check", str(file))
    child = pexpect.spawn(
        program, arguments, env=clean_env(), dimensions=(30, 100), timeout=60, encoding="utf-8"
    )
    screen = pyte.Screen(100, 30)
    stream = pyte.Stream(screen)
    try:
        child.expect("2 of 3 checked, 1 failed, 1 running")
        stream.feed(f"{child.before}{child.after}")
        assert any(line.startswith("  …   slow") for line in screen.display)
        child.expect(pexpect.EOF)
        stream.feed(f"{child.before}")
    finally:
        child.close()
    shown = [line.rstrip() for line in screen.display if line.strip()]
    assert not [line for line in shown if "running" in line or line.startswith("  …")]
    assert sum(line.startswith("ok  ") for line in shown) == 2
    assert sum(line.startswith("FAIL") for line in shown) == 1
    assert shown[-2].startswith("3 checks: 2 passed, 1 failed")
    assert shown[-1] == "wscli: 1 of 3 checks failed"
    assert any(line.startswith(r"ok    quick \x1b[31m\u202e ::error::x") for line in shown)
    assert child.exitstatus == 1
