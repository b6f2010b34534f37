from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wscli.net.bypass import is_bypassed

NAMES = "localhost, .dot.example *.star.example name.example,with.port.example:8080 b\u00fccher.example bare"
ADDRESSES = (
    "10.0.0.0/8,192.168.1.7/24 127.1.2.3 fd00::/8,[2001:db8::1],[2001:db8::2]:443,2001:db8::3 172.16.0.1:80"
)


@pytest.mark.parametrize(
    ("host", "port", "bypassed"),
    [
        ("name.example", 80, True),
        ("NAME.Example.", 80, True),
        ("deep.down.name.example", 80, True),
        ("othername.example", 80, False),
        ("dot.example", 80, True),
        ("a.dot.example", 80, True),
        ("a.star.example", 80, True),
        ("with.port.example", 8080, True),
        ("a.with.port.example", 8080, True),
        ("with.port.example", 80, False),
        ("xn--bcher-kva.example", 80, True),
        ("bare", 80, True),
        ("example", 80, False),
        ("10.0.0.1", 80, False),
    ],
)
def test_a_name_is_itself_and_all_below_it(host: str, port: int, bypassed: bool) -> None:
    assert is_bypassed(NAMES, host, port) is bypassed


@pytest.mark.parametrize(
    ("host", "port", "bypassed"),
    [
        ("10.255.0.1", 443, True),
        ("11.0.0.1", 443, False),
        ("192.168.1.200", 80, True),
        ("192.168.2.7", 80, False),
        ("::ffff:10.1.1.1", 80, True),
        ("fd12::1", 80, True),
        ("fe12::1", 80, False),
        ("2001:db8::1", 80, True),
        ("2001:db8:0::2", 443, True),
        ("2001:db8::2", 80, False),
        ("2001:db8::3", 80, True),
        ("172.16.0.1", 80, True),
        ("172.16.0.1", 81, False),
        ("10.0.0.1.example", 80, False),
    ],
)
def test_an_address_is_in_its_network(host: str, port: int, bypassed: bool) -> None:
    assert is_bypassed(ADDRESSES, host, port) is bypassed


@pytest.mark.parametrize("no_proxy", ["*", "a.example, *", " * "])
def test_a_star_is_every_host(no_proxy: str) -> None:
    assert is_bypassed(no_proxy, "any.example", 1)


@pytest.mark.parametrize("no_proxy", ["", " ,, ", ".", "*.", "10.0.0.0/99", "[", "[]", ":80", "10.0.0.300/8"])
def test_what_is_no_host_is_for_nobody(no_proxy: str) -> None:
    assert not is_bypassed(no_proxy, "any.example", 80)
    assert not is_bypassed(no_proxy, "10.0.0.1", 80)


@given(st.text(max_size=40), st.sampled_from(["any.example", "10.0.0.1", "::1"]))
@settings(deadline=None)
def test_any_text_can_be_read(no_proxy: str, host: str) -> None:
    is_bypassed(no_proxy, host, 80)
