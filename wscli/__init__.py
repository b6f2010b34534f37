"""wscli: a WebSocket inspector and REPL for the command line.

This module holds the version and nothing else: `wscli --version` must not import anything.
"""

__version__ = "0.1.0"
