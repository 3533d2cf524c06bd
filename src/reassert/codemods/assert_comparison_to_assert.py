"""``self.assertEqual(a, b)`` and its kin become ``assert a == b``. Source: Lib/unittest/case.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.assertions import compared
from reassert.syntax.context import Context
from reassert.syntax.converting import (
    COMMON_REFUSALS,
    Assertion,
    Result,
    Signature,
    convert_calls,
    is_constant,
    never,
    signature,
)
from reassert.syntax.layout import Piece


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
    mentions = (
        *(
            b"assertEqual",
            b"assertNotEqual",
            b"assertIs",
            b"assertIn",
            b"assertNotIn",
            b"assertGreater",
            b"assertLess",
        ),
        *(b"failUnlessEqual", b"failIfEqual"),
    )
    refusals = COMMON_REFUSALS

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


def _convert(assertion: Assertion) -> Result:
    operator, left, right = _COMPARISONS[assertion.call.name]
    pieces: list[Piece] = [compared(assertion.bound[left]), operator]
    if right is not None:
        pieces.append(compared(assertion.bound[right]))
    # Python warns of "x is 1" (SyntaxWarning), not of "x is expected".
    return assertion.asserted(*pieces, bind=is_constant if b" is" in operator else never)
