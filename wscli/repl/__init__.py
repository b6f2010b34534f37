"""The REPL: a line becomes a Command value, commands act on a session, events show above the prompt."""
