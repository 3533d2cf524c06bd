"""``self.assertEqual(a, b)`` and its kin become ``assert a == b``. Source: Lib/unittest/case.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.assertions import bare, compared
from reassert.syntax.context import Context
from reassert.syntax.converting import (
    COMMON_REFUSALS,
    Assertion,
    Result,
    Signature,
    convert_calls,
    is_constant,
    signature,
)
from reassert.syntax.layout import Operand, Piece


class _Comparison(NamedTuple):
    operator: bytes
    left: str
    right: str | None


_COMPARISONS: Mapping[str, _Comparison] = {
    "assertEqual": _Comparison(b" == ", "first", "second"),
    "assertNotEqual": _Comparison(b" != ", "first", "second"),
    "assertIs": _Comparison(b" is ", "expr1", "expr2"),
    "assertIsNot": _Comparison(b" is not ", "expr1", "expr2"),
    "assertIsNone": _Comparison(b" is None", "obj", None),
    "assertIsNotNone": _Comparison(b" is not None", "obj", None),
    "assertIn": _Comparison(b" in ", "member", "container"),
    "assertNotIn": _Comparison(b" not in ", "member", "container"),
    "assertGreater": _Comparison(b" > ", "a", "b"),
    "assertGreaterEqual": _Comparison(b" >= ", "a", "b"),
    "assertLess": _Comparison(b" < ", "a", "b"),
    "assertLessEqual": _Comparison(b" <= ", "a", "b"),
}
_SIGNATURES: Mapping[str, Signature] = {
    name: signature(c.left, *([c.right] if c.right else [])) for name, c in _COMPARISONS.items()
}


class AssertComparisonToAssert(Codemod[Context]):
    """See the page."""

    title = "Comparing assertions become a plain assert"
    mentions = (b"self.assert", b".assertEqual", b".assertIs", b".assertIn", b".fail", b".assertNot", b".assertLess", b".assertGreater")
    refusals = COMMON_REFUSALS

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


def _convert(assertion: Assertion) -> Result:
    operator, left, right = _COMPARISONS[assertion.call.name]
    pieces: list[Piece] = [compared(assertion.bound[left]), operator]
    if right is not None:
        pieces.append(compared(assertion.bound[right]))
    if b" is" in operator and any(isinstance(p, Operand) and is_constant(p.argument.node) for p in pieces):
        return _identical_to_constant(assertion, pieces)
    return assertion.asserted(*pieces)


def _identical_to_constant(assertion: Assertion, pieces: list[Piece]) -> Result:
    """Python warns of ``x is 1`` (SyntaxWarning), not of ``x is expected``."""
    operands = [p for p in pieces if isinstance(p, Operand)]
    late = assertion.message is None or _is_constant_message(assertion)
    ordered = all(a.argument.span.start < b.argument.span.start for a, b in zip(operands, operands[1:], strict=False))
    if not (assertion.stands_alone and late and ordered and sum(not is_constant(o.argument.node) for o in operands) <= 1):
        return assertion.kept()
    lines = []
    named: list[Piece] = []
    names: list[bytes] = []
    for piece, wanted in zip(pieces, ("value", "", "expected"), strict=False):
        if isinstance(piece, Operand) and is_constant(piece.argument.node):
            names.append(assertion.fresh_name(wanted, names))
            lines.append(assertion.layout.assigning(names[-1], bare(piece.argument)))
            named.append(names[-1])
        else:
            named.append(piece)
    message = bare(assertion.message) if assertion.message else None
    lines.append(assertion.layout.asserting(named, message, assertion.tail))
    return assertion.replaced(assertion.layout.joined(lines))


def _is_constant_message(assertion: Assertion) -> bool:
    from reassert.syntax.messages import may_be_late

    return assertion.message is not None and may_be_late(assertion.message)
