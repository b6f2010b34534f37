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
