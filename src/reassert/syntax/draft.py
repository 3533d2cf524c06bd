"""What a codemod gathers for one file, while it goes through it."""

from __future__ import annotations

from collections import defaultdict

from reassert.model.edits import Edit
from reassert.model.outcomes import NEWLY_EXECUTED, Finding, Refusal
from reassert.model.rules import Rewrite
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode


class Draft:
    """A ``Rewrite`` in the making: codemods derive from it, and add what they do with one place."""

    def __init__(self, context: Context, rule_id: str) -> None:
        self.context = context
        self.rule_id = rule_id
        self.edits: list[Edit] = []
        self.refusals: list[Refusal] = []
        self.findings: list[Finding] = []
        self.blocked: defaultdict[str, list[Refusal]] = defaultdict(list)
        self.splits: dict[str, tuple[str, ...]] = {}
        self.handled: set[int] = set()
        self.again = False

    def refuse(self, test: FunctionNode, code: str, reason: str) -> None:
        """A test stays as it is."""
        name = self.context.module.qualname(test)
        self.refusals.append(self.context.refusal(self.rule_id, code, test, name, reason))

    def awaken(self, test: FunctionNode) -> None:
        """A generator that nobody has run becomes cases that do."""
        message = f"pytest does not run {test.name}; its cases run for the first time"
        self.findings.append(self.context.finding(self.rule_id, NEWLY_EXECUTED, test, message))

    def rewrite(self) -> Rewrite:
        """Everything that was gathered."""
        return Rewrite(
            tuple(self.edits),
            tuple(self.refusals),
            tuple(self.findings),
            {name: tuple(refusals) for name, refusals in self.blocked.items()},
            frozenset(self.handled),
            splits=self.splits,
            again=self.again,
        )
