"""The pipeline for one file: a pure function of source, rules, facts and configuration."""

from reassert.engine.pipeline import Analysis, Member, rewrite, rewrite_family, scan

__all__ = ["Analysis", "Member", "rewrite", "rewrite_family", "scan"]
