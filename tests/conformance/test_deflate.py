"""permessage-deflate (RFC 7692) with every window size and takeover combination, both ways."""

from __future__ import annotations

import itertools
import random
import zlib

import pytest

from tests.peers import Peer, encode_frame, raw_server
from tests.session.driving import session_to
from tests.support import wscli
from tests.wire.deflating import Deflater
from wscli.config import DeflateOffer
from wscli.errors import BadReply, ExitCode

from .driving import BINARY, TEXT, Case, Negotiated, check, chopped, violating

# Text that refers back over more than any window, bytes that do not deflate, and nothing at all.
_NOISE = random.Random(7692).randbytes(3000)
_FAR = b"".join(b"%d:" % (n % 40) + _NOISE[n % 40 * 60 :][:60] for n in range(1500))
MESSAGES = (
    (TEXT, b"hello, hello, hello"),
    (TEXT, b""),
    (BINARY, _NOISE),
    (TEXT, b"hello, hello, hello"),
    (BINARY, _FAR),
    (BINARY, b"\x00" * 40_000),
)


def answer(
    server: int | None, client: int | None, server_takeover: bool, client_takeover: bool
) -> Negotiated:
    parts = ["permessage-deflate"]
    if server is not None:
        parts.append(f"server_max_window_bits={server}")
    if client is not None:
        parts.append(f"client_max_window_bits={client}")
    if not server_takeover:
        parts.append("server_no_context_takeover")
    if not client_takeover:
        parts.append("client_no_context_takeover")
    return Negotiated("; ".join(parts), client or 15, client_takeover)


def deflated(opcode: int, payload: bytes) -> bytes:
    return encode_frame(opcode, payload, rsv=4)


@pytest.mark.parametrize("server", [None, *range(8, 16)])
@pytest.mark.parametrize("takeovers", list(itertools.product((True, False), repeat=2)), ids=str)
async def test_every_window_and_takeover_both_ways(server: int | None, takeovers: tuple[bool, bool]) -> None:
    for client in (None, *range(9, 16)):
        # zlib deflates for a window of 8 bits only what never refers back: a new context for each message
        # of at most 256 bytes.
        messages = MESSAGES if server != 8 else ((TEXT, b"hello, hello, hello"), (BINARY, _NOISE[:250]))
        small = server == 8
        deflater = Deflater(window_bits=max(server or 15, 9), takeover=takeovers[0] and not small)
        writes = tuple(deflated(opcode, deflater.message(payload)) for opcode, payload in messages)
        negotiated = answer(server, client, *takeovers)
        await check(Case(negotiated.answer, writes, messages), negotiated)


@pytest.mark.parametrize("params", ["", "; client_max_window_bits"])
async def test_client_window_of_eight_is_refused_and_said(params: str) -> None:
    """zlib has no window of 8 bits (RFC 7692 §7.1.2.2 would allow it)."""

    async def script(peer: Peer) -> None:
        await peer.accept(extensions="permessage-deflate; client_max_window_bits=8")
        await peer.wait_eof()

    async with raw_server(script) as server:
        session, _ = session_to(server)
        async with session:
            with pytest.raises(BadReply, match="client_max_window_bits"):
                await session.open()
        ran = await wscli("handshake", server.url)
        assert ran.returncode == ExitCode.BAD_REPLY
        assert b"client_max_window_bits" in ran.stderr
        assert b"8" in ran.stderr


@pytest.mark.parametrize("window", range(9, 16))
async def test_client_window_that_wscli_offers_is_kept(window: int) -> None:
    offer = DeflateOffer(client_max_window_bits=window)
    deflater = Deflater()
    writes = tuple(deflated(opcode, deflater.message(payload)) for opcode, payload in MESSAGES)
    # The server need not repeat it, and may allow more: what wscli said is the most that it uses.
    for said in (None, 15):
        negotiated = answer(None, said, True, True)
        negotiated.client_window = window
        await check(Case(f"offered {window}", writes, MESSAGES), negotiated, deflate=offer)


async def test_compressed_messages_in_fragments_and_chops() -> None:
    for size, fragment in itertools.product((1, 7, 4096), (1, 50, 100_000)):
        deflater = Deflater()
        wire = b""
        for opcode, payload in MESSAGES[:4]:
            parts = chopped(deflater.message(payload), fragment) or (b"",)
            for n, part in enumerate(parts):
                first = n == 0
                wire += encode_frame(opcode if first else 0, part, rsv=4 * first, fin=n == len(parts) - 1)
                wire += encode_frame(9, "p") if n == 0 else b""
        case = Case("fragments", chopped(wire, size), MESSAGES[:4], (b"p",) * 4)
        if size > 1 or fragment > 1:
            await check(case, Negotiated())


async def test_compressed_and_plain_messages_may_alternate() -> None:
    deflater = Deflater()
    wire = (
        encode_frame(TEXT, "plain")
        + deflated(TEXT, deflater.message(b"packed"))
        + encode_frame(BINARY, b"\xff")
    )
    wire += encode_frame(TEXT, "") + deflated(TEXT, deflater.message(b"packed"))
    echoes = ((TEXT, b"plain"), (TEXT, b"packed"), (BINARY, b"\xff"), (TEXT, b""), (TEXT, b"packed"))
    await check(Case("alternate", (wire,), echoes), Negotiated())


def _blocks() -> dict[str, tuple[bytes, bytes]]:
    """Legal DEFLATE that no zlib would make of a whole message: (wire, content)."""
    stored = b"\x00\x05\x00\xfa\xffhello"
    final = zlib.compressobj(wbits=-15)
    ended = final.compress(b"hello") + final.flush(zlib.Z_FINISH)
    fixed = zlib.compressobj(wbits=-15, strategy=zlib.Z_FIXED)
    return {
        "a stored block": (stored + b"\x00", b"hello"),
        "an empty stored block only": (b"\x00", b""),
        "a final block": (ended + b"\x00", b"hello"),
        "two final blocks": (ended + ended + b"\x00", b"hellohello"),
        "fixed codes": (fixed.compress(b"hello") + fixed.flush(zlib.Z_SYNC_FLUSH)[:-4], b"hello"),
        "many empty blocks": (b"\x00\x00\x00\xff\xff" * 500 + stored + b"\x00", b"hello"),
    }


@pytest.mark.parametrize("name", _blocks())
async def test_every_kind_of_block_inflates(name: str) -> None:
    wire, content = _blocks()[name]
    await check(Case(name, (deflated(TEXT, wire),), ((TEXT, content),)), Negotiated())


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff",
        b"\x07",
        b"\x06",
        b"\x00\x05\x00\xfa\xfehello",
        b"\x01\x05\x00\x00\x00hello",
        _NOISE[:200],
        b"\x04\xff\xff\xff\xff",
    ],
    ids=repr,
)
async def test_what_does_not_inflate_is_refused(payload: bytes) -> None:
    with pytest.raises(zlib.error):
        zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff")
    case = violating(
        "broken", encode_frame(TEXT, "before") + deflated(TEXT, payload), echoes=((TEXT, b"before"),)
    )
    await check(case, Negotiated())


async def test_reference_beyond_a_smaller_window_is_no_reason_to_misread() -> None:
    """Each message alone must not lean on the one before it when the server promised not to."""
    keeps = Deflater()
    keeps.message(b"a phrase that is in the window")
    second = keeps.message(b"a phrase that is in the window")
    negotiated = answer(None, None, False, True)
    await check(violating("leans", deflated(TEXT, second)), negotiated)


async def test_rsv1_where_it_has_no_meaning_is_refused() -> None:
    """RFC 7692 §6: not on control frames, not on continuations."""
    deflater = Deflater()
    begun = encode_frame(TEXT, deflater.part(b"begun"), rsv=4, fin=False)
    for name, frame in {
        "ping": encode_frame(9, b"p", rsv=4),
        "pong": encode_frame(10, b"p", rsv=4),
        "close": encode_frame(8, b"\x03\xe8", rsv=4),
        "continuation": begun + encode_frame(0, b"\x00", rsv=4),
        "rsv2": encode_frame(TEXT, "x", rsv=2),
        "rsv3": encode_frame(TEXT, "x", rsv=1),
        "rsv1 and rsv2": encode_frame(TEXT, "x", rsv=6),
    }.items():
        await check(violating(name, frame), Negotiated())


async def test_invalid_utf8_shows_after_inflation() -> None:
    deflater = Deflater()
    part = deflater.part(b"fine \xce\xba\xed") + encode_frame(0)[:0]
    writes = (encode_frame(TEXT, part, rsv=4, fin=False) + encode_frame(9, "ok"),)
    bad = encode_frame(0, deflater.part(b"\xa0"), fin=False)
    await check(violating("utf8", *writes, bad, close=1007, pongs=(b"ok",)), Negotiated())
