"""Real shells on a terminal, with the scripts of completions/ and a history of URLs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.support import ROOT, Terminal, pty_wscli

SCRIPTS = ROOT / "completions"
URLS = (
    "wss://example.com/ws",
    "ws://[::1]:8080/x",
    "wss://files.example/$(touch${IFS}pwned)",  # nothing that wscli wrote; offered to nobody
    "wss://example.com/chat",
)
START = {
    "bash": [
        "bash",
        "--noprofile",
        "--norc",
        "-i",
    ],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "-i"],
}
PROMPT = "ready> "
SET_UP = {
    "bash": "bind 'set show-all-if-ambiguous on'; bind 'set bell-style none';"
    " bind 'set enable-bracketed-paste off'; source {script}; PS1='rea''dy> '",
    "zsh": "unsetopt prompt_cr prompt_sp; fpath=({folder} $fpath); autoload -Uz compinit; compinit -D -u;"
    " LISTMAX=1000; zstyle ':completion:*' list-prompt ''; PS1='rea''dy> '",
    "fish": "source {script}; function wscli; end; function fish_prompt; printf 'rea%s> ' dy; end",
}
SCRIPT = {"bash": "wscli.bash", "zsh": "_wscli", "fish": "wscli.fish"}


@contextlib.contextmanager
def shell(name: str, folder: Path) -> Iterator[Terminal]:
    """The shell `name` at its prompt, its home, state and working folder in `folder`."""
    state = folder / "state"
    (state / "wscli").mkdir(parents=True)
    (state / "wscli" / "urls").write_text("".join(f"{url}\n" for url in URLS), encoding="ascii")
    config = folder / "config" / "wscli"
    config.mkdir(parents=True)
    (config / "config.toml").write_text('[defaults]\n[profiles.staging]\nurl = "wss://example.com"\n')
    home = folder / "home"
    home.mkdir()
    (home / "greeting.json").touch()
    env = {
        "HOME": str(home),
        "XDG_STATE_HOME": str(state),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_DATA_HOME": str(folder / "share"),
        "INPUTRC": "/dev/null",
        "TERM": "vt100" if name == "zsh" else "xterm",
    }
    with pty_wscli(program=START[name], env=env, cwd=home, columns=120, rows=100) as terminal:
        set_up = SET_UP[name].format(script=SCRIPTS / SCRIPT[name], folder=SCRIPTS)
        terminal.send(f"{set_up}\r")
        terminal.expect(PROMPT.rstrip())
        yield terminal


def typed(terminal: Terminal) -> str:
    """The command line as it stands behind the last prompt."""
    lines = [line for line in terminal.lines if PROMPT.rstrip() in line]
    return lines[-1].partition(PROMPT)[2] if lines else ""


def becomes(terminal: Terminal, keys: str, line: str) -> None:
    """Types `keys` and TAB: the command line becomes `line` (without white space at its end)."""
    terminal.send(keys + "\t")
    terminal.wait_for(lambda: typed(terminal) == line, f"the command line {line!r}")


def lists(terminal: Terminal, keys: str, *texts: str) -> None:
    """Types `keys` and TAB: a list shows all of `texts`."""
    terminal.send(keys + "\t")
    shown = f"a list with {texts}"
    terminal.wait_for(lambda: all(text in _without_prompts(terminal) for text in texts), shown)


def clear(terminal: Terminal) -> None:
    """Away with the line and with all that was shown."""
    terminal.send("\x15")
    terminal.send("\x0c")
    terminal.wait_for(
        lambda: (
            typed(terminal) == ""
            and len(terminal.text.splitlines()) <= 1
            and PROMPT.rstrip() in terminal.text
        ),
        "an empty screen",
    )


def _without_prompts(terminal: Terminal) -> str:
    return "\n".join(line for line in terminal.lines if PROMPT.rstrip() not in line)
