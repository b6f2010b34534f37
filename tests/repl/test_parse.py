"""A line becomes a Command value, or a usage error that tells the right form."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.errors import UsageError
from wscli.repl import commands as c
from wscli.repl.parse import parse_line

LINES: dict[str, c.Command] = {
    "": c.Nothing(),
    "hello": c.SendText(b"hello"),
    "   ": c.SendText(b"   "),
    "two\nlines": c.SendText(b"two\nlines"),
    "grüß": c.SendText("grüß".encode()),
    "//x": c.SendText(b"/x"),
    "//": c.SendText(b"/"),
    "///x": c.SendText(b"//x"),
    "/text": c.SendText(b""),
    "/text ": c.SendText(b""),
    "/text  two spaces ": c.SendText(b" two spaces "),
    "/text /x": c.SendText(b"/x"),
    "/text a\nb": c.SendText(b"a\nb"),
    '/json {"a": 1}': c.SendText(b'{"a": 1}'),
    '/json\n{"a":\n1}': c.SendText(b'{"a":\n1}'),
    "/binary hex:00ff": c.SendBinary(b"\x00\xff"),
    "/binary base64:AP8=": c.SendBinary(b"\x00\xff"),
    "/bin hex:": c.SendBinary(b""),
    "/binary @some file": c.SendBinary(c.AtFile("some file")),
    "/send @file": c.SendText(c.AtFile("file")),
    "/fragment 3 abc d": c.SendFragments(3, b"abc d"),
    "/fragment 1": c.SendFragments(1, b""),
    "/ping": c.Ping(),
    "/ping abc d": c.Ping(b"abc d"),
    "/ping hex:00": c.Ping(b"\0"),
    "/pong @@x": c.Pong(b"@x"),
    "/close": c.CloseWith(),
    "/close 4000": c.CloseWith(4000),
    "/close 3000 good bye": c.CloseWith(3000, "good bye"),
    "/close 1000 " + "x" * 123: c.CloseWith(1000, "x" * 123),
    "/show": c.ShowFrame(),
    "/show 12": c.ShowFrame(12),
    "/show -1": c.ShowFrame(-1),
    "/show 12 | jq .a | head": c.ShowFrame(12, "jq .a | head"),
    "/show | cat": c.ShowFrame(None, "cat"),
    "/save x y.txt": c.Save("x y.txt"),
    "/save | gzip > x": c.Save(None, "gzip > x"),
    "/find a|b": c.Find("a|b"),
    "/filter": c.SetFilter(),
    "/pretty": c.Pretty(),
    "/pretty on": c.Pretty(True),
    "/pretty OFF": c.Pretty(False),
    "/pause": c.Pause(),
    "/resume": c.Resume(),
    "/info": c.ShowInfo(),
    "/stats": c.ShowStats(),
    "/headers": c.ShowHeaders(),
    "/tls": c.ShowTls(),
    "/history": c.ShowHistory(),
    "/history ab": c.ShowHistory("ab"),
    "/reconnect": c.Reconnect(),
    "/connect ws://h/x": c.ConnectTo("ws://h/x"),
    "/connect demo:": c.ConnectTo("demo:"),
    "/set": c.SetOption(),
    "/set theme light": c.SetOption("theme", "light"),
    "/help": c.Help(),
    "/help close": c.Help("close"),
    "/help /close": c.Help("close"),
    "/?": c.Help(),
    "/quit": c.Quit(),
    "/exit": c.Quit(),
    "/frame opcode=9": c.SendFrame(9),
    "/frame opcode=text fin=0 rsv1=1 mask=0 payload=a b=c": c.SendFrame(
        1, b"a b=c", fin=False, rsv1=True, mask=False
    ),
    "/frame opcode=0xA mask=01020304 length=5": c.SendFrame(10, mask=b"\1\2\3\4", length=5),
    "/frame opcode=2 length=18446744073709551615": c.SendFrame(2, length=2**64 - 1),
    "/connect @staging/v2": c.ConnectTo("@staging/v2"),
    "/frame payload=hex:03ee": None,  # type: ignore[dict-item] # opcode is missing: an error, below
}
del LINES["/frame payload=hex:03ee"]


@pytest.mark.parametrize("line", LINES)
def test_a_line_becomes_a_command(line: str) -> None:
    assert parse_line(line) == LINES[line]


WRONG = {
    "/clsoe": ("no command", "did you mean /close?"),
    "/usr/bin/x": ("no command", "// sends a line that begins with /"),
    "/": ("no command", "/help"),
    "/PING": ("no command", "did you mean /ping?"),
    "/close 1006": ("never sent (RFC 6455 §7.4.1)", "payload=hex:03ee"),
    "/close 999": ("below 1000", "/close [CODE [REASON]]"),
    "/close 70000": ("does not fit", "/close"),
    "/close 18446744073709551616": ("does not fit", "/close [CODE [REASON]]"),
    "/close -1": ("nothing was sent", "/close [CODE [REASON]]"),
    "/close bye": ("CODE is a number", "/close [CODE [REASON]]"),
    "/close 1000 " + "é" * 62: ("at most 123 bytes of UTF-8, not 124", "/close"),
    "/ping " + "x" * 126: ("at most 125 bytes, not 126", "/ping"),
    "/ping @file": ("a file is no payload here", "@@"),
    "/binary": ("the payload is missing", "hex:00ff"),
    "/binary hex:abc": ("is not hex", "an even number of hex digits"),
    "/binary base64:x": ("is not base64", "groups of four"),
    "/binary 00ff": ("say how the bytes are written", "base64:AP8="),
    "/send file": ("behind an @", "/send @FILE"),
    "/send": ("behind an @", "/send @FILE"),
    "/json": ("the JSON is missing", "/json JSON"),
    '/json {"a": }': ("not valid JSON", "/text sends it all the same"),
    "/json " + "[" * 100_000: ("not valid JSON", "/text"),
    "/fragment": ("N is missing", "/fragment N TEXT"),
    "/fragment x y": ("N is a number", "/fragment N TEXT"),
    "/fragment 0 y": ("N goes from 1", "/fragment N TEXT"),
    "/frame": ("opcode= is missing", "/frame opcode="),
    "/frame opcode=16": ("0 to 15 or a name", "/frame opcode="),
    "/frame opcode=1 fin=2": ("fin is 0 or 1", "/frame"),
    "/frame opcode=1 mask=123": ("eight hex digits", "/frame"),
    "/frame opcode=1 colour=red": ("there is no 'colour'", "rsv1"),
    "/frame opcode=1 opcode=2": ("opcode= is given twice", "/frame"),
    "/frame opcode=1 length=18446744073709551616": ("length goes from 0 to", "/frame"),
    "/frame opcode=1 length=-1": ("length goes from 0 to", "/frame"),
    "/frame opcode=1 hello": ("no NAME=VALUE", "/frame"),
    "/show x": ("N is a number", "/show [N]"),
    "/show 1 |": ("after | is missing", "/show [N]"),
    "/save": ("name a file", "/save FILE"),
    "/find": ("what to look for", "/find REGEX"),
    "/find (": ("not a regular expression", "/find REGEX"),
    "/filter in (": ("not a regular expression", "/filter"),
    "/filter jmespath:a[": ("is not a JMESPath", "/filter"),
    "/pretty maybe": ("on or off", "/pretty [on|off]"),
    "/pause now": ("takes nothing after it", "/pause"),
    "/connect localhost:80": ("not a WebSocket URL", "did you mean ws://localhost:80?"),
    "/connect": ("the URL is empty", "/connect URL"),
    "/set theme": ("value of 'theme' is missing", "choose dark, light"),
    "/set colour": ("value of 'colour' is missing", "/set shows all"),
    "/help nope": ("there is no command /nope", "/help lists all"),
    "/help cloze": ("no command", "did you mean /close?"),
    "caf\udce9": ("not UTF-8 (byte 0xe9)", "/binary hex:"),
    "/text \ud800": ("not UTF-8 (a lone surrogate)", "/binary hex:"),
}


@pytest.mark.parametrize("line", WRONG, ids=[line[:24] for line in WRONG])
def test_a_wrong_line_tells_the_right_form(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_line(line)
    message, hint = WRONG[line]
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_code_that_no_frame_can_hold_gets_no_recipe_for_a_frame() -> None:
    with pytest.raises(UsageError) as caught:
        parse_line("/close 70000")
    assert "/frame" not in caught.value.hint


@pytest.mark.parametrize("line", ["/binary hex:0", "/filter jmespath:["])
def test_an_error_has_no_double_label(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_line(line)
    assert "::" not in caught.value.message
    assert "payload:" not in caught.value.message


def test_every_command_has_a_form_and_an_example_here() -> None:
    typed = {line.split()[0].removeprefix("/") for line in LINES if line.startswith("/")}
    assert set(c.FORMS) <= typed


@settings(deadline=None)
@given(st.text())
def test_any_line_is_a_command_or_a_usage_error(line: str) -> None:
    try:
        command = parse_line(line)
    except UsageError:
        return
    if line and not line.startswith("/"):
        assert command == c.SendText(line.encode())


@settings(deadline=None)
@given(st.text(min_size=1))
def test_any_text_can_be_sent(line: str) -> None:
    escaped = "/" + line if line.startswith("/") else line
    if not any(0xD800 <= ord(char) <= 0xDFFF for char in line):
        assert parse_line(escaped) == c.SendText(line.encode())


def test_nothing_is_suggested_that_is_not_near() -> None:
    with pytest.raises(UsageError) as refused:
        parse_line("/nope")
    assert "did you mean" not in refused.value.hint
