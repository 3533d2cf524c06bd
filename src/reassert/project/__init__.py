"""Facts across files: classes and their bases, who imports whom. Works on what scanning gave, reads no files."""

from reassert.model.facts import FileFacts, ScannedFacts
from reassert.project.linking import link

__all__ = ["FileFacts", "ScannedFacts", "link"]
