"""Hostile peers: each ends with the right code, in bounded memory, within the deadlines (docs/security.md)."""
