"""One audit a file, with its page beside it; a file that is here is registered."""
