"""Hostile peers: each ends with the right code, in little memory, in time (docs/security.md)."""
