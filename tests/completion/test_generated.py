"""What is generated is what the commands are now, and holds together in each language."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import tree_sitter
import tree_sitter_powershell

from scripts.update_completions import generated
from tests.cli.running import run_main
from wscli.cli.app import COMMANDS
from wscli.cli.tree import read_program
from wscli.completion.man import escaped, man_page
from wscli.completion.program import Named, Option, Program, Takes
from wscli.completion.render import FILES, RENDERERS
from wscli.completion.shell import fish_quoted, powershell_quoted, quoted
from wscli.errors import ExitCode

ROOT = Path(__file__).parents[2]
PROGRAM = read_program()
COMMANDS_BY_NAME = {command.name: command for command in PROGRAM.commands}


def option(command: str, flag: str) -> Option:
    return next(found for found in COMMANDS_BY_NAME[command].options if flag in found.flags)


def hostile_program() -> Program:
    """A command line whose help texts are made of what shells and roff take for their own."""
    text = '.it\'s "$(id)" `id` \\ [x]: {a,b} \u2018quoted\u2019 ; & | % @ # – …'
    awkward = Option(("-z", "--awkward"), text, Takes.CHOICE, "A|B", ("a", "b"), group="G's")
    return Program(
        version="0",
        options=(awkward,),
        commands=tuple(
            type(command)(command.name, text, text, text, command.arguments, (awkward, *command.options))
            for command in PROGRAM.commands
        ),
        codes=(Named("1000", text),),
        never_sent=(Named("1005", text),),
        scenarios=(Named("echo", text),),
    )


@pytest.mark.parametrize("name", [*FILES.values(), "wscli.1"])
def test_committed_file_is_what_the_commands_make(name: str) -> None:
    path, text = next(found for found in generated() if found[0].name == name)
    # As lines, so that a failure shows the difference.
    committed = path.read_text(encoding="utf-8").splitlines()
    assert committed == text.splitlines(), "run python -m scripts.update_completions"


@pytest.mark.parametrize("shell", RENDERERS)
def test_the_command_prints_the_script(shell: str) -> None:
    ran = run_main("completion", shell)
    assert (ran.code, ran.stderr) == (0, "")
    assert ran.stdout == (ROOT / "completions" / FILES[shell]).read_text(encoding="utf-8")


def test_another_shell_is_a_usage_error_that_names_the_choices() -> None:
    ran = run_main("completion", "tcsh")
    assert ran.code == ExitCode.USAGE
    assert "bash, zsh, fish or powershell" in ran.stderr


@pytest.mark.parametrize("shell", RENDERERS)
def test_every_script_knows_every_command_option_and_choice(shell: str) -> None:
    script = RENDERERS[shell](PROGRAM)
    words = set(re.findall(r"[\w.-]+", script))
    for command in PROGRAM.commands:
        assert command.name in words
        for found in command.options:
            # fish writes `-l name` and `-s n`.
            flags = {flag.lstrip("-") if shell == "fish" else flag for flag in found.flags}
            assert flags <= words, (command.name, found.flags)
            assert {choice.rstrip("=") for choice in found.choices} <= words
    assert {named.value for named in (*PROGRAM.codes, *PROGRAM.never_sent, *PROGRAM.scenarios)} <= words


def test_the_tree_has_all_commands_in_the_order_of_the_help() -> None:
    assert [command.name for command in PROGRAM.commands] == list(COMMANDS)


@pytest.mark.parametrize(
    ("command", "flag", "takes"),
    [
        ("connect", "--send", Takes.AT_FILE),
        ("connect", "-H", Takes.AT_FILE),
        ("connect", "--cacert", Takes.FILE),
        ("connect", "--unix-socket", Takes.FILE),
        ("connect", "--format", Takes.CHOICE),
        ("connect", "--ok-close", Takes.CODE),
        ("connect", "--expect-close", Takes.ANY_CODE),
        ("connect", "--expect-status", Takes.TEXT),
        ("close", "--code", Takes.CODE),
        ("ping", "-c", Takes.TEXT),
        ("ping", "--json", Takes.NOTHING),
        ("check", "--report", Takes.KIND_FILE),
    ],
)
def test_what_an_option_takes_is_read_off_its_metavar(command: str, flag: str, takes: Takes) -> None:
    assert option(command, flag).takes is takes


def test_arguments_are_urls_scenarios_and_shells() -> None:
    kinds = {name: [place.takes for place in found.arguments] for name, found in COMMANDS_BY_NAME.items()}
    assert kinds["connect"] == kinds["ping"] == [Takes.URL]
    assert kinds["serve"] == [Takes.SCENARIO]
    assert kinds["check"] == [Takes.FILE_OR_URL]
    assert COMMANDS_BY_NAME["completion"].arguments[0].choices == ("bash", "zsh", "fish", "powershell")


def test_close_codes_that_are_never_sent_are_apart() -> None:
    assert {named.value for named in PROGRAM.never_sent} == {"1004", "1005", "1006", "1015"}
    assert Named("1011", "Internal Error") in PROGRAM.codes


def test_bash_reads_any_help_as_text(tmp_path: Path) -> None:
    script = tmp_path / "hostile.bash"
    script.write_text(RENDERERS["bash"](hostile_program()), encoding="utf-8")
    read = subprocess.run(
        ["bash", "--norc", "-c", f'source {script} && _wscli_codes && echo "${{codes[0]}}"'],
        capture_output=True,
        check=True,
        env={"PATH": "/nowhere", "LC_ALL": "C.UTF-8"},
        executable="/bin/bash",
    )
    assert read.stderr == b""
    assert read.stdout.decode().startswith('1000 .it\'s "$(id)" `id` \\ [x]: {a,b}')


@pytest.mark.system
@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_read_any_help_as_text(shell: str, tmp_path: Path) -> None:
    script = tmp_path / "hostile"
    script.write_text(RENDERERS[shell](hostile_program()), encoding="utf-8")
    read = subprocess.run([shell, "-n", str(script)], capture_output=True, check=False)
    assert (read.returncode, read.stderr) == (0, b"")


@pytest.mark.parametrize("program", [PROGRAM, hostile_program()], ids=["real", "hostile"])
def test_powershell_reads_any_help_as_text(program: Program) -> None:
    # There is no PowerShell to try it in: its grammar is what can be had.
    assert is_powershell(RENDERERS["powershell"](program))
    assert not is_powershell(RENDERERS["powershell"](program).replace("'", "", 1))


def is_powershell(script: str) -> bool:
    parser = tree_sitter.Parser(tree_sitter.Language(tree_sitter_powershell.language()))
    return not parser.parse(script.encode()).root_node.has_error


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        (quoted, "'it'\\''s \\ $x'"),
        (fish_quoted, "'it\\'s \\\\ $x'"),
        (powershell_quoted, "'it''s \\ $x'"),
    ],
)
def test_each_shell_has_its_own_quotes(quote: object, expected: str) -> None:
    assert callable(quote)
    assert quote("it's \\ $x") == expected


def test_powershell_doubles_typographic_quotes_too() -> None:
    assert powershell_quoted("a\u2019b") == "'a\u2019\u2019b'"


class TestManPage:
    def test_every_exit_code_has_its_kind_and_its_meaning(self) -> None:
        page = man_page(PROGRAM)
        for code in ExitCode:
            entry = f".TP\n\\fB{code.value}\\fR\n\\fI{escaped(code.kind)}\\fR: "
            assert page.partition(entry)[2][:1].isupper(), code

    def test_every_option_of_every_command_is_in_it(self) -> None:
        page = man_page(PROGRAM)
        for command in PROGRAM.commands:
            for found in command.options:
                assert ", ".join(f"\\fB{escaped(flag)}\\fR" for flag in found.flags) in page

    def test_text_is_escaped_for_roff(self) -> None:
        assert escaped(".it's a-b \\ …") == "\\&.it\\(aqs a\\-b \\e \\[u2026]"

    def test_it_is_ascii_whatever_the_help_says(self) -> None:
        assert man_page(hostile_program()).isascii()

    @pytest.mark.system
    @pytest.mark.parametrize("program", [PROGRAM, hostile_program()], ids=["real", "hostile"])
    def test_mandoc_finds_no_error(self, program: Program, tmp_path: Path) -> None:
        page = tmp_path / "wscli.1"
        page.write_text(man_page(program), encoding="ascii")
        judged = subprocess.run(["mandoc", "-Tlint", "-W", "error", page], capture_output=True, check=False)
        assert (judged.returncode, judged.stdout) == (0, b"")
