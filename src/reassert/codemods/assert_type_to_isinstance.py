"""``self.assertIsInstance(a, T)`` and other named conditions become ``assert isinstance(a, T)`` and the like.

Source: Lib/unittest/case.py; those about subclasses, attributes, prefixes and suffixes came with Python 3.14.
"""

from __future__ import annotations

from collections.abc import Mapping

from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.assertions import bare
from reassert.syntax.context import Context
from reassert.syntax.converting import (
    COMMON_REFUSALS,
    Assertion,
    Result,
    Signature,
    convert_calls,
    primary,
    signature,
)
from reassert.syntax.types import is_builtin

_FUNCTIONS = {
    "assertIsInstance": b"isinstance",
    "assertNotIsInstance": b"isinstance",
    "assertIsSubclass": b"issubclass",
    "assertNotIsSubclass": b"issubclass",
    "assertHasAttr": b"hasattr",
    "assertNotHasAttr": b"hasattr",
}
_METHODS = {
    "assertStartsWith": b".startswith(",
    "assertNotStartsWith": b".startswith(",
    "assertEndsWith": b".endswith(",
    "assertNotEndsWith": b".endswith(",
}
_SIGNATURES: Mapping[str, Signature] = {
    "assertIsInstance": signature("obj", "cls"),
    "assertNotIsInstance": signature("obj", "cls"),
    "assertIsSubclass": signature("cls", "superclass"),
    "assertNotIsSubclass": signature("cls", "superclass"),
    "assertHasAttr": signature("obj", "name"),
    "assertNotHasAttr": signature("obj", "name"),
    "assertStartsWith": signature("s", "prefix"),
    "assertNotStartsWith": signature("s", "prefix"),
    "assertEndsWith": signature("s", "suffix"),
    "assertNotEndsWith": signature("s", "suffix"),
}


class AssertTypeToIsinstance(Codemod[Context]):
    """See the page."""

    title = "Assertions about types, attributes, prefixes and suffixes become a plain assert"
    mentions = (b"IsInstance", b"IsSubclass", b"HasAttr", b"StartsWith", b"EndsWith")
    refusals = COMMON_REFUSALS

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


def _convert(assertion: Assertion) -> Result:
    name = assertion.call.name
    first, second = (assertion.bound[p] for p in _SIGNATURES[name].parameters[:2])
    negation = b"not " if name.startswith("assertNot") else b""
    if name in _METHODS:
        method = _METHODS[name]
        return assertion.asserted(
            *([negation] if negation else []), primary(first), method, bare(second), b")"
        )
    function = _FUNCTIONS[name]
    if not is_builtin(assertion.context.module, function.decode()):
        return assertion.kept()
    return assertion.asserted_call(negation + function + b"(", [bare(first), bare(second)])
