"""What to offer in Sec-WebSocket-Extensions: the options' values, checked (RFC 6455 §9.1, RFC 7692 §7.1)."""

from __future__ import annotations

from ..config import DeflateOffer
from ..errors import UsageError
from ..wire.extensions import DEFLATE, MAX_WINDOW_BITS, parse_extensions
from .options import Compression, SharedOptions

_LEAST_SERVER_BITS, _LEAST_CLIENT_BITS = 8, 9


def deflate_offer(options: SharedOptions) -> DeflateOffer | None:
    """The offer of permessage-deflate, or None for none. Raises: UsageError."""
    offer = DeflateOffer(
        options.server_no_context_takeover,
        options.client_no_context_takeover,
        _bits("--server-max-window-bits", options.server_max_window_bits, _LEAST_SERVER_BITS),
        _bits("--client-max-window-bits", options.client_max_window_bits, _LEAST_CLIENT_BITS),
    )
    if options.compression is Compression.DEFLATE:
        return offer
    if offer != DeflateOffer():
        raise UsageError(
            "--compression none contradicts the options for permessage-deflate's parameters",
            hint="leave out one or the other",
        )
    return None


def _bits(option: str, bits: int | None, least: int) -> int | None:
    if bits is None or least <= bits <= MAX_WINDOW_BITS:
        return bits
    if bits == _LEAST_SERVER_BITS:
        raise UsageError(
            f"{option}: RFC 7692 §7.1.2.2 allows a window of 8 bits, but zlib cannot compress with it",
            hint="9 is the smallest that works",
        )
    raise UsageError(f"{option}: {bits} is not from {least} to {MAX_WINDOW_BITS}")


def extension_offers(values: list[str]) -> tuple[str, ...]:
    """The offers of --extension, as the header writes them. Raises: UsageError."""
    for value in values:
        parsed = parse_extensions([value])
        if parsed.problems or not parsed.extensions or not value.isascii():
            raise UsageError(
                "--extension: this is not how Sec-WebSocket-Extensions writes one (RFC 6455 §9.1)",
                hint="write --extension 'NAME; PARAM; PARAM=VALUE'",
            )
        if any(each.name == DEFLATE for each in parsed.extensions):
            raise UsageError(
                f"--extension: {DEFLATE} is no opaque extension: wscli speaks it",
                hint="it is offered unless --compression none; --server-max-window-bits and others set it",
            )
    return tuple(values)
