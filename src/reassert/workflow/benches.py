"""Benches in which suites are run: one copy for a plan, or one copy a revision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reassert.model.outcomes import Change, Failed, Plan
from reassert.model.runs import SuiteRun
from reassert.model.source import SourceFile
from reassert.runner import InterpreterError, RunSpec, find_interpreter, run
from reassert.workflow.planning import make_plan
from reassert.workflow.proving import Verified, prove
from reassert.workflow.usage import UsageError
from reassert.workspace.copies import Copy, CopyError, copying
from reassert.workspace.discovery import project_root
from reassert.workspace.reading import read_source

if TYPE_CHECKING:
    from reassert.workflow.backing_off import Exclusions
    from reassert.workflow.executor import Executor
    from reassert.workflow.proving import Say
    from reassert.workflow.selection import PlanRequest
    from reassert.workflow.verifying import Proof

PATHS = "{paths}"


@dataclass(frozen=True)
class Suite:
    """How the suite is run: the fields are those of ``VerifySettings``; ``paths`` are what was asked for.

    ``config`` is the file that configures pytest. In a ``command``, the word ``{paths}`` stands for them.
    """

    paths: tuple[Path, ...]
    command: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 0.0
    jobs: int = 0
    python: Path | None = None
    config: Path | None = None


class CopyBench:
    """One copy, which is put back to its first state, with or without a plan's changes in it."""

    def __init__(self, copy: Copy, spec: RunSpec, say: Say) -> None:
        self._copy = copy
        self._spec = spec
        self._say = say
        self._changes: tuple[Change, ...] = ()

    def plan(self, changes: Sequence[Change]) -> None:
        """From now on ``after`` means with these changes; what they touch pytest is to rewrite, always."""
        self._changes = tuple(changes)
        if not self._spec.rewrite_modules:
            self.rewrite(self._copy.path_of(change.path).relative_to(self._copy.root) for change in changes)

    def rewrite(self, paths: Iterable[Path]) -> None:
        """Have pytest rewrite these files, given relative to the root, by whatever name they are imported.

        It does so with test modules only; in others no executed ``assert`` could be counted.
        """
        self._spec = replace(self._spec, rewrite_modules=_module_names(paths))

    def before(self) -> None:
        """Put the copy back to its first state."""
        self._copy.reset()

    def after(self) -> None:
        """Put the copy back, and write the plan's changes to it."""
        self._copy.reset()
        self._copy.apply(self._changes)

    def run(self, name: str, **how: Any) -> SuiteRun:
        """Run the suite, and say how it went."""
        return _told(name, replace(self._spec, **how), self._say)

    def source(self, path: str) -> SourceFile | Failed:
        """The file as it is in the copy."""
        found = read_source(self._copy.root / path)
        return found if isinstance(found, SourceFile) else Failed(Path(path), "cannot be read")

    def write(self, path: str, data: bytes) -> None:
        """Replace a file of the copy."""
        (self._copy.root / path).write_bytes(data)


class TwoBenches:
    """Two copies: the one holds the state before, the other the state after."""

    def __init__(self, old: CopyBench, new: CopyBench) -> None:
        self._old = old
        self._new = new
        self._current = old

    def before(self) -> None:
        """Use the old copy, as it was at first."""
        self._current = self._old
        self._old.before()

    def after(self) -> None:
        """Use the new copy, as it was at first."""
        self._current = self._new
        self._new.before()

    def run(self, name: str, **how: Any) -> SuiteRun:
        """Run the suite of the current copy."""
        return self._current.run(name, **how)

    def source(self, path: str) -> SourceFile | Failed:
        """The file as it is in the current copy."""
        return self._current.source(path)

    def write(self, path: str, data: bytes) -> None:
        """Replace a file of the current copy."""
        self._current.write(path, data)


def prove_in_copy(  # noqa: PLR0913 - the parts of a use case, wired by its only caller
    request: PlanRequest,
    executor: Executor,
    suite: Suite,
    proof: Proof,
    say: Say,
    *,
    back_off: bool,
    accept: Callable[[Plan], None] = lambda _: None,
) -> Verified:
    """Plan, and prove the plan in a copy of the project; ``accept`` may raise for a plan before it is proved.

    Raises UsageError and SettingsError, also where the project cannot be copied.
    """
    root = project_root(request.paths)

    def plan_of(exclusions: Exclusions) -> Plan:
        plan = make_plan(replace(request, excluded=exclusions), executor)
        accept(plan)
        return plan

    with bench(root, suite, say) as found:
        return prove(plan_of, found, proof, say, back_off=back_off)


@contextmanager
def bench(root: Path, suite: Suite, say: Say, revision: str | None = None) -> Iterator[CopyBench]:
    """Make a bench with a copy of the project as it is, or at a revision. Raises UsageError."""
    with ExitStack() as stack:
        try:
            copy = stack.enter_context(copying(root, revision=revision))
        except CopyError as error:
            raise UsageError(str(error)) from error
        for note in (*copy.notes, *_not_copied(copy, _outer_config(copy, suite))):
            say(note)
        yield CopyBench(copy, _spec_of(root, copy, suite), say)


def _spec_of(root: Path, copy: Copy, suite: Suite) -> RunSpec:
    try:
        python = find_interpreter(suite.python, root).path
    except InterpreterError as error:
        raise UsageError(str(error)) from error
    paths = _inside(root, suite.paths)
    return RunSpec(
        root=copy.root,
        original_root=copy.original_root,
        python=python,
        scratch=copy.scratch,
        tree=copy.top,
        original_tree=copy.original_top,
        command=_with_paths(suite.command, paths),
        env=suite.env,
        timeout=suite.timeout or None,
        jobs=suite.jobs or None,
        config=_outer_config(copy, suite),
        paths=() if suite.command else paths,
    )


def _outer_config(copy: Copy, suite: Suite) -> Path | None:
    """The configuration of pytest that lies above all that was copied, where pytest would look for it."""
    config = suite.config
    return None if config is None or config.resolve().is_relative_to(copy.original_top) else config


def _not_copied(copy: Copy, config: Path | None) -> Iterator[str]:
    """Say which files pytest reads beside a configuration above the copy, and does not read here."""
    for folder in copy.original_top.parents if config else ():
        if (conftest := folder / "conftest.py").is_file():
            yield f"{conftest} is not run: it lies outside of {copy.original_top}, which was copied"
        if config and folder == config.parent.resolve():
            return


def _with_paths(command: Iterable[str], paths: Sequence[str]) -> tuple[str, ...]:
    """The configured command; it says itself what runs, by ``{paths}`` or by words of its own."""
    return tuple(chosen for word in command for chosen in (paths if word == PATHS else (word,)))


def _inside(root: Path, paths: Iterable[Path]) -> tuple[str, ...]:
    """The paths relative to the root; none, and so what pytest is configured for, where all was asked for."""
    found = [Path(path).resolve() for path in paths]
    top = root.resolve()
    if top in found:
        return ()
    return tuple(path.relative_to(top).as_posix() for path in found if path.is_relative_to(top))


def _module_names(paths: Iterable[Path]) -> tuple[str, ...]:
    """Every name by which a file may be imported; of a package also ``name.*``, as projects ask for it.

    A shorter name may be another package's: of that nothing but itself is to be rewritten.
    """
    names: set[str] = set()
    for path in paths:
        parts = path.with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
            names.add(".".join((*parts[parts[0] == "src" and len(parts) > 1 :], "*")))
        names |= {".".join(parts[start:]) for start in range(len(parts))}
    return tuple(sorted(names))


def _told(name: str, spec: RunSpec, say: Say) -> SuiteRun:
    done = run(spec)
    said = done.trouble or f"{len(done.tests):,} tests"
    say(f"{name}: {said} in {done.seconds:.1f} s")
    return done
