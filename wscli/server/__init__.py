"""The embedded server: scenarios for trying wscli out, behind `wscli serve` and `demo:` URLs."""
