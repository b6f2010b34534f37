"""The saved corpus: a folder a target, a file an input; finds are added and stay as regression cases."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
_TOKENS = (
    *(b"\x81", b"\x82\x7e", b"\x88\x02\x03\xe8", b"\x89\x00", b"\xc1\x07", b"\x01\x00", b"\x00\x80", b"\x7f"),
    *(b"\r\n", b"\r\n\r\n", b"HTTP/1.1 101 x", b"Transfer-Encoding: chunked", b"Content-Length: 5", b": "),
    *(b"permessage-deflate", b"; server_max_window_bits=", b'"\\"', b", ", b"0\r\n", b"\x00\x00\xff\xff"),
    *(b"\x03\x00", b"\xed\xa0\x80", b"\xf4\x90", b"\xff" * 8, b"\x80" + b"\x00" * 7, b"::", b"##[", b"\x1b["),
)


def saved(target: str) -> list[bytes]:
    """The inputs of `target`, in a stable order."""
    return [path.read_bytes() for path in sorted((FOLDER / target).glob("*")) if path.is_file()]


def save(target: str, octets: bytes, kind: str = "find") -> Path:
    """Keeps an input under a name made of its content."""
    path = FOLDER / target / f"{kind}-{hashlib.sha256(octets).hexdigest()[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    return path


def mutated(chance: random.Random, seeds: list[bytes]) -> bytes:
    """An input grown out of the seeds: bytes flipped, cut, repeated, spliced, tokens put in."""
    octets = bytearray(chance.choice(seeds)) if seeds else bytearray()
    for _ in range(chance.randint(1, 8)):
        at = chance.randint(0, len(octets))
        match chance.randrange(7):
            case 0 if octets:
                octets[at - 1] ^= 1 << chance.randrange(8)
            case 1:
                octets[at:at] = chance.choice(_TOKENS)
            case 2:
                del octets[at : at + chance.randint(1, 16)]
            case 3:
                octets[at:at] = chance.randbytes(chance.randint(1, 16))
            case 4:
                octets[at:at] = octets[at : at + chance.randint(1, 64)] * chance.randint(1, 4)
            case 5 if seeds:
                octets[at:] = chance.choice(seeds)[chance.randint(0, 64) :]
            case _ if octets:
                octets[at - 1] = chance.choice((0, 1, 0x7D, 0x7E, 0x7F, 0x80, 0x81, 0xFE, 0xFF))
    return bytes(octets[:8192])
