"""Use case: write a plan's changes, so that the run can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reassert.model.outcomes import Change, Failed, Plan, Safety
from reassert.workflow.usage import UsageError
from reassert.workspace import git, journal, writing

_NAMED = 10


@dataclass(frozen=True)
class Applied:
    """What a run wrote. ``run_id`` is None when nothing was written, so that there is nothing to undo."""

    run_id: str | None
    written: tuple[Path, ...] = ()
    problems: tuple[Failed, ...] = ()


def apply_plan(plan: Plan, *, allow_dirty: bool, command: Sequence[str]) -> Applied:
    """Write the changes of ``plan`` but the suggestions; a file that cannot be written costs itself alone.

    ``command`` is kept in the journal for people to read. Files with uncommitted changes in git, untracked
    ones included, stop it unless ``allow_dirty``: git could not bring them back. Raises UsageError, with
    nothing written, for these and when the journal cannot be kept.
    """
    changes = _to_write(plan)
    if not changes:
        return Applied(None)
    if not allow_dirty:
        check_clean(plan)
    try:
        with journal.recording(command, plan.root, changes) as run:
            return _write(run, changes)
    except journal.JournalError as error:
        raise UsageError(f"nothing was written: {error}") from error


def check_clean(plan: Plan) -> None:
    """Raise UsageError if git could not bring back what ``apply_plan`` would write over."""
    paths = [change.path for change in _to_write(plan) if change.before is not None]
    try:
        dirty = sorted(git.dirty_files(paths))
    except git.GitError as error:
        raise UsageError(f"{error}; nothing was written; --allow-dirty goes on without git") from error
    if dirty:
        names = [
            str(path.relative_to(plan.root) if path.is_relative_to(plan.root) else path) for path in dirty
        ]
        more = [f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else []
        listed = "\n".join(f"  {name}" for name in (*names[:_NAMED], *more))
        raise UsageError(
            f"uncommitted changes in {len(names)} of the files to be written; "
            f"commit or stash them, or give --allow-dirty:\n{listed}"
        )


def _to_write(plan: Plan) -> tuple[Change, ...]:
    return tuple(change for change in plan.changes if change.safety is not Safety.SUGGEST)


def _write(run: journal.Run, changes: Sequence[Change]) -> Applied:
    written: list[Path] = []
    problems: list[Failed] = []
    for change in changes:
        problem = writing.replace(change.path, change.before, change.after, run_id=run.run_id)
        if problem is None:
            written.append(change.path)
        else:
            problems.append(problem)
    writing.sync_folders(written)
    journal.finish(run, written)
    return Applied(run.run_id if written else None, tuple(written), tuple(problems))
