"""Reports: one `RunResult` written in each format, what the peer said made safe for it."""
