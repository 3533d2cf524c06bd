"""One file from source to what audits say of it. Reads nothing and writes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from reassert.engine.pipeline import Member, open_file
from reassert.model.config import RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Failed, Outcome, Report, Unchanged
from reassert.model.rules import Audit
from reassert.model.source import SourceFile
from reassert.syntax.context import Context


def inspect(source: SourceFile, audits: Sequence[Audit[Context]], config: RuleConfig) -> Outcome:
    """Let ``audits`` look at one file. Trouble is a ``Failed`` outcome, never an exception."""
    try:
        context = open_file(Member(source, (), FileFacts(), config))
        if isinstance(context, Failed):
            return context
        wanted = [audit for audit in audits if not context.is_ignored(audit.id, None)]
        said = [audit.inspect(context) for audit in wanted]
        context.release()
    except RecursionError:
        return Failed(source.path, "too deeply nested to be worked on")
    findings = tuple(finding for each in said for finding in each.findings)
    return Unchanged(
        source.path, Report(findings=findings, notes=tuple(note for each in said for note in each.notes))
    )
