"""Events for the tests of sinks: one of each with plain values, strategies for any, runs from payloads."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from hypothesis import strategies as st
from msgspec import UnsetType

from wscli.config import Format, OutputOptions
from wscli.events import (
    Closed,
    Event,
    FrameSeen,
    MessageSeen,
    Opened,
    RequestSent,
    ResponseReceived,
    SentClose,
    Stamp,
    ViolationFound,
)
from wscli.sinks.base import Batch, Sink
from wscli.wire.runs import MessageRun

TIME = "2026-11-21T10:00:00.000000Z"

HOSTILE = (
    "\x1b]0;title\x07",
    "\x1b[31m",
    "\x1b[6n",
    "\x9b2J",
    "\x00\x08\x7f",
    "a\r\nb\tc\x0b\x0c\x1c\x85",
    "\u202egnp.exe",
    "\u2028\u2029\u200b\ufeff",
    "\n::error::x",
    " \t::set-output",
    "##[group]",
    "##vso[task]",
    "[bold]:smile:[/]",
    "\U000e0041\ue000\U0010ffff",
)
hostile_text = st.one_of(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(HOSTILE))
hostile_payload = st.one_of(st.binary(max_size=80), hostile_text.map(str.encode))


_CONTENTS = ("text", "body", "base64")


class Caught:
    """An output that keeps what it is given."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self.fd = -1

    def write(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    def write_pieces(self, pieces: Iterable[bytes], size: int) -> None:
        self.chunks += pieces

    @property
    def written(self) -> bytes:
        return b"".join(self.chunks)


def written_by(make: Callable[[Any], Sink], batch: Batch) -> bytes:
    """What a sink made by `make` writes when it is fed `batch` and finished."""
    caught = Caught()
    sink = make(caught)
    sink.feed(batch)
    sink.finish()
    return caught.written


def options(**changes: Any) -> OutputOptions:
    return OutputOptions(**{"format": Format.HUMAN, **changes})


def frame(payload: bytes = b"hello", **changes: Any) -> FrameSeen:
    fields: dict[str, Any] = {
        "t": 0.5,
        "time": TIME,
        "n": 1,
        "direction": "in",
        "opcode": 1,
        "type": "text",
        "fin": True,
        "rsv1": False,
        "rsv2": False,
        "rsv3": False,
        "masked": False,
        "mask": None,
        "wire_length": len(payload),
        "length": len(payload),
        "header": "8105",
    }
    return FrameSeen(**{**fields, **_content(payload, changes.get("type", "text")), **changes})


def message(payload: bytes = b"hello", **changes: Any) -> MessageSeen:
    fields: dict[str, Any] = {
        "t": 0.5,
        "time": TIME,
        "n": 1,
        "direction": "in",
        "type": "text",
        "length": len(payload),
        "wire_length": len(payload),
        "fragments": 1,
        "compressed": False,
    }
    return MessageSeen(**{**fields, **_content(payload, changes.get("type", "text")), **changes})


def _content(payload: bytes, kind: str) -> dict[str, Any]:
    if kind != "binary":
        try:
            return {"text": payload.decode()}
        except UnicodeDecodeError:
            pass
    return {"base64": payload}


def request(**changes: Any) -> RequestSent:
    fields: dict[str, Any] = {
        "t": 0.1,
        "time": TIME,
        "method": "GET",
        "target": "/",
        "version": "HTTP/1.1",
        "headers": (("Host", "example.com"),),
        "raw": b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
    }
    return RequestSent(**{**fields, **changes})


def response(**changes: Any) -> ResponseReceived:
    fields: dict[str, Any] = {
        "t": 0.2,
        "time": TIME,
        "status": 101,
        "reason": "Switching Protocols",
        "version": "HTTP/1.1",
        "headers": (("Upgrade", "websocket"),),
        "raw": b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        "duration_ms": 1.5,
    }
    return ResponseReceived(**{**fields, **changes})


def opened(**changes: Any) -> Opened:
    fields: dict[str, Any] = {
        "t": 0.3,
        "time": TIME,
        "url": "ws://example.com/",
        "subprotocol": None,
        "extensions": (),
        "total_ms": 3.0,
    }
    return Opened(**{**fields, **changes})


def closed(**changes: Any) -> Closed:
    fields: dict[str, Any] = {
        "t": 0.9,
        "time": TIME,
        "code": 1000,
        "name": "Normal Closure",
        "reason": "Bye!",
        "sent": SentClose(code=1000, reason=""),
        "initiator": "peer",
        "clean": True,
        "tcp": "fin",
        "duration_ms": 0.4,
    }
    return Closed(**{**fields, **changes})


def violation(**changes: Any) -> ViolationFound:
    fields: dict[str, Any] = {
        "t": 0.6,
        "time": TIME,
        "rule": "a-rule",
        "rfc": "RFC 6455 §5.2",
        "severity": "error",
        "detail": "why",
        "frame": None,
    }
    return ViolationFound(**{**fields, **changes})


def run_of(payloads: list[bytes], *, binary: bool = False, t: float = 0.5, n: int = 1) -> MessageRun:
    """The run of unmasked messages of under 126 bytes that a server might have sent in one piece."""
    buffer, starts, ends = b"", [], []
    for payload in payloads:
        buffer += bytes([0x82 if binary else 0x81, len(payload)])
        starts.append(len(buffer))
        buffer += payload
        ends.append(len(buffer))
    run = MessageRun(buffer, 0, starts, ends)
    run.stamp = Stamp(t, TIME)
    run.frame_n = run.message_n = n
    return run


def _strategy(annotation: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of([_strategy(each) for each in arguments if each is not UnsetType])
    if origin is tuple and arguments[-1] is Ellipsis:
        return st.lists(_strategy(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(_strategy, arguments))
    if origin is dict:
        return st.dictionaries(hostile_text, _strategy(arguments[1]), max_size=4)
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return _struct(annotation)
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: hostile_text,
        int: st.integers(0, 1 << 40),
        float: st.floats(0, 1e6),
        bool: st.booleans(),
        bytes: hostile_payload,
        type(None): st.none(),
    }
    return simple[annotation]


def _struct(cls: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    hints = typing.get_type_hints(cls)
    fields: dict[str, st.SearchStrategy[Any]] = {
        name: _strategy(hints[name])
        for name in cls.__struct_fields__
        if name not in ("text", "body", "base64")
    }
    if "time" in fields:
        fields["time"] = st.just(TIME)
    for name in {"header", "mask"} & fields.keys():
        fields[name] = st.binary(max_size=14).map(bytes.hex)
    plain = st.fixed_dictionaries(fields)
    contents = [name for name in _CONTENTS if name in cls.__struct_fields__]
    if not contents:
        return plain.map(lambda given: cls(**given))
    content = st.sampled_from(contents).flatmap(
        lambda name: st.fixed_dictionaries({name: hostile_payload if name == "base64" else hostile_text})
    )
    return st.tuples(plain, content).map(lambda both: cls(**both[0], **both[1]))


any_event: st.SearchStrategy[Event] = st.one_of([_struct(cls) for cls in get_args(Event)])
any_run = st.one_of(
    st.lists(st.binary(max_size=40), min_size=1, max_size=5).map(lambda some: run_of(some, binary=True)),
    st.lists(hostile_text.filter(lambda text: len(text.encode()) < 126), min_size=1, max_size=5).map(
        lambda some: run_of([text.encode() for text in some])
    ),
)
any_batch = st.lists(st.one_of(any_event, any_run), max_size=5)
