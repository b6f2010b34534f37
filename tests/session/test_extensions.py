"""What is offered in Sec-WebSocket-Extensions, and what an agreed extension changes (RFC 6455 §9)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.peers.servers import aiohttp_server, tornado_server, websockets_server
from tests.probes.probing import Kept
from wscli.config import DeflateOffer
from wscli.errors import BadReply, ProtocolViolated, WscliError
from wscli.events import Event, MessageSeen, Opened, RequestSent, ViolationFound
from wscli.session.journal import Journal
from wscli.session.session import Session
from wscli.wire.frame import Opcode

from .opening import opened, target_for

HELLO_DEFLATED = bytes.fromhex("f248cdc9c90700")  # RFC 7692 §7.2.3.1


async def heard(
    agreed: str | None, frames: bytes, *, messages: int, **fields: Any
) -> tuple[WscliError | None, Kept]:
    """A session whose peer agrees to `agreed` and sends `frames`; it ends after so many `messages`."""

    async def script(peer: Peer) -> None:
        await peer.accept(extensions=agreed, then=frames)
        await peer.read_until(8)
        await peer.close()

    enough = asyncio.Event()
    kept = Kept()

    def when(_: Event) -> None:
        if len(kept.of(MessageSeen)) >= messages:
            enough.set()

    kept.when = when
    async with raw_server(script) as server:
        async with Session(target_for(server.url, **fields), Journal(listeners=[kept])) as session:
            await session.open()
            waits = [asyncio.create_task(enough.wait()), asyncio.create_task(session.wait_closed())]
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            waits[0].cancel()
            await session.close()
            await asyncio.gather(*waits, return_exceptions=True)
            return session.failure, kept


def extension_header(kept: Kept) -> str | None:
    headers = kept.of(RequestSent)[0].headers
    return next((value for name, value in headers if name == "Sec-WebSocket-Extensions"), None)


async def polite(peer: Peer) -> None:
    await peer.accept()
    await peer.answer_close()


@pytest.mark.parametrize(
    ("fields", "header"),
    [
        ({}, "permessage-deflate; client_max_window_bits"),
        ({"deflate": None}, None),
        ({"deflate": None, "extensions": ("x-foo; a=1", "x-bar")}, "x-foo; a=1, x-bar"),
        ({"extensions": ("x-foo",)}, "permessage-deflate; client_max_window_bits, x-foo"),
        (
            {"deflate": DeflateOffer(True, True, 9, 10)},
            "permessage-deflate; server_no_context_takeover; client_no_context_takeover; "
            "server_max_window_bits=9; client_max_window_bits=10",
        ),
    ],
)
async def test_the_offer_is_what_was_asked_for(fields: dict[str, Any], header: str | None) -> None:
    async with raw_server(polite) as server:
        failure, kept = await opened(server.url, **fields)
    assert failure is None
    assert extension_header(kept) == header


@pytest.mark.parametrize("rsv", range(1, 8))
async def test_an_opaque_extension_may_use_any_rsv_bit(rsv: int) -> None:
    frames = (
        encode_frame(1, b"\xff\xfe not text", rsv=rsv)
        + encode_frame(2, b"a", fin=False, rsv=rsv)
        + encode_frame(0, b"b", rsv=rsv)
        + encode_frame(1, b"plain")
    )
    failure, kept = await heard("x-foo", frames, messages=3, deflate=None, extensions=("x-foo",))
    assert failure is None
    assert not kept.of(ViolationFound)
    shown = [message.payload for message in kept.of(MessageSeen) if message.direction == "in"]
    assert shown == [b"\xff\xfe not text", b"ab", b"plain"]


@pytest.mark.parametrize("agreed", [None, "permessage-deflate"])
async def test_an_extension_that_was_not_agreed_to_excuses_nothing(agreed: str | None) -> None:
    frames = encode_frame(1, b"x", rsv=2)
    failure, kept = await heard(agreed, frames, messages=1, extensions=("x-foo",))
    assert isinstance(failure, ProtocolViolated)
    assert "rsv-without-extension" in {found.rule for found in kept.of(ViolationFound)}


async def test_rsv1_stays_with_deflate_when_both_were_agreed() -> None:
    frames = (
        encode_frame(1, HELLO_DEFLATED, rsv=4)
        + encode_frame(1, HELLO_DEFLATED, rsv=4 | 2)
        + encode_frame(1, HELLO_DEFLATED, rsv=1)
    )
    both = "permessage-deflate; server_no_context_takeover, x-foo"
    failure, kept = await heard(both, frames, messages=3, extensions=("x-foo",))
    assert failure is None
    shown = [message.payload for message in kept.of(MessageSeen) if message.direction == "in"]
    # What the other extension has marked is shown as it stood on the wire.
    assert shown == [b"Hello", HELLO_DEFLATED, HELLO_DEFLATED]


async def test_rsv1_on_a_control_frame_is_no_opaque_matter_when_deflate_was_agreed() -> None:
    frames = encode_frame(9, b"", rsv=4)
    failure, kept = await heard("permessage-deflate, x-foo", frames, messages=1, extensions=("x-foo",))
    assert isinstance(failure, ProtocolViolated)
    assert "rsv1-on-control" in {found.rule for found in kept.of(ViolationFound)}


async def test_an_opaque_extension_agreed_twice_is_a_bad_reply() -> None:
    async def twice(peer: Peer) -> None:
        await peer.accept(extensions="x-foo, x-foo")

    async with raw_server(twice) as server:
        failure, _ = await opened(server.url, extensions=("x-foo",))
    assert isinstance(failure, BadReply)


async def test_an_offer_in_a_header_of_the_users_own_counts_the_same() -> None:
    async def agree(peer: Peer) -> None:
        await peer.accept(extensions="x-foo; b=2")
        await peer.answer_close()

    async with raw_server(agree) as server:
        failure, kept = await opened(server.url, headers=(("Sec-WebSocket-Extensions", "x-foo; a=1"),))
    assert failure is None
    (event,) = kept.of(Opened)
    assert [(each.name, each.params) for each in event.offered] == [("x-foo", (("a", "1"),))]
    assert [(each.name, each.params) for each in event.extensions] == [("x-foo", (("b", "2"),))]


@pytest.mark.parametrize("answer", ["", "; client_max_window_bits=15", "; client_max_window_bits=9"])
async def test_our_window_is_never_larger_than_we_said(answer: str) -> None:
    async def agree(peer: Peer) -> None:
        await peer.accept(extensions="permessage-deflate" + answer)
        await peer.answer_close()

    kept = Kept()
    async with raw_server(agree) as server:
        target = target_for(server.url, deflate=DeflateOffer(client_max_window_bits=9))
        async with Session(target, Journal(listeners=[kept])) as session:
            await session.open()
            # 600 bytes that repeat: beyond the reach of a window of 512.
            block = bytes(range(256)) * 2 + b"0123456789" * 9
            session.send_messages(Opcode.BINARY, [block + block])
            await session.close()
            assert session.failure is None
    (sent,) = [message for message in kept.of(MessageSeen) if message.direction == "out"]
    assert (sent.compressed, sent.payload) == (True, block + block)


async def test_a_server_that_does_not_keep_to_the_offer_is_a_bad_reply() -> None:
    """Tornado agrees to the offer and leaves this parameter out (RFC 7692 §7.1.1.1)."""
    async with tornado_server() as url:
        failure, _ = await opened(url, deflate=DeflateOffer(server_no_context_takeover=True))
    assert isinstance(failure, BadReply)
    assert "server_no_context_takeover was offered" in failure.message


@pytest.mark.parametrize("starter", [websockets_server, aiohttp_server])
@pytest.mark.parametrize(
    "offer",
    [
        DeflateOffer(),
        DeflateOffer(client_no_context_takeover=True),
        DeflateOffer(server_no_context_takeover=True),
        DeflateOffer(client_max_window_bits=10),
    ],
)
async def test_real_servers_understand_each_offer(starter: Any, offer: DeflateOffer) -> None:
    texts = [b"again and again and again", b"again and again and again", b"x" * 5000]
    kept = Kept()
    done = asyncio.Event()
    kept.when = lambda _: (
        done.set() if len([m for m in kept.of(MessageSeen) if m.direction == "in"]) == 3 else None
    )
    async with starter() as url:
        async with Session(target_for(url, deflate=offer), Journal(listeners=[kept])) as session:
            await session.open()
            session.send_messages(Opcode.TEXT, texts)
            await done.wait()
            await session.close()
            assert session.failure is None
    assert [m.payload for m in kept.of(MessageSeen) if m.direction == "in"] == texts
    assert not kept.of(ViolationFound)
