"""Shell completions and the man page, made from the command line as values (`cli/tree.py` reads them)."""
