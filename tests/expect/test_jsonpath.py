"""JSON values compared: what is equal, and that no peer can make the comparison fail."""

from __future__ import annotations

import pytest

from wscli.expect.jsonpath import same


def nested(depth: int) -> object:
    value: object = 1
    for _ in range(depth):
        value = [{"x": value}]
    return value


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (None, False, False),
        ([], {}, False),
        ([1, [True]], [1.0, [True]], True),
        ([1, [True]], [1, [1]], False),
        ([1], [1, 2], False),
        ({"a": [None]}, {"a": [None]}, True),
        ({"a": 1}, {"b": 1}, False),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ("1", 1, False),
    ],
)
def test_values_are_equal_as_json_has_it(left: object, right: object, equal: bool) -> None:
    assert same(left, right) is equal
    assert same(right, left) is equal


def test_depth_is_no_obstacle() -> None:
    assert same(nested(50_000), nested(50_000))
    assert not same(nested(50_000), [nested(49_999)])
