"""``self.assertCountEqual(a, [...])`` becomes a comparison of sorted lists, where the elements have an order.

Source: Lib/unittest/case.py. Elements of unknown type may have no order: one side must be a literal.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from reassert.model.edits import Part
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument
from reassert.syntax.assertions import compared
from reassert.syntax.context import Context
from reassert.syntax.converting import (
    COMMON_REFUSALS,
    Assertion,
    Converted,
    Result,
    Signature,
    convert_calls,
    signature,
    spelled,
    wrapped_call,
)
from reassert.syntax.layout import Operand, Piece
from reassert.syntax.testcase_api import DEAD_ALIASES
from reassert.syntax.types import element_kind, is_builtin, static_type

_SIGNATURES: Mapping[str, Signature] = {"assertCountEqual": signature("first", "second")}
_ORDERED = ("str", "bytes", "number")
# Iterables that Counter reads as elements; a mapping it would read as counts.
_PLAIN = ("list", "tuple", "set", "frozenset", "generator", "range", "str")


class AssertCountEqualToSorted(Codemod[Context]):
    """See the page."""

    title = "assertCountEqual becomes a comparison of sorted lists or of counters"
    mentions = (b"assertCountEqual", b"assertItemsEqual", b"assertSameElements")
    refusals = COMMON_REFUSALS

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


def _convert(assertion: Assertion) -> Result:
    if assertion.call.spelled in DEAD_ALIASES - assertion.call.owner.respelled:
        return _dead(assertion)
    context = assertion.context
    first, second = assertion.bound["first"], assertion.bound["second"]
    if _is_empty(first) or _is_empty(second):
        return _empty(assertion, first, second)
    kinds = {element_kind(context, first.node), element_kind(context, second.node)} - {None}
    if len(kinds) == 1 and kinds <= set(_ORDERED) and is_builtin(context.module, "sorted"):
        return assertion.asserted(*_sorted(assertion, first), b" == ", *_sorted(assertion, second))
    if kinds:
        return _counted(assertion, first, second)
    return assertion.kept()


def _dead(assertion: Assertion) -> Result:
    """The method went with Python 2: the call fails before and after, unless somebody put the method back."""
    name = assertion.call.spelled
    if any(
        a.attr == name and isinstance(a.ctx, ast.Store) for a in assertion.context.module.attributes
    ) or any(s.value == name for s in assertion.context.module.strings):
        return assertion.refuse("A-TYPEFUNC", f"{name} is put into TestCase by this file")
    text = f"{name}() does not exist in Python 3: this line raises AttributeError"
    finding = assertion.context.finding(
        assertion.rule_id, "DEAD-ALIAS", assertion.call.call, text, "use assertCountEqual"
    )
    return Converted((), (finding,))


def _is_empty(argument: Argument) -> bool:
    return isinstance(argument.node, (ast.List, ast.Tuple)) and not argument.node.elts


def _empty(assertion: Assertion, first: Argument, second: Argument) -> Result:
    """What equals nothing is empty: no order of elements is needed."""
    if not is_builtin(assertion.context.module, "list"):
        return assertion.kept()
    return assertion.asserted(*_listed(assertion, first), b" == ", *_listed(assertion, second))


def _listed(assertion: Assertion, argument: Argument) -> list[Piece]:
    text = assertion.context.source.buffer[argument.span.start : argument.span.end]
    if _is_empty(argument) and b"#" not in text:
        return [Operand(argument, parts=(b"[]",))]
    if static_type(assertion.context, argument.node) == "list":
        return [compared(argument)]
    return wrapped_call(b"list(", argument)


def _sorted(assertion: Assertion, argument: Argument) -> list[Piece]:
    ready = _in_order(assertion, argument)
    return [ready] if ready else wrapped_call(b"sorted(", argument)


def _in_order(assertion: Assertion, argument: Argument) -> Operand | None:
    """A literal with its elements sorted, None if that cannot be written on one line without loss."""
    node = argument.node
    if (
        not isinstance(node, (ast.List, ast.Tuple, ast.Set))
        or element_kind(assertion.context, node) not in _ORDERED
    ):
        return None
    values = [ast.literal_eval(e) for e in node.elts]
    order = sorted(range(len(values)), key=values.__getitem__)
    if isinstance(node, ast.Set) and len(set(values)) < len(values):
        return None
    if isinstance(node, ast.List) and order == list(range(len(values))):
        return compared(argument)
    module, buffer = assertion.context.module, assertion.context.source.buffer
    if any(line_end in buffer[argument.span.start : argument.span.end] for line_end in (b"\n", b"\r")):
        return None
    parts: list[Part] = [b"["]
    for index in order:
        parts += [b", "] if len(parts) > 1 else []
        parts.append(module.span(node.elts[index]))
    return Operand(argument, parts=(*parts, b"]"))


def _counted(assertion: Assertion, first: Argument, second: Argument) -> Result:
    """Elements that can be hashed but not sorted."""
    counter = spelled(assertion.context, "collections.Counter")
    if counter is None or not is_builtin(assertion.context.module, "list"):
        return assertion.kept()
    sides: list[Piece] = []
    for side in (first, second):
        plain = static_type(assertion.context, side.node) in _PLAIN
        head, close = (b"(", b")") if plain else (b"(list(", b"))")
        sides += [b" == "] if sides else []
        sides += wrapped_call(counter + head, side, close)
    return assertion.asserted(*sides, imports=["collections.Counter"])
