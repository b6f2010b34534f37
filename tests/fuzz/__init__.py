"""Fuzzing of wire/ and what else reads a peer's bytes; `python -m tests.fuzz --minutes N` runs long."""
