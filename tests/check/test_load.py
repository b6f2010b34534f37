"""Suite files: what they become, and the message for each kind of mistake, with file, line and key."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from wscli.check.load import load_suite
from wscli.check.schema import PATH, rendered
from wscli.check.suite import Suite
from wscli.errors import UsageError

STARTER = Path(PATH).with_name("starter.toml")


def load(folder: Path, text: str, **environment: str) -> Suite:
    file = folder / "suite.toml"
    file.write_text(text, encoding="utf-8")
    return load_suite(file, environment)


CHECK = '[[check]]\nname = "a"\nurl = "ws://h/"\n'

MISTAKES: dict[str, tuple[str, int, str, str]] = {
    # what: (text, line, what the message says after file and line, what the hint says)
    "no TOML": ('[[check]]\nname = "a\n', 2, "not TOML", ""),
    "a key twice": ('name = "a"\nname = "b"\n', 2, "not TOML", ""),
    "a backslash in double quotes": (
        f'{CHECK}steps = [{{ expect = "\\d" }}]\n',
        4,
        "not TOML",
        "expect = '\\d+'",
    ),
    "a comma at the end of an inline table": (
        f"{CHECK}expect = {{ status = 101, }}\n",
        4,
        "not TOML",
        "stands on one line, no comma before the }",
    ),
    "an inline table in lines": (f"{CHECK}expect = {{\n  status = 101\n}}\n", 4, "not TOML", "on one line"),
    "a text without quotes": ("[[check]]\nname = a\n", 2, "not TOML", "a text stands in quotes"),
    "a table twice": ("[variables]\n[variables]\n", 2, "not TOML", "declared once"),
    "one check in single brackets": (
        '[check]\nname = "a"\n',
        1,
        "check: expected a list, got a table",
        "write [[check]]",
    ),
    "two checks in single brackets": ('[check]\nname = "a"\n[check]\n', 3, "not TOML", "[[check]]"),
    "a variable that nothing can refer to": (
        f'[variables]\na = 1\n"b c" = 1\n{CHECK}',
        3,
        "variables.b c: 'b c' is no name for a variable",
        "API_TOKEN",
    ),
    "a matrix that nothing can refer to": (
        f'{CHECK}matrix = {{ "b-c" = [1] }}\n',
        4,
        "check 1.matrix.b-c: 'b-c' is no name for a variable",
        "",
    ),
    "what the key says twice": (
        f'{CHECK}steps = [{{ expect-json = "a==1" }}]\n',
        4,
        "suite.toml:4: check 1.steps 1.expect-json: 'a==1' is not a JMESPath",
        "",
    ),
    "no checks": ('name = "x"\n', 1, "the key 'check' is missing", ""),
    "an empty list of checks": ("check = []\n", 1, "check: expected a list of length >= 1", ""),
    "an unknown key at the top": (f"{CHECK}[chekc]\n", 4, "chekc: there is no such key", "'check'"),
    "an unknown key in a check": (f'{CHECK}tag = "x"\n', 4, "check 1.tag: there is no such key", "'tags'"),
    "an unknown key in a step": (
        f'{CHECK}steps = [\n  {{ send = "x" }},\n  {{ expct = "x" }},\n]\n',
        6,
        "check 1.steps 2.expct: there is no such key",
        "'expect'",
    ),
    "an unknown limit": (f"{CHECK}[check.limits]\ntotl = 1\n", 5, "check 1.limits.totl: there is", "'total'"),
    "a key of other tools": (f"{CHECK}skip = true\n", 4, "check 1.skip: there is no such key", "--only TAG"),
    "a key like no other": (
        f"{CHECK}zzz = true\n",
        4,
        "check 1.zzz: there is no such key",
        "the keys here are ",
    ),
    "an unknown expectation": (
        f"{CHECK}[check.expect]\ntls_days = 1\n",
        5,
        "check 1.expect.tls_days: there is",
        "'tls-days'",
    ),
    "no name": ('[[check]]\nurl = "ws://h/"\n', 1, "check 1: the key 'name' is missing", ""),
    "an empty name": ('[[check]]\nname = ""\n', 2, "check 1.name: expected a text of length >= 1", ""),
    "no url": ('[[check]]\nname = "a"\n', 1, "check 1: the check has no url", "profile"),
    "a name twice": (f"{CHECK}{CHECK}", 5, "check 2.name: the name 'a' is taken by the check on line 2", ""),
    "another type": (f"{CHECK}retries = true\n", 4, "check 1.retries: expected a whole number", ""),
    "out of range": (f"{CHECK}expect = {{ status = 99 }}\n", 4, "check 1.expect.status: expected", ""),
    "no choice": (f'{CHECK}compression = "gzip"\n', 4, "check 1.compression: invalid enum value 'gzip'", ""),
    "a bad duration": (
        f'{CHECK}limits = {{ open = "5x" }}\n',
        4,
        "check 1.limits.open: '5x' is not",
        "500ms",
    ),
    "an endless duration": (f"{CHECK}limits = {{ open = inf }}\n", 4, "check 1.limits.open: 'inf'", ""),
    "a bad retry-delay": (f'{CHECK}retry-delay = "x"\n', 4, "check 1.retry-delay: 'x' is not", ""),
    "a bad default": (f'[defaults]\nlimits = {{ open = "x" }}\n{CHECK}', 2, "defaults.limits.open: 'x'", ""),
    "no such profile": (
        f'{CHECK}profile = "p"\n[profile.q]\n',
        4,
        "check 1.profile: there is no profile 'p'",
        "are: q",
    ),
    "an unknown key in a profile": (
        f'{CHECK}[profile.p]\nurl = "ws://h/"\n[profile.q]\nurll = "ws://h/"\n',
        7,
        "profile.q.urll: there is no such key",
        "'url'",
    ),
    "an unknown list of tables": (f'{CHECK}[[check.step]]\nsend = "x"\n', 4, "check 1.step: ", "'steps'"),
    "a header that is no text": (
        f'{CHECK}[check.headers]\nA = "1"\nB = 2\n',
        6,
        "check 1.headers.B: expected a text, got a whole number",
        "",
    ),
    "a matrix that is no list": (
        f"{CHECK}[check.matrix]\na = [1]\nb = 3\n",
        6,
        "check 1.matrix.b: expected a list",
        "",
    ),
    "a negative duration": (f"{CHECK}steps = [{{ wait = -1 }}]\n", 4, "steps 1.wait: '-1' is not", "500ms"),
    "two actions": (
        f'{CHECK}steps = [{{ send = "a", ping = true }}]\n',
        4,
        "a step has one action",
        "expect-json",
    ),
    "no action": (f'{CHECK}steps = [{{ within = "1s" }}]\n', 4, "has one action, and there is none", ""),
    "a modifier of another action": (
        f'{CHECK}steps = [{{ send = "a", within = "1s" }}]\n',
        4,
        "check 1.steps 1.within: 'within' means nothing beside 'send'",
        "",
    ),
    "a modifier of a step that awaits no JSON": (
        f'{CHECK}steps = [{{ expect = "a", capture = {{ x = "y" }} }}]\n',
        4,
        "check 1.steps 1.capture: 'capture' means nothing beside 'expect'",
        "",
    ),
    "a modifier of a step that does not close": (
        f'{CHECK}steps = [{{ ping = true, reason = "x" }}]\n',
        4,
        "check 1.steps 1.reason: 'reason' means nothing beside 'ping'",
        "",
    ),
    "a bad regex": (f'{CHECK}steps = [{{ expect = "(" }}]\n', 4, "not a regular expression", ""),
    "a bad JMESPath": (
        f'{CHECK}steps = [{{ expect-json = "a[" }}]\n',
        4,
        "is not a JMESPath",
        "jmespath.org",
    ),
    "a bad capture": (
        f'{CHECK}steps = [{{ expect-json = "a", capture = {{ x = "[" }} }}]\n',
        4,
        "is not a JMESPath",
        "",
    ),
    "a capture without a name": (
        f'{CHECK}steps = [{{ expect-json = "a", capture = {{ "x y" = "a" }} }}]\n',
        4,
        "no name for",
        "",
    ),
    "bad bytes": (f'{CHECK}steps = [{{ send-binary = "hex:0" }}]\n', 4, "what follows hex: is not hex", ""),
    "a file that is not there": (
        f'{CHECK}steps = [{{ send-binary = "@none" }}]\n',
        4,
        "cannot read the file",
        "",
    ),
    "bytes without a kind": (f'{CHECK}steps = [{{ send-binary = "00" }}]\n', 4, "say how the bytes", "hex:"),
    "a ping that is too long": (
        f'{CHECK}steps = [{{ ping = "{"x" * 126}" }}]\n',
        4,
        "a ping holds at most 125 bytes",
        "",
    ),
    "a step that does nothing": (f"{CHECK}steps = [{{ close = false }}]\n", 4, "does nothing", "true"),
    "a close code that cannot be sent": (f"{CHECK}steps = [{{ close = 1005 }}]\n", 4, "1005", ""),
    "a close reason that is too long": (
        f'{CHECK}steps = [{{ close = 1000, reason = "{"x" * 124}" }}]\n',
        4,
        "at most 123 bytes",
        "",
    ),
    "JSON with a date": (f"{CHECK}steps = [{{ send-json = {{ a = 2026-11-21 }} }}]\n", 4, "no dates", "text"),
    "JSON with nan": (f"{CHECK}steps = [{{ send-json = [nan] }}]\n", 4, "no infinity and no nan", ""),
    "a bad header expectation": (
        f'{CHECK}[check.expect.headers]\nServer = "("\n',
        4,
        "not a regular expression",
        "",
    ),
    "a variable without a value": (
        f'{CHECK}[check.headers]\nX-A = "${{NOPE}}"\n',
        5,
        "check 1.headers.X-A: ${NOPE} has no value",
        "NOPE",
    ),
    "no variable": (f'{CHECK}origin = "${{a b}}"\n', 4, "what stands in ${…} is no name", "default"),
    "a capture used too early": (
        f'{CHECK}steps = [{{ send = "${{id}}" }}, {{ expect = "(?P<id>x)" }}]\n',
        4,
        "${id} has no value",
        "",
    ),
    "a capture where no reply can be": (
        f'{CHECK}steps = [{{ expect = "(?P<id>x)" }}, {{ expect-json = "${{id}}" }}]\n',
        4,
        "${id} comes from a reply",
        "later steps",
    ),
    "a variable of the file without a value": (
        f'[variables]\na = "1"\nb = "${{NOPE}}"\n{CHECK}',
        3,
        "variables.b: ${NOPE} has no value",
        "NOPE",
    ),
    "variables that go round in a circle": (
        f'[variables]\na = "${{b}}"\nb = "x${{c}}"\nc = "${{a}}"\n{CHECK}',
        4,
        "variables.c: these refer to each other without end: a → b → c → a",
        "",
    ),
    "an endless chain of variables": (
        "[variables]\n" + "".join(f'v{n} = "${{v{n + 1}}}"\n' for n in range(60)) + f'v60 = "x"\n{CHECK}',
        52,
        "these refer to each other without end: v48",
        "",
    ),
    "an empty matrix": (f"{CHECK}matrix = {{ a = [] }}\n", 4, "check 1.matrix.a: the list is empty", ""),
    "too many combinations": (
        f"{CHECK}matrix = {{ a = {list(range(400))}, b = {list(range(400))} }}\n",
        1,
        "more than 100,000",
        "",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_with_file_line_and_key(mistake: str, tmp_path: Path) -> None:
    text, line, told, hint = MISTAKES[mistake]
    with pytest.raises(UsageError) as caught:
        load(tmp_path, text)
    assert caught.value.message.startswith(f"{tmp_path / 'suite.toml'}:{line}: "), caught.value.message
    assert told in caught.value.message
    assert hint in caught.value.hint


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the suite"):
        load_suite(tmp_path / "none.toml", {})


def test_a_file_that_is_not_utf8_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"name = 'a'\n# \xff\n")
    with pytest.raises(UsageError, match="x.toml:2: not UTF-8"):
        load_suite(tmp_path / "x.toml", {})


def test_a_file_that_no_person_wrote_is_not_read_into_memory(tmp_path: Path) -> None:
    with (tmp_path / "x.toml").open("wb") as file:
        file.truncate(16 * 1024 * 1024 + 1)
    with pytest.raises(UsageError, match=r"x.toml: the file is over 16 MiB"):
        load_suite(tmp_path / "x.toml", {})


def test_the_line_is_right_in_a_file_with_everything(tmp_path: Path) -> None:
    text = (
        '# [[check]]\r\nname = """\n[[check]]\n"""\n[variables]\n"quoted_key" = \'a = "b"\'\n'
        '[defaults.headers]\n"quoted.key" = \'a = "b"\'\n'
        '[[check]]\nname = \'a\' # "\nurl = """ws://h/"""\nsteps = [ # [\n'
        '  { send = "]}" }, # }\n  { send-json = { a = [1, { b = "#" }] } },\n  { expect = "(" },\n]\n'
    )
    with pytest.raises(UsageError, match=r"suite.toml:15: check 1.steps 3.expect"):
        load(tmp_path, text)


def test_a_matrix_makes_a_check_of_each_combination(tmp_path: Path) -> None:
    suite = load(tmp_path, f'{CHECK}matrix = {{ x = [1, 2], y = ["p", "q"] }}\norigin = "${{x}}${{y}}"\n')
    assert [check.name for check in suite.checks] == [
        "a [x=1, y=p]",
        "a [x=1, y=q]",
        "a [x=2, y=p]",
        "a [x=2, y=q]",
    ]
    assert [check.connection["origin"] for check in suite.checks] == ["1p", "1q", "2p", "2q"]


def test_own_keys_go_before_the_profile_s_and_these_before_the_defaults(tmp_path: Path) -> None:
    text = """
[defaults]
origin = "defaults"
headers = { A = "defaults", B = "defaults", C = "defaults" }
limits = { open = 1, rtt = 1, total = 1 }
retries = 3
[profile.p]
url = "ws://profile/"
origin = "profile"
headers = { b = "profile", C = "profile" }
limits = { rtt = 2, total = "2s" }
[[check]]
name = "x"
profile = "p"
headers = { c = "own" }
limits = { total = "3000ms" }
"""
    (check,) = load(tmp_path, text).checks
    assert check.url == "ws://profile/"
    assert check.connection["origin"] == "profile"
    assert check.connection["header"] == ["c: own", "b: profile", "A: defaults"]
    assert (check.limits.open, check.limits.rtt, check.limits.total) == (1, 2, 3)
    assert check.retries == 3


@pytest.mark.parametrize(
    ("text", "environment", "value"),
    [
        ("${A}", {"A": "1"}, "1"),
        ("${A:-d}", {}, "d"),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A:-}", {}, ""),
        ("$${A}", {}, "${A}"),
        ("$A {A}", {}, "$A {A}"),
        ("${file}", {"file": "environment"}, "of the file"),
        ("x${A}${A}y", {"A": "${A}"}, "x${A}${A}y"),
    ],
)
def test_variables(text: str, environment: dict[str, str], value: str, tmp_path: Path) -> None:
    content = f'[variables]\nfile = "of the file"\n{CHECK}origin = "{text}"\n'
    (check,) = load(tmp_path, content, **environment).checks
    assert check.connection["origin"] == value


@pytest.mark.parametrize(
    ("table", "environment", "value"),
    [
        ('b = "<${a}>"\na = "1"', {"a": "environment"}, "<1>"),
        ('b = "${a}${a}"\na = "${c}"\nc = 7', {}, "77"),
        ('b = "${b:-by default}"', {}, "by default"),
        ('b = "${b:-by default}"', {"b": "environment"}, "environment"),
        ('b = "${m}/${a}"\na = "${m}"', {}, "matrix/matrix"),
        ('b = "$${a}"\na = "1"', {}, "${a}"),
        ('b = "${a:-x}"\na = ""', {}, ""),
    ],
)
def test_variables_of_the_file_may_refer_to_each_other(
    table: str, environment: dict[str, str], value: str, tmp_path: Path
) -> None:
    text = f'[variables]\n{table}\n{CHECK}origin = "${{b}}"\nmatrix = {{ m = ["matrix"] }}\n'
    (check,) = load(tmp_path, text, **environment).checks
    assert check.connection["origin"] == value


def test_files_are_found_beside_the_suite(tmp_path: Path) -> None:
    (tmp_path / "payload").write_bytes(b"\0\1")
    text = f'{CHECK}cacert = "ca.pem"\nbearer = "@token"\nsteps = [{{ send-binary = "@payload" }}]\n'
    (check,) = load(tmp_path, text).checks
    assert check.connection["cacert"] == str(tmp_path / "ca.pem")
    assert check.connection["bearer"] == f"@{tmp_path / 'token'}"
    assert getattr(check.steps[0].action, "binary", None) == b"\0\1"


def test_what_looks_like_a_secret_in_the_environment_is_one(tmp_path: Path) -> None:
    text = f'{CHECK}origin = "${{API_TOKEN}}${{PLAIN}}"\n'
    (check,) = load(tmp_path, text, API_TOKEN="hush-hush", PLAIN="open", OTHER_TOKEN="unused").checks
    assert check.secrets == ("hush-hush",)


@pytest.mark.parametrize(
    ("text", "secrets"),
    [
        ('[variables]\ntoken = "of-the-file"\nplain = "open"\n', ("of-the-file",)),
        ('[variables]\nauth_url = "ws://h/"\nTOKEN_TYPE = "bearer"\nAUTH2 = "hush"\n', ("hush",)),
        ('[variables]\nx = "${API_TOKEN:-by-default}"\n', ("by-default",)),
        ("[variables]\npassword = 12345678\n", ("12345678",)),
    ],
)
def test_what_looks_like_a_secret_in_the_file_is_one(
    text: str, secrets: tuple[str, ...], tmp_path: Path
) -> None:
    (check,) = load(tmp_path, f"{text}{CHECK}").checks
    assert check.secrets == secrets


NAMED = """name = "suite ${API_TOKEN}"
[variables]
password = "of-the-file"
[[check]]
name = "${API_TOKEN} and ${password}"
url = "ws://h/"
tags = ["plain", "${API_TOKEN}"]
[[check]]
name = "matrix"
url = "ws://h/"
matrix = { cookie = ["first-one", "other-one"] }
"""


def test_names_and_tags_are_without_secrets(tmp_path: Path) -> None:
    suite = load(tmp_path, NAMED, API_TOKEN="hush-hush")
    hidden = "‹redacted›"
    assert suite.name == f"suite {hidden}"
    assert suite.checks[0].tags == ("plain", hidden)
    names = [check.name for check in suite.checks]
    assert names == [f"{hidden} and {hidden}", f"matrix [cookie={hidden}]", f"matrix [cookie={hidden}]"]
    shown = load_suite(tmp_path / "suite.toml", {"API_TOKEN": "hush-hush"}, show_secrets=True)
    assert shown.name == "suite hush-hush"
    assert [check.name for check in shown.checks][1] == "matrix [cookie=first-one]"


@pytest.mark.parametrize(
    "mistake",
    [
        'steps = [{ expect-json = "${API_TOKEN}[" }]',
        'steps = [{ expect-json = "${password}[" }]',
        'steps = [{ expect-json = "${token}[" }]\nmatrix = { token = ["of-the-matrix"] }',
        'name = "${API_TOKEN}"\n[[check]]\nurl = "ws://h/"\nname = "${API_TOKEN}"',
    ],
)
def test_no_message_about_a_suite_has_a_secret_in_it(mistake: str, tmp_path: Path) -> None:
    name = "" if "name" in mistake else 'name = "a"\n'
    text = f'[variables]\npassword = "of-the-file"\n[[check]]\nurl = "ws://h/"\n{name}{mistake}\n'
    with pytest.raises(UsageError, match="‹redacted›") as caught:
        load(tmp_path, text, API_TOKEN="hush-hush")
    assert not any(
        secret in f"{caught.value}{caught.value.hint}" for secret in ("hush", "of-the-file", "of-the-matrix")
    )


def test_the_schema_that_ships_is_that_of_the_tables() -> None:
    assert PATH.read_text(encoding="ascii") == rendered()


def valid(document: Any) -> bool:
    schema = json.loads(PATH.read_text(encoding="ascii"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).is_valid(document)


def test_the_schema_accepts_the_starter_and_refuses_what_the_loader_refuses() -> None:
    assert valid(tomllib.loads(STARTER.read_text(encoding="utf-8")))
    shapes = (
        "an unknown key",
        "no name",
        "another type",
        "out of range",
        "no choice",
        "two actions",
        "no action",
        "a modifier",
        "a matrix that nothing",
        "a variable that nothing",
        "a capture without a name",
    )
    for mistake, (text, *_) in MISTAKES.items():
        if mistake.startswith(shapes):
            assert not valid(tomllib.loads(text)), mistake


def test_the_starter_loads() -> None:
    assert len(load_suite(STARTER, {}).checks) == 5
