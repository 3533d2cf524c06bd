"""One file from source to outcome. Reads nothing and writes nothing."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from reassert.engine.climbing import Decision, Said, climbs_with_owner, decide, key
from reassert.engine.shaping import shaped
from reassert.engine.summary import summarise
from reassert.engine.writing import Written, written
from reassert.model.config import RuleConfig
from reassert.model.edits import Edit
from reassert.model.facts import FileFacts, ScannedFacts
from reassert.model.outcomes import Change, Deferred, Failed, Outcome, Report, Rewritten, Safety, Unchanged
from reassert.model.rules import Codemod, Rewrite
from reassert.model.source import SourceFile
from reassert.project.scanning import depends_on, scan_module, scan_text
from reassert.syntax.classes import link
from reassert.syntax.context import Context
from reassert.syntax.module import Module

Rules = Sequence[Codemod[Context]]

# Statements that only Python 2 could read: print, exec, "except E, e:", "raise E, message", "<>".
_PYTHON_2 = re.compile(
    rb"""(?mx)
    ^\s* (?: print\s+["'\w%] | exec\s+["'\w] | except\s+[\w.()]+\s*,\s*\w+\s*: | raise\s+\w+\s*, ) | <>
    """,
)


@dataclass(frozen=True)
class Member:
    """One file to work on, with its rules, what is known of it, and its configuration."""

    source: SourceFile
    rules: Rules
    facts: FileFacts
    config: RuleConfig
    parsed: Module | None = None


@dataclass(frozen=True)
class Analysis:
    """The outcome for one file, and what the file says to others (None if nobody asked).

    ``parsed`` is what a file that was put off has been parsed to.
    """

    outcome: Outcome
    facts: ScannedFacts | None
    parsed: Module | None = None


def scan(source: SourceFile) -> ScannedFacts:
    """Only what ``source`` says to other files; of a file that does not parse only what its imports say."""
    try:
        parse(source)
        return scan_module(Module(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return scan_text(source.text)


def rewrite(
    member: Member, neighbours: frozenset[str] = frozenset(), *, is_scanned: bool = False
) -> Analysis:
    """Apply the rules (in their order) to one file. Trouble is a ``Failed`` outcome, never an exception.

    A file that seems to depend on one of the modules ``neighbours`` is ``Deferred``: what they are will
    decide, so that working on it now would be in vain. What it says to others is not asked if ``is_scanned``.
    """
    source = member.source
    try:
        opened = open_file(member)
        if is_scanned:
            told = None
        elif isinstance(opened, Failed):
            told = scan_text(source.text)
        else:
            told = scan_module(opened.module)
            if neighbours and depends_on(told, neighbours):
                return Analysis(Deferred(source.path), told, opened.module)
        return Analysis(_outcomes([opened], [member.rules])[0], told)
    except RecursionError:
        return Analysis(Failed(source.path, "too deeply nested to be worked on"), scan_text(source.text))


def rewrite_family(members: Sequence[Member]) -> list[Outcome]:
    """Apply rules to files whose classes are connected; one outcome for each, in the same order."""
    return _outcomes([open_file(member) for member in members], [member.rules for member in members])


def _outcomes(opened: Sequence[Context | Failed], rules: Sequence[Rules]) -> list[Outcome]:
    asked = _ask_all(opened, rules)
    decision = decide([said for said in asked if isinstance(said, Said)])
    outcomes = [
        said if isinstance(said, Failed) else _finish(said, decision, own)
        for said, own in zip(asked, rules, strict=True)
    ]
    release(asked)
    return outcomes


def ask_all(members: Sequence[Member]) -> list[Said | Failed]:
    """What all rules say of each file, its classes linked to the others'; to be released in the end."""
    return _ask_all([open_file(member) for member in members], [member.rules for member in members])


def _ask_all(opened: Sequence[Context | Failed], rules: Sequence[Rules]) -> list[Said | Failed]:
    contexts = {str(o.source.path): o for o in opened if isinstance(o, Context)}
    link({path: context.unlinked_classes for path, context in contexts.items()})
    for context, own in zip(opened, rules, strict=True):
        if isinstance(context, Context):
            context.family = contexts
            context.rules = frozenset(rule.id for rule in own if not context.is_ignored(rule.id, None))
    return [o if isinstance(o, Failed) else _ask(o, own) for o, own in zip(opened, rules, strict=True)]


def release(asked: Sequence[Said | Failed]) -> None:
    """Let go of the files' trees."""
    for said in asked:
        if isinstance(said, Said):
            said.context.release()


def open_file(member: Member) -> Context | Failed:
    """The context of a file, or why it cannot be read as Python; to be released in the end."""
    source = member.parsed.source if member.parsed else member.source
    try:
        parse(source)
        context = Context(source, member.facts, member.config, member.parsed)
        _ = context.module
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return _unparsable(member.source, error)
    return context


def parse(source: SourceFile) -> ast.Module:
    """The tree of ``source``; what Python's compiler warns of in the user's code is not ours to show."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return source.tree


def _unparsable(source: SourceFile, error: BaseException) -> Failed:
    if isinstance(error, SyntaxError):
        return Failed(source.path, f"syntax error: {error.msg}{_hint(source)}", error.lineno)
    if isinstance(error, (RecursionError, MemoryError)):
        return Failed(source.path, "too deeply nested to be parsed")
    return Failed(source.path, f"cannot be parsed: {error}")


def _hint(source: SourceFile) -> str:
    """Python 2 code, or syntax newer than this Python: the reader is wrong, not the file."""
    major_minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    if _looks_like_python_2(source.buffer):
        return "; this looks like Python 2 code, which Python 3 cannot read"
    return f" (read with Python {major_minor}; for newer syntax run reassert with a newer Python)"


def _looks_like_python_2(buffer: bytes) -> bool:
    return _PYTHON_2.search(buffer) is not None


def _ask(context: Context, rules: Rules) -> Said:
    """What every rule says of one file, in order."""
    rewrites: list[Rewrite] = []
    offers: dict[str, str] = {}
    for rule in rules:
        if rule.is_wanted(context.config) and not rule.late and not context.is_ignored(rule.id, None):
            result = rule.rewrite(context)
            context.handled |= result.handled
            rewrites.append(result)
            offers.update(dict.fromkeys(result.climbs, rule.id))
            if result.alone:
                return Said(context, [result], dict.fromkeys(result.climbs, rule.id))
    return Said(context, rewrites, offers)


def _finish(said: Said, decision: Decision, rules: Rules) -> Outcome:
    """Keep the edits that happen, apply them, and let the late codemods see the result."""
    context = said.context
    edits = happening(said, decision.climbing)
    report = summarise(context, said.rewrites, edits, decision)
    done = written(context, edits) if edits else None
    if isinstance(done, Failed):
        return done
    return shaped(said, _outcome(context, done, report), done.spliced if done else None, decision, rules)


def _outcome(context: Context, done: Written | None, report: Report) -> Rewritten | Unchanged:
    source = context.source
    if done is None or done.data == source.data:
        return Unchanged(source.path, report)
    units = tuple(dict.fromkeys(e.unit for e in done.edits))
    before = None if context.facts.creates else source.data
    blocks = tuple(done.spliced.blocks)
    change = Change(source.path, before, done.data, units, Safety.SAFE, blocks, source.encoding)
    return Rewritten(change, report)


def happening(said: Said, climbing: frozenset[str]) -> list[Edit]:
    """The edits whose classes climb as far as they require."""
    return [e for r in said.rewrites for e in r.edits if _happens(said.context, e, climbing)]


def _happens(context: Context, edit: Edit, climbing: frozenset[str]) -> bool:
    if edit.requires is None:
        # In a file that was not asked for nothing changes for its own sake.
        return context.facts.scope is None or climbs_with_owner(context, edit.unit.qualname, climbing)
    if edit.requires == "*":
        return all(key(context, c.qualname) in climbing for c in context.classes.all if c.is_testcase)
    return key(context, edit.requires) in climbing
