"""What hostile peers do before a connection stands: TLS, the reply's head and body, what a proxy answers."""

from __future__ import annotations

import asyncio

from tests.peers import Peer


async def endless_headers(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 101 Switching Protocols\r\n")
    while True:
        await peer.send(b"X-Padding: " + b"x" * 1000 + b"\r\n")


async def endless_reason(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 101 ")
    while True:
        await peer.send(b"y" * 4096)


async def endless_body(peer: Peer) -> None:
    await peer.respond(403, "Forbidden", content_length=False)
    while True:
        await peer.send(b"z" * 4096)


async def endless_chunks(peer: Peer) -> None:
    await peer.respond(403, "Forbidden", headers=[("Transfer-Encoding", "chunked")], content_length=False)
    while True:
        await peer.send(b"1\r\nz\r\n" * 512)


async def endless_interim_replies(peer: Peer) -> None:
    await peer.read_request()
    while True:
        await peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 64)


async def dripped_handshake(peer: Peer) -> None:
    await peer.read_request()
    while True:
        await peer.send(b"H")
        await asyncio.sleep(0.05)


async def dripped_head(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 101 Switching Protocols\r\nX: ")
    while True:
        await peer.send(b"x")
        await asyncio.sleep(0.05)


async def says_nothing(peer: Peer) -> None:
    await peer.wait_eof()


async def answers_before_the_request(peer: Peer) -> None:
    await peer.send(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n"
    )
    await peer.wait_eof()


async def silent_tls(peer: Peer) -> None:
    """Takes the ClientHello, says nothing."""
    await peer.wait_eof()


async def dripped_tls(peer: Peer) -> None:
    """The beginning of a TLS record as long as one can be, a byte at a time."""
    await peer.send(b"\x16\x03\x03\x40\x00\x02")
    while True:
        await peer.send(b"\x00")
        await asyncio.sleep(0.05)


async def endless_tls(peer: Peer) -> None:
    """HelloRequests, which a client passes over (RFC 5246 §7.4.1.1)."""
    while True:
        await peer.send(b"\x16\x03\x03\x3f\xff" + bytes(0x3FFF))


async def dripped_body(peer: Peer) -> None:
    await peer.respond(403, "Forbidden", headers=[("Transfer-Encoding", "chunked")], content_length=False)
    while True:
        await peer.send(b"1\r\nz\r\n")
        await asyncio.sleep(0.05)


async def endless_head_of_a_proxy(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 200 OK\r\n")
    while True:
        await peer.send(b"X-Padding: " + b"x" * 1000 + b"\r\n")


async def dripped_head_of_a_proxy(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 200 OK\r\nX: ")
    while True:
        await peer.send(b"x")
        await asyncio.sleep(0.05)


async def tunnel_then_endless_headers(peer: Peer) -> None:
    await peer.read_request()
    await peer.send(b"HTTP/1.1 200 OK\r\n\r\n")
    await endless_headers(peer)


async def endless_socks(peer: Peer) -> None:
    """The greeting is answered, the tunnel granted to a name that the proxy never stops to spell."""
    await peer.read_exactly(3)
    await peer.send(b"\x05\x00")
    await peer.read_exactly(10)
    await peer.send(b"\x05\x00\x00\x03\xff")
    while True:
        await peer.send(b"x" * 4096)
