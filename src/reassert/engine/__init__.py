"""The pipeline for one file: a pure function of source, rules, facts, configuration and excluded units."""

from reassert.engine.pipeline import Analysis, rewrite, scan

__all__ = ["Analysis", "rewrite", "scan"]
