"""Compares two runs of a suite, before and after: what became of each test, and of what it proved."""
