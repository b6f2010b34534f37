"""The command line: options, wiring, exit status. Thin: what a command does lives below."""
