"""The `expect` table of a check: what must hold over the whole of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ..expect.closing import CloseCode
from ..expect.expectation import Expectation
from ..expect.messages import Reject
from ..expect.opening import Header, NegotiatedExtension, NegotiatedSubprotocol, Status, TlsDays
from .connection import Place, merged
from .suite import Make
from .tables import ExpectTable
from .trouble import Places
from .variables import Variables


def check_expectations(
    layers: Sequence[tuple[Any, Place]], variables: Variables, places: Places
) -> tuple[Make, ...]:
    """What makes the expectations, anew for each attempt; each was made once to see that it can be."""
    found: list[Make] = []
    for field, value, path in merged(layers, "expect", ExpectTable):
        with places.at(*path):
            makes = _makes(field, value, variables)
            for make in makes:
                make()
        found += makes
    return tuple(found)


def _makes(field: str, value: Any, variables: Variables) -> list[Make]:
    def each(kind: Callable[..., Expectation], values: str | list[str]) -> list[Make]:
        texts = [values] if isinstance(values, str) else values
        return [partial(kind, variables.expand(text), f"expect.{field}") for text in texts]

    match field:
        case "status":
            return [partial(Status, value, "expect.status")]
        case "headers":
            lines = [f"{name}: {pattern}" for name, pattern in value.items()]
            return each(Header, lines)
        case "subprotocol":
            return each(NegotiatedSubprotocol, value)
        case "extension":
            return each(NegotiatedExtension, value)
        case "tls_days":
            return [partial(TlsDays, value, "expect.tls-days")]
        case "close":
            return [partial(CloseCode, value, "expect.close")]
        case _:
            return each(Reject, value)
