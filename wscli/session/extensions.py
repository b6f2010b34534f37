"""The extensions that are offered, and how websockets' judge is to take what comes of them (RFC 6455 §9).

Only permessage-deflate is understood: its parameters are negotiated by websockets, what we send is compressed
by it. Any other is opaque: the judge takes no offence at its RSV bits, and nothing else is made of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from websockets.exceptions import NegotiationError
from websockets.extensions.base import ClientExtensionFactory, Extension
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode
from websockets.typing import ExtensionName, ExtensionParameter

from ..config import DeflateOffer, Target
from ..events import Extension as Offer
from ..wire.extensions import DEFLATE, MAX_WINDOW_BITS, parse_extensions, window_bits

_CLIENT_WINDOW = "client_max_window_bits"
# RFC 7692 §7.1.2.2 allows 8, but zlib cannot deflate with a window of 8 bits.
_SMALLEST_WINDOW = 9


def offers_of(target: Target) -> list[Offer]:
    """What this target offers, in order of preference."""
    deflate = [] if target.deflate is None else [_deflate_offer(target.deflate)]
    return [*deflate, *parse_extensions(target.extensions).extensions]


def factories_for(offers: Iterable[Offer]) -> list[ClientExtensionFactory]:
    """What makes the judge negotiate these offers."""
    return [_DeflateFactory(each) if each.name == DEFLATE else _OpaqueFactory(each) for each in offers]


def leave_to_deflate(extensions: Sequence[Extension]) -> None:
    """Of the agreed extensions, none but permessage-deflate may give RSV1 a meaning, if that was agreed."""
    if any(isinstance(each, _Deflate) for each in extensions):
        for each in extensions:
            if isinstance(each, _Opaque):
                each.takes_rsv1 = False


def _deflate_offer(offer: DeflateOffer) -> Offer:
    params: list[tuple[str, str | None]] = []
    if offer.server_no_context_takeover:
        params.append(("server_no_context_takeover", None))
    if offer.client_no_context_takeover:
        params.append(("client_no_context_takeover", None))
    if offer.server_max_window_bits is not None:
        params.append(("server_max_window_bits", str(offer.server_max_window_bits)))
    client = offer.client_max_window_bits
    params.append((_CLIENT_WINDOW, None if client is None else str(client)))
    return Offer(name=DEFLATE, params=tuple(params))


class _Deflate(Extension):
    """permessage-deflate as agreed: compresses on the way out; on the way in it only clears RSV1."""

    name = ExtensionName(DEFLATE)

    def __init__(self, negotiated: Extension) -> None:
        self._negotiated = negotiated

    def encode(self, frame: Frame) -> Frame:
        return self._negotiated.encode(frame)

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:  # noqa: ARG002 (the base's signature)
        # RSV1 elsewhere stays, and the judge refuses it (RFC 7692 §6).
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY) and frame.rsv1:
            return Frame(frame.opcode, frame.data, frame.fin, False, frame.rsv2, frame.rsv3)
        return frame


class _DeflateFactory(ClientExtensionFactory):
    """Offers permessage-deflate and judges the answer as websockets does (RFC 7692 §7.1)."""

    name = ExtensionName(DEFLATE)

    def __init__(self, offer: Offer) -> None:
        self._params = offer.params
        params = dict(offer.params)
        self._factory = ClientPerMessageDeflateFactory(
            server_no_context_takeover="server_no_context_takeover" in params,
            client_no_context_takeover="client_no_context_takeover" in params,
            server_max_window_bits=window_bits(params.get("server_max_window_bits")),
            client_max_window_bits=_client_window(params),
            compress_settings={"memLevel": 5},
        )

    def get_request_params(self) -> Sequence[ExtensionParameter]:
        return list(self._params)

    def process_response_params(
        self, params: Sequence[ExtensionParameter], accepted_extensions: Sequence[Extension]
    ) -> Extension:
        params = [self._ours_if_smaller(each) for each in params]
        return _Deflate(self._factory.process_response_params(params, accepted_extensions))

    def _ours_if_smaller(self, param: ExtensionParameter) -> ExtensionParameter:
        # RFC 7692 §7.1.2.2: we use no larger window than we said, whatever the server allows.
        name, value = param
        ours = self._factory.client_max_window_bits
        if (
            name == _CLIENT_WINDOW
            and ours is not True
            and (window_bits(value) or 0) > (ours or MAX_WINDOW_BITS)
        ):
            return name, str(ours)
        return param


def _client_window(params: dict[str, str | None]) -> int | Literal[True] | None:
    if _CLIENT_WINDOW not in params:
        return None
    bits = window_bits(params[_CLIENT_WINDOW])
    # An offer that a user wrote in a header may say anything: then the answer alone counts.
    return bits if bits is not None and bits >= _SMALLEST_WINDOW else True


class _Opaque(Extension):
    """An agreed extension that wscli knows nothing of: the judge does not see its RSV bits."""

    def __init__(self, name: ExtensionName) -> None:
        self.name = name
        self.takes_rsv1 = True

    def encode(self, frame: Frame) -> Frame:
        return frame

    def decode(self, frame: Frame, *, max_size: int | None = None) -> Frame:  # noqa: ARG002 (the base's signature)
        return Frame(frame.opcode, frame.data, frame.fin, frame.rsv1 and not self.takes_rsv1)


class _OpaqueFactory(ClientExtensionFactory):
    """Offers an extension, and takes any answer that bears its name."""

    def __init__(self, offer: Offer) -> None:
        self.name = ExtensionName(offer.name)
        self._params = offer.params

    def get_request_params(self) -> Sequence[ExtensionParameter]:
        return list(self._params)

    def process_response_params(
        self,
        params: Sequence[ExtensionParameter],  # noqa: ARG002 (the base's signature)
        accepted_extensions: Sequence[Extension],
    ) -> Extension:
        if any(other.name == self.name for other in accepted_extensions):
            raise NegotiationError(f"received duplicate {self.name}")
        return _Opaque(self.name)
