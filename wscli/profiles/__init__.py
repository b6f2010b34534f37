"""The user's configuration file: where it is, what stands in it and on which line, its secrets."""
