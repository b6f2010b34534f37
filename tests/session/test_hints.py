"""What to try after a refusal, from what the reply says."""

from __future__ import annotations

import pytest

from wscli.config import Target, TlsOptions, Url, parse_url
from wscli.session.hints import hint_for_refusal
from wscli.wire.head import HeadDecoder, ResponseHead


def bad_request() -> ResponseHead:
    head = HeadDecoder().feed(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert isinstance(head, ResponseHead)
    return head


@pytest.mark.parametrize(
    ("headers", "removed", "words"),
    [
        ((("Sec-WebSocket-Key", "x"), ("X-Mine", "y")), (), "your own Sec-WebSocket-Key (-H) may be why"),
        ((), ("upgrade",), "your own upgrade (-H) may be why"),
        ((("X-Mine", "y"),), ("user-agent",), ""),
    ],
)
def test_a_handshake_with_headers_of_the_users_own_names_them(
    headers: tuple[tuple[str, str], ...], removed: tuple[str, ...], words: str
) -> None:
    url = parse_url("ws://h/")
    assert isinstance(url, Url)
    hint = hint_for_refusal(bad_request(), Target(url=url, headers=headers, removed=frozenset(removed)))
    assert words in hint
    assert bool(hint) is bool(words)


@pytest.mark.parametrize(
    ("url", "cert", "page", "words"),
    [
        ("ws://h/", None, b"The plain HTTP request was sent to HTTPS port", "wss://"),
        ("wss://h/", None, b"No required SSL certificate was sent", "--cert and --key"),
        ("wss://h/", "me.pem", b"The SSL certificate error", "does not accept this client certificate"),
        ("ws://h/", None, b"No required SSL certificate was sent", ""),
        ("wss://h/", None, b"bad", ""),
    ],
)
def test_nginx_says_in_its_page_what_was_wrong_with_tls(
    url: str, cert: str | None, page: bytes, words: str
) -> None:
    parsed = parse_url(url)
    assert isinstance(parsed, Url)
    target = Target(url=parsed, tls=TlsOptions(cert=cert))
    hint = hint_for_refusal(bad_request(), target, b"<h1>" + page + b"</h1>")
    assert words in hint
    assert bool(hint) is bool(words)


@pytest.mark.parametrize(
    ("status", "header", "words"),
    [
        (500, b"", "its log"),
        (502, b"", "if a gateway answered"),
        (503, b"Retry-After: 7\r\n", "try again after 7 s"),
        (503, b"Retry-After: Sat, 21 Nov 2026 12:00:00 GMT\r\n", "after Sat, 21 Nov 2026 12:00:00 GMT"),
        (429, b"Retry-After: 2\r\n", "how often you may connect: try again after 2 s"),
        (429, b"Retry-After:\r\n", "how often you may connect: wait"),
    ],
)
def test_a_server_that_cannot_now_is_asked_again_when_it_says(status: int, header: bytes, words: str) -> None:
    head = HeadDecoder().feed(b"HTTP/1.1 %d Not Now\r\n%s\r\n" % (status, header))
    assert isinstance(head, ResponseHead)
    parsed = parse_url("ws://h/")
    assert isinstance(parsed, Url)
    assert words in hint_for_refusal(head, Target(url=parsed))
