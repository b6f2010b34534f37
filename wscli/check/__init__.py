"""`wscli check`: suites of named checks, from a TOML file or a URL, run concurrently to one result."""
