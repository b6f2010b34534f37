from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.peers.framing import mask_payload
from wscli.wire.masking import apply_mask

MASKS = st.binary(min_size=4, max_size=4)


@settings(deadline=None)
@given(payload=st.binary(max_size=200), mask=MASKS)
def test_masking_is_the_xor_of_each_byte(payload: bytes, mask: bytes) -> None:
    assert apply_mask(payload, mask) == mask_payload(payload, mask)


@settings(deadline=None)
@given(payload=st.binary(max_size=200), mask=MASKS)
def test_masking_twice_gives_back_the_payload(payload: bytes, mask: bytes) -> None:
    assert apply_mask(apply_mask(payload, mask), mask) == payload
