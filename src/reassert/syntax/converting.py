"""What the codemods for assertions share: from a call to the statements that take its place, or to a refusal.

Everything here keeps the verdict and the order of evaluation. Where operands would change places, or a message
that does something would be evaluated late, they are first bound to local names, in the original order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reassert.model.edits import Edit, Part, Span
from reassert.model.outcomes import Finding, Refusal
from reassert.model.rules import Rewrite
from reassert.syntax.arguments import Argument, is_pure, is_trivial
from reassert.syntax.assertions import AssertionCall, assertion_calls, bare
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.layout import Layout, Operand, Piece
from reassert.syntax.messages import may_be_late, message_of
from reassert.syntax.module import FunctionNode
from reassert.syntax.standalone import on_its_own
from reassert.syntax.types import bound_names

COMMON_REFUSALS = {
    "A-EXPR": "the assertion is used as a value, not as a statement",
    "A-RECEIVER": "not provably called on the test instance, or the arguments cannot be matched to parameters",
    "A-TYPEFUNC": "the class changes what the assertion means",
}
# What an operand is called when it has to be bound to a local name first.
_NAMES = {"first": "actual", "second": "expected", "msg": "message"}


@dataclass(frozen=True)
class Signature:
    """Parameter names in their order; those in ``optional`` may be missing."""

    parameters: tuple[str, ...]
    optional: frozenset[str] = frozenset({"msg"})


def signature(*parameters: str) -> Signature:
    """An assertion method that takes ``parameters`` and a message."""
    return Signature((*parameters, "msg"))


@dataclass(frozen=True)
class Converted:
    """The edits of one call, and what a person should look at."""

    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...] = ()


Result = Converted | Refusal


@dataclass(frozen=True)
class Shape:
    """A condition: pieces one behind the other, or (``close`` is set) a call ``head(operands)close``."""

    pieces: tuple[Piece, ...]
    head: bytes = b""
    close: bytes = b""

    @property
    def operands(self) -> list[Operand]:
        """The operands in the order in which they are evaluated."""
        return [p for p in self.pieces if isinstance(p, Operand)]


@dataclass(frozen=True)
class Assertion:
    """A call with its arguments bound to parameters, in a place where statements can stand."""

    rule_id: str
    call: AssertionCall
    statement: ast.stmt
    bound: Mapping[str, Argument]

    @property
    def context(self) -> Context:
        """The file."""
        return self.call.context

    @cached_property
    def layout(self) -> Layout:
        """The layout for what takes the statement's place."""
        return self.context.layout(self.statement)

    @cached_property
    def message(self) -> Argument | None:
        """The message, None if there is none."""
        return message_of(self.bound)

    @cached_property
    def tail(self) -> tuple[Span, ...]:
        """Comments behind the last argument, and those of a message that is dropped."""
        dropped = self.bound.get("msg") if self.message is None else None
        return (*(dropped.comments if dropped else ()), *self.call.arguments.tail)

    @cached_property
    def stands_alone(self) -> bool:
        """Whether several statements can take the statement's place, and may bind a local name."""
        context = self.context
        start = context.module.span(self.statement).start
        line = context.source.line_starts[context.source.line_of(start) - 1]
        continued = context.source.buffer[:line].rstrip(b"\r\n").endswith(b"\\")
        return context.stands_alone(self.statement) and not continued and self.function is not None

    @cached_property
    def function(self) -> FunctionNode | None:
        """The function whose local names the statement sees; None directly in a class body."""
        scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        scope = next((a for a in self.context.module.ancestors(self.statement) if isinstance(a, scopes)), None)
        return None if isinstance(scope, ast.ClassDef) else scope

    def fresh_name(self, wanted: str, taken: Iterable[bytes] = ()) -> bytes:
        """A local name that the function does not use; ``taken`` are others that were just chosen."""
        assert self.function is not None  # noqa: S101 - callers ask stands_alone first
        name, number = self.context.fresh_name(self.function, wanted), 2
        while name.encode() in taken:
            name, number = self.context.fresh_name(self.function, f"{wanted}{number}"), number + 1
        return name.encode()

    def refuse(self, code: str, reason: str) -> Refusal:
        """The call stays as it is."""
        return self.call.refuse(self.rule_id, code, reason)

    def kept(self) -> Converted:
        """The exact fallback: the same assertion on a TestCase of its own, where the class becomes a plain class."""
        return Converted((on_its_own(self.call, self.rule_id),))

    def replaced(self, parts: Sequence[Part], *imports: str) -> Converted:
        """``parts`` in the place of the statement."""
        unit = self.call.unit(self.rule_id)
        return Converted((self.context.replace(self.statement, parts, unit, imports=imports),))

    def asserted(self, *pieces: Piece, imports: Sequence[str] = ()) -> Converted:
        """``assert <pieces>``, with the message."""
        return self._stated(Shape(pieces), imports)

    def asserted_call(
        self, head: bytes, operands: Sequence[Piece], close: bytes = b")", imports: Sequence[str] = ()
    ) -> Converted:
        """``assert head<operands>close``, with the message."""
        return self._stated(Shape(tuple(operands), head, close), imports)

    def stated(self, shape: Shape) -> tuple[Part, ...]:
        """The assert statement as it is, without a look at the order of evaluation."""
        message = bare(self.message) if self.message else None
        if shape.close:
            return self.layout.asserting_call(shape.head, shape.pieces, shape.close, message, self.tail)
        return self.layout.asserting(shape.pieces, message, self.tail)

    def _stated(self, shape: Shape, imports: Sequence[str]) -> Converted:
        if self._in_order([o.argument for o in shape.operands]):
            return self.replaced(self.stated(shape), *imports)
        if not self.stands_alone:
            return self.kept()
        return self.replaced(self._hoisted(shape), *imports)

    def _in_order(self, operands: Sequence[Argument]) -> bool:
        """Whether evaluating ``operands`` in this order, and the message only on failure, is as good as the original."""
        if self.message is not None and not may_be_late(self.message):
            return False
        return all(
            a.span.start <= b.span.start or _may_swap(a.node, b.node)
            for i, a in enumerate(operands)
            for b in operands[i + 1 :]
        )

    def _hoisted(self, shape: Shape) -> tuple[Part, ...]:
        """Everything that is not trivial bound to local names in the original order, then the assert."""
        names: dict[Span, bytes] = {}
        lines: list[tuple[Part, ...]] = []
        used = {o.argument.span: o.argument for o in shape.operands}
        for parameter, argument in sorted(self.bound.items(), key=lambda item: item[1].span.start):
            if is_trivial(argument.node) or (argument.span not in used and argument is not self.message):
                continue
            names[argument.span] = self.fresh_name(_NAMES.get(parameter, "value"), names.values())
            lines.append(self.layout.assigning(names[argument.span], bare(argument)))
        pieces = tuple(
            names.get(p.argument.span, p) if isinstance(p, Operand) else p for p in shape.pieces
        )
        return self.layout.joined([*lines, self._last(replace(shape, pieces=pieces), names)])

    def _last(self, shape: Shape, names: Mapping[Span, bytes]) -> tuple[Part, ...]:
        message = self.message
        if message is None or message.span not in names:
            return self.stated(shape)
        said = b", " + names[message.span]
        if shape.close:
            return self.layout.asserting_call(shape.head, shape.pieces, shape.close + said, None, self.tail)
        return self.layout.asserting((*shape.pieces, said), None, self.tail)


Convert = Callable[[Assertion], Result]


def convert_calls(context: Context, rule_id: str, signatures: Mapping[str, Signature], convert: Convert) -> Rewrite:
    """``convert`` for every call of the assertion methods that ``signatures`` names."""
    calls, refusals = assertion_calls(context, rule_id, frozenset(signatures))
    edits: list[Edit] = []
    findings: list[Finding] = []
    handled: set[int] = set()
    for call in calls:
        assertion = _prepared(call, rule_id, signatures[call.name])
        result = convert(assertion) if isinstance(assertion, Assertion) else assertion
        if isinstance(result, Refusal):
            refusals.append(result)
            continue
        edits += result.edits
        findings += result.findings
        handled.add(id(call.attribute))
    return Rewrite(tuple(edits), tuple(refusals), tuple(findings), handled=frozenset(handled))


def _prepared(call: AssertionCall, rule_id: str, expected: Signature) -> Assertion | Refusal:
    statement = statement_of(call)
    if statement is None:
        return call.refuse(rule_id, "A-EXPR", f"the value of {call.spelled}() is used")
    if call.arguments.starred:
        return call.refuse(rule_id, "A-RECEIVER", f"{call.spelled}() is called with starred arguments")
    bound = call.bind(*expected.parameters)
    if bound is None or any(p not in bound and p not in expected.optional for p in expected.parameters):
        return call.refuse(rule_id, "A-RECEIVER", f"the arguments do not fit {call.spelled}()")
    return Assertion(rule_id, call, statement, bound)


def statement_of(call: AssertionCall) -> ast.stmt | None:
    """The statement that is nothing but the call: an expression, or the ``return`` that ends a test."""
    module = call.context.module
    around = module.parents[call.call]
    if isinstance(around, ast.Return) and call.method.name.startswith("test"):
        statement: ast.stmt | None = around if call.method.body[-1] is around else None
    else:
        statement = call.statement
    if statement is None:
        return None
    whole, inner = module.span(statement), module.span(call.call)
    outside = call.context.source.buffer[whole.start : inner.start] + call.context.source.buffer[inner.end : whole.end]
    return None if b"#" in outside else statement


def spelled(context: Context, dotted: str) -> bytes | None:
    """How the file spells a module that new text needs; None if the file gives that name to something else."""
    name = imported_as(context, dotted)
    top = name.decode().partition(".")[0]
    if top not in bound_names(context.module):
        return name
    return name if context.module.imports.get(top) == {dotted} and top not in context.module.rebound else None


def unwrapped(context: Context, argument: Argument) -> Argument:
    """The argument without needless parentheses of its own."""
    span = context.module.span(argument.node)
    outside = context.source.buffer[argument.span.start : span.start] + context.source.buffer[span.end : argument.span.end]
    multiline = b"\n" in context.source.buffer[argument.span.start : argument.span.end]
    if not argument.parenthesised or b"#" in outside or multiline or isinstance(argument.node, ast.GeneratorExp):
        return argument
    return replace(argument, span=span, parenthesised=False)


def is_rereadable(node: ast.expr) -> bool:
    """Whether reading an expression twice is as good as reading it once: names, attributes of names, constants."""
    if isinstance(node, ast.Attribute):
        return is_rereadable(node.value)
    return is_trivial(node) and not isinstance(node, ast.Lambda)


def is_constant(node: ast.expr) -> bool:
    """Whether Python's compiler folds an expression to a constant other than None, a bool or an ellipsis."""
    if isinstance(node, ast.Constant):
        return not (node.value is None or node.value is ... or isinstance(node.value, bool))
    if isinstance(node, ast.UnaryOp):
        return not isinstance(node.op, ast.Not) and is_constant(node.operand)
    if isinstance(node, ast.BinOp):
        return is_constant(node.left) and is_constant(node.right)
    if isinstance(node, ast.Tuple):
        return all(isinstance(e, ast.Constant) or is_constant(e) for e in node.elts)
    return isinstance(node, ast.Subscript) and is_constant(node.value)


def _may_swap(first: ast.expr, second: ast.expr) -> bool:
    return is_trivial(first) or is_trivial(second) or (is_pure(first) and is_pure(second))
