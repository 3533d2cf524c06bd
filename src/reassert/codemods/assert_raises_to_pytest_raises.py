"""``assertRaises`` and ``assertRaisesRegex``, as a context manager and with a callable (spec A.5)."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import ClassVar

from reassert.model.edits import Edit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import is_pure, is_trivial
from reassert.syntax.assertions import AssertionCall, assertion_calls
from reassert.syntax.calling import call_parts, rows
from reassert.syntax.captures import Capture, follow
from reassert.syntax.context import Context
from reassert.syntax.deferred import DeferredCall
from reassert.syntax.draft import Draft
from reassert.syntax.exceptions import FAILURES, Catching, redefines_failure
from reassert.syntax.imports import imported_as
from reassert.syntax.layout import Operand
from reassert.syntax.managers import Misfit, manager_parts, read_manager
from reassert.syntax.module import FunctionNode
from reassert.syntax.standalone import on_its_own
from reassert.syntax.types import assigned_value

_NAMES = frozenset({"assertRaises", "assertRaisesRegex"})
# Names that say no more than that something is a context manager; others are the author's to keep.
_ANONYMOUS = frozenset({"cm", "ctx", "context", "context_manager"})
_COUNTERS = frozenset({"gc", "weakref", "getrefcount", "ResourceWarning"})

_Problem = tuple[str, str]
_Variable = tuple[FunctionNode | None, str]


class AssertRaisesToPytestRaises(Codemod[Context]):
    """https://docs.pytest.org/en/stable/how-to/assert.html#assertions-about-expected-exceptions."""

    title = "assertRaises becomes pytest.raises"
    mentions = (b"assertRaises", b"failUnlessRaises")
    refusals: ClassVar[Mapping[str, str]] = {
        "A-EXPR": "the assertion is used as a value, or checks nothing",
        "A-RECEIVER": "not called on the test instance itself, or with arguments that do not fit",
        "A-TYPEFUNC": "the class defines the assertion, or what a failure is, itself",
        "A-CM-ESCAPES": "the context object is used for more than the exception after the block",
        "A-RAISES-META": "the failure may be caught, which pytest's own kind of failure would not be",
        "A-RAISES-REFS": "the test counts references, and pytest keeps the captured frames alive",
        "A-RAISES-MATCH": "pytest would search the pattern in another text: notes, groups, or nothing at all",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Convert every call that is provably the same under pytest."""
        calls, refusals = assertion_calls(context, self.id, _NAMES)
        if not calls:
            return Rewrite(refusals=tuple(refusals))
        return _Conversion(context, self.id, calls, refusals).result()


class _Conversion(Draft):
    """One file's calls; the ones that share a captured name are converted together or not at all."""

    def __init__(
        self, context: Context, rule_id: str, calls: list[AssertionCall], refusals: list[Refusal]
    ) -> None:
        super().__init__(context, rule_id)
        self.calls = calls
        self.refusals = refusals
        self.raises = imported_as(context, "pytest") + b".raises"
        self.catching = Catching(context, FAILURES)

    def result(self) -> Rewrite:
        """The edits of all calls."""
        captured: defaultdict[_Variable, list[AssertionCall]] = defaultdict(list)
        for call in self.calls:
            item = call.with_item
            if item is not None and isinstance(item.optional_vars, ast.Name):
                captured[(self.context.module.enclosing_function(item), item.optional_vars.id)].append(call)
            else:
                self._one(call)
        for calls in captured.values():
            self._captured(calls)
        return self.rewrite()

    def _refuse(self, call: AssertionCall, problem: _Problem) -> None:
        self.refusals.append(call.refuse(self.rule_id, *problem))

    def _replace(self, call: AssertionCall, edit: Edit) -> None:
        self.edits.append(edit)
        self.handled.add(id(call.attribute))

    # -- one call --------------------------------------------------------------------------------------------

    def _one(self, call: AssertionCall) -> None:
        problem = self._problem(call)
        if problem:
            self._refuse(call, problem)
        elif _is_deferred(call):
            self._deferred(call)
        else:
            self._with_item(call)

    def _problem(self, call: AssertionCall) -> _Problem | None:
        """Why a call stays as it is, whatever becomes of the name it binds."""
        if redefines_failure(self.context, call.owner):
            return "A-TYPEFUNC", "failureException is defined again by a class of the hierarchy"
        problem = _arguments(call) or _position(call) or self._pattern(call)
        if problem is None and self.catching.holds(call.call, call.method):
            return "A-RAISES-META", "code around the assertion catches its failure"
        if problem is None and any(map(_warns_at_runtime, self.context.module.ancestors(call.call))):
            return "A-RAISES-REFS", "a coroutine warns when its frame goes, and pytest keeps frames alive"
        return problem

    def _pattern(self, call: AssertionCall) -> _Problem | None:
        if call.name != "assertRaisesRegex":
            return None
        expected, pattern = _expected(call), _pattern(call)
        if isinstance(pattern, ast.Constant) and not (pattern.value and isinstance(pattern.value, str)):
            return "A-RAISES-MATCH", f"pytest takes the pattern {pattern.value!r} for none"
        if b"add_note" in self.context.source.buffer or b"__notes__" in self.context.source.buffer:
            return "A-RAISES-MATCH", "pytest searches the notes of an exception, too"
        if expected is not None and "ExceptionGroup" in ast.dump(expected):
            return "A-RAISES-MATCH", "pytest removes the count of exceptions from the text of a group"
        return None

    def _with_item(self, call: AssertionCall) -> None:
        read = read_manager(call, 1 + (call.name == "assertRaisesRegex"))
        if isinstance(read, Misfit):
            self._refuse(call, (read.code, read.reason))
            return
        if read.message is not None:
            text = "pytest.raises has no message; it was dropped"
            self.findings.append(self.context.finding(self.rule_id, "LOST-MESSAGE", read.message, text))
        parts = manager_parts(call, self.raises, read)
        self._replace(
            call, self.context.replace(call.call, parts, call.unit(self.rule_id), imports=["pytest"])
        )

    def _deferred(self, call: AssertionCall) -> None:
        fixed = 1 + (call.name == "assertRaisesRegex")
        deferred = DeferredCall(call, fixed, call.call.args[0])
        block = deferred.block(self.raises) if deferred.movable else None
        if block is not None and deferred.statement is not None:
            unit = call.unit(self.rule_id)
            self._replace(call, self.context.replace(deferred.statement, block, unit, imports=["pytest"]))
        elif deferred.statement is not None and (edit := self._callable_form(deferred)):
            self._replace(call, edit)
        else:
            self._replace(call, on_its_own(call, self.rule_id))

    def _callable_form(self, deferred: DeferredCall) -> Edit | None:
        """``pytest.raises(E, f, *args)``, which evaluates its arguments outside as the original does."""
        call = deferred.call
        if not deferred.callable_form or deferred.statement is not call.statement:
            return None
        items = call.arguments.items
        layout = call.layout()
        if deferred.fixed == 1:
            parts = manager_parts(call, self.raises, None)
        elif items and is_trivial(items[1].node) and not call.arguments.has_comments:
            given = rows([items[0], *items[2:]])
            parts = call_parts(layout, [self.raises + b"("], given, [b").match(", Operand(items[1]), b")"])
        else:
            return None
        return self.context.replace(call.call, parts, call.unit(self.rule_id), imports=["pytest"])

    # -- calls that bind a name ------------------------------------------------------------------------------

    def _captured(self, calls: list[AssertionCall]) -> None:
        problems = [self._problem(c) or self._counts_references(c) or self._misfit(c) for c in calls]
        items = [c.with_item for c in calls if c.with_item is not None]
        capture = follow(self.context, items, "exception")
        if isinstance(capture, str):
            problems = [p or ("A-CM-ESCAPES", capture) for p in problems]
        if isinstance(capture, str) or any(problems):
            other = ("A-CM-ESCAPES", "the name is also bound by an assertion that stays")
            for call, problem in zip(calls, problems, strict=True):
                self._refuse(call, problem or other)
            return
        for call in calls:
            self._with_item(call)
        self.edits += self._renames(calls[0], capture)

    def _misfit(self, call: AssertionCall) -> _Problem | None:
        read = read_manager(call, 1 + (call.name == "assertRaisesRegex"))
        return (read.code, read.reason) if isinstance(read, Misfit) else None

    def _counts_references(self, call: AssertionCall) -> _Problem | None:
        for node in self.context.module.subtree(call.method):
            name = (
                node.id
                if isinstance(node, ast.Name)
                else node.attr
                if isinstance(node, ast.Attribute)
                else ""
            )
            if name in _COUNTERS:
                return (
                    "A-RAISES-REFS",
                    f"the test uses {name}, and excinfo keeps the frames of the exception alive",
                )
        return None

    def _renames(self, call: AssertionCall, capture: Capture) -> Iterator[Edit]:
        unit = call.unit(self.rule_id)
        for span in capture.attributes:
            yield Edit(span.start, span.end, (b"value",), unit)
        if capture.mixed or capture.name not in _ANONYMOUS or self._is_taken(capture):
            return
        for span in [*capture.stores, *capture.loads]:
            yield Edit(span.start, span.end, (b"excinfo",), unit)

    def _is_taken(self, capture: Capture) -> bool:
        """Whether ``excinfo`` means something else already, or two names would become one."""
        nodes = self.context.module.subtree(capture.function)
        names = {n.id for n in nodes if isinstance(n, ast.Name)} | {
            n.arg for n in nodes if isinstance(n, ast.arg)
        }
        return "excinfo" in names | self.context.module.rebound or len(names & _ANONYMOUS) > 1


def _warns_at_runtime(node: ast.AST) -> bool:
    """Whether a block expects a RuntimeWarning, which coroutines give when they are freed."""
    items = node.items if isinstance(node, (ast.With, ast.AsyncWith)) else []
    calls = [item.context_expr for item in items if isinstance(item.context_expr, ast.Call)]
    return any(getattr(a, "id", None) == "RuntimeWarning" for call in calls for a in call.args)


def _is_deferred(call: AssertionCall) -> bool:
    return len(call.call.args) > 1 + (call.name == "assertRaisesRegex")


def _expected(call: AssertionCall) -> ast.expr | None:
    named = [k.value for k in call.call.keywords if k.arg == "expected_exception"]
    return next(iter([*call.call.args[:1], *named]), None)


def _pattern(call: AssertionCall) -> ast.expr | None:
    named = [k.value for k in call.call.keywords if k.arg == "expected_regex"]
    return next(iter([*call.call.args[1:2], *named]), None)


def _position(call: AssertionCall) -> _Problem | None:
    if _is_deferred(call):
        used = DeferredCall(call, 1, None).statement is None
        return ("A-EXPR", "the result of the assertion is used") if used else None
    if call.statement is not None:
        return "A-EXPR", "without a callable and without a with-block nothing is checked"
    item = call.with_item
    if item is None or not isinstance(item.optional_vars, (ast.Name, type(None))):
        return "A-CM-ESCAPES", "the context object is stored or passed on"
    if isinstance(call.context.module.parents[item], ast.AsyncWith):
        return "A-EXPR", "neither unittest nor pytest has an asynchronous form"
    return None


def _arguments(call: AssertionCall) -> _Problem | None:
    fixed = 1 + (call.name == "assertRaisesRegex")
    if any(isinstance(a, ast.Starred) for a in call.call.args[: fixed + 1]):
        return "A-RECEIVER", "starred arguments may hold anything"
    if _is_deferred(call) and isinstance(call.call.args[fixed], ast.Constant):
        return "A-RECEIVER", "what is to be called is no function"
    expected = _expected(call)
    if expected is None or not _is_exception(call.context, expected):
        return "A-RECEIVER", "the expected exception is no class and no flat tuple of classes"
    return None


def _is_exception(context: Context, node: ast.expr) -> bool:
    """Whether pytest takes it for the expected exception: it wants a class or a flat tuple of classes."""
    if isinstance(node, ast.Tuple):
        return bool(node.elts) and not any(_is_no_class(context, e) for e in node.elts)
    value = assigned_value(context, node) if isinstance(node, ast.Name) else None
    if isinstance(value, ast.Tuple):
        return _is_exception(context, value)
    return is_pure(node) and not isinstance(node, (ast.Constant, ast.List, ast.Dict, ast.Set, ast.JoinedStr))


def _is_no_class(context: Context, node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return isinstance(assigned_value(context, node), ast.Tuple)
    return isinstance(node, (ast.Tuple, ast.Starred, ast.Constant))
