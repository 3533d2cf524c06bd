"""``assertWarns`` and ``assertWarnsRegex`` (spec A.6): pytest.warns where it is provably the same."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import ClassVar

from reassert.model.edits import Edit
from reassert.model.outcomes import Finding
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import is_pure
from reassert.syntax.assertions import AssertionCall, assertion_calls
from reassert.syntax.context import Context
from reassert.syntax.deferred import DeferredCall
from reassert.syntax.exceptions import ANYTHING, Catching
from reassert.syntax.imports import imported_as
from reassert.syntax.managers import Manager, Misfit, manager_parts, read_manager
from reassert.syntax.module import Module
from reassert.syntax.standalone import on_its_own

_NAMES = frozenset({"assertWarns", "assertWarnsRegex"})
_FILTERS = frozenset({"simplefilter", "filterwarnings"})
_RECORDERS = frozenset(
    {"catch_warnings", "recwarn", "warns", "deprecated_call", "assertWarns", "assertWarnsRegex"}
)
_SKIPS = frozenset({"skip", "skipTest", "SkipTest", "importorskip"})


class AssertWarnsToPytestWarns(Codemod[Context]):
    """https://docs.pytest.org/en/stable/how-to/capture-warnings.html#assertwarnings."""

    title = "assertWarns becomes pytest.warns"
    mentions = (b"assertWarns",)
    refusals: ClassVar[Mapping[str, str]] = {
        "A-EXPR": "the assertion is used as a value",
        "A-RECEIVER": "not called on the test instance itself",
        "A-TYPEFUNC": "the class defines the assertion itself",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Convert the calls; what pytest does differently stays unittest's, on an instance of its own."""
        calls, refusals = assertion_calls(context, self.id, _NAMES)
        if not calls:
            return Rewrite(refusals=tuple(refusals))
        work = _Conversion(context, self.id)
        edits = tuple(work.edit(call) for call in calls)
        handled = frozenset(id(call.attribute) for call in calls)
        return Rewrite(edits, tuple(refusals), tuple(work.findings), handled=handled)


class _Conversion:
    """What the calls of one file share."""

    def __init__(self, context: Context, rule_id: str) -> None:
        self.context = context
        self.rule_id = rule_id
        self.warns = imported_as(context, "pytest") + b".warns"
        self.catching = Catching(context, ANYTHING)
        self.findings: list[Finding] = []
        self.strict = any(map(_makes_errors, context.module.of(ast.Call)))

    def edit(self, call: AssertionCall) -> Edit:
        """The edit for one call."""
        fixed = 1 + (call.name == "assertWarnsRegex")
        if self.strict or self._differs(call) or not _fits(call, fixed):
            return on_its_own(call, self.rule_id)
        if len(call.call.args) > fixed:
            return self._deferred(call, fixed) or on_its_own(call, self.rule_id)
        read = read_manager(call, fixed)
        if isinstance(read, Misfit) or call.with_item is None or _is_read(call):
            return on_its_own(call, self.rule_id)
        return self._manager(call, read)

    def _manager(self, call: AssertionCall, read: Manager) -> Edit:
        if read.message is not None:
            text = "pytest.warns has no message; it was dropped"
            self.findings.append(self.context.finding(self.rule_id, "LOST-MESSAGE", read.message, text))
        parts = manager_parts(call, self.warns, read)
        return self.context.replace(call.call, parts, call.unit(self.rule_id), imports=["pytest"])

    def _deferred(self, call: AssertionCall, fixed: int) -> Edit | None:
        deferred = DeferredCall(call, fixed, None)
        statement, unit = deferred.statement, call.unit(self.rule_id)
        block = deferred.block(self.warns) if deferred.movable else None
        if block is not None and statement is not None:
            return self.context.replace(statement, block, unit, imports=["pytest"])
        if statement is None or statement is not call.statement or fixed > 1 or not deferred.callable_form:
            return None
        parts = manager_parts(call, self.warns, None)
        return self.context.replace(call.call, parts, unit, imports=["pytest"])

    def _differs(self, call: AssertionCall) -> bool:
        """Whether exceptions, skips or other warnings may pass the block: pytest masks or repeats them."""
        if self.catching.holds(call.call, call.method) or self._is_recorded(call):
            return True
        return bool(_RECORDERS & set(_around(call)) or _SKIPS & set(_inside(call)))

    def _is_recorded(self, call: AssertionCall) -> bool:
        """Whether the test or a helper (set-up among them) uses catch_warnings, which works from anywhere."""
        if b"catch_warnings" not in self.context.source.buffer:
            return False
        helpers = [
            (i.module, f) for i in call.owner.lineage for f in i.functions if not f.name.startswith("test")
        ]
        return any(
            "catch_warnings" in _names(m, f) for m, f in [(self.context.module, call.method), *helpers]
        )


def _makes_errors(node: ast.Call) -> bool:
    """Whether a call or a mark turns warnings into errors: repeated ones would raise."""
    func = node.func
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name in _FILTERS and any(
        isinstance(a, ast.Constant) and str(a.value).startswith("error") for a in ast.walk(node)
    )


def _names(module: Module, node: ast.AST) -> Iterator[str]:
    for inner in module.subtree(node):
        if isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.Name):
            yield inner.id


def _around(call: AssertionCall) -> Iterator[str]:
    """The names in the other items of all with-statements around the call."""
    module = call.context.module
    for block in module.ancestors(call.call):
        if isinstance(block, (ast.With, ast.AsyncWith)):
            for item in block.items:
                if item.context_expr is not call.call:
                    yield from _names(module, item.context_expr)


def _inside(call: AssertionCall) -> Iterator[str]:
    """The names in the block, if the call opens one."""
    if call.with_item is not None:
        block = call.context.module.parents[call.with_item]
        for statement in getattr(block, "body", []):
            yield from _names(call.context.module, statement)


def _is_read(call: AssertionCall) -> bool:
    """Whether the context object is used: it is no list of warnings."""
    target = call.with_item.optional_vars if call.with_item else None
    if target is None:
        return False
    if not isinstance(target, ast.Name):
        return True
    module = call.context.module
    return any(
        isinstance(n.ctx, ast.Load) and call.method in module.ancestors(n) for n in module.names[target.id]
    )


def _fits(call: AssertionCall, fixed: int) -> bool:
    args = call.call.args
    if any(isinstance(a, ast.Starred) for a in args[: fixed + 1]):
        return False
    plain = [a for a in args[:fixed] if not isinstance(a, (ast.Tuple, ast.Constant))]
    tuples = [a for a in args[:1] if isinstance(a, ast.Tuple)]
    flat = all(t.elts and all(isinstance(e, (ast.Name, ast.Attribute)) for e in t.elts) for t in tuples)
    texts = [a.value for a in args[1:fixed] if isinstance(a, ast.Constant)]
    constants = [a for a in args[:1] if isinstance(a, ast.Constant)]
    return (
        flat and not constants and all(isinstance(t, str) and t for t in texts) and all(map(is_pure, plain))
    )
