"""``self.assertAlmostEqual(a, b)`` becomes ``a == pytest.approx(b, abs=5e-8)``, or the exact expression.

Source: Lib/unittest/case.py: equal, or ``abs(a - b) <= delta``, or ``round(abs(a - b), places or 7) == 0``.
With numbers only the very half of the last place differs in approx; what may be something else gets the
exact form.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, is_trivial
from reassert.syntax.assertions import bare, compared
from reassert.syntax.context import Context
from reassert.syntax.converting import (
    COMMON_REFUSALS,
    Assertion,
    Result,
    Signature,
    again,
    convert_calls,
    is_rereadable,
    spelled,
)
from reassert.syntax.layout import Operand, Piece
from reassert.syntax.types import is_builtin, is_number, static_type

_SIGNATURE = Signature(("first", "second", "places", "msg", "delta"), frozenset({"places", "msg", "delta"}))
_SIGNATURES: Mapping[str, Signature] = {"assertAlmostEqual": _SIGNATURE, "assertNotAlmostEqual": _SIGNATURE}
_DEFAULT_PLACES = 7
_MOST_PLACES = 15
_CONTAINERS = (
    ast.List,
    ast.Tuple,
    ast.Dict,
    ast.Set,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.JoinedStr,
)
_BELOW_SUM = (ast.Compare, ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr, ast.Yield, ast.YieldFrom)
_SHIFTS = (ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr, ast.BitXor)


class AssertAlmostEqualToApprox(Codemod[Context]):
    """See the page."""

    title = "assertAlmostEqual becomes pytest.approx with an absolute tolerance"
    mentions = (b"AlmostEqual",)
    refusals: ClassVar[Mapping[str, str]] = {
        **COMMON_REFUSALS,
        "A-ALMOST": "an operand that is no number, both places and delta, or a tolerance that makes no sense",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


class _Tolerance(NamedTuple):
    """``places`` or ``delta`` as an operand, or the literal value of one of them."""

    places: int | None = None
    delta: float | None = None
    places_given: Argument | None = None
    delta_given: Argument | None = None


def _convert(assertion: Assertion) -> Result:
    problem = _problem(assertion)
    if problem:
        return assertion.refuse("A-ALMOST", problem)
    tolerance = _tolerance(assertion)
    if tolerance is None or not (
        is_builtin(assertion.context.module, "abs") and is_builtin(assertion.context.module, "round")
    ):
        return assertion.kept()
    if assertion.call.name == "assertNotAlmostEqual":
        return _apart(assertion, tolerance)
    return _approx(assertion, tolerance) or _close(assertion, tolerance)


def _problem(assertion: Assertion) -> str | None:
    for name in ("first", "second"):
        node = assertion.bound[name].node
        if isinstance(node, _CONTAINERS) or (isinstance(node, ast.Constant) and not _is_plain(node)):
            return "an operand is a literal that is no number"
    places, delta = _given(assertion, "places"), _given(assertion, "delta")
    if places and delta:
        return "both places and delta are given: unittest raises TypeError unless the operands are equal"
    if delta and (value := _literal(delta.node)) is not None and value < 0:
        return "the delta is negative: only equal operands pass"
    if _is_no_number(places) or _is_no_number(delta):
        return "places or delta is no number; was it meant as the message?"
    return None


def _is_plain(node: ast.Constant) -> bool:
    return isinstance(node.value, (int, float, complex)) and not isinstance(node.value, bool)


def _is_no_number(argument: Argument | None) -> bool:
    return (
        argument is not None
        and isinstance(argument.node, (*_CONTAINERS, ast.Constant))
        and _literal(argument.node) is None
    )


def _given(assertion: Assertion, name: str) -> Argument | None:
    argument = assertion.bound.get(name)
    if argument is None or (isinstance(argument.node, ast.Constant) and argument.node.value is None):
        return None
    return argument


def _literal(node: ast.expr) -> int | float | None:
    """The value of a number that is written out."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        value = _literal(node.operand)
        return None if value is None else -value
    if (
        isinstance(node, ast.Constant)
        and isinstance(node.value, (int, float))
        and not isinstance(node.value, bool)
    ):
        return node.value if math.isfinite(node.value) else None
    return None


def _tolerance(assertion: Assertion) -> _Tolerance | None:
    """None: nobody can tell whether the value is None, which means the default."""
    places, delta = _given(assertion, "places"), _given(assertion, "delta")
    if delta:
        value = _literal(delta.node)
        if value is None and _is_parameter(assertion, delta.node):
            return None
        return _Tolerance(delta=value, delta_given=delta)
    if places is None:
        return _Tolerance(places=_DEFAULT_PLACES)
    value = _literal(places.node)
    if isinstance(value, int):
        return _Tolerance(places=value, places_given=places)
    return _Tolerance(places_given=places) if static_type(assertion.context, places.node) == "int" else None


def _is_parameter(assertion: Assertion, node: ast.expr) -> bool:
    functions = [
        a
        for a in assertion.context.module.ancestors(assertion.statement)
        if isinstance(a, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return isinstance(node, ast.Name) and any(
        a.arg == node.id for f in functions for a in [*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs]
    )


# -- the forms -----------------------------------------------------------------------------------------------


def _approx(assertion: Assertion, tolerance: _Tolerance) -> Result | None:
    """``a == pytest.approx(b, abs=...)`` where one side is surely a number; operands stay in their order."""
    context = assertion.context
    first, second = assertion.bound["first"], assertion.bound["second"]
    within = _within(tolerance)
    name = spelled(context, "pytest")
    if within is None or name is None:
        return None
    call = name + b".approx("
    close = (b", abs=", *within, b")")
    if is_number(context, second.node):
        return assertion.asserted(compared(first), b" == " + call, bare(second), *close, imports=["pytest"])
    if is_number(context, first.node):
        return assertion.asserted(call, bare(first), *close, b" == ", compared(second), imports=["pytest"])
    if context.config.unsafe_fixes:
        return assertion.asserted(compared(first), b" == " + call, bare(second), *close, imports=["pytest"])
    return None


def _within(tolerance: _Tolerance) -> tuple[Piece, ...] | None:
    """The absolute tolerance, None if it cannot be written as a number."""
    if tolerance.delta_given:
        return (bare(tolerance.delta_given),) if tolerance.delta is not None else None
    if tolerance.places is None or not 0 <= tolerance.places <= _MOST_PLACES:
        return None
    if tolerance.places < 3:  # noqa: PLR2004 - up to here people write the zeros
        return (b"0." + b"0" * tolerance.places + b"5",)
    return (f"5e-{tolerance.places + 1}".encode(),)


def _close(assertion: Assertion, tolerance: _Tolerance) -> Result:
    """Equal or close. Equality is left out where it follows: a finite number, a difference of dates."""
    distance = _distance(assertion, tolerance, b" <= ", b" == 0")
    if _is_finite(assertion) or _is_timedelta(assertion, tolerance):
        return assertion.asserted(*distance)
    return _repeated(assertion, tolerance, (b" == ", b" or "), distance)


def _apart(assertion: Assertion, tolerance: _Tolerance) -> Result:
    """Neither equal nor close."""
    distance = _distance(assertion, tolerance, b" > ", b" != 0")
    if _is_finite(assertion) or tolerance.delta is not None or _is_timedelta(assertion, tolerance):
        return assertion.asserted(*distance)
    return _repeated(assertion, tolerance, (b" != ", b" and "), distance)


def _repeated(
    assertion: Assertion, tolerance: _Tolerance, operators: tuple[bytes, bytes], distance: tuple[Piece, ...]
) -> Result:
    """``a == b or <distance>``: the operands are read twice, what is no plain name is bound to one."""
    given = tolerance.places_given or tolerance.delta_given
    steady = given is None or is_rereadable(given.node)
    first, second = compared(assertion.bound["first"]), compared(assertion.bound["second"])
    context = assertion.context
    repeated = (
        Operand(again(context, p.argument), p.wrap) if isinstance(p, Operand) else p for p in distance
    )
    return assertion.asserted(
        *(first, operators[0], second, operators[1], *repeated),
        bind=lambda node: not (is_rereadable(node) if steady else is_trivial(node)),
    )


def _distance(assertion: Assertion, tolerance: _Tolerance, delta: bytes, places: bytes) -> tuple[Piece, ...]:
    first, second = assertion.bound["first"], assertion.bound["second"]
    difference = (b"abs(", _added(first), b" - ", _subtracted(second), b")")
    if tolerance.delta_given:
        return (*difference, delta, compared(tolerance.delta_given))
    digits: Piece = bare(tolerance.places_given) if tolerance.places_given else str(_DEFAULT_PLACES).encode()
    return (b"round(", *difference, b", ", digits, b")" + places)


def _added(argument: Argument) -> Operand:
    """The argument in front of a minus sign."""
    node = argument.node
    loose = isinstance(node, _BELOW_SUM) or (isinstance(node, ast.BinOp) and isinstance(node.op, _SHIFTS))
    loose = loose or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))
    return Operand(argument, wrap=loose and not argument.parenthesised)


def _subtracted(argument: Argument) -> Operand:
    """The argument behind a minus sign."""
    node = argument.node
    is_sum = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub))
    return Operand(argument, wrap=_added(argument).wrap or (is_sum and not argument.parenthesised))


def _is_finite(assertion: Assertion) -> bool:
    """Whether one operand is a finite number, so that equal operands have the difference 0."""
    return any(_literal(assertion.bound[name].node) is not None for name in ("first", "second"))


def _is_timedelta(assertion: Assertion, tolerance: _Tolerance) -> bool:
    given = tolerance.delta_given
    return given is not None and static_type(assertion.context, given.node) == "datetime.timedelta"
