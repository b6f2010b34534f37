"""The wire, pure: bytes in, events out, both directions.

Nothing here knows of sockets, asyncio or websockets, and nothing here refuses what a peer sends: what is
illegal is reported as it stood.
"""
