"""``unittest.skip``, ``skipIf``, ``skipUnless`` and ``expectedFailure`` as decorators (spec B.5)."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import ClassVar

from reassert.model.edits import Edit, Unit
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.context import Context
from reassert.syntax.decorators import Alias, Decorated, aliases, climb_together, decorators
from reassert.syntax.draft import Draft
from reassert.syntax.marks import FAILURE, kind_of, mark_for
from reassert.syntax.testcase_api import ASYNC_METHODS, FIXTURE_METHODS

_EXPAND = "parameterized.parameterized.expand"
# Decorators that hand on the attributes of what they wrap, marks among them.
_TRANSPARENT = (
    *("unittest.skip", FAILURE, "unittest.mock.patch", "pytest.mark."),
    *(_EXPAND, "ddt.", "unittest_parametrize."),
)
_SET_UP = FIXTURE_METHODS | ASYNC_METHODS


class UnittestSkipToPytestMark(Codemod[Context]):
    """https://docs.pytest.org/en/stable/how-to/skipping.html."""

    title = "unittest's skip and expectedFailure become marks"
    mentions = (b"skip", b"expectedFailure")
    refusals: ClassVar[Mapping[str, str]] = {
        "A-SUBTEST": "pytest counts every passing subtest of an expected failure as a failure",
        "B-SKIP": "the decorator makes something else of the class",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Marks for the decorators of all classes that become plain classes."""
        found = list(decorators(context))
        work = _Conversion(context, self.id)
        for alias in aliases(context, found):
            work.alias(alias)
        for use in found:
            if id(use.node) not in work.handled:
                work.decorator(use)
        return work.rewrite()


class _Conversion(Draft):
    """One file's decorators."""

    def alias(self, alias: Alias) -> None:
        """``name = unittest.skipIf(...)``, if all that it decorates climbs together and sees the mark."""
        kind = kind_of(self.context, alias.value)
        called = isinstance(alias.value, ast.Call) or kind == FAILURE
        if kind is None or not called or not climb_together(self.context, alias.uses):
            return
        if any(self._stays(use, kind) for use in alias.uses):
            return
        if self._convert(alias.value, kind, alias.uses[0]):
            self.handled.update(id(use.node) for use in alias.uses)
            for use in alias.uses if kind == FAILURE else ():
                self._report_set_up(use)

    def _stays(self, use: Decorated, kind: str) -> bool:
        if self.context.is_ignored(self.rule_id, use.node, use.qualname):
            return True
        if kind == FAILURE and self._has_subtests(use):
            return True
        return use.method is not None and not self._sees_mark(use)

    def decorator(self, use: Decorated) -> None:
        """Convert, leave, or block the class."""
        kind = kind_of(self.context, use.node)
        if kind is None or self.context.is_ignored(self.rule_id, use.node, use.qualname):
            return
        if kind == FAILURE:
            self._expected_failure(use)
        elif use.method is None:
            self._class_skip(use, kind)
        elif self._sees_mark(use):
            self._convert(use.node, kind, use)

    def _class_skip(self, use: Decorated, kind: str) -> None:
        if not isinstance(use.node, ast.Call) or not self._convert(use.node, kind, use):
            self._block(use, "B-SKIP", f"{kind} without its arguments makes the class something else")

    def _expected_failure(self, use: Decorated) -> None:
        if use.method is not None and not use.method.name.startswith("test"):
            return
        if self._has_subtests(use):
            self._block(use, "A-SUBTEST", "a test that is expected to fail uses subTest")
            return
        self._report_set_up(use)
        self._convert(use.node, FAILURE, use)

    def _convert(self, node: ast.expr, kind: str, use: Decorated) -> bool:
        mark = mark_for(self.context, node, kind)
        if mark is None:
            return False
        unit = Unit(self.rule_id, use.qualname)
        self.edits.append(
            self.context.replace(node, mark.parts, unit, requires=use.owner, imports=["pytest"])
        )
        for span, operator in mark.flips:
            self.edits.append(Edit(span.start, span.end, (operator,), unit, use.owner.qualname))
        self.handled.add(id(use.node))
        return True

    def _block(self, use: Decorated, code: str, reason: str) -> None:
        refusal = self.context.refusal(self.rule_id, code, use.node, use.qualname, reason)
        self.blocked[use.owner.qualname].append(refusal)
        self.handled.add(id(use.node))

    def _sees_mark(self, use: Decorated) -> bool:
        """Whether pytest is sure to see a mark; else a skip stays, which works on plain methods, too."""
        if use.method is None or not use.method.name.startswith("test"):
            return False
        if any(self._resolved(n) == _EXPAND for n in use.method.decorator_list[len(use.above) + 1 :]):
            return False  # which gives back None: there is nothing to mark
        return all(self._resolved(n).startswith(_TRANSPARENT) for n in use.above)

    def _resolved(self, decorator: ast.expr) -> str:
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        return self.context.module.resolve(target) or ""

    def _has_subtests(self, use: Decorated) -> bool:
        """Whether the test, or a helper that it may call, uses subTest."""
        related = [use.owner, *self.context.classes.heirs(use.owner)]
        lineage = [info for r in related for info in r.lineage]
        uses = [u for info in lineage for u in info.uses.attributes if u.name == "subTest"]
        return any(use.method in (None, u.method) or not u.method.name.startswith("test") for u in uses)

    def _report_set_up(self, use: Decorated) -> None:
        relatives = [use.owner, *self.context.classes.heirs(use.owner)]
        names = sorted(_SET_UP & {n for c in relatives for n in c.inherited})
        if names:
            text = f"an error in {', '.join(names)} was an error; pytest takes it for the expected failure"
            self.findings.append(self.context.finding(self.rule_id, "B-XFAIL", use.node, text))
