"""Finds the assertion calls of a file: who calls what, on which receiver, in which position."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from operator import itemgetter
from typing import cast

from reassert.model.edits import Unit
from reassert.model.outcomes import Refusal
from reassert.syntax.arguments import Argument, Arguments, bind, read_arguments
from reassert.syntax.classes import ClassInfo, Use
from reassert.syntax.context import Context
from reassert.syntax.exceptions import redefines_failure
from reassert.syntax.layout import Layout, Operand
from reassert.syntax.module import FunctionNode
from reassert.syntax.testcase_api import ALIASES, API, CALLED_BY_OTHERS


@dataclass(eq=False)
class AssertionCall:
    """``self.<spelled>(...)`` whose receiver is provably the test instance; ``name`` is today's name.

    ``statement`` is set when the call is a whole statement (``await`` or not is not one), ``with_item`` when
    it is the context expression of a ``with``.
    """

    context: Context
    name: str
    spelled: str
    call: ast.Call
    owner: ClassInfo
    method: FunctionNode
    statement: ast.Expr | None
    with_item: ast.withitem | None

    @property
    def attribute(self) -> ast.expr:
        """The ``self.<spelled>`` of the call: the node that a rewrite marks as handled."""
        return self.call.func

    @cached_property
    def arguments(self) -> Arguments:
        """The arguments of the call."""
        return read_arguments(self.context.module, self.call)

    def bind(self, *parameters: str) -> dict[str, Argument] | None:
        """Arguments by parameter name, None if they do not fit (starred, unknown, twice)."""
        return bind(self.arguments, parameters)

    def unit(self, rule_id: str) -> Unit:
        """What a reviewer accepts or rejects: this rule in this method."""
        return Unit(rule_id, f"{self.owner.qualname}.{self.method.name}")

    def layout(self) -> Layout:
        """The layout for what takes the call's place."""
        return self.context.layout(self.call)

    def refuse(self, rule_id: str, code: str, reason: str) -> Refusal:
        """A refusal at this call."""
        return self.context.refusal(rule_id, code, self.call, self.unit(rule_id).qualname, reason)


def assertion_calls(
    context: Context, rule_id: str, names: frozenset[str]
) -> tuple[list[AssertionCall], list[Refusal]]:
    """The calls of the given assertion methods (today's names; finds aliases, too), and what cannot be one.

    A use that is no call, an overridden method or a receiver that may be no test instance is a refusal.
    """
    calls: list[AssertionCall] = []
    refusals: list[Refusal] = []
    for owner, use in _uses(context, names):
        qualname = f"{owner.qualname}.{use.method.name}"
        if context.is_ignored(rule_id, use.node, qualname):
            continue
        problem = _problem(context, owner, use)
        if problem:
            code, reason = problem
            refusals.append(context.refusal(rule_id, code, use.node, qualname, reason))
        else:
            calls.append(_call(context, owner, use))
    return calls, refusals


def _uses(context: Context, names: frozenset[str]) -> list[tuple[ClassInfo, Use]]:
    if "assertion uses" not in context.memory:
        context.memory["assertion uses"] = _all_uses(context)
    table = cast("dict[str, list[tuple[int, ClassInfo, Use]]]", context.memory["assertion uses"])
    found = sorted((item for name in names for item in table.get(name, ())), key=itemgetter(0))
    return [(owner, use) for _, owner, use in found]


def _all_uses(context: Context) -> dict[str, list[tuple[int, ClassInfo, Use]]]:
    """Today's name of an assertion -> its uses, each with its place in the order of classes and methods."""
    table: defaultdict[str, list[tuple[int, ClassInfo, Use]]] = defaultdict(list)
    place = count()
    for owner in context.classes.all:
        if in_scope(context, owner):
            for use in owner.uses.attributes:
                if use.name in API and not is_own_helper(owner, use.name):
                    table[ALIASES.get(use.name, use.name)].append((next(place), owner, use))
    return table


def is_own_helper(owner: ClassInfo, name: str) -> bool:
    """Whether the hierarchy above defines ``name`` itself, so that calling it is no call of unittest's."""
    return name in owner.inherited and name not in CALLED_BY_OTHERS


def in_scope(context: Context, owner: ClassInfo) -> bool:
    """Whether ``self`` in this class is surely a test: a TestCase, or a mixin of only TestCases here."""
    if owner.local:
        return False
    if owner.kind in _KNOWN:
        return True
    return owner.kind == "plain" and context.classes.is_mixin_of_tests(owner)


_KNOWN = ("testcase", "async", "framework")


def _problem(context: Context, owner: ClassInfo, use: Use) -> tuple[str, str] | None:
    redefined = redefinition(context, owner, use.name)
    if redefined == "addTypeEqualityFunc":
        return "A-TYPEFUNC", "addTypeEqualityFunc changes what equality means here"
    if redefined:
        return "A-TYPEFUNC", f"{redefined} is defined again by a class of the hierarchy"
    if use.through_class or use.method in owner.uses.rebound:
        return "A-RECEIVER", f"{use.name} is not called on the test instance itself"
    parent = context.module.parents[use.node]
    if not (isinstance(parent, ast.Call) and parent.func is use.node):
        return "A-EXPR", f"{use.name} is used as a value"
    return None


# What the assertions call on ``self`` (Lib/unittest/case.py); those that are not here call ``fail``.
_INSTANCE = frozenset({"assertIsInstance", "fail"})
_SEQUENCE = frozenset({"assertSequenceEqual", "fail"})
_TYPED = frozenset({f"assert{kind}Equal" for kind in ("List", "Tuple", "Set", "Dict", "MultiLine")})
_EQUALITY = frozenset({"addTypeEqualityFunc", "_getAssertEqualityFunc", "_baseAssertEqual"})
_CALLED: Mapping[str, frozenset[str]] = {
    "assertEqual": _EQUALITY | _TYPED | _INSTANCE | _SEQUENCE,
    **dict.fromkeys(("assertListEqual", "assertTupleEqual"), _SEQUENCE),
    **dict.fromkeys(("assertDictEqual", "assertMultiLineEqual"), _INSTANCE),
    **dict.fromkeys(("assertTrue", "assertFalse", "assertNotEqual"), frozenset()),
    **dict.fromkeys(("assertAlmostEqual", "assertNotAlmostEqual"), frozenset()),
    **dict.fromkeys(("assertRegex", "assertNotRegex", "assertRaises", "assertRaisesRegex"), frozenset()),
    **dict.fromkeys(("assertWarns", "assertWarnsRegex", "assertLogs", "assertNoLogs"), frozenset()),
    **dict.fromkeys(("skipTest", "fail"), frozenset()),
}


def redefinition(context: Context, owner: ClassInfo, spelled: str) -> str | None:
    """A name that the hierarchy defines anew and that the assertion depends on."""
    known = cast("dict[tuple[ClassInfo, str], str | None]", context.memory.setdefault("redefinitions", {}))
    if (owner, spelled) not in known:
        known[owner, spelled] = _redefinition(context, owner, spelled)
    return known[owner, spelled]


def _redefinition(context: Context, owner: ClassInfo, spelled: str) -> str | None:
    name = ALIASES.get(spelled, spelled)
    concerned = {spelled, name, *_CALLED.get(name, frozenset({"fail"}))}
    found = concerned & context.classes.redefined(owner) or {name} & owner.changed_by_frameworks
    if found:
        return spelled if spelled in found else min(found)
    return "failureException" if name != "skipTest" and redefines_failure(context, owner) else None


def _call(context: Context, owner: ClassInfo, use: Use) -> AssertionCall:
    parents = context.module.parents
    call = parents[use.node]
    assert isinstance(call, ast.Call)  # noqa: S101 - _problem lets nothing else through
    around = parents[call]
    return AssertionCall(
        context,
        ALIASES.get(use.name, use.name),
        use.name,
        call,
        owner,
        use.method,
        around if isinstance(around, ast.Expr) else None,
        around if isinstance(around, ast.withitem) else None,
    )


# What binds less tightly than a comparison, and so needs parentheses as an operand (The Python Language
# Reference, 6.17).
_BELOW_COMPARISON = (ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_BELOW_NOT = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_NEVER_BARE = (ast.NamedExpr, ast.Yield, ast.YieldFrom)


def compared(argument: Argument) -> Operand:
    """The argument as an operand of a comparison."""
    node = argument.node
    loose = isinstance(node, _BELOW_COMPARISON) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )
    return Operand(argument, wrap=loose and not argument.parenthesised)


def negated(argument: Argument) -> Operand:
    """The argument behind ``not``."""
    return Operand(argument, wrap=isinstance(argument.node, _BELOW_NOT) and not argument.parenthesised)


def bare(argument: Argument) -> Operand:
    """The argument as a whole condition, a message, or an argument of another call."""
    return Operand(argument, wrap=isinstance(argument.node, _NEVER_BARE) and not argument.parenthesised)
