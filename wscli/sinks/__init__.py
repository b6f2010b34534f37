"""Ways of showing events: each sink takes batches and writes one format; escaping and redaction live here."""
