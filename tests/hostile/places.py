"""Every place in which a peer can put text of its own, as scripts: what it says there is a parameter."""

from __future__ import annotations

from collections.abc import Callable

from tests.peers import Peer, encode_frame
from tests.peers.framing import accept_for
from tests.peers.raw import Script
from tests.wire.deflating import Deflater

Place = Callable[[bytes], Script]


def _line(said: bytes) -> bytes:
    """As much of it as fits into a header: a newline would end it."""
    return said.replace(b"\n", b"")


async def _head(
    peer: Peer, *lines: bytes, reason: bytes = b"Switching Protocols", accept: bytes = b""
) -> None:
    request = await peer.read_request()
    right = accept_for(request.get("Sec-WebSocket-Key") or "").encode()
    head = [b"HTTP/1.1 101 " + reason, b"Upgrade: websocket", b"Connection: Upgrade"]
    await peer.send(b"\r\n".join([*head, b"Sec-WebSocket-Accept: " + (accept or right), *lines, b"", b""]))


def headers(said: bytes) -> Script:
    """Reason phrase, header names and values, a folded line."""

    async def script(peer: Peer) -> None:
        line = _line(said)
        await _head(peer, b"X-A: " + line, line + b": x", b" " + line, b"Set-Cookie: " + line, reason=line)
        await peer.read_until(8)

    return script


def conversation(said: bytes) -> Script:
    """A legal one: header, text, binary, fragments, ping, pong, deflate, a run, the reason of a Close."""

    async def script(peer: Peer) -> None:
        value = bytes(byte for byte in said if byte >= 0x20 and byte != 0x7F)
        deflate = b"Sec-WebSocket-Extensions: permessage-deflate"
        await _head(peer, b"X-A: " + value, deflate, reason=value.replace(b"  ", b""))
        text = said.decode(errors="replace").encode()
        short = text[:100].decode(errors="ignore").encode()
        frames = [encode_frame(1, text), encode_frame(2, said), encode_frame(1, short) * 3]
        frames += [encode_frame(9, said[:125]), encode_frame(10, said[:125])]
        frames += [encode_frame(1, Deflater().message(text), rsv=4)]
        frames += [encode_frame(1, text, fin=False), encode_frame(0, text)]
        await peer.send(b"".join(frames))
        await peer.send(encode_frame(8, b"\x0f\xa1" + short))
        await peer.read_until(8)

    return script


def close_reason(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await _head(peer)
        await peer.frame(8, b"\x03\xe8" + said[:120])
        await peer.read_until(8)

    return script


def invalid_text(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await _head(peer)
        await peer.frame(1, said + b"\xff")
        await peer.read_until(8)

    return script


def reserved_frame(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await _head(peer)
        await peer.frame(11, said, rsv=3)
        await peer.read_until(8)

    return script


def refusal(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        line = _line(said)
        head = b"HTTP/1.1 403 %b\r\nX-A: %b\r\n%b: x\r\nWWW-Authenticate: %b\r\n" % (line, line, line, line)
        await peer.send(head + b"Content-Length: %d\r\n\r\n%b" % (len(said), said))

    return script


def chunked_refusal(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        line = _line(said)
        await peer.send(b"HTTP/1.1 500\r\nTransfer-Encoding: chunked, %b\r\n\r\n" % line)
        await peer.send(b"%x;%b\r\n%b\r\n0\r\nX-T: %b\r\n\r\n" % (len(said), line, said, line))

    return script


def location(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % _line(said))

    return script


def location_path(said: bytes) -> Script:
    return location(b"/next?" + said)


def subprotocol(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await _head(peer, b"Sec-WebSocket-Protocol: " + _line(said))
        await peer.read_until(8)

    return script


def extension(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        line = _line(said)
        await _head(
            peer, b'Sec-WebSocket-Extensions: %b; %b="%b", permessage-deflate; %b' % (line, line, line, line)
        )
        await peer.read_until(8)

    return script


def deflate_parameter(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        value = _line(said).replace(b'"', b"")
        await _head(
            peer, b'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits="%b"' % value
        )
        await peer.read_until(8)

    return script


def accept_value(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await _head(peer, accept=_line(said) or b"x")
        await peer.read_until(8)

    return script


def no_http(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await peer.read_request()
        await peer.send(said)

    return script


def bad_status_line(said: bytes) -> Script:
    return no_http(b"HTTP/1.1 " + said + b"\r\n\r\n")


def unfinished_head(said: bytes) -> Script:
    return no_http(b"HTTP/1.1 101 x\r\nX: " + said)


def garbage_frames(said: bytes) -> Script:
    async def script(peer: Peer) -> None:
        await _head(peer)
        await peer.send(said * 3)

    return script


PLACES: dict[str, Place] = {
    place.__name__.replace("_", " "): place
    for place in (
        conversation,
        headers,
        close_reason,
        invalid_text,
        reserved_frame,
        refusal,
        chunked_refusal,
        location,
        location_path,
        subprotocol,
        extension,
        deflate_parameter,
        accept_value,
        no_http,
        bad_status_line,
        unfinished_head,
        garbage_frames,
    )
}
