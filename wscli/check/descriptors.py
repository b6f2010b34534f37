"""How many checks can run at a time under the limit on open files (RLIMIT_NOFILE)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

# The connection, and what looks a name up or tries another address meanwhile (RFC 8305 §5).
A_CONNECTION: Final = 2
"""Descriptors that a check needs while it runs."""
# The embedded server listens, and has its end of the connection.
A_DEMO: Final = A_CONNECTION + 2
"""The same for a check of a `demo:` URL."""
# Reports, certificates, cookie jars: what is opened for a moment beside the connections.
_SPARE: Final = 16


def affordable(jobs: int, each: int) -> int:
    """How many of `jobs` can run at a time, each with so many descriptors: at least one.

    Raises the process's soft limit as far as they need it and the hard one lets it.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return jobs
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken = _open_now() + _SPARE
    needed = taken + jobs * each
    if soft in (resource.RLIM_INFINITY, -1) or needed <= soft:
        return jobs
    wanted = needed if hard in (resource.RLIM_INFINITY, -1) else min(needed, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # a system whose kernel has a limit of its own below the hard one
        wanted = soft
    return min(jobs, max(1, (wanted - taken) // each))


def _open_now() -> int:
    try:
        return sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError:
        return 16
