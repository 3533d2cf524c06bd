"""``self.assertRegex(text, p)`` becomes ``assert re.search(p, text)``. Source: Lib/unittest/case.py."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import ClassVar

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
    spelled,
)
from reassert.syntax.layout import Piece
from reassert.syntax.types import assigned_value, static_type

_SIGNATURES: Mapping[str, Signature] = {
    "assertRegex": signature("text", "expected_regex"),
    "assertNotRegex": signature("text", "unexpected_regex"),
}


class AssertRegexToReSearch(Codemod[Context]):
    """See the page."""

    title = "assertRegex becomes re.search"
    mentions = (b"assertRegex", b"assertNotRegex")
    refusals: ClassVar[Mapping[str, str]] = {
        **COMMON_REFUSALS,
        "A-REGEX-ORDER": "an empty pattern, with which unittest always fails",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


def _convert(assertion: Assertion) -> Result:
    negation = b"not " if assertion.call.name == "assertNotRegex" else b""
    text = assertion.bound["text"]
    pattern = assertion.bound[_SIGNATURES[assertion.call.name].parameters[1]]
    if not negation and _is_empty(assertion.context, pattern.node):
        return assertion.refuse(
            "A-REGEX-ORDER", "unittest fails when the pattern is empty; re.search would find it"
        )
    if static_type(assertion.context, pattern.node) == "re.Pattern":
        pieces: list[Piece] = [primary(pattern), b".search(", bare(text), b")"]
        return assertion.asserted(*([negation] if negation else []), *pieces)
    name = spelled(assertion.context, "re")
    if name is None or _may_be_foreign(assertion.context, pattern.node):
        return assertion.kept()
    return assertion.asserted_call(negation + name + b".search(", [bare(pattern), bare(text)], imports=["re"])


def _is_empty(context: Context, pattern: ast.expr) -> bool:
    if isinstance(pattern, ast.Name):
        value = assigned_value(context, pattern)
        return value is not None and not isinstance(value, ast.Name) and _is_empty(context, value)
    if isinstance(pattern, ast.JoinedStr):
        return not pattern.values
    return isinstance(pattern, ast.Constant) and pattern.value in ("", b"")


def _may_be_foreign(context: Context, pattern: ast.expr) -> bool:
    """Whether a pattern may be one of the ``regex`` package, which ``re.search`` does not take."""
    known = any(
        target.partition(".")[0] == "regex"
        for targets in context.module.imports.values()
        for target in targets
    )
    return known and static_type(context, pattern) not in ("str", "bytes")
