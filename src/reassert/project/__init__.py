"""Facts across files: classes and their bases, who imports whom. Works on what scanning gave."""

from reassert.model.facts import FileFacts, ScannedFacts
from reassert.project.auto_mode import AsyncioSuite
from reassert.project.extension import extension
from reassert.project.index import Index
from reassert.project.linking import link
from reassert.project.registering import Imports, Registrations, Tree, registrations
from reassert.project.test_names import makes_tests, with_test_names

__all__ = [
    "AsyncioSuite",
    "FileFacts",
    "Imports",
    "Index",
    "Registrations",
    "ScannedFacts",
    "Tree",
    "extension",
    "link",
    "makes_tests",
    "registrations",
    "with_test_names",
]
