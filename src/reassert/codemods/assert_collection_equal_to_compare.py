"""``self.assertListEqual(a, b)`` and its kin become ``assert a == b``, with a check of the type if need be.

Source: Lib/unittest/case.py. assertListEqual is isinstance and ``==``; assertSetEqual and assertSequenceEqual
accept whatever looks like a set or a sequence, which no short expression says: they need proof.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from reassert.model.edits import Part
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, is_pure, is_trivial
from reassert.syntax.assertions import bare, compared
from reassert.syntax.context import Context
from reassert.syntax.converting import (
    COMMON_REFUSALS,
    Assertion,
    Result,
    Shape,
    Signature,
    again,
    convert_calls,
    is_rereadable,
    never,
    primary,
    signature,
)
from reassert.syntax.layout import Operand, Piece
from reassert.syntax.messages import may_be_late
from reassert.syntax.types import is_builtin, static_type

_CHECKED = {
    "assertListEqual": "list",
    "assertTupleEqual": "tuple",
    "assertDictEqual": "dict",
    "assertMultiLineEqual": "str",
}
_SEQUENCES = ("list", "tuple", "str", "bytes", "range")
_SETS = ("set", "frozenset")
_SIGNATURES: Mapping[str, Signature] = {
    "assertListEqual": signature("list1", "list2"),
    "assertTupleEqual": signature("tuple1", "tuple2"),
    "assertDictEqual": signature("d1", "d2"),
    "assertMultiLineEqual": signature("first", "second"),
    "assertSetEqual": signature("set1", "set2"),
    "assertSequenceEqual": Signature(("seq1", "seq2", "msg", "seq_type"), frozenset({"msg", "seq_type"})),
    "assertDictContainsSubset": signature("subset", "dictionary"),
}
_WALRUS = (3, 8)


class AssertCollectionEqualToCompare(Codemod[Context]):
    """See the page."""

    title = "Typed comparisons of collections become a plain comparison"
    mentions = (
        *(b"assertListEqual", b"assertTupleEqual", b"assertSetEqual", b"assertDictEqual"),
        *(b"assertMultiLineEqual", b"assertSequenceEqual", b"assertDictContainsSubset"),
    )
    refusals = COMMON_REFUSALS

    def rewrite(self, context: Context) -> Rewrite:
        """Each call by itself."""
        return convert_calls(context, self.id, _SIGNATURES, _convert)


def _convert(assertion: Assertion) -> Result:
    name = assertion.call.name
    if name == "assertDictContainsSubset":
        return _subset(assertion)
    first, second = (assertion.bound[p] for p in _SIGNATURES[name].parameters[:2])
    if assertion.context.config.unsafe_fixes and "seq_type" not in assertion.bound:
        return assertion.asserted(compared(first), b" == ", compared(second))
    types = tuple(static_type(assertion.context, a.node) for a in (first, second))
    wanted = _CHECKED.get(name) or _sequence_type(assertion)
    if wanted is None and "seq_type" in assertion.bound:
        return assertion.kept()
    if _is_proven(name, types, wanted):
        return assertion.asserted(compared(first), b" == ", compared(second))
    if wanted is None:
        return assertion.kept()
    return _checked(assertion, wanted, _Sides(assertion, first, second, wanted))


def _is_proven(name: str, types: tuple[str | None, ...], wanted: str | None) -> bool:
    if name == "assertSetEqual":
        return all(t in _SETS for t in types)
    if wanted is not None:
        return types == (wanted, wanted)
    return types[0] == types[1] and types[0] in _SEQUENCES


def _sequence_type(assertion: Assertion) -> str | None:
    """The builtin sequence type that ``seq_type`` names."""
    given = assertion.bound.get("seq_type")
    if given is None or not isinstance(given.node, ast.Name) or given.node.id not in ("list", "tuple", "str"):
        return None
    return given.node.id if is_builtin(assertion.context.module, given.node.id) else None


class _Sides:
    """How two operands reach the comparison: as they are, checked before it, or bound to a name."""

    def __init__(self, assertion: Assertion, first: Argument, second: Argument, wanted: str) -> None:
        self.first = first
        self.second = second
        self.wanted = wanted
        self.context = assertion.context
        self.binds_second = not self._is_proven(second) and not is_rereadable(second.node)
        reads_second_early = not self._is_proven(second) and not is_trivial(second.node)
        disturbed = (self.binds_second and not is_trivial(first.node)) or (
            reads_second_early and not is_pure(first.node)
        )
        self.binds_first = disturbed or (not self._is_proven(first) and not is_rereadable(first.node))

    def _is_proven(self, argument: Argument) -> bool:
        return static_type(self.context, argument.node) == self.wanted

    def plan(self) -> list[tuple[Argument, bool, bool]]:
        """(operand, bind it?, check it?) in the order of evaluation."""
        return [
            (self.first, self.binds_first, not self._is_proven(self.first)),
            (self.second, self.binds_second, not self._is_proven(self.second)),
        ]


def _checked(assertion: Assertion, wanted: str, sides: _Sides) -> Result:
    """The check of each operand that needs it, then the comparison."""
    ordered = sides.first.span.start < sides.second.span.start
    silent = assertion.message is None or may_be_late(assertion.message)
    module = assertion.context.module
    if not (
        assertion.stands_alone
        and ordered
        and silent
        and is_builtin(module, wanted)
        and is_builtin(module, "isinstance")
    ):
        return assertion.kept()
    lines: list[tuple[Part, ...]] = []
    final: list[Piece] = []
    names: list[bytes] = []
    for (argument, bind, check), word in zip(sides.plan(), ("actual", "expected"), strict=True):
        piece: Piece = compared(argument)
        if bind:
            names.append(assertion.fresh_name(word, names))
            piece = names[-1]
        lines += _lines(assertion, argument, piece, wanted if check else None)
        final += [b" == ", piece] if final else [piece]
    spoken = [argument for argument, bind, _ in sides.plan() if bind]
    return assertion.replaced(
        assertion.layout.joined([*lines, assertion.stated(Shape(tuple(final)), spoken)])
    )


def _lines(
    assertion: Assertion, argument: Argument, piece: Piece, wanted: str | None
) -> list[tuple[Part, ...]]:
    """What stands before the comparison for an operand; ``piece`` is the name that it is bound to, if any."""
    layout = assertion.layout
    if wanted is None:
        return [layout.assigning(piece, bare(argument))] if isinstance(piece, bytes) else []
    quiet = bare(again(assertion.context, argument))
    kind = b", " + wanted.encode() + b")"
    message = bare(again(assertion.context, assertion.message)) if assertion.message else None
    if not isinstance(piece, bytes):
        return [layout.asserting([b"isinstance(", quiet, kind], message)]
    comments: list[tuple[Part, ...]] = [(c,) for c in argument.comments]
    if assertion.context.config.target_version < _WALRUS:
        assigned = layout.assigning(piece, quiet)
        return [*comments, assigned, layout.asserting([b"isinstance(" + piece + kind], message)]
    return [*comments, layout.asserting([b"isinstance(" + piece + b" := ", quiet, kind], message)]


def _subset(assertion: Assertion) -> Result:
    """The method went with Python 3.12: the fallback, which is as dead there as the original, comes last."""
    subset, dictionary = assertion.bound["subset"], assertion.bound["dictionary"]
    context = assertion.context
    if static_type(context, subset.node) == static_type(context, dictionary.node) == "dict":
        return assertion.asserted(primary(subset), b".items() <= ", primary(dictionary), b".items()")
    if assertion.function is None or not is_builtin(context.module, "all"):
        return assertion.kept()
    key = assertion.fresh_name("key")
    value = assertion.fresh_name("value", [key])
    return assertion.asserted(
        b"all(" + key + b" in ",
        Operand(dictionary),
        b" and " + value + b" == ",
        Operand(again(context, dictionary)),
        b"[" + key + b"] for " + key + b", " + value + b" in ",
        primary(subset),
        b".items())",
        bind=never
        if is_rereadable(dictionary.node)
        else lambda node: node is dictionary.node or not is_trivial(node),
    )
