"""The options that expect something (contract §6), declared once; what they become is an `Expected`.

A command names a parameter `expected: OpeningExpectations` (or one that adds to them); `expecting` replaces
it by one option for each field, as `options.command` does for the shared ones.
"""

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import msgspec
import typer

from ..config import parse_duration
from ..errors import UsageError
from .settings import parsed

if TYPE_CHECKING:
    from ..expect.expectation import Expectation
    from ..expect.expected import Expected

_expect = functools.partial(
    typer.Option, rich_help_panel="Expectations: exit 0 once all are met, 1 when one is not"
)


class OpeningExpectations(msgspec.Struct, frozen=True, kw_only=True):
    """What the opening handshake shows; fits every command."""

    expect_status: Annotated[
        int | None, _expect(metavar="CODE", min=100, max=599, help="The reply's HTTP status, 101 or another.")
    ] = None
    expect_header: Annotated[
        list[str] | None,
        _expect(metavar="'NAME: REGEX'", help="A header of the reply that matches. Repeatable."),
    ] = None
    expect_subprotocol: Annotated[
        str | None, _expect(metavar="NAME", help="The subprotocol that the server chose; '' for none.")
    ] = None
    expect_extension: Annotated[
        list[str] | None,
        _expect(metavar="NAME[; PARAMETER…]", help="An extension that was agreed on. Repeatable."),
    ] = None
    expect_tls_days: Annotated[
        float | None, _expect(metavar="N", min=0, help="The certificate is valid for N days more, at least.")
    ] = None

    def build(self) -> "Expected":
        """The expectations, checked. Raises: UsageError."""
        from ..expect.expected import Expected

        # Most runs expect nothing, and need none of the modules that could.
        return Expected(() if self == type(self)() else self._all())

    def _all(self) -> "list[Expectation]":
        from ..expect.opening import Header, NegotiatedExtension, NegotiatedSubprotocol, Status, TlsDays

        found: list[Expectation] = []
        if self.expect_status is not None:
            found.append(Status(self.expect_status))
        found += map(Header, self.expect_header or ())
        if self.expect_subprotocol is not None:
            found.append(NegotiatedSubprotocol(self.expect_subprotocol))
        found += map(NegotiatedExtension, self.expect_extension or ())
        if self.expect_tls_days is not None:
            found.append(TlsDays(self.expect_tls_days))
        return found


class ClosingExpectations(OpeningExpectations, frozen=True, kw_only=True):
    """And how the connection ends."""

    expect_close: Annotated[
        int | None,
        _expect(metavar="CODE", help="The peer's close code; 1005: a Close without one, 1006: no Close."),
    ] = None

    def _all(self) -> "list[Expectation]":
        from ..expect.closing import CloseCode

        found = OpeningExpectations._all(self)
        return found if self.expect_close is None else [*found, CloseCode(self.expect_close)]


class SessionExpectations(ClosingExpectations, frozen=True, kw_only=True):
    """And what messages come."""

    expect: Annotated[
        list[str] | None,
        _expect(
            metavar="REGEX",
            help="A text message that matches. Repeatable. Without --within or --timeout only the peer ends a"
            " run that waits for it.",
        ),
    ] = None
    expect_json: Annotated[
        list[str] | None,
        _expect(metavar="JMESPATH[=VALUE]", help="A JSON message for which this holds. Repeatable."),
    ] = None
    expect_count: Annotated[
        int | None, _expect(metavar="N", min=1, help="N messages; --count and --wait end nothing then.")
    ] = None
    expect_binary: Annotated[
        list[str] | None,
        _expect(metavar="hex:…|base64:…|@FILE", help="A binary message of these bytes. Repeatable."),
    ] = None
    reject: Annotated[
        list[str] | None,
        _expect(metavar="REGEX", help="No text message that matches, until the end. Repeatable."),
    ] = None
    within: Annotated[
        str | None, _expect(metavar="DURATION", help="All of it within this time of the opening.")
    ] = None

    def build(self) -> "Expected":
        expected = OpeningExpectations.build(self)
        if self.within is not None and not expected:
            raise UsageError("--within: there is nothing to expect", hint="add --expect REGEX, for one")
        return expected

    @property
    def seconds(self) -> float | None:
        """`--within` in seconds. Raises: UsageError."""
        return None if self.within is None else parsed("--within", parse_duration, self.within)

    def _all(self) -> "list[Expectation]":
        from ..expect.messages import Binary, Count, Json, Reject, Text
        from .sends import parse_binary

        found = ClosingExpectations._all(self)
        found += map(Text, self.expect or ())
        found += map(Json, self.expect_json or ())
        if self.expect_count is not None:
            found.append(Count(self.expect_count))
        found += [Binary(parse_binary("--expect-binary", text)) for text in self.expect_binary or ()]
        found += map(Reject, self.reject or ())
        return found


def expecting(function: Callable[..., int]) -> Callable[..., int]:
    """Replaces the parameter `expected` of `function` by the options of its type, after the command's own."""
    own = inspect.signature(function, eval_str=True)
    kind: Any = own.parameters["expected"].annotation
    hints = get_type_hints(kind, include_extras=True)
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name])
        for name, default in zip(kind.__struct_fields__, kind.__struct_defaults__, strict=True)
    ]

    @functools.wraps(function)
    def collected(**values: Any) -> int:
        expected = kind(**{option.name: values.pop(option.name) for option in options})
        return function(**values, expected=expected)

    kept = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in own.parameters.values()
        if parameter.name != "expected"
    ]
    # The signature says it all, evaluated as it is: nobody shall evaluate the same once more.
    collected.__annotations__ = {}
    collected.__signature__ = own.replace(parameters=kept + options)  # type: ignore[attr-defined] # inspect reads it
    return collected
