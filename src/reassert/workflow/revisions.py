"""Use case: certify a migration that is in git already, between two revisions."""

from __future__ import annotations

from pathlib import Path

from reassert.model.certificate import Certificate
from reassert.workflow.benches import Suite, TwoBenches, bench
from reassert.workflow.proving import Say, certified
from reassert.workflow.usage import UsageError
from reassert.workflow.verifying import Names, Proof
from reassert.workspace import git
from reassert.workspace.discovery import project_root


def prove_between(
    paths: tuple[Path, ...], revisions: tuple[str, str], suite: Suite, proof: Proof, say: Say
) -> Certificate:
    """Run the suites of two revisions and compare them; tests are matched by file and name.

    Raises UsageError where there is no git repository or no such revision.
    """
    root = project_root(paths)
    old, new = revisions
    try:
        changed, renames = git.changes_between(root, old, new)
    except git.GitError as error:
        raise UsageError(str(error)) from error
    names = Names(file_renames=renames, changed=changed)
    modules = [Path(path) for path in sorted(changed) if path.endswith(".py")]
    with bench(root, suite, say, old) as before, bench(root, suite, say, new) as after:
        before.rewrite(modules)
        after.rewrite(modules)
        return certified(TwoBenches(before, after), names, proof)
