"""The tables: frames in every legal and illegal shape (RFC 6455 §5), each with what has to come of it."""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator

from tests.peers import encode_frame
from wscli.errors import ExitCode

from .driving import BINARY, TEXT, Case, chopped, named, violating

# Where the header changes its shape (§5.2), and a step to either side of it.
LENGTHS = (0, 1, 124, 125, 126, 127, 128, 65535, 65536, 65537, 131072)


def framing() -> Iterator[Case]:
    """Text and binary at every length boundary, whole, in chops, and twice in one write."""
    for opcode, length in itertools.product((TEXT, BINARY), LENGTHS):
        payload = (b"*" if opcode == TEXT else b"\xfe") * length
        wire = encode_frame(opcode, payload)
        kind = "text" if opcode == TEXT else "binary"
        whole = Case(f"{kind} of {length} bytes", (wire,), ((opcode, payload),))
        yield whole
        yield named(whole, "in chops", chopped(wire, 997) if length > 128 else chopped(wire, 1))
        yield Case(f"{whole.name}, twice in a write", (wire * 2,), ((opcode, payload),) * 2)


def lengths_not_minimal() -> Iterator[Case]:
    """§5.2: the minimal number of bytes MUST be used; the message is echoed, the run fails by exit code."""
    for length, code in ((0, 126), (125, 126), (5, 127), (126, 127), (65535, 127)):
        yield Case(
            f"{length} bytes behind a {code}",
            (encode_frame(TEXT, b"x" * length, length_code=code),),
            ((TEXT, b"x" * length),),
            exit_code=ExitCode.PROTOCOL,
        )


def controls() -> Iterator[Case]:
    """Pings and pongs with every length, in chops, many at once, between fragments."""
    for length in range(126):
        payload = bytes(range(length))
        yield Case(f"a ping of {length} bytes", (encode_frame(9, payload),), pongs=(payload,))
    for length in (0, 1, 125):
        yield Case(f"a pong of {length} bytes nobody asked for", (encode_frame(10, b"p" * length),))
    wire = encode_frame(9, b"\x00\xff\xfe chop")
    yield Case("a ping in chops", chopped(wire, 1), pongs=(b"\x00\xff\xfe chop",))
    ten = tuple(b"ping %d" % n for n in range(10))
    yield Case("ten pings in a write", (b"".join(encode_frame(9, each) for each in ten),), pongs=ten)
    yield Case(
        "a ping, an unsolicited pong, a ping",
        (encode_frame(9, "a"), encode_frame(10, "b"), encode_frame(9, "c")),
        pongs=(b"a", b"c"),
    )
    for opcode in (8, 9, 10):
        yield violating(
            f"a control frame of 126 bytes ({opcode})", encode_frame(opcode, b"\x03\xe8" + b"x" * 124)
        )
        yield violating(
            f"a control frame without FIN ({opcode})", encode_frame(opcode, b"\x03\xe8", fin=False)
        )
    for length in range(0, 126, 25):
        payload = b"i" * length
        yield Case(
            f"a ping of {length} bytes between fragments",
            (encode_frame(TEXT, "one ", fin=False) + encode_frame(9, payload) + encode_frame(0, "two"),),
            ((TEXT, b"one two"),),
            (payload,),
        )


def reserved() -> Iterator[Case]:
    """Every RSV bit with every opcode, FIN set and not (§5.2)."""
    for rsv, opcode, fin in itertools.product(range(8), range(16), (True, False)):
        if rsv == 0 and opcode in (0, 1, 2, 8, 9, 10):
            continue
        payload = b"\x03\xe8" if opcode == 8 else b"?"
        frame = encode_frame(opcode, payload, rsv=rsv, fin=fin)
        name = f"RSV {rsv:03b}, opcode {opcode}, {'FIN' if fin else 'no FIN'}"
        yield violating(name, encode_frame(TEXT, "before") + frame, echoes=((TEXT, b"before"),))
    for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15):
        begun = encode_frame(TEXT, "begun", fin=False) + encode_frame(9, "between")
        wire = begun + encode_frame(opcode, "?") + encode_frame(0, "never read")
        yield violating(f"opcode {opcode} between fragments", wire, pongs=(b"between",))
        yield violating(
            f"opcode {opcode} between fragments, in chops", *chopped(wire, 1), pongs=(b"between",)
        )
    for rsv in range(1, 8):
        begun = encode_frame(BINARY, "begun", fin=False) + encode_frame(0, "?", rsv=rsv)
        yield violating(f"RSV {rsv:03b} on a continuation", begun)


# One letter for each frame that may stand in a sequence: opcode, FIN.
_LETTERS = {"t": (1, False), "T": (1, True), "b": (2, False), "B": (2, True), "c": (0, False), "C": (0, True)}


def orders(longest: int = 3) -> Iterator[Case]:
    """Text, binary and continuation frames with and without FIN, and pings, in every order (§5.4)."""
    for size in range(1, longest + 1):
        for letters in itertools.product("tTbBcCp", repeat=size):
            yield _order("".join(letters))


def _order(letters: str) -> Case:
    wire, echoes, pongs = b"", [], []
    opcode, parts = 0, b""
    legal = True
    for index, letter in enumerate(letters):
        payload = b"%d" % index
        if letter == "p":
            wire += encode_frame(9, payload)
            pongs.append(payload)
            continue
        kind, fin = _LETTERS[letter]
        wire += encode_frame(kind, payload, fin=fin)
        # §5.4: a continuation needs a message that has begun, and nothing else may begin before its end.
        if (kind == 0) != bool(opcode):
            legal = False
            break
        opcode, parts = opcode or kind, parts + payload
        if fin:
            echoes.append((opcode, parts))
            opcode, parts = 0, b""
    name = f"the order {letters}"
    if not legal:
        return violating(name, wire, echoes=tuple(echoes), pongs=tuple(pongs))
    if opcode:
        # What a Close cuts short was never a message; both judges call that an error.
        wire += encode_frame(8, b"\x03\xe8")
        return violating(f"{name}, Close", wire, echoes=tuple(echoes), pongs=tuple(pongs))
    return Case(name, (wire,), tuple(echoes), tuple(pongs))


def fragments() -> Iterator[Case]:
    """Messages in many fragments, cut everywhere, empty ones among them."""
    text = "κόσμε 😀".encode()
    for at in range(len(text) + 1):
        parts = (encode_frame(TEXT, text[:at], fin=False), encode_frame(0, text[at:]))
        yield Case(f"text cut at byte {at}", parts, ((TEXT, text),))
    singles = [encode_frame(0, text[n : n + 1], fin=False) for n in range(len(text))]
    wire = (encode_frame(TEXT, "", fin=False), *singles, encode_frame(0, ""))
    yield Case("a fragment a byte, an empty one at both ends", wire, ((TEXT, text),))
    for opcode in (TEXT, BINARY):
        empty = (encode_frame(opcode, "", fin=False), encode_frame(0, "", fin=False), encode_frame(0, ""))
        yield Case(f"three empty fragments ({opcode})", empty, ((opcode, b""),))
    many = encode_frame(BINARY, b"\x00" * 64, fin=False) + encode_frame(0, b"\x01" * 64, fin=False) * 998
    yield Case(
        "a thousand fragments of 64 bytes",
        (many + encode_frame(0, b"\x02" * 64),),
        ((BINARY, b"\x00" * 64 + b"\x01" * 64 * 998 + b"\x02" * 64),),
    )


# Valid text, and each way to be invalid (RFC 3629 §3 and §4) with the offset of the first byte that no
# continuation can mend.
VALID_UTF8 = (
    b"plain",
    "κόσμε".encode(),
    b"\x00",
    b"\x7f",
    b"\xc2\x80",
    b"\xdf\xbf",
    b"\xe0\xa0\x80",
    b"\xed\x9f\xbf",
    b"\xee\x80\x80",
    b"\xef\xbf\xbe",
    b"\xef\xbf\xbf",
    b"\xf0\x90\x80\x80",
    b"\xf4\x8f\xbf\xbf",
    b"\xf3\xb0\x80\x80 private",
)
INVALID_UTF8 = (
    (b"\x80", 0),
    (b"\xbf", 0),
    (b"\xc0\x80", 0),
    (b"\xc1\xbf", 0),
    (b"\xf5\x80\x80\x80", 0),
    (b"\xf8\x88\x80\x80\x80", 0),
    (b"\xfe", 0),
    (b"\xff", 0),
    (b"\xc3\x28", 1),
    (b"\xe0\x80\x80", 1),
    (b"\xe0\x9f\xbf", 1),
    (b"\xed\xa0\x80", 1),
    (b"\xed\xbf\xbf", 1),
    (b"\xe2\x28\xa1", 1),
    (b"\xe2\x82\x28", 2),
    (b"\xf0\x80\x80\x80", 1),
    (b"\xf0\x8f\xbf\xbf", 1),
    (b"\xf4\x90\x80\x80", 1),
    (b"\xf0\x28\x8c\xbc", 1),
    (b"\xf0\x90\x28\xbc", 2),
    (b"\xf0\x90\x8c\x28", 3),
    ("κόσμε".encode() + b"\xed\xa0\x80 edited", 11),
    ("κόσμε".encode() + b"\xf4\x90\x80\x80", 11),
)


def utf8() -> Iterator[Case]:
    """Valid text whole and cut; invalid text refused at its first bad byte, in a frame and in fragments.

    The ping before that byte is answered: until then there is nothing to find fault with.
    """
    for text in VALID_UTF8:
        yield Case(f"valid {text!r}", (encode_frame(TEXT, text),), ((TEXT, text),))
        yield Case(f"valid {text!r}, a byte a write", chopped(encode_frame(TEXT, text), 1), ((TEXT, text),))
    for text, at in INVALID_UTF8:
        good, bad = text[:at], text[at : at + 1]
        # No end is in sight: neither the frame nor the message will ever be whole.
        begun = encode_frame(TEXT, b"ok" + good, length=65535)
        yield violating(f"{text!r} in an endless frame", *chopped(begun + bad, 1), close=1007)
        yield violating(
            f"{text!r} in fragments",
            encode_frame(TEXT, good, fin=False) + encode_frame(9, "fine so far"),
            encode_frame(0, bad, fin=False),
            close=1007,
            pongs=(b"fine so far",),
        )
        yield violating(f"{text!r} whole", encode_frame(TEXT, text), close=1007)
        yield Case(f"{text!r} as binary", (encode_frame(BINARY, text),), ((BINARY, text),))
    for whole in ("κ", "€", "😀"):
        for cut in range(1, len(whole.encode())):
            part = whole.encode()[:cut]
            yield violating(f"{part!r} and the end of the message", encode_frame(TEXT, part), close=1007)


def _may_be_sent(code: int) -> bool:
    """RFC 6455 §7.4.1 and §7.4.2, and the IANA registry's 1012 to 1014."""
    return 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999


def close_codes() -> Iterator[Case]:
    """Codes at every boundary, and a sample of those between: returned when legal, else answered by 1002."""
    boundaries = {0, 1, 999, *range(1000, 1020), 1099, 1100, 1999, 2000, 2999, 3000, 3999, 4000, 4999, 5000}
    for code in sorted(boundaries | {5001, 9999, 32767, 32768, 65534, 65535} | set(range(0, 65536, 2111))):
        wire = (encode_frame(8, struct.pack(">H", code) + b"why"),)
        if not _may_be_sent(code):
            yield violating(f"close code {code}", *wire)
        else:
            ok = code in (1000, 1001)
            exit_code = ExitCode.OK if ok else ExitCode.CLOSE_CODE
            yield Case(f"close code {code}", wire, close=code, exit_code=exit_code)


def close_payloads() -> Iterator[Case]:
    """Empty, half a code, the longest reason, reasons that are no UTF-8, and what stands around a Close."""
    yield Case("an empty Close", (encode_frame(8),), close=None)
    yield violating("half a close code", encode_frame(8, b"\x03"))
    longest = struct.pack(">H", 1000) + b"r" * 123
    yield Case("a reason of 123 bytes", (encode_frame(8, longest),), close=1000)
    yield Case("a Close in chops", chopped(encode_frame(8, longest), 1), close=1000)
    yield violating("a reason of 124 bytes", encode_frame(8, longest + b"r"))
    for text, _ in INVALID_UTF8[:12]:
        yield violating(f"the reason {text!r}", encode_frame(8, b"\x03\xe8" + text), close=1007)
    # §5.5.1: nothing counts that comes after a Close; that something came is an error all the same.
    for after in (encode_frame(TEXT, "late"), encode_frame(9, "late"), encode_frame(8, b"\x03\xe8")):
        yield violating("a frame after Close", encode_frame(8, b"\x03\xe8") + after, close=1000)
    large = b"*" * 262_144
    yield violating(
        "256 KiB, a Close, a ping",
        encode_frame(TEXT, large) + encode_frame(8, b"\x03\xe8") + encode_frame(9, "late"),
        echoes=((TEXT, large),),
        close=1000,
    )
    yield Case(
        "text and Close in a write",
        (encode_frame(TEXT, "last") + encode_frame(8, b"\x03\xe8"),),
        ((TEXT, b"last"),),
        close=1000,
    )


def masked() -> Iterator[Case]:
    """§5.1: a server does not mask."""
    for opcode in (1, 2, 8, 9, 10):
        for mask in (b"\x00\x00\x00\x00", b"abcd"):
            yield violating(
                f"opcode {opcode} masked with {mask!r}", encode_frame(opcode, b"\x03\xe8", mask=mask)
            )


TABLES = {
    "framing": framing,
    "lengths not minimal": lengths_not_minimal,
    "pings and pongs": controls,
    "reserved bits and opcodes": reserved,
    "fragmentation in every order": orders,
    "fragments": fragments,
    "UTF-8": utf8,
    "close codes": close_codes,
    "close payloads": close_payloads,
    "masked frames": masked,
}
