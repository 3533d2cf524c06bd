"""``self.assertTrue(x)`` becomes ``assert x``: truthiness, not ``is True``. Source: Lib/unittest/case.py."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import replace

from reassert.model.edits import Edit, Span
from reassert.model.outcomes import Finding
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument
from reassert.syntax.assertions import bare, negated
from reassert.syntax.context import Context
from reassert.syntax.converting import (
    COMMON_REFUSALS,
    Assertion,
    Converted,
    Result,
    Signature,
    convert_calls,
    signature,
    unwrapped,
)
from reassert.syntax.messages import is_stringish
from reassert.syntax.types import is_builtin

_SIGNATURES: Mapping[str, Signature] = {"assertTrue": signature("expr"), "assertFalse": signature("expr")}
# "a in b" and "a is b" and their negations: the only comparisons whose opposite has an operator of its own.
_OPPOSITES = (
    (ast.In, rb"in", b"not in"),
    (ast.NotIn, rb"not\s+in", b"in"),
    (ast.Is, rb"is", b"is not"),
    (ast.IsNot, rb"is\s+not", b"is"),
)
_ALWAYS_TRUE = (ast.GeneratorExp, ast.Lambda)


class AssertTruthToAssert(Codemod[Context]):
    """See the page."""

    title = "assertTrue and assertFalse become a plain assert"
    mentions = (b"assertTrue", b"assertFalse", b"assert_", b"failUnless", b"failIf")
    refusals = COMMON_REFUSALS

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


def _convert(assertion: Assertion) -> Result:
    result = _true(assertion) if assertion.call.name == "assertTrue" else _false(assertion)
    if not isinstance(result, Converted):
        return result
    return result._replace(findings=(*_suspicions(assertion),))


def _true(assertion: Assertion) -> Result:
    argument = unwrapped(assertion.context, assertion.bound["expr"])
    if isinstance(argument.node, ast.Tuple) and argument.node.elts:
        return _tuple(assertion, argument)
    return assertion.asserted(bare(argument))


def _tuple(assertion: Assertion, argument: Argument) -> Result:
    """``assert (a, b)`` makes Python and pytest warn; ``bool`` keeps the verdict without the noise."""
    if not is_builtin(assertion.context.module, "bool"):
        return assertion.kept()
    return assertion.asserted_call(b"bool(", [bare(argument)])


def _false(assertion: Assertion) -> Result:
    argument = unwrapped(assertion.context, assertion.bound["expr"])
    opposite = _opposite(assertion, argument)
    if opposite is not None:
        result = assertion.asserted(bare(argument))
        is_new = all(e.requires is None for e in result.edits)
        return result._replace(edits=(*result.edits, opposite)) if is_new else result
    inner = _inside_not(assertion, argument)
    if inner is not None:
        return assertion.asserted(bare(inner))
    return assertion.asserted(b"not ", negated(argument))


def _opposite(assertion: Assertion, argument: Argument) -> Edit | None:
    """The edit that turns the operator of ``a in b`` or ``a is b`` into its opposite."""
    node = argument.node
    if not isinstance(node, ast.Compare) or len(node.ops) != 1 or argument.parenthesised:
        return None
    module, buffer = assertion.context.module, assertion.context.source.buffer
    start, stop = module.span(node.left).end, module.span(node.comparators[0]).start
    for kind, pattern, opposite in _OPPOSITES:
        if isinstance(node.ops[0], kind):
            found = re.fullmatch(rb"[)\s]*\b(" + pattern + rb")\b[(\s]*", buffer[start:stop])
            if found is None:
                return None
            return Edit(
                start + found.start(1),
                start + found.end(1),
                (opposite,),
                assertion.call.unit(assertion.rule_id),
            )
    return None


def _inside_not(assertion: Assertion, argument: Argument) -> Argument | None:
    """``x`` of ``not x``, where nothing but a blank stands between."""
    node = argument.node
    if not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)) or argument.parenthesised:
        return None
    whole = assertion.context.module.span(node)
    text = assertion.context.source.buffer[whole.start : whole.end]
    if b"\n" in text or b"\r" in text:
        return None
    start = whole.start + len(b"not") + len(text[len(b"not") :]) - len(text[len(b"not") :].lstrip())
    inner = replace(
        argument, node=node.operand, span=Span(start, whole.end), parenthesised=text.endswith(b")")
    )
    return unwrapped(assertion.context, inner)


def _suspicions(assertion: Assertion) -> list[Finding]:
    """What passes for another reason than its author thought."""
    context, call = assertion.context, assertion.call
    found = []
    message, node = assertion.message, assertion.bound["expr"].node
    if message is not None and message.keyword is None and not is_stringish(context, message):
        text = f"the second argument of {call.spelled}() is only a message: nothing is compared"
        found.append(
            context.finding(
                assertion.rule_id, "SUSPECT-TWO-ARG-TRUE", call.call, text, "was assertEqual meant?"
            )
        )
    if isinstance(node, _ALWAYS_TRUE) or (isinstance(node, ast.Tuple) and node.elts):
        text = f"{call.spelled}() of a {_NAMES[type(node)]}, which is always true"
        found.append(context.finding(assertion.rule_id, "SUSPECT-ALWAYS-TRUE", call.call, text))
    return found


_NAMES: Mapping[type[ast.AST], str] = {
    ast.GeneratorExp: "generator",
    ast.Lambda: "lambda",
    ast.Tuple: "tuple that is not empty",
}
