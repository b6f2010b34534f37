"""One-shot and piped `connect` (contract §6): stdin, sends and ends of a run that no person sits at."""
