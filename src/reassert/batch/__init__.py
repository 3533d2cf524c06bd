"""Many files at once: executors that share out work and survive what goes wrong in one file."""
