"""The pipeline for one file: a pure function of source, rules, facts and configuration."""

from reassert.engine.explaining import explain_family, outline
from reassert.engine.inspecting import inspect
from reassert.engine.pipeline import Analysis, Member, rewrite, rewrite_family, scan
from reassert.engine.shelf import Shelf

__all__ = [
    "Analysis",
    "Member",
    "Shelf",
    "explain_family",
    "inspect",
    "outline",
    "rewrite",
    "rewrite_family",
    "scan",
]
