"""What a worker does with one file: read, gate, rewrite or scan."""

from __future__ import annotations

import re
import traceback
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reassert.model.config import Profile, RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Failed, Unchanged, path_of
from reassert.model.rules import Codemod, Rule
from reassert.model.source import SourceFile
from reassert.workflow.executor import Result, Task, Work
from reassert.workspace.fingerprint import content_digest
from reassert.workspace.reading import decode, read_bytes, read_source

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reassert.engine import Member, Shelf

TOO_DEEP = "too deeply nested for this Python's parser"
_RELATED = re.compile(
    rb"\bclass[ \t\\]|\bimport\b|\basync[ \t\\]|\bpytest_plugins\b|::[^\W\d]|[\"'][\w.]+\.\w*[A-Z]"
)
# Fixtures that every file below sees.
_FIXTURES = re.compile(rb"fixture")
_STAR = re.compile(rb"\bimport[ \t]*\*")


def perform(task: Task) -> Result:
    """Work on one file, or on several that belong together; raises whatever the parser or a rule raises."""
    if task.members:
        return _perform_together(task.members)
    source, digest = read(task)
    return _analyse(task, source) if isinstance(source, SourceFile) else Result(source, None, digest)


def read(task: Task) -> tuple[SourceFile | Failed, bytes | None]:
    """The file, and the digest of its contents if it could at least be read."""
    if task.facts is not None and task.facts.creates:
        return SourceFile(task.path, b"", "utf-8", "\n"), content_digest(b"")
    data = read_bytes(task.path)
    if isinstance(data, Failed):
        return data, None
    return decode(task.path, data), content_digest(data)


def attempt(work: Work, task: Task) -> Result:
    """The result of ``work``; whatever it raises is a failure of this file."""
    try:
        return work(task)
    except (RecursionError, MemoryError):
        return Result(Failed(task.path, TOO_DEEP))
    except SyntaxError as error:
        return Result(Failed(task.path, f"syntax error: {error.msg}", error.lineno))
    except Exception as error:  # noqa: BLE001 - a defect in a rule costs this file alone
        return Result(Failed(task.path, _defect(error)))


def _analyse(task: Task, source: SourceFile) -> Result:
    # The engine brings every rule's dependencies with it; a run answered by the cache needs none of them.
    from reassert import engine  # noqa: PLC0415 - see above

    digest = content_digest(source.data)
    if _to_rewrite(task, source.data):
        analysis = engine.rewrite(_member(task, source), task.neighbours, is_scanned=task.facts is not None)
        at_hand = analysis.parsed is not None and _shelf().keep(analysis.parsed)
        return Result(analysis.outcome, analysis.facts, digest, at_hand=at_hand)
    if _to_scan(task, source.data):
        return Result(Unchanged(task.path), engine.scan(source), digest)
    kept = digest if task.words is None else None
    return Result(Unchanged(task.path), None, kept)


def _member(task: Task, source: SourceFile) -> Member:
    from reassert import engine  # noqa: PLC0415 - as above

    parsed = _shelf().take(task.path, source.data)
    return engine.Member(source, load_rules(task.rules), task.facts or FileFacts(), task.config, parsed)


@lru_cache(maxsize=1)
def _shelf() -> Shelf:
    """What this process has parsed in the first pass for the second."""
    from reassert import engine  # noqa: PLC0415 - as above

    return engine.Shelf()


def let_go() -> None:
    """Forget the files that this process has parsed and nobody came back for."""
    if _shelf.cache_info().currsize:
        _shelf().clear()


def _perform_together(members: Sequence[Task]) -> Result:
    """The results of all members; a file that cannot be read is left out of the family."""
    from reassert import engine  # noqa: PLC0415 - as below

    sources = [read_source(task.path) for task in members]
    results = [Result(s) for s in sources if not isinstance(s, SourceFile)]
    readable = [
        _member(task, source)
        for source, task in zip(sources, members, strict=True)
        if isinstance(source, SourceFile)
    ]
    for member, outcome in zip(readable, engine.rewrite_family(readable), strict=True):
        results.append(Result(outcome, None, content_digest(member.source.data)))
    by_path = {path_of(result.outcome): result for result in results}
    ordered = tuple(by_path[task.path] for task in members)
    return Result(ordered[0].outcome, members=ordered)


def _to_rewrite(task: Task, data: bytes) -> bool:
    """Facts from other files may concern a file that mentions nothing itself."""
    if not task.rules:
        return False
    if task.facts is not None:
        return True
    gate = gate_of(wanted_of(task.rules, task.config.profile))
    return gate is None or gate.search(data) is not None


def _to_scan(task: Task, data: bytes) -> bool:
    # A conftest.py tells of other files' tests also where it has neither class nor import.
    if task.path.name != "conftest.py" and not may_relate(data):
        return False
    if task.words is None or _contains(task.words, data):
        return True
    if task.path.name == "conftest.py" and _FIXTURES.search(data) is not None:
        return True
    # What passes through a star import is not named by it.
    return _STAR.search(data) is not None


def _contains(words: tuple[bytes, ...], data: bytes) -> bool:
    # Looking for plain bytes is so fast that the pattern only confirms.
    return any(word in data for word in words) and _whole_words(words).search(data) is not None


@lru_cache(maxsize=8)
def _whole_words(words: tuple[bytes, ...]) -> re.Pattern[bytes]:
    return re.compile(rb"(?<!\w)(?:" + b"|".join(map(re.escape, words)) + rb")(?!\w)")


def may_relate(data: bytes) -> bool:
    """Whether a file can take part in a relation between files.

    It defines a class, imports something, or has a string that may lead to a class.
    """
    return _RELATED.search(data) is not None


@lru_cache(maxsize=64)
def load_rules(ids: tuple[str, ...]) -> tuple[Codemod[Any], ...]:
    """The rules ``ids`` in their order, kept for the next file of this process; raises CatalogError."""
    from reassert import catalog  # noqa: PLC0415 - a run answered by the cache loads no rule

    return catalog.load(ids)


@lru_cache(maxsize=64)
def wanted_of(ids: tuple[str, ...], profile: Profile) -> tuple[str, ...]:
    """Those of the rules ``ids`` that run at all in a profile."""
    config = RuleConfig(profile=profile)
    return tuple(rule.id for rule in load_rules(ids) if rule.is_wanted(config))


def rules_needing(need: str, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the rules ``ids`` that ask planning for something."""
    return tuple(rule.id for rule in load_rules(ids) if need in rule.needs)


@lru_cache(maxsize=64)
def gate_of(ids: tuple[str, ...]) -> re.Pattern[bytes] | None:
    """Find what a file must contain to be parsed for the rules ``ids``; None: anything."""
    return union_of(load_rules(ids))


def union_of(rules: Iterable[Rule]) -> re.Pattern[bytes] | None:
    """Matches what any of ``rules`` mentions; None if one of them must see every file."""
    mentions: set[bytes] = set()
    for rule in rules:
        if not rule.mentions:
            return None
        mentions.update(rule.mentions)
    return re.compile(b"|".join(re.escape(mention) for mention in sorted(mentions)))


def _defect(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"internal error, please report it: {type(error).__name__}: {error}{place}"
