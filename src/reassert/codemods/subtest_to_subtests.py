"""``with self.subTest(...)`` becomes ``with subtests.test(...)``, pytest's own fixture since 9.0."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeGuard

from reassert.model.edits import Edit, Part, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import is_trivial
from reassert.syntax.classes import ClassInfo, Use
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode
from reassert.syntax.parameters import add_parameter, local_names, takes_fixture
from reassert.syntax.statements import insertion

_NATIVE = (9, 0)


@dataclass(frozen=True)
class _SubTest:
    """One use of subTest in a class."""

    owner: ClassInfo
    use: Use
    call: ast.Call | None


class SubtestToSubtests(Codemod[Context]):
    """See the page."""

    title = "self.subTest becomes the subtests fixture (pytest 9.0 and later)"
    mentions = (b"subTest",)
    runs_after = ("loop_to_parametrize",)
    refusals: ClassVar[Mapping[str, str]] = {
        "A-SUBTEST": "subTest where the subtests fixture is not there or would mean something else"
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Each use by itself; a test gets its parameter once."""
        edits: list[Edit] = []
        blocked: dict[str, tuple[Refusal, ...]] = {}
        handled: set[int] = set()
        methods: dict[FunctionNode, ClassInfo] = {}
        for sub in self._find(context):
            handled.add(id(sub.use.node))
            why = self._problem(context, sub)
            if why or sub.call is None:
                refusal = context.refusal(
                    self.id, "A-SUBTEST", sub.use.node, sub.owner.qualname, why or "used as a value"
                )
                blocked[sub.owner.qualname] = (*blocked.get(sub.owner.qualname, ()), refusal)
                continue
            methods[sub.use.method] = sub.owner
            edits += self._edits(context, sub, sub.call)
        for method, owner in methods.items():
            edits.append(add_parameter(context, method, "subtests", self._unit(owner, method), owner))
        return Rewrite(tuple(edits), blocked=blocked, handled=frozenset(handled))

    def _unit(self, owner: ClassInfo, method: FunctionNode) -> Unit:
        return Unit(self.id, f"{owner.qualname}.{method.name}")

    def _find(self, context: Context) -> Iterator[_SubTest]:
        for info in context.classes.all:
            if context.classes.component(info).is_unittest:
                for use in info.uses.attributes:
                    ours = use.name == "subTest" and "subTest" not in info.inherited
                    if ours and id(use.node) not in context.handled:
                        parent = context.module.parents[use.node]
                        is_call = isinstance(parent, ast.Call) and parent.func is use.node
                        yield _SubTest(
                            info, use, parent if is_call and isinstance(parent, ast.Call) else None
                        )

    def _problem(self, context: Context, sub: _SubTest) -> str:  # noqa: PLR0911 - one return for each reason
        method, call = sub.use.method, sub.call
        item = context.module.parents[call] if call else None
        if not isinstance(item, ast.withitem) or item.optional_vars is not None or call is None:
            return "not the context manager of a with statement"
        never_run = isinstance(method, ast.AsyncFunctionDef) and not context.classes.is_awaited(sub.owner)
        if not method.name.startswith("test") or never_run:
            return f"used in {method.name}, which is not a test: the fixture cannot be passed on"
        if context.config.pytest_version < _NATIVE and not context.config.has_plugin("pytest-subtests"):
            major, minor = context.config.pytest_version
            return f"pytest {major}.{minor} has no subtests fixture (9.0 has, and so has pytest-subtests)"
        if any(
            "expectedFailure" in ast.unparse(d)
            for d in [*method.decorator_list, *sub.owner.node.decorator_list]
        ):
            return "expectedFailure with subTest: xfail would report every passing subtest"
        if not takes_fixture(context.classes.component(sub.owner), method):
            return f"{method.name} cannot take a fixture: it is called, or run by hypothesis"
        if "subtests" in local_names(context.module, method):
            return "the name subtests is used in the test"
        return self._keyword_problem(context, call)

    def _keyword_problem(self, context: Context, call: ast.Call) -> str:
        if any(k.arg is None for k in call.keywords) or any(isinstance(a, ast.Starred) for a in call.args):
            return "" if not self._outer(context, call) else "nested in another subTest, with ** arguments"
        if any(not is_trivial(k.value) for o in self._outer(context, call) for k in o.keywords):
            return "nested in a subTest whose parameters are not plain names"
        return ""

    def _outer(self, context: Context, call: ast.Call) -> Sequence[ast.Call]:
        """The subTest calls around this one, outermost first."""
        found: list[ast.Call] = []
        inside: ast.AST = call
        for node in context.module.ancestors(call):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
                break
            if isinstance(node, ast.With):
                items = [i.context_expr for i in node.items]
                before = items[
                    : next((n for n, i in enumerate(items) if i is inside or i is call), len(items))
                ]
                found = [c for c in before if _is_subtest(c)] + found
            inside = node
        return found

    def _edits(self, context: Context, sub: _SubTest, call: ast.Call) -> Iterator[Edit]:
        unit = self._unit(sub.owner, sub.use.method)
        yield context.replace(sub.use.node, [b"subtests.test"], unit, requires=sub.owner)
        own = {k.arg for k in call.keywords}
        inherited: dict[str, ast.expr] = {}
        for outer in self._outer(context, call):
            inherited.update({k.arg: k.value for k in outer.keywords if k.arg})
        extra = [
            f"{name}={context.module.text(value)}" for name, value in inherited.items() if name not in own
        ]
        if extra:
            joint = ", " if call.args or call.keywords else ""
            last = max(
                [context.module.span(n).end for n in [*call.args, *call.keywords]]
                or [context.module.span(call).end - 1]
            )
            parts: list[Part] = [(joint + ", ".join(extra)).encode()]
            yield insertion(last, parts, unit, sub.owner)


def _is_subtest(node: ast.AST) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "subTest"
