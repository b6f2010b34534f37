"""What hostile peers do once the connection stands: frames without end, without sense, without a Close."""

from __future__ import annotations

import asyncio
import random
import struct
import zlib
from collections.abc import Callable

from tests.peers import Peer, encode_frame

Script = Callable[[Peer], object]
MIB = 1024 * 1024


async def bomb(peer: Peer) -> None:
    """A gibibyte of zeros in a megabyte (RFC 7692)."""
    squeezer = zlib.compressobj(9, wbits=-15)
    # A full flush leaves nothing to refer back to: the same mebibyte any number of times.
    mebibyte = squeezer.compress(bytes(MIB)) + squeezer.flush(zlib.Z_FULL_FLUSH)
    await peer.accept(extensions="permessage-deflate")
    await peer.send(encode_frame(2, (mebibyte * 1024)[:-4], rsv=4))
    await peer.wait_eof()


async def bomb_in_fragments(peer: Peer) -> None:
    squeezer = zlib.compressobj(9, wbits=-15)
    await peer.accept(extensions="permessage-deflate")
    opcode, rsv = 2, 4
    while True:
        squeezed = squeezer.compress(bytes(MIB)) + squeezer.flush(zlib.Z_SYNC_FLUSH)
        await peer.frame(opcode, squeezed, fin=False, rsv=rsv)
        opcode = rsv = 0


async def length_of_two_to_the_63(peer: Peer) -> None:
    await peer.accept(then=b"\x82\x7f" + struct.pack("!Q", 1 << 63))
    await peer.wait_eof()


async def length_of_two_to_the_62(peer: Peer) -> None:
    await peer.accept(then=b"\x82\x7f" + struct.pack("!Q", 1 << 62))
    while True:
        await peer.send(bytes(MIB))


async def hundred_mebibytes_in_a_frame(peer: Peer) -> None:
    await peer.accept(then=b"\x82\x7f" + struct.pack("!Q", 100 * MIB))
    for _ in range(100):
        await peer.send(bytes(MIB))
    await peer.answer_close()


async def endless_fragments(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(2, b"x" * 64, fin=False)
    many = encode_frame(0, b"x" * 64, fin=False) * 4096
    while True:
        await peer.send(many)


async def endless_empty_fragments(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(1, b"", fin=False)
    many = encode_frame(0, b"", fin=False) * 4096
    while True:
        await peer.send(many)


async def ping_flood(peer: Peer) -> None:
    """Pings without end, and reads none of the pongs."""
    await peer.accept()
    many = encode_frame(9, b"p" * 125) * 512
    while True:
        await peer.send(many)


async def never_reads(peer: Peer) -> None:
    await peer.accept()
    await asyncio.Event().wait()


async def never_closes(peer: Peer) -> None:
    await peer.accept()
    await peer.wait_eof()


async def closes_twice(peer: Peer) -> None:
    await peer.accept()
    await peer.close(1000)
    await peer.close(1000)
    await peer.fin()


async def speaks_after_close(peer: Peer) -> None:
    await peer.accept()
    await peer.close(1000)
    await peer.frame(1, "one more thing")
    await peer.fin()


async def resets_in_mid_frame(peer: Peer) -> None:
    await peer.accept(then=encode_frame(1, "x" * 100)[:50])
    peer.reset()


async def ends_in_mid_frame(peer: Peer) -> None:
    await peer.accept(then=encode_frame(1, "x" * 100)[:50])
    await peer.fin()


async def answers_twice(peer: Peer) -> None:
    await peer.accept()
    await peer.accept()
    await peer.wait_eof()


async def masks(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(1, "masked", mask=b"abcd")
    await peer.wait_eof()


async def reserved_opcode(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(3, "?")
    await peer.wait_eof()


async def bad_utf8_and_no_end(peer: Peer) -> None:
    """The first bad byte must do: the frame never ends."""
    await peer.accept(then=b"\x81\x7e\xff\xffgood \xc3\x28")
    await peer.wait_eof()


async def one_byte_close(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(8, b"\x03")
    await peer.wait_eof()


async def sixteen_mebibytes(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(1, b"m" * (16 * MIB))
    await peer.close(1000)
    await peer.wait_eof()


def sixteen_mebibytes_of(
    opcode: int, part: bytes, *, end: bytes = b"", fragments: int = 1, deflate: bool = False
) -> Script:
    """A message of 16 MiB that grows when it is decoded or escaped: `part` many times, then `end`."""

    async def script(peer: Peer) -> None:
        await peer.accept(extensions="permessage-deflate" if deflate else None)
        payload = part * ((16 * MIB - len(end)) // len(part)) + end
        if deflate:
            squeezer = zlib.compressobj(1, wbits=-15)
            payload = (squeezer.compress(payload) + squeezer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        size = len(payload) // fragments + 1
        for begin in range(0, len(payload), size):
            fin = begin + size >= len(payload)
            rsv = 4 if deflate and not begin else 0
            await peer.frame(0 if begin else opcode, payload[begin : begin + size], fin=fin, rsv=rsv)
        await peer.close(1000)
        await peer.wait_eof()

    return script


async def sixteen_mebibytes_in_chops(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(1, b"m" * 64, fin=False)
    many = encode_frame(0, b"m" * 64, fin=False) * 1024
    for _ in range(255):
        await peer.send(many)
    await peer.send(encode_frame(0, b"m" * 64, fin=False) * 1022)
    await peer.frame(0, b"m" * 64)
    await peer.close(1000)
    await peer.wait_eof()


async def tls_records_of_one_byte(peer: Peer) -> None:
    await peer.accept()
    while True:
        for byte in encode_frame(9, b"p" * 125):
            await peer.send(bytes((byte,)))


async def dripped_frame(peer: Peer) -> None:
    await peer.accept(then=b"\x82\x7f" + struct.pack("!Q", 1 << 20))
    while True:
        await peer.send(b"x")
        await asyncio.sleep(0.02)


async def violation_flood(peer: Peer) -> None:
    """An error and a warning in turn: lengths that are not minimal, pongs nobody asked for."""
    await peer.accept()
    many = (encode_frame(10, b"?", length_code=126) + encode_frame(1, b"", length_code=127)) * 4096
    while True:
        await peer.send(many)


async def speaks_for_ever_after_close(peer: Peer) -> None:
    await peer.accept()
    many = encode_frame(8, b"\x03\xe8" + b"r" * 123) * 1024
    while True:
        await peer.send(many)


async def speaks_for_ever_after_a_fault(peer: Peer) -> None:
    await peer.accept()
    await peer.frame(3, "reserved")
    many = encode_frame(1, "still here") * 4096
    while True:
        await peer.send(many)


async def half_open(peer: Peer) -> None:
    """Ends its direction, and takes ours without an end."""
    await peer.accept()
    await peer.fin()
    await peer.wait_eof()


async def final_blocks(peer: Peer) -> None:
    """A message of empty DEFLATE blocks, each with BFINAL: every one of them is a stream of its own."""
    squeezer = zlib.compressobj(1, wbits=-15)
    begin = squeezer.compress(random.Random(1).randbytes(1 << 15)) + squeezer.flush(zlib.Z_SYNC_FLUSH)
    await peer.accept(extensions="permessage-deflate")
    await peer.send(encode_frame(2, begin + b"\x03\x00" * 2 * MIB, rsv=4, fin=False))
    await peer.wait_eof()


async def short_text_flood(peer: Peer) -> None:
    await peer.accept()
    many = encode_frame(1, "line of a flood") * 8192
    while True:
        await peer.send(many)


async def one_line_flood(peer: Peer) -> None:
    await peer.accept()
    many = encode_frame(1, "\n\t\x1b[2J" * 20_000)
    while True:
        await peer.send(many)


async def tunnel_then_bomb(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
    peer.request = None
    await bomb(peer)
