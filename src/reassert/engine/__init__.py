"""The pipeline for one file: a pure function of source, rules, facts and configuration."""

from reassert.engine.explaining import explain_family, outline
from reassert.engine.inspecting import inspect
from reassert.engine.pipeline import Analysis, Member, rewrite, rewrite_family, scan

__all__ = ["Analysis", "Member", "explain_family", "inspect", "outline", "rewrite", "rewrite_family", "scan"]
