"""The way to the peer: resolve, connect, proxy, TLS; each timed, each an event; a byte stream at the end."""
