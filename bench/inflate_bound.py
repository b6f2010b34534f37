"""The cost of inflation itself: zlib in a loop over as many messages, and nothing else."""

from __future__ import annotations

import sys
import zlib

payload = (b'{"n":1,"symbol":"ABC","price":"1234.56","text":"' + b"x" * 100)[:100]
squeezer = zlib.compressobj(wbits=-15)
squeezed = squeezer.compress(payload) + squeezer.flush(zlib.Z_SYNC_FLUSH)
for _ in range(int(sys.argv[1])):
    zlib.decompressobj(-15).decompress(squeezed)
