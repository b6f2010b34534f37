"""What errors say of options is said in the keys of a suite, as its schema wants them."""

from __future__ import annotations

import pytest

from wscli.check.keys import in_keys


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        (
            "trust it with --cacert FILE, if you know it; -k goes on without checking",
            'trust it with cacert = "FILE", if you know it; insecure = true goes on without checking',
        ),
        (
            "the server may want an Origin (-o https://…) or credentials (-u, --bearer, --cookie)",
            'the server may want an Origin (origin = "https://…")'
            " or credentials (the keys 'user', 'bearer', 'cookie')",
        ),
        ("-4 or -6 picks the address family", "ipv4 = true or ipv6 = true picks the address family"),
        ("it leads to / (-L follows it)", "it leads to / (location = true follows it)"),
        (
            "write -u USER:PASSWORD, or -u @FILE to keep it",
            'write user = "USER:PASSWORD", or user = "@FILE" to keep it',
        ),
        (
            "missing: give -u USER:PASSWORD, --bearer or -H",
            "missing: give user = \"USER:PASSWORD\", the keys 'bearer' or 'headers'",
        ),
        ("write -H 'Name: value'; a name", 'write headers = { Name = "value" }; a name'),
        ("--ok-close 1011 makes this a success", "ok-close = [1011] makes this a success"),
        ("--expect-close 1006 expects it", "expect.close = 1006 expects it"),
        ("or use --compression none", 'or use compression = "none"'),
        ("--connect-to 127.0.0.1:8443", 'connect-to = "127.0.0.1:8443"'),
        ("allow more with --close-timeout", "allow more with the key 'close-timeout'"),
        (
            "give a certificate with --cert and --key, one",
            "give a certificate with the keys 'cert' and 'key', one",
        ),
        ("--netrc: cannot read", "the key 'netrc': cannot read"),
        ("the server restarts: --reconnect comes back", "the server restarts: retries = 3 tries again"),
        ("-v --frames shows them", "wscli connect -v --frames shows them"),
        ("--wait is another matter", "--wait is another matter"),
        ("a well-known thing, x--cert, 5 -k-", "a well-known thing, x--cert, 5 -k-"),
    ],
)
def test_a_hint_speaks_of_keys(hint: str, said: str) -> None:
    assert in_keys(hint) == said


def test_without_a_suite_it_says_what_has_such_keys() -> None:
    assert in_keys("-k goes on without checking", suite=False) == (
        "insecure = true goes on without checking"
        "; these are keys of a suite, and wscli check --init writes one"
    )
    assert in_keys("is it running?", suite=False) == "is it running?"
    assert in_keys("-v --frames shows them", suite=False) == "wscli connect -v --frames shows them"
