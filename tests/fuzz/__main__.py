"""`python -m tests.fuzz --minutes N [--seed S] [TARGET …]`: a long run; what it finds lands in the corpus."""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback

from .inputs import mutated, save, saved
from .targets import TARGETS

# New seeds out of old ones: an input that led nowhere is soon pushed out.
_POOL = 400
_LONGEST_SEED = 1024


def fuzz(name: str, seconds: float, chance: random.Random) -> tuple[int, int, int]:
    """Cases, bytes and finds of a run on one target."""
    target, seeds = TARGETS[name], saved(name)
    kept = len(seeds)
    cases = octets_in_all = finds = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        octets = mutated(chance, seeds)
        cases += 1
        octets_in_all += len(octets)
        try:
            target(octets)
        except Exception:
            finds += 1
            print(f"find: {save(name, octets)}", file=sys.stderr)
            traceback.print_exc()
            if finds == 5:
                break
        if len(octets) <= _LONGEST_SEED and chance.random() < 0.1:
            seeds.append(octets)
            if len(seeds) > _POOL:
                del seeds[chance.randrange(kept, len(seeds))]
    return cases, octets_in_all, finds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], metavar="TARGET")
    given = parser.parse_args()
    names = given.targets or list(TARGETS)
    chance = random.Random(given.seed)
    print(f"seed {given.seed}")
    found = 0
    for name in names:
        cases, octets, finds = fuzz(name, given.minutes * 60 / len(names), chance)
        found += finds
        print(f"{name}: {cases:,} cases, {octets:,} bytes, {finds} finds", flush=True)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
