"""Sessions against real servers on loopback: scripted ones that misbehave, and those that others wrote."""
