"""Use case: a plan, proved; what cannot be proved is taken out of it until the rest holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from reassert.model.certificate import Certificate, Difference, Excluded, Verdict
from reassert.model.outcomes import Change, Plan
from reassert.workflow.backing_off import Exclusions, widen
from reassert.workflow.certifying.certificate import certificate
from reassert.workflow.certifying.comparing import Runs, compare
from reassert.workflow.certifying.matching import Matching
from reassert.workflow.checking import checks_of
from reassert.workflow.verifying import Bench, Compared, Names, Old, Proof, run_new, run_old

PlanOf = Callable[[Exclusions], Plan]
Say = Callable[[str], None]

NOTHING = "nothing would change, so nothing was run"
NOTHING_LEFT = "every change was taken out again, so nothing would change"


class PlanBench(Bench, Protocol):
    """A bench whose state after is given by the changes of a plan."""

    def plan(self, changes: Sequence[Change]) -> None:
        """From now on ``after`` means with these changes."""
        ...


@dataclass(frozen=True)
class Verified:
    """The certificate, and the plan that it is about: perhaps a smaller one than was asked for."""

    certificate: Certificate
    plan: Plan


def prove(plan_of: PlanOf, bench: PlanBench, proof: Proof, say: Say, *, back_off: bool) -> Verified:
    """Run the suite as it is and with the plan's changes, and compare.

    ``plan_of`` makes the plan without the given units. With ``back_off`` what is behind a loss is taken out
    and the rest planned and proved again, until nothing is lost, mutants included. Where nothing would change
    nothing is run.
    """
    plan = plan_of({})
    if not plan.changes:
        return Verified(Certificate(Verdict.VALID, notes=(NOTHING,)), plan)
    bench.plan(plan.changes)
    old = run_old(bench, proof)
    if old.is_useless:
        return Verified(_useless(old), plan)
    exclusions: Exclusions = {}
    excluded: tuple[Excluded, ...] = ()
    while True:
        bench.plan(plan.changes)
        names = names_of(plan)
        compared = run_new(bench, old, names, proof)
        losses: Sequence[Difference] = compared.losses
        widened = widen(plan, losses, exclusions) if back_off else None
        if widened is None:
            found = concluded(bench, compared, names, proof, excluded)
            if losses or not back_off:
                return Verified(found, plan)
            losses = [difference for difference in found.differences if difference.is_loss]
            widened = widen(plan, losses, exclusions)
            if widened is None:
                return Verified(found, plan)
        exclusions, excluded = widened.exclusions, _told_once(excluded, widened.reported)
        say(f"{_counted(losses)}; planning again without what is behind it")
        plan = plan_of(exclusions)
        if not plan.changes:
            return Verified(Certificate(Verdict.VALID, excluded=excluded, notes=(NOTHING_LEFT,)), plan)


def certified(bench: Bench, names: Names, proof: Proof) -> Certificate:
    """Compare the suites of a bench as they are."""
    old = run_old(bench, proof)
    return (
        _useless(old) if old.is_useless else concluded(bench, run_new(bench, old, names, proof), names, proof)
    )


def names_of(plan: Plan) -> Names:
    """What the plan knows of the names of tests."""
    paths = (change.path for change in plan.changes)
    changed = (p.relative_to(plan.root).as_posix() for p in paths if p.is_relative_to(plan.root))
    return Names(plan.test_map, changed=frozenset(changed))


def concluded(
    bench: Bench, compared: Compared, names: Names, proof: Proof, excluded: tuple[Excluded, ...] = ()
) -> Certificate:
    """The certificate, after the further checks that ``proof`` asks for."""
    checks = checks_of(bench, compared, names, proof)
    return certificate(compared.runs, compared.comparison, checks, excluded=excluded)


def _useless(old: Old) -> Certificate:
    runs = Runs(old.first, old.first, old.again)
    return certificate(runs, compare(runs, Matching({})))


def _told_once(known: Sequence[Excluded], new: Sequence[Excluded]) -> tuple[Excluded, ...]:
    """Join what was excluded; of a unit that was taken out in two steps the first one tells why."""
    units = {(each.path, each.qualname) for each in known}
    return (*known, *(each for each in new if (each.path, each.qualname) not in units))


def _counted(losses: Sequence[Difference]) -> str:
    number = len(losses)
    return f"{number} difference{'s' if number != 1 else ''}"
