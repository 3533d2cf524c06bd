"""The only place that reads and writes files: discovery, encodings, writing, journal, git, settings."""
