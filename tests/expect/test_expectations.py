"""Each expectation against what may happen: its verdict, as soon as there is one, and its story."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.expect.happenings import closed, message, message_run, opened, request, response, tls
from wscli.errors import UsageError
from wscli.events import Extension
from wscli.expect.closing import CloseCode
from wscli.expect.expectation import Expectation, State
from wscli.expect.expected import Expected
from wscli.expect.messages import Binary, Count, Json, Reject, Text
from wscli.expect.opening import Header, NegotiatedExtension, NegotiatedSubprotocol, Status, TlsDays

DEFLATE = Extension(name="permessage-deflate", params=(("server_no_context_takeover", None),))
Make = Callable[[], Expectation]

MET: dict[str, tuple[Make, list[Any]]] = {
    "text anywhere in a message": (lambda: Text("b+"), [message("abba")]),
    "text in a run": (lambda: Text("^two$"), [message_run("one", "two")]),
    "text after others": (lambda: Text("c"), [message("a"), message(b"c"), message("c")]),
    "json that is true": (lambda: Json("type"), [message('{"type": "x"}')]),
    "json zero is no false": (lambda: Json("n"), [message('{"n": 0}')]),
    "json comparison": (lambda: Json("n == `1`"), [message('{"n": 1}')]),
    "json number": (lambda: Json("n=7"), [message('{"n": 7.0}')]),
    "json string without quotes": (lambda: Json("s=ok"), [message('{"s": "ok"}')]),
    "json object": (lambda: Json('o={"a":[1]}'), [message('{"o": {"a": [1]}}')]),
    "json null": (lambda: Json("n=null"), [message('{"n": null}')]),
    "json with = in a value": (lambda: Json("s=a=b"), [message('{"s": "a=b"}')]),
    "json with = in quotes": (lambda: Json("[?k=='a=b'].v | [0]=1"), [message('[{"k":"a=b","v":1}]')]),
    "count over runs and messages": (lambda: Count(3), [message_run("a", "b"), message(b"c")]),
    "binary": (lambda: Binary(b"\0\xff"), [message("x"), message(b"\0\xff")]),
    "empty binary": (lambda: Binary(b""), [message_run(b"")]),
    "status 101": (lambda: Status(101), [response()]),
    "header": (lambda: Header("server: ^ng"), [response(headers=(("Server", "nginx"),))]),
    "header, one of two": (lambda: Header("X:b"), [response(headers=(("x", "a"), ("X", "b")))]),
    "subprotocol": (lambda: NegotiatedSubprotocol("chat"), [opened("chat")]),
    "no subprotocol": (lambda: NegotiatedSubprotocol(""), [opened()]),
    "extension": (lambda: NegotiatedExtension("permessage-deflate"), [opened(None, DEFLATE)]),
    "extension's parameter": (
        lambda: NegotiatedExtension("permessage-deflate; server_no_context_takeover"),
        [opened(None, DEFLATE)],
    ),
    "tls days": (lambda: TlsDays(10), [tls("2026-12-01T12:00:00Z"), request(), opened()]),
    "tls days of the server, not of the proxy": (
        lambda: TlsDays(10),
        [tls("2026-11-22T12:00:00Z"), tls("2026-12-01T12:00:00Z"), request(), opened()],
    ),
    "tls days of both servers of a redirect": (
        lambda: TlsDays(10),
        [
            *(tls("2026-12-01T12:00:00Z"), request(), response(302)),
            *(tls("2026-12-02T12:00:00Z"), request(), opened()),
        ],
    ),
    "tls days behind a redirect to TLS": (
        lambda: TlsDays(10),
        [request(), response(301), tls("2026-12-01T12:00:00Z"), request(), opened()],
    ),
    "close code": (lambda: CloseCode(4001), [closed(4001)]),
}

FAILED: dict[str, tuple[Make, list[Any], str]] = {
    "reject": (lambda: Reject("err"), [message("an error")], "this one came: 'an error'"),
    "reject in a run": (lambda: Reject("b"), [message_run("a", "b")], "this one came: 'b'"),
    "status 101 instead": (lambda: Status(403), [response()], "the reply has status 101"),
    "header missing": (lambda: Header("A: b"), [response()], "the reply has no header A"),
    "header different": (lambda: Header("A: b"), [response(headers=(("a", "c"),))], "the reply has A: 'c'"),
    "secret header": (
        lambda: Header("Set-Cookie: b"),
        [response(headers=(("Set-Cookie", "sid=1"),))],
        "the reply's value does not match",
    ),
    "subprotocol": (lambda: NegotiatedSubprotocol("a"), [opened("b")], "the server chose 'b'"),
    "subprotocol none": (lambda: NegotiatedSubprotocol("a"), [opened()], "the server chose none"),
    "extension": (lambda: NegotiatedExtension("x"), [opened()], "none was agreed on"),
    "extension's parameter": (
        lambda: NegotiatedExtension("permessage-deflate; client_max_window_bits=9"),
        [opened(None, DEFLATE)],
        "agreed on was 'permessage-deflate; server_no_context_takeover'",
    ),
    "tls days": (lambda: TlsDays(10), [tls("2026-11-30T12:00:00Z"), request()], "it is valid for 9 days"),
    "tls days of what a redirect led to": (
        lambda: TlsDays(10),
        [tls("2026-12-01T12:00:00Z"), request(), response(302), tls("2026-11-30T12:00:00Z"), request()],
        "it is valid for 9 days",
    ),
    "tls days of what redirected": (
        lambda: TlsDays(10),
        [tls("2026-11-30T12:00:00Z"), request(), response(302), tls("2026-12-01T12:00:00Z"), request()],
        "it is valid for 9 days",
    ),
    "no tls": (lambda: TlsDays(1), [request(), opened()], "there was no TLS"),
    "tls, end unknown": (lambda: TlsDays(1), [tls(None), request()], "the certificate does not tell its end"),
    "close code": (
        lambda: CloseCode(1000),
        [closed(4001, "no")],
        "the connection ended with 4001 (Some Name) with the reason 'no'",
    ),
}

UNMET: dict[str, tuple[Make, list[Any], str]] = {
    "nothing came": (lambda: Text("a"), [], "no text message came"),
    "only binary": (lambda: Text("a"), [message(b"a")], "no text message came, 1 binary message"),
    "one text": (lambda: Text("a"), [message("b")], "1 text message came: it was 'b'"),
    "nearest": (
        lambda: Text("status: ok"),
        [message("x"), message("status: bad"), message("y")],
        "3 text messages came: the nearest was 'status: bad'",
    ),
    "last": (lambda: Text("qqq"), [message("x"), message("y")], "2 text messages came: the last was 'y'"),
    "our own do not count": (lambda: Text("a"), [message("a", "out")], "no text message came"),
    "our own runs do not count": (lambda: Count(1), [message_run("a", direction="out")], "no message came"),
    "no json": (lambda: Json("a"), [message("a"), message(b"1")], "2 messages without JSON came"),
    "json without it": (lambda: Json("a"), [message("{}")], "1 JSON message came: a is null or not there"),
    "json of another type": (
        lambda: Json("a=1"),
        [message('{"a": "1"}'), message("{}")],
        '2 JSON messages came: a is "1"',
    ),
    "json true is not 1": (lambda: Json("a=1"), [message('{"a": true}')], "1 JSON message came: a is true"),
    "json function on the wrong type": (
        lambda: Json("length(a)=1"),
        [message('{"a": 5}')],
        "1 JSON message came: length(a) is null or not there",
    ),
    "count": (lambda: Count(2), [message("a")], "1 message came"),
    "binary": (
        lambda: Binary(b"\1\2\3"),
        [message(b"\1\2\4"), message(b"\0"), message("x")],
        "2 binary messages came, 1 text message: the nearest, hex:010204, differs from byte 2 on",
    ),
    "no reply": (lambda: Status(200), [], "no reply came"),
    "no open": (lambda: NegotiatedSubprotocol("x"), [], "no connection was established"),
    "no close": (lambda: CloseCode(1000), [], "the peer did not close the connection"),
    "another refusal": (lambda: Status(403), [response(404)], "the reply has status 404"),
}


def fed(make: Make, items: list[Any]) -> tuple[Expectation, Expected]:
    expectation = make()
    expected = Expected([expectation])
    for item in items:
        expected.feed([item])
    return expectation, expected


@pytest.mark.parametrize("name", MET)
def test_it_is_met_with_the_last_thing_that_came_and_not_before(name: str) -> None:
    make, items = MET[name]
    _, before = fed(make, items[:-1])
    assert before.state is State.PENDING
    expectation, expected = fed(make, items)
    assert expectation.state is State.MET
    assert expected.state is State.MET
    assert expected.failure() is None


@pytest.mark.parametrize("name", FAILED)
def test_it_fails_at_once_when_it_cannot_be_met_any_more(name: str) -> None:
    make, items, came = FAILED[name]
    expectation, expected = fed(make, items)
    assert expectation.state is State.FAILED
    assert expected.state is State.FAILED
    assert expectation.came() == came
    failure = expected.failure()
    assert failure is not None
    assert failure.message == f"expected {expectation.wanted} ({expectation.option}); {came}"


@pytest.mark.parametrize("name", UNMET)
def test_it_is_pending_until_the_end_then_tells_what_came(name: str) -> None:
    make, items, came = UNMET[name]
    expectation, expected = fed(make, items)
    assert expectation.state is State.PENDING
    assert expected.failure() is not None
    assert expectation.came() == came


@pytest.mark.parametrize("status", [200, 403, 404, 500])
def test_a_refusal_s_status_is_met_at_the_end(status: int) -> None:
    _, expected = fed(lambda: Status(status), [response(302), response(status)])
    assert expected.failure() is None


@pytest.mark.parametrize(("end", "state"), [("2026-12-01T12:00:00Z", State.MET), (None, State.FAILED)])
def test_a_certificate_is_judged_also_where_the_handshake_is_refused(end: str | None, state: State) -> None:
    expectation, expected = fed(lambda: TlsDays(10), [tls(end), request(), response(403)])
    expected.end()
    assert expectation.state is state


def test_only_the_first_of_a_flood_are_compared_and_the_last_is_told() -> None:
    expectation, _ = fed(lambda: Text("status: ok"), [message_run(*["x"] * 64, "status: bad", "y")])
    expectation.end()
    assert expectation.came() == "66 text messages came: the last was 'y'"
    expectation, _ = fed(lambda: Text("status: ok"), [message_run(*["x"] * 63, "status: bad", "y")])
    expectation.end()
    assert expectation.came() == "65 text messages came: the nearest was 'status: bad'"


def test_only_the_beginning_of_a_long_text_is_compared() -> None:
    expectation, _ = fed(
        lambda: Text("status: ok" * 20 + "x" * 10**4), [message("status: ok" * 20 + "y" * 10**4), message("")]
    )
    expectation.end()
    assert expectation.came().startswith("2 text messages came: the nearest was 'status: ok")


def test_an_interim_response_decides_nothing() -> None:
    expectation, _ = fed(lambda: Status(101), [response(103)])
    assert expectation.state is State.PENDING


def test_a_rejection_holds_until_the_end_and_does_not_end_a_run() -> None:
    _, expected = fed(lambda: Reject("x"), [message("a")])
    assert not expected.ends_by_itself
    assert expected.state is State.PENDING
    assert expected.failure() is None


@pytest.mark.parametrize(
    ("contents", "state"), [(("good", "bad"), State.MET), (("bad", "good"), State.FAILED)]
)
def test_within_one_read_the_order_of_the_wire_decides(contents: tuple[str, ...], state: State) -> None:
    expected = Expected([Text("good"), Reject("bad")])
    expected.feed([message_run(*contents)])
    assert expected.state is state


def test_all_must_be_met_and_only_what_failed_is_told() -> None:
    expected = Expected([Text("a"), Text("b"), Count(1)])
    expected.feed([message("a")])
    assert expected.state is State.PENDING
    failure = expected.failure()
    assert failure is not None
    assert "'b'" in failure.message
    assert "'a' (--expect)" not in failure.message


@pytest.mark.parametrize(
    "make",
    [
        lambda: Text("("),
        lambda: Reject("[z-a]"),
        lambda: Json(""),
        lambda: Json("a["),
        lambda: Json("=1"),
        lambda: Header("no colon"),
        lambda: Header(": x"),
        lambda: NegotiatedExtension("a, b"),
        lambda: NegotiatedExtension(""),
        lambda: CloseCode(999),
        lambda: CloseCode(5000),
    ],
)
def test_what_cannot_be_expected_is_a_usage_error(make: Make) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert caught.value.message.startswith("--")


def test_a_story_is_bounded_whatever_the_peer_sends() -> None:
    for make, content in (
        (lambda: Text("a"), "b" * 10**6),
        (lambda: Json("a=1"), '{"a": "' + "b" * 10**6 + '"}'),
        (lambda: Text("a" * 10**6), "b"),
        (lambda: Json("a=" + "1" * 4000), '{"a": 1}'),
        (lambda: Binary(b"a" * 10**6), b"b" * 10**6),
        (lambda: Reject("b"), "b" * 10**6),
    ):
        expectation, expected = fed(make, [message(content)] * 3)
        expected.end()
        assert len(expectation.story()) < 400


def test_deep_nesting_is_no_json() -> None:
    expectation, _ = fed(lambda: Json("a"), [message("[" * 10**6)])
    assert expectation.state is State.PENDING
