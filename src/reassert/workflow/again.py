"""Files are worked on once more, knowing something that only the passes before could tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reassert.model.facts import FileFacts, ScannedFacts
from reassert.model.outcomes import Outcome
from reassert.workflow.executor import Result
from reassert.workflow.survey import Target
from reassert.workspace.fingerprint import value_digest

WorkAll = Callable[[Iterable[Target]], Mapping[Path, Result]]


@dataclass(frozen=True)
class Passed:
    """What the passes before have found: outcomes, what the files say, the targets as worked on last."""

    outcomes: dict[Path, Outcome]
    scanned: Mapping[Path, ScannedFacts]
    targets: Mapping[Path, Target]


def work_again(
    targets: dict[Path, Target], changed: Mapping[Path, FileFacts], work: WorkAll
) -> dict[Path, Outcome]:
    """The outcomes of the files of ``changed`` with these facts, and of their whole families.

    The targets are replaced by those that were worked on; a family knows that it is not as before.
    """
    everyone = {Path(p) for facts in changed.values() for p in facts.family} | changed.keys()
    for path in sorted(everyone):
        target = targets[path]
        facts = changed.get(path) or target.task.facts or FileFacts()
        kin = {str(p): changed[p] for p in map(Path, facts.family) if p in changed}
        if kin:
            facts = replace(facts, family_digest=value_digest(facts.family_digest, kin))
        targets[path] = replace(target, task=replace(target.task, facts=facts))
    done = work([targets[path] for path in sorted(everyone)])
    return {path: result.outcome for path, result in done.items()}
