"""The vocabulary of the project: frozen, picklable values; no I/O and no visitors."""
