"""Operations with a verdict (handshake, ping, close): each runs a session and returns a report."""
