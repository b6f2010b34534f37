from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.events import Extension
from wscli.wire.head import HeadDecoder, RequestHead, ResponseHead, accept_for, encode_request
from wscli.wire.lint import (
    RULES,
    DeflateParams,
    deflate_params,
    lint_handshake,
    negotiated_extensions,
    negotiated_subprotocol,
    opaque_rsv,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept_for(KEY)}
Lines = list[tuple[str, str]]


def asked(*extra: tuple[str, str]) -> RequestHead:
    headers = (("Host", "a"), ("Sec-WebSocket-Key", KEY), *extra)
    return RequestHead("GET", "/", "HTTP/1.1", headers, encode_request("GET", "/", headers))


def answered(lines: Lines, status_line: str = "HTTP/1.1 101 Switching Protocols") -> ResponseHead:
    octets = "\r\n".join([status_line, *(f"{name}: {value}" for name, value in lines), "", ""])
    head = HeadDecoder().feed(octets.encode("latin-1"))
    assert isinstance(head, ResponseHead)
    return head


def good(*extra: tuple[str, str], **replaced: str | None) -> Lines:
    changed = {name.replace("_", "-"): value for name, value in replaced.items()}
    lines = [(name, changed.get(name, value)) for name, value in GOOD.items()]
    return [(name, value) for name, value in lines if value is not None] + list(extra)


def broken(request: RequestHead, response: ResponseHead) -> list[str]:
    return [each.rule for each in lint_handshake(request, response)]


def test_good_handshake_breaks_nothing() -> None:
    assert lint_handshake(asked(), answered(good())) == []


@pytest.mark.parametrize(
    "lines",
    [
        good(Upgrade="WebSocket"),
        good(Connection="keep-alive, upgrade"),
        good(("Connection", "x"), Connection="UPGRADE"),
        [(name.upper(), value) for name, value in good()],
    ],
)
def test_legal_spellings_pass(lines: Lines) -> None:
    assert broken(asked(), answered(lines)) == []


BROKEN: list[tuple[str, Lines, str]] = [
    ("upgrade", good(Upgrade=None), "expected Upgrade: websocket, received none"),
    ("upgrade", good(Upgrade="h2c"), "expected Upgrade: websocket, received 'h2c'"),
    (
        "upgrade",
        good(("Upgrade", "websocket")),
        "expected Upgrade: websocket, received 'websocket, websocket'",
    ),
    ("connection", good(Connection=None), "expected Connection: Upgrade, received none"),
    ("connection", good(Connection="close"), "expected Connection: Upgrade, received 'close'"),
    ("connection", good(("Connection", "")), "expected Connection: Upgrade, received 'Upgrade, '"),
    ("connection", good(("Connection", "é")), "expected Connection: Upgrade, received 'Upgrade, é'"),
    (
        "accept-missing",
        good(Sec_WebSocket_Accept=None),
        f"expected Sec-WebSocket-Accept: {accept_for(KEY)}, received none",
    ),
    (
        "accept-mismatch",
        good(Sec_WebSocket_Accept="x"),
        f"expected Sec-WebSocket-Accept: {accept_for(KEY)}, received 'x'",
    ),
    (
        "accept-mismatch",
        good(Sec_WebSocket_Accept=accept_for(KEY).swapcase()),
        f"expected Sec-WebSocket-Accept: {accept_for(KEY)}, received '{accept_for(KEY).swapcase()}'",
    ),
    (
        "accept-repeated",
        good(("sec-websocket-accept", accept_for(KEY))),
        f"Sec-WebSocket-Accept came 2 times: '{accept_for(KEY)}, {accept_for(KEY)}'",
    ),
    ("header-repeated", good(("Date", "a"), ("date", "b")), "Date came 2 times"),
    ("body-in-101", good(("Content-Length", "0")), "the 101 has Content-Length: '0'"),
]


@pytest.mark.parametrize(("rule", "lines", "detail"), BROKEN)
def test_broken_rule_is_named_with_expected_and_received(rule: str, lines: Lines, detail: str) -> None:
    (found,) = lint_handshake(asked(), answered(lines))
    assert (found.rule, found.detail) == (rule, detail)
    assert (found.rfc, found.severity) == (RULES[rule].rfc, RULES[rule].severity)


def test_101_that_is_not_http_1_1_is_named() -> None:
    assert broken(asked(), answered(good(), "HTTP/1.0 101 X")) == ["http-version"]


@pytest.mark.parametrize("line", ["HTTP/1.1 403 Forbidden", "HTTP/1.0 200 OK", "HTTP/1.1 301 "])
def test_refusal_is_one_violation(line: str) -> None:
    (found,) = lint_handshake(asked(), answered([], line))
    assert found.rule == "status"
    assert found.detail == f"expected status 101, received {line[9:].strip()}"


def test_what_the_head_got_wrong_is_passed_on() -> None:
    assert broken(asked(), answered(good(("X Y", "z")))) == ["head-header-name"]


def test_request_without_a_key_of_its_own_asks_for_no_accept_value() -> None:
    keyless = RequestHead("GET", "/", "HTTP/1.1", (), b"")
    assert broken(keyless, answered(good(Sec_WebSocket_Accept="anything"))) == []
    (found,) = lint_handshake(keyless, answered(good(Sec_WebSocket_Accept=None)))
    assert found.detail == "expected a Sec-WebSocket-Accept, received none"


SUBPROTOCOLS: list[tuple[list[str], list[str], list[str]]] = [
    # offered, received, rules
    (["chat, superchat"], ["superchat"], []),
    (["chat", "superchat"], ["superchat"], []),
    (["chat"], [], ["subprotocol-not-chosen"]),
    ([], [], []),
    (["chat"], ["Chat"], ["subprotocol-not-offered"]),
    ([], ["chat"], ["subprotocol-not-offered"]),
    (["chat"], [""], ["subprotocol-not-offered"]),
    (["a, b"], ["a, b"], ["subprotocol-repeated"]),
    (["a"], ["a", "a"], ["subprotocol-repeated"]),
]


@pytest.mark.parametrize(("offered", "received", "rules"), SUBPROTOCOLS)
def test_subprotocol_is_one_that_was_offered(
    offered: list[str], received: list[str], rules: list[str]
) -> None:
    name = "Sec-WebSocket-Protocol"
    response = answered(good(*((name, value) for value in received)))
    assert broken(asked(*((name, value) for value in offered)), response) == rules
    assert negotiated_subprotocol(response) == (received[0] if received else None)


def test_offered_subprotocols_stay_out_of_the_detail() -> None:
    name = "Sec-WebSocket-Protocol"
    found = lint_handshake(asked((name, "bearer, hunter2")), answered(good((name, "chat"))))
    assert "hunter2" not in repr(found)


DEFLATE = "permessage-deflate"
EXTENSIONS: list[tuple[str | None, str, list[str]]] = [
    # offered, received, rules
    (DEFLATE, DEFLATE, []),
    (f"{DEFLATE}; client_max_window_bits", f"{DEFLATE}; client_max_window_bits=10", []),
    (f"{DEFLATE}; client_max_window_bits=10", f'{DEFLATE} ;client_max_window_bits = "12"', []),
    (DEFLATE, f"{DEFLATE}; server_max_window_bits=8; server_no_context_takeover", []),
    (DEFLATE, f"{DEFLATE}; client_no_context_takeover", []),
    (f"{DEFLATE}; server_max_window_bits=10", f"{DEFLATE}; server_max_window_bits=10", []),
    (f"{DEFLATE}; server_max_window_bits=10, {DEFLATE}", DEFLATE, []),
    (f"x-a, {DEFLATE}", f"x-a; p=1, {DEFLATE}", []),
    (f"{DEFLATE}", f",{DEFLATE}, ,", []),
    (None, DEFLATE, ["extension-not-offered"]),
    (DEFLATE, f"{DEFLATE}, x-a, x-a; b", ["extension-not-offered"]),
    (DEFLATE, "Permessage-Deflate", ["extension-not-offered"]),
    (DEFLATE, "", ["extensions-malformed"]),
    (DEFLATE, f"{DEFLATE}; =1", ["extensions-malformed"]),
    (DEFLATE, f"{DEFLATE};", ["extensions-malformed"]),
    (DEFLATE, f'{DEFLATE}, "quoted"', ["extensions-malformed"]),
    (DEFLATE, f"{DEFLATE} x", ["extensions-malformed"]),
    (DEFLATE, f'{DEFLATE}; server_max_window_bits="1', ["extensions-malformed"]),
    (
        DEFLATE,
        f'{DEFLATE}; server_max_window_bits="1 0"',
        ["extensions-malformed", "deflate-parameter-value"],
    ),
    (DEFLATE, f"{DEFLATE}, {DEFLATE}", ["extension-agreed-twice"]),
    (
        DEFLATE,
        f"{DEFLATE}; server_max_window_bits=9; server_max_window_bits=9",
        ["deflate-parameter-repeated"],
    ),
    (DEFLATE, f"{DEFLATE}; level=9", ["deflate-parameter-unknown"]),
    (DEFLATE, f"{DEFLATE}; server_no_context_takeover=1", ["deflate-parameter-value"]),
    (DEFLATE, f"{DEFLATE}; server_max_window_bits", ["deflate-parameter-value"]),
    (DEFLATE, f"{DEFLATE}; server_max_window_bits=7", ["deflate-parameter-value"]),
    (DEFLATE, f"{DEFLATE}; server_max_window_bits=16", ["deflate-parameter-value"]),
    (DEFLATE, f"{DEFLATE}; server_max_window_bits=010", ["deflate-parameter-value"]),
    (DEFLATE, f'{DEFLATE}; server_max_window_bits="08"', ["deflate-parameter-value"]),
    (DEFLATE, f"{DEFLATE}; server_max_window_bits=1_0", ["deflate-parameter-value"]),
    (f"{DEFLATE}; client_max_window_bits", f"{DEFLATE}; client_max_window_bits", ["deflate-parameter-value"]),
    (
        f"{DEFLATE}; server_max_window_bits=10",
        f"{DEFLATE}; server_max_window_bits=11",
        ["deflate-window-too-large"],
    ),
    (f"{DEFLATE}; server_max_window_bits=10", DEFLATE, ["deflate-window-too-large"]),
    (DEFLATE, f"{DEFLATE}; client_max_window_bits=10", ["deflate-client-window"]),
    (f"{DEFLATE}; server_no_context_takeover", DEFLATE, ["deflate-context-takeover"]),
]


@pytest.mark.parametrize(("offered", "received", "rules"), EXTENSIONS)
def test_extensions_answer_the_offer(offered: str | None, received: str, rules: list[str]) -> None:
    name = "Sec-WebSocket-Extensions"
    request = asked() if offered is None else asked((name, offered))
    assert broken(request, answered(good((name, received)))) == rules


def test_extensions_header_comes_once_in_a_response_but_counts_whole() -> None:
    name = "Sec-WebSocket-Extensions"
    response = answered(good((name, "x-a"), (name, "x-b")))
    assert broken(asked((name, "x-a"), (name, "x-b")), response) == ["extensions-repeated"]
    assert [extension.name for extension in negotiated_extensions(response)] == ["x-a", "x-b"]


@pytest.mark.parametrize(
    ("received", "extensions"),
    [
        ("a", [Extension(name="a", params=())]),
        (
            r'a; b; c="d\e"; f=g, h',
            [
                Extension(name="a", params=(("b", None), ("c", "de"), ("f", "g"))),
                Extension(name="h", params=()),
            ],
        ),
        (
            'a; b="c,d;e", f',
            [
                Extension(name="a", params=(("b", "c,d;e"),)),
                Extension(name="f", params=()),
            ],
        ),
        ("(x), b; =; c", [Extension(name="b", params=(("c", None),))]),
        ("", []),
    ],
)
def test_negotiated_extensions_are_read(received: str, extensions: list[Extension]) -> None:
    response = answered([("Sec-WebSocket-Extensions", received)])
    assert list(negotiated_extensions(response)) == extensions


@pytest.mark.parametrize(
    ("received", "params"),
    [
        ("x-a", None),
        (DEFLATE, DeflateParams(False, False, 15, 15)),
        (
            f"x-a, {DEFLATE}; server_no_context_takeover; client_no_context_takeover",
            DeflateParams(True, True, 15, 15),
        ),
        (
            f'{DEFLATE}; server_max_window_bits=9; client_max_window_bits="8"',
            DeflateParams(False, False, 9, 8),
        ),
        (
            f"{DEFLATE}; server_max_window_bits=99; client_max_window_bits",
            DeflateParams(False, False, 15, 15),
        ),
    ],
)
def test_deflate_parameters_are_read(received: str, params: DeflateParams | None) -> None:
    assert deflate_params(negotiated_extensions(answered([("Sec-WebSocket-Extensions", received)]))) == params


@pytest.mark.parametrize(
    ("received", "bits"), [("", 0), (DEFLATE, 0), ("x-a", 0x70), (f"x-a, {DEFLATE}", 0x30)]
)
def test_unknown_extension_may_use_the_bits_that_deflate_does_not(received: str, bits: int) -> None:
    assert opaque_rsv(negotiated_extensions(answered([("Sec-WebSocket-Extensions", received)]))) == bits


@pytest.mark.parametrize("piece", [";a", ",a", ';a="\\"', ',"\\', ";a;a=1", ';a="b"', "= "])
def test_hostile_extensions_take_neither_time_nor_thousands_of_violations(piece: str) -> None:
    request = asked(("Sec-WebSocket-Extensions", DEFLATE))
    value = DEFLATE + piece * (60_000 // len(piece))
    found = lint_handshake(request, answered(good(("Sec-WebSocket-Extensions", value))))
    # Quadratic work would take minutes, and end at the test's timeout.
    assert 0 < len(found) < 20
    assert all(len(each.detail) < 2000 for each in found)


_NAMES = st.sampled_from([*GOOD, "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Date"])
_VALUES = st.text(st.characters(max_codepoint=0xFF, exclude_characters="\r\n"), max_size=30) | st.text(
    f'{DEFLATE};,="\\ 0189_server_max_window_bits', max_size=60
)


@settings(deadline=None)
@given(
    sent=st.lists(st.tuples(_NAMES, _VALUES), max_size=4),
    received=st.lists(st.tuples(_NAMES, _VALUES), max_size=6),
)
def test_handshake_lint_never_raises(sent: Lines, received: Lines) -> None:
    request = RequestHead("GET", "/", "HTTP/1.1", (("Sec-WebSocket-Key", KEY), *sent), b"")
    response = answered(received)
    lint_handshake(request, response)
    deflate_params(negotiated_extensions(response))
    negotiated_subprotocol(response)
