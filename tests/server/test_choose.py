"""How a scenario is chosen: names, query values, and what a wrong one is answered with."""

from __future__ import annotations

import subprocess
import sys

import pytest

from wscli.errors import UsageError
from wscli.server.scenarios import SCENARIOS, choose


def test_names_are_those_of_the_contract() -> None:
    assert tuple(SCENARIOS) == (
        *("echo", "hello", "chat", "ticker", "reject", "close", "fragments", "ping", "silent", "flood"),
    )


@pytest.mark.parametrize(
    ("name", "query", "values"),
    [
        ("echo", "", {}),
        ("hello", "", {"delay": 5.0}),
        ("hello", "delay=100ms", {"delay": 0.1}),
        ("ticker", "", {"interval": 0.1}),
        ("ping", "interval=1s", {"interval": 1.0}),
        ("close", "", {"code": 1000, "reason": ""}),
        ("close", "code=4001&reason=nope", {"code": 4001, "reason": "nope"}),
        ("close", "reason=not%20today+sorry", {"code": 1000, "reason": "not today sorry"}),
        ("flood", "count=0&size=16k", {"count": 0, "size": 16384}),
    ],
)
def test_query_gives_the_values(name: str, query: str, values: dict[str, object]) -> None:
    assert choose(name, query).values == values


@pytest.mark.parametrize(
    ("name", "query", "message", "hint"),
    [
        ("ech", "", "no scenario 'ech'", "did you mean echo?"),
        ("FLOOD", "", "no scenario 'FLOOD'", "did you mean flood?"),
        ("zzz", "", "no scenario 'zzz'", "choose one of echo, hello, chat"),
        ("echo", "size=1", "takes no 'size'", "no values"),
        ("flood", "cuont=1", "takes no 'cuont'", "did you mean count?"),
        ("flood", "zz=1", "takes no 'zz'", "it takes count, size"),
        ("flood", "count=1&count=2", "'count' twice", "once"),
        ("flood", "count=-1", "'-1' is not a count", "whole number"),
        ("flood", "count=²", "is not a count", "whole number"),
        ("flood", "count=", "'' is not a count", "whole number"),
        ("flood", "size=1G", "over the largest", "64M"),
        ("flood", "size=big", "not a size", "16M"),
        ("close", "code=1006", "1006 may not be sent", "3000–4999"),
        ("close", "code=1004", "1004 may not be sent", "3000–4999"),
        ("close", "code=5000", "5000 may not be sent", "3000–4999"),
        ("close", "code=x", "'x' is not a close code", "3000–4999"),
        ("close", "reason=" + "x" * 124, "124 bytes", "shorten"),
        ("ticker", "interval=0", "too short", "1ms"),
        ("hello", "delay=soon", "not a duration", "500ms"),
    ],
)
def test_wrong_choice_says_what_to_type(name: str, query: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        choose(name, query)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_a_secret_in_a_query_is_not_repeated() -> None:
    with pytest.raises(UsageError) as caught:
        choose("echo", "token=hunter2")
    assert "hunter2" not in caught.value.message + caught.value.hint


def test_the_table_of_scenarios_costs_no_server() -> None:
    program = (
        "import sys, wscli.server.scenarios; print(sorted({'websockets', 'asyncio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
