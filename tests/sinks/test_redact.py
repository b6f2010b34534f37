from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.config import Format, Target, parse_url
from wscli.events import (
    Attempt,
    Connected,
    Event,
    Extension,
    Failed,
    Headers,
    Opened,
    Proxied,
    Redirected,
    RequestSent,
    ResponseReceived,
    SentClose,
)
from wscli.sinks.base import Batch
from wscli.sinks.make import make_sink
from wscli.sinks.redact import MARKER, Redactor, redacted_url
from wscli.sinks.secrets import is_secret_header
from wscli.wire.headers import secret_subprotocols

from .samples import TIME, Caught, closed, frame, opened, options, request, response, run_of, violation

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIx.abc"
SECRET = "hunter2-correct-horse"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("ws://host/a?b=c", "ws://host/a?b=c"),
        ("ws://user:pw@host/", f"ws://{MARKER}@host/"),
        ("ws://host/?token=abc&x=1", f"ws://host/?token={MARKER}&x=1"),
        ("ws://host/?x=1&KEY=abc", f"ws://host/?x=1&KEY={MARKER}"),
        ("/chat?sig=a/b+c%20d", f"/chat?sig={MARKER}"),
        ("/?password=a;b?c=d", f"/?password={MARKER}"),
        ("/?%74oken=abc", f"/?%74oken={MARKER}"),
        ("/?next=/a?token=abc", f"/?next=/a?token={MARKER}"),
        ("https://host/cb#access_token=abc&state=1", f"https://host/cb#access_token={MARKER}&state=1"),
        ("/?monkey=1&keyboard=2&max_tokens=3", "/?monkey=1&keyboard=2&max_tokens=3"),
        ("/?token=", "/?token="),
        ("'ws://host/?key=abc' is bad", f"'ws://host/?key={MARKER}' is bad"),
        (
            "ws://a:b@x/?key=c and ws://d:e@y/?sig=f",
            f"ws://{MARKER}@x/?key={MARKER} and ws://{MARKER}@y/?sig={MARKER}",
        ),
    ],
)
def test_url_shows_no_credentials(url: str, shown: str) -> None:
    assert redacted_url(url) == shown


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True),
        ("proxy-authorization", True),
        ("Cookie", True),
        ("Set-Cookie", True),
        ("X-Auth-Token", True),
        ("X-Api-Key", True),
        ("X-API-KEY", True),
        ("My-Secret-Thing", True),
        ("Sec-WebSocket-Key", False),
        ("Sec-WebSocket-Accept", False),
        ("Host", False),
        ("WWW-Authenticate", False),
    ],
)
def test_header_names_that_carry_secrets(name: str, secret: bool) -> None:
    assert is_secret_header(name) is secret


@pytest.mark.parametrize(
    ("offered", "secret"),
    [
        (["chat", "superchat.v2"], [False, False]),
        (["bearer", "abc"], [False, True]),
        (["Token", "abc", "chat"], [False, True, False]),
        ([JWT[:31]], [False]),
        ([JWT], [True]),
        (["eyJh.eyJz.c"], [True]),
        (["x" * 32, "x" * 33], [False, True]),
    ],
)
def test_subprotocols_that_carry_a_token(offered: list[str], secret: list[bool]) -> None:
    assert secret_subprotocols(offered) == secret


def test_request_is_redacted_in_headers_target_and_raw_bytes() -> None:
    basic = b64encode(f"bob:{SECRET}".encode()).decode()
    headers = (
        ("Host", "example.com"),
        ("Authorization", f"Basic {basic}"),
        ("Cookie", f"a=1; sid={SECRET}"),
        ("Referer", f"https://x/?sig={SECRET}"),
        ("Sec-WebSocket-Protocol", "chat, bearer, s3cr3t"),
    )
    raw = f"GET /?token={SECRET} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in headers) + "\r\n"
    shown: Any = Redactor().event(request(target=f"/?token={SECRET}", headers=headers, raw=raw.encode()))
    marker = MARKER.encode()
    assert shown.redacted
    assert shown.target == f"/?token={MARKER}"
    assert dict(shown.headers) == {
        "Host": "example.com",
        "Authorization": f"Basic {MARKER}",
        "Cookie": MARKER,
        "Referer": f"https://x/?sig={MARKER}",
        "Sec-WebSocket-Protocol": f"chat, bearer, {MARKER}",
    }
    assert shown.raw.split(b"\r\n")[:3] == [
        b"GET /?token=" + marker + b" HTTP/1.1",
        b"Host: example.com",
        b"Authorization: Basic " + marker,
    ]
    assert not any(secret in shown.raw for secret in (SECRET.encode(), basic.encode(), b"s3cr3t"))


def test_head_without_secrets_stays_byte_for_byte() -> None:
    raw = b"HTTP/1.1 101 \xff\r\nA:b\nC :  d\r\n \t folded\r\nno colon\r\r\n\r\n"
    event = response(raw=raw)
    assert Redactor(["something"]).event(event) == event


def test_folded_secret_header_is_redacted_to_its_end() -> None:
    raw = f"HTTP/1.1 101 x\r\nSet-Cookie: a=b;\r\n  {SECRET}\r\nX: y\r\n\r\n".encode()
    shown: Any = Redactor().event(response(raw=raw))
    assert SECRET.encode() not in shown.raw
    assert b"\r\nX: y\r\n" in shown.raw
    assert shown.redacted


def test_secret_of_the_request_is_found_when_the_peer_repeats_it() -> None:
    redactor = Redactor()
    redactor.event(
        request(headers=(("Authorization", f"Bearer {SECRET}"), ("Sec-WebSocket-Protocol", "token, abc")))
    )
    answer: Any = redactor.event(response(status=401, reason=f"bad {SECRET}", body=f'{{"sent": "{SECRET}"}}'))
    assert (answer.reason, answer.body) == (f"bad {MARKER}", f'{{"sent": "{MARKER}"}}')
    binary: Any = redactor.event(response(status=401, base64=b"\xff" + SECRET.encode()))
    assert binary.base64 == b"\xff" + MARKER.encode()
    chosen: Any = redactor.event(opened(subprotocol="abc"))
    assert chosen.subprotocol == MARKER
    ended: Any = redactor.event(closed(reason=f"no {SECRET}"))
    assert ended.reason == f"no {MARKER}"


@pytest.mark.parametrize(
    "event",
    [
        Redirected(t=0, time=TIME, status=301, location=f"https://u:{SECRET}@x/", followed=True),
        Proxied(t=0, time=TIME, url=f"http://u:{SECRET}@x/", status=200, duration_ms=1),
        violation(detail=f"got {SECRET}"),
        Failed(t=0, time=TIME, kind="refused", message=f"got {SECRET}", hint=f"try {SECRET}", exit_code=22),
        Connected(
            t=0,
            time=TIME,
            address="::1",
            port=1,
            local_address="",
            duration_ms=0,
            attempts=(Attempt(address="::1", duration_ms=0, error=f"no {SECRET}"),),
        ),
    ],
)
def test_known_secret_is_found_in_any_event(event: Event) -> None:
    assert SECRET not in repr(Redactor([SECRET]).event(event))


@pytest.mark.parametrize(
    "form",
    [
        "bob:pässword?",
        "bob%3Ap%C3%A4ssword%3F",
        "bob:p%C3%A4ssword%3F",
        b64encode("bob:pässword?".encode()).decode(),
        "bob:pässword?".encode().decode("latin-1"),
    ],
)
def test_literal_secret_is_found_in_its_other_forms(form: str) -> None:
    assert Redactor(["bob:pässword?"]).scrub(f"before {form} after") == f"before {MARKER} after"


def test_secrets_too_short_to_tell_from_words_are_left() -> None:
    assert Redactor(["a", "the", ""]).scrub("the apple") == "the apple"


def test_show_secrets_changes_nothing() -> None:
    redactor = Redactor([SECRET], show=True)
    event = request(headers=(("Authorization", SECRET),))
    assert redactor.event(event) is event
    assert redactor.batch([event]) == [event]
    assert redactor.scrub(f"ws://a:b@c/?key={SECRET}") == f"ws://a:b@c/?key={SECRET}"


def test_target_tells_its_secrets() -> None:
    url = parse_url(f"wss://bob:{SECRET}@example.com/?token=query-secret")
    assert not isinstance(url, type(None))
    target = Target(
        url=url,  # type: ignore[arg-type]  # no demo: URL
        headers=(("Cookie", "sid=cookie-secret"), ("X-Api-Key", "header-secret")),
        subprotocols=("bearer", "subprotocol-secret"),
    )
    redactor = Redactor.for_target(target)
    for secret in (SECRET, "query-secret", "cookie-secret", "header-secret", "subprotocol-secret"):
        assert redactor.scrub(f"({secret})") == f"({MARKER})"


def test_batch_without_secrets_is_passed_on_as_it_is() -> None:
    batch: Batch = [frame(), run_of([b"a"])]
    assert Redactor([SECRET]).batch(batch) is batch


planted = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=10, max_size=40).map(
    lambda text: "zq" + text
)


@settings(deadline=None)
@given(planted, st.sampled_from([Format.HUMAN, Format.PLAIN, Format.JSON]), st.sampled_from([40, 80, 400]))
def test_planted_secret_reaches_no_format(secret: str, kind: Format, width: int) -> None:
    headers: Headers = (
        ("Authorization", f"Bearer {secret}"),
        ("Cookie", f"sid={secret}"),
        ("X-Api-Key", secret),
        ("Sec-WebSocket-Protocol", f"bearer, {secret}"),
    )
    target = f"/chat?access_token={secret}"
    head = "".join(f"{name}: {value}\r\n" for name, value in headers)
    raw = f"GET {target} HTTP/1.1\r\n{head}\r\n".encode()
    batch: Batch = [
        Proxied(t=0, time=TIME, url=f"http://u:{secret}@proxy/", status=200, duration_ms=1),
        request(target=target, headers=headers, raw=raw),
        response(
            status=302,
            reason=secret,
            headers=(("Location", f"/?token={secret}"), *headers),
            body=secret,
            raw=raw,
        ),
        Redirected(t=0, time=TIME, status=302, location=f"/?token={secret}", followed=False),
        opened(url=f"ws://{secret}@host{target}", subprotocol=secret),
        violation(detail=f"got {secret}"),
        closed(reason=f"go away {secret}"),
        Failed(t=0, time=TIME, kind="refused", message=f"got {secret}", hint=secret, exit_code=22),
    ]
    caught: Any = Caught()
    sink = make_sink(options(format=kind, width=width, verbose=True), caught, Redactor())
    sink.feed(batch)
    sink.finish()
    written = caught.written
    assert secret.encode() not in written
    for at in range(3):
        assert b64encode(b"x" * at + secret.encode())[4:-4] not in written


def test_reason_of_a_close_frame_is_redacted_as_that_of_the_close_event() -> None:
    redactor = Redactor([SECRET])
    payload = b"\x0f\xa0no " + SECRET.encode()
    (shown,) = redactor.batch([frame(payload, opcode=8, type="close")])
    assert shown.payload == b"\x0f\xa0no " + MARKER.encode()  # type: ignore[union-attr]  # a FrameSeen
    answer: Any = redactor.event(closed(reason=SECRET, sent=SentClose(code=4000, reason=SECRET)))
    assert (answer.reason, answer.sent.reason) == (MARKER, MARKER)


def test_other_payloads_are_what_the_user_came_to_see() -> None:
    for kind, opcode in (("text", 1), ("ping", 9)):
        seen = frame(SECRET.encode(), opcode=opcode, type=kind)
        assert Redactor([SECRET]).batch([seen]) == [seen]


@pytest.mark.parametrize("kept", [4, 20, 79])
def test_the_beginning_of_a_secret_that_a_message_cut_short_is_redacted(kept: int) -> None:
    secret = "abcdefghij" * 8
    redactor = Redactor([secret])
    assert redactor.scrub(f"it was 'a {secret[:kept]}…' (80)…") == f"it was 'a {MARKER}…' (80)…"
    assert redactor.scrub("waiting…") == "waiting…"
    assert Redactor([secret], show=True).scrub(f"{secret[:kept]}…") == f"{secret[:kept]}…"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("x; token=abc; size=3", f"x; token={MARKER}; size=3"),
        ('x;KEY = "abc, def" , y; sig=1', f'x;KEY = "{MARKER}" , y; sig={MARKER}'),
        ("permessage-deflate; client_max_window_bits=12", "permessage-deflate; client_max_window_bits=12"),
        ("token; tokens=1", "token; tokens=1"),
    ],
)
def test_secret_parameters_of_extensions_are_hidden_wherever_they_stand(value: str, shown: str) -> None:
    seen = Redactor().event(request(headers=(("Sec-WebSocket-Extensions", value),)))
    assert isinstance(seen, RequestSent)
    assert seen.headers == (("Sec-WebSocket-Extensions", shown),)
    assert seen.redacted is (value != shown)


def test_agreed_and_offered_extensions_show_no_secret_parameter() -> None:
    extension = Extension(name="x", params=(("token", "abc"), ("token", None), ("size", "3")))
    seen = Redactor().event(opened(extensions=(extension,), offered=(extension,)))
    assert isinstance(seen, Opened)
    hidden = (("token", MARKER), ("token", None), ("size", "3"))
    assert (seen.extensions[0].params, seen.offered[0].params) == (hidden, hidden)


def test_an_echo_of_userinfo_in_origin_and_referer_is_hidden() -> None:
    redactor = Redactor()
    headers = (
        ("Origin", "https://bob:hunter2hunter@a.example"),
        ("Referer", "https://t0kenT0ken@a.example/"),
    )
    redactor.event(request(headers=headers))
    seen = redactor.event(response(status=403, body="bob, hunter2hunter and t0kenT0ken"))
    assert isinstance(seen, ResponseReceived)
    assert seen.body == f"bob, {MARKER} and {MARKER}"
