"""The prompt: what keys do to the line, and what becomes of a line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.repl.typist import Press, Typist, typing
from tests.support import until
from wscli.repl.history import LineHistory
from wscli.repl.paste import FOLD_LINES
from wscli.sinks.redact import Redactor

ENTER, ESCAPE, ALT_ENTER, UP, RIGHT, TAB = "\r", "\x1b", "\x1b\r", "\x1b[A", "\x1b[C", "\t"
CTRL_C, CTRL_D, CTRL_R, CTRL_W, CTRL_A, CTRL_E = "\x03", "\x04", "\x12", "\x17", "\x01", "\x05"
PASTE = "\x1b[200~{}\x1b[201~"


async def enter(typist: Typist, press: Press, line: str) -> None:
    """Types a line as a person does: Enter is pressed when the line is there."""
    press(line)
    await typist.holds(line)
    press(ENTER)
    await typist.holds("")


async def test_enter_gives_the_line_and_clears_it() -> None:
    async with typing() as (typist, press):
        await enter(typist, press, "héllo")
        await typist.took("héllo")
        await typist.sees("›")
        assert "héllo" not in typist.text


async def test_enter_on_an_empty_line_gives_nothing() -> None:
    async with typing() as (typist, press):
        press(ENTER)
        press(ENTER)
        await enter(typist, press, "x")
        await typist.took("x")


async def test_a_line_that_is_not_taken_stays() -> None:
    async with typing() as (typist, press):
        typist.takes = False
        press("too early")
        await typist.holds("too early")
        press(ENTER)
        await until(lambda: typist.refused == ["too early"])
        press(CTRL_A + "not ")
        await typist.holds("not too early")
        typist.takes = True
        press(ENTER)
        await typist.took("not too early")


async def test_alt_enter_begins_another_line() -> None:
    async with typing() as (typist, press):
        press("one")
        await typist.holds("one")
        press(ALT_ENTER)
        await typist.holds("one\n")
        await typist.sees("·")
        press("two")
        await typist.holds("one\ntwo")
        press(ENTER)
        await typist.took("one\ntwo")


async def test_unfinished_json_goes_on_until_it_is_finished() -> None:
    async with typing() as (typist, press):
        press('{"a": [1,')
        await typist.sees("JSON goes on")
        press(ENTER)
        await typist.holds('{"a": [1,\n')
        press("2]}")
        await until(lambda: "JSON goes on" not in typist.text)
        assert typist.lines == []
        press(ENTER)
        await typist.took('{"a": [1,\n2]}')


async def test_unfinished_json_that_is_pasted_without_brackets_goes_on() -> None:
    beginning = '{"' + "a" * 40 + '": 1,'
    async with typing() as (typist, press):
        press(beginning + ENTER)
        await typist.holds(beginning + "\n")
        press('"b": 2}')
        await typist.holds(beginning + '\n"b": 2}')
        assert typist.lines == []
        press(ENTER)
        await typist.took(beginning + '\n"b": 2}')


@pytest.mark.parametrize("line", ['{"a": 1', "[", '/json {"a":'])
async def test_an_empty_line_gives_unfinished_json_as_it_is(line: str) -> None:
    async with typing() as (typist, press):
        press(line)
        await typist.holds(line)
        press(ENTER)
        await typist.holds(line + "\n")
        press(ENTER)
        await typist.took(line)


@pytest.mark.parametrize("line", ["{bad", "[INFO] up", "/json {bad", "{}}"])
async def test_what_can_become_no_json_goes_at_once(line: str) -> None:
    async with typing() as (typist, press):
        await enter(typist, press, line)
        await typist.took(line)


async def test_a_bracketed_paste_waits_for_enter() -> None:
    async with typing() as (typist, press):
        press("say: " + PASTE.format("one\rtwo\r\nthree\n"))
        await typist.holds("say: one\ntwo\nthree")
        assert typist.lines == []
        press(ENTER)
        await typist.took("say: one\ntwo\nthree")


async def test_a_long_paste_is_folded_and_goes_whole() -> None:
    pasted = "\n".join(f"line {number}" for number in range(FOLD_LINES + 1))
    async with typing() as (typist, press):
        press(PASTE.format(pasted.replace("\n", "\r")))
        await typist.sees("⟨paste 1: 13 lines")
        press(ENTER)
        await typist.took(pasted)


async def test_a_long_paste_of_unfinished_json_goes_on() -> None:
    pasted = '{"a": [' + "1,\n" * (FOLD_LINES + 1)
    async with typing() as (typist, press):
        press(PASTE.format(pasted.replace("\n", "\r")) + "2]")
        await typist.sees("JSON goes on")
        press("}")
        await until(lambda: "JSON goes on" not in typist.text)
        press(ENTER)
        await typist.took(pasted.removesuffix("\n") + "2]}")


async def test_a_paste_without_brackets_is_one_line() -> None:
    async with typing() as (typist, press):
        press("one\rtwo\rthree\r")
        await typist.took("one\ntwo\nthree")


async def test_a_long_paste_without_brackets_is_one_paste_though_it_comes_in_parts() -> None:
    lines = [f"line {number} of what a terminal sent without brackets" for number in range(400)]
    keys = "\r".join(lines)
    async with typing() as (typist, press):
        # A terminal's driver hands over so much at once.
        for start in range(0, len(keys), 4095):
            press(keys[start : start + 4095])
        await typist.holds(f"⟨paste 1: 400 lines, {len(keys):,} characters⟩")
        press(" and more\r")
        await typist.took("\n".join(lines) + " and more")


async def test_a_long_line_without_brackets_is_sent_by_its_enter() -> None:
    async with typing() as (typist, press):
        press("x" * 200 + "\r")
        await typist.took("x" * 200)


async def test_ctrl_c_clears_then_tells_then_ends() -> None:
    async with typing() as (typist, press):
        press("half")
        await typist.holds("half")
        press(CTRL_C)
        await typist.holds("")
        assert (typist.notes, typist.ends) == ([], 0)
        press("x")
        await typist.holds("x")
        press("\x7f")
        await typist.holds("")
        press(CTRL_C)
        await until(lambda: len(typist.notes) == 1)
        assert typist.ends == 0
        press(CTRL_C)
        await until(lambda: typist.ends == 1)


async def test_ctrl_c_interrupts_what_runs_and_ends_nothing() -> None:
    async with typing() as (typist, press):
        typist.busy = True
        press(CTRL_C)
        press(CTRL_C)
        await enter(typist, press, "still here")
        assert (typist.notes, typist.ends) == ([], 0)


async def test_ctrl_d_ends_on_an_empty_line_alone() -> None:
    async with typing() as (typist, press):
        press("ab" + CTRL_A)
        await typist.holds("ab")
        press(CTRL_D)
        await typist.holds("b")
        assert typist.ends == 0
        press(CTRL_D)
        await typist.holds("")
        press(CTRL_D)
        await until(lambda: typist.ends == 1)


async def test_up_brings_lines_back() -> None:
    async with typing() as (typist, press):
        for line in ("first", "second", "second"):
            await enter(typist, press, line)
        press(UP)
        await typist.holds("second")
        press(UP)
        await typist.holds("first")


async def test_ctrl_r_searches_backwards_in_any_case() -> None:
    async with typing() as (typist, press):
        for line in ("Subscribe prices", "other"):
            await enter(typist, press, line)
        press(CTRL_R)
        await typist.sees("I-search backward")
        press("subs")
        await typist.sees("› Subscribe prices")
        press(ENTER)
        await typist.holds("Subscribe prices")
        await until(lambda: "I-search" not in typist.text)
        press(ENTER)
        await typist.took("Subscribe prices", "other", "Subscribe prices")


async def test_ctrl_c_leaves_a_search_and_the_line_as_it_was() -> None:
    async with typing() as (typist, press):
        await enter(typist, press, "older")
        press("new")
        await typist.holds("new")
        press(CTRL_R + "old")
        await typist.sees("I-search backward")
        press(CTRL_C)
        await until(lambda: "I-search" not in typist.text)
        await typist.holds("new")
        assert typist.ends == 0


async def test_a_line_from_the_history_is_suggested() -> None:
    async with typing() as (typist, press):
        await enter(typist, press, "subscribe prices")
        press("sub")
        await typist.sees("› subscribe prices")
        await typist.holds("sub")
        press(RIGHT)
        await typist.holds("subscribe prices")


async def test_a_suggestion_is_not_sent_unless_it_was_taken() -> None:
    async with typing() as (typist, press):
        await enter(typist, press, "subscribe prices")
        press("sub")
        await typist.sees("› subscribe prices")
        press(ENTER)
        await typist.took("subscribe prices", "sub")


async def test_tab_completes_a_command() -> None:
    async with typing() as (typist, press):
        press("/recon")
        await typist.sees("/reconnect")
        press(TAB)
        await typist.holds("/reconnect")
        press(ENTER)
        # The first Enter takes the completion, the second the line.
        await until(lambda: typist.prompt._session.default_buffer.complete_state is None)
        press(ENTER)
        await typist.took("/reconnect")


async def test_a_message_is_never_completed_by_itself() -> None:
    async with typing() as (typist, press):
        press("/p")
        await typist.sees("/pretty")
        press(CTRL_C)
        await typist.holds("")
        press("//p")
        await typist.holds("//p")
        await until(lambda: "/pretty" not in typist.text)


async def test_output_scrolls_above_a_line_that_stays() -> None:
    async with typing() as (typist, press):
        press("half a li")
        await typist.sees("› half a li")
        typist.prompt.write(b"a message came\n")
        press("ne")
        await typist.sees("› half a line")
        await typist.sees("a message came")
        shown = typist.text
        assert shown.index("a message came") < shown.index("› half a line") < shown.index("THE BAR")
        assert shown.count("half a line") == 1


async def test_another_history_leaves_the_line_alone(tmp_path: Path) -> None:
    async with typing(history=tmp_path / "one") as (typist, press):
        await enter(typist, press, "for the first")
        press("half a line")
        await typist.holds("half a line")
        typist.prompt.keep_history_in(tmp_path / "two")
        press("!")
        await typist.holds("half a line!")
        press(CTRL_C)
        await enter(typist, press, "for the second")
        press(UP)
        await typist.holds("for the second")
        press(UP + CTRL_A)
        await typist.holds("for the second")
        assert typist.prompt.lines() == ["for the second"]
    for name, line in (("one", "for the first"), ("two", "for the second")):
        assert list(LineHistory(tmp_path / name, Redactor()).load_history_strings()) == [line]


async def test_the_history_of_the_file_is_there_at_once(tmp_path: Path) -> None:
    (tmp_path / "known").write_text('"from before"\n')
    async with typing(history=tmp_path / "known") as (typist, press):
        press(UP)
        await typist.holds("from before")


async def test_vi_keys_edit_the_line() -> None:
    async with typing(editing="vi") as (typist, press):
        press("hello wrld")
        await typist.holds("hello wrld")
        press(ESCAPE)
        await until(lambda: typist.prompt._session.app.vi_state.input_mode == "vi-navigation")
        press("bao")
        await typist.holds("hello world")
        press(ENTER)
        await typist.took("hello world")


async def test_a_line_in_vi_begins_in_insert_mode() -> None:
    async with typing(editing="vi") as (typist, press):
        press("dd")
        await typist.holds("dd")
        press(ESCAPE)
        await until(lambda: typist.prompt._session.app.vi_state.input_mode == "vi-navigation")
        press(ENTER)
        await typist.took("dd")
        press("dd")
        await typist.holds("dd")
        press(ESCAPE)
        await until(lambda: typist.prompt._session.app.vi_state.input_mode == "vi-navigation")
        press("dd")
        await typist.holds("")


async def test_vi_begins_in_insert_mode_after_a_search_in_emacs() -> None:
    async with typing() as (typist, press):
        await enter(typist, press, "older")
        press(CTRL_R + "old")
        await typist.sees("I-search backward")
        press(ENTER)
        await until(lambda: "I-search" not in typist.text)
        press(CTRL_C)
        await typist.holds("")
        typist.preferences.change("editing", "vi")
        typist.prompt.apply()
        press("abc")
        await typist.holds("abc")


async def test_emacs_keys_edit_the_line() -> None:
    async with typing() as (typist, press):
        press("one two" + CTRL_W + "three" + CTRL_A + ">" + CTRL_E + ".")
        await typist.holds(">one three.")


@pytest.mark.parametrize("theme", ["dark", "light"])
async def test_a_theme_changes_while_it_runs(theme: str) -> None:
    colours = {"dark": "008787", "light": "blue"}
    async with typing(theme=theme) as (typist, press):
        await typist.sees("›")
        for name in (theme, "light" if theme == "dark" else "dark"):
            typist.preferences.change("theme", name)
            typist.prompt.apply()
            press("x")
            await _prompt_is(typist, colours[name])


async def _prompt_is(typist: Typist, colour: str) -> None:
    await until(lambda: _colour_of_prompt(typist) == colour)


def _colour_of_prompt(typist: Typist) -> str:
    for row, line in enumerate(typist.screen.display):
        if line.startswith("›"):
            return str(typist.screen.buffer[row][0].fg)
    return ""


async def test_leaving_gives_the_terminal_back() -> None:
    async with typing() as (typist, _):
        typist.prompt.leave()
    assert typist.ends == 0
    assert bytes(typist.output.written).endswith(b"\x1b[?2004l")


async def test_a_key_is_drawn_at_once_though_the_loop_is_never_idle() -> None:
    async with typing() as (typist, press):
        press("x")
        turns = 0
        while "› x" not in typist.text:
            await asyncio.sleep(0)
            turns += typist.buffer == "x"
        assert turns <= 3
