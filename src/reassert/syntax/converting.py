"""What the codemods for assertions share: from a call to the statements that take its place, or a refusal.

Everything here keeps the verdict and the order of evaluation. Where operands would change places, or a
message that does something would be evaluated late, they are bound to local names first, in their order.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from reassert.model.edits import Edit, Part, Span
from reassert.model.outcomes import Finding, Refusal
from reassert.model.rules import Rewrite
from reassert.syntax.arguments import Argument, is_pure, is_trivial, sees_rewriting
from reassert.syntax.assertions import AssertionCall, assertion_calls, bare
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.layout import Layout, Operand, Piece
from reassert.syntax.messages import may_be_late, message_of
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.standalone import on_its_own
from reassert.syntax.types import bound_names

COMMON_REFUSALS = {
    "A-EXPR": "the assertion is used as a value, not as a statement",
    "A-RECEIVER": "not provably called on the test instance, or with arguments that cannot be told apart",
    "A-TYPEFUNC": "the class changes what the assertion means",
}
# What an operand is called when it has to be bound to a local name first.
_NAMES = {
    "msg": "message",
    "text": "text",
    "expected_regex": "pattern",
    "unexpected_regex": "pattern",
    "subset": "subset",
    "dictionary": "dictionary",
    "member": "member",
    "container": "container",
    "cls": "expected_type",
    **dict.fromkeys(("first", "list1", "tuple1", "set1", "d1", "seq1", "expr1", "obj"), "actual"),
    **dict.fromkeys(("second", "list2", "tuple2", "set2", "d2", "seq2", "expr2"), "expected"),
}


@dataclass(frozen=True)
class Signature:
    """Parameter names in their order; those in ``optional`` may be missing."""

    parameters: tuple[str, ...]
    optional: frozenset[str] = frozenset({"msg"})


def signature(*parameters: str) -> Signature:
    """An assertion method that takes ``parameters`` and a message."""
    return Signature((*parameters, "msg"))


class Converted(NamedTuple):
    """The edits of one call, and what a person should look at."""

    edits: tuple[Edit, ...]
    findings: tuple[Finding, ...] = ()


Result = Converted | Refusal


Test = Callable[[ast.expr], bool]


def never(_: ast.expr) -> bool:
    """No operand at all."""
    return False


class Shape(NamedTuple):
    """A condition: pieces one behind the other, or (``close`` is set) a call ``head(operands)close``."""

    pieces: tuple[Piece, ...]
    head: bytes = b""
    close: bytes = b""

    @property
    def operands(self) -> list[Operand]:
        """The operands in the order in which they are evaluated."""
        return [p for p in self.pieces if isinstance(p, Operand)]


@dataclass(eq=False)
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

    @property
    def message(self) -> Argument | None:
        """The message, None if there is none."""
        return message_of(self.bound)

    def loose_comments(self, spoken: Iterable[Argument]) -> tuple[Span, ...]:
        """Comments of the call that belong to none of the arguments in ``spoken``."""
        every = sorted(c for argument in self.bound.values() for c in argument.comments)
        every += self.call.arguments.tail
        told = {c for argument in spoken for c in argument.comments} if every else ()
        return tuple(c for c in every if c not in told)

    @cached_property
    def stands_alone(self) -> bool:
        """Whether several statements can take the statement's place, and may bind a local name."""
        context = self.context
        start = context.module.span(self.statement).start
        line = context.source.line_starts[context.source.line_of(start) - 1]
        continued = context.source.buffer[max(line - 3, 0) : line].rstrip(b"\r\n").endswith(b"\\")
        return context.stands_alone(self.statement) and not continued and self.function is not None

    @cached_property
    def function(self) -> FunctionNode | None:
        """The function whose local names the statement sees; None directly in a class body."""
        scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        scope = next(
            (a for a in self.context.module.ancestors(self.statement) if isinstance(a, scopes)), None
        )
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
        """The exact fallback: the same assertion on a TestCase of its own, if the class becomes plain."""
        return Converted((on_its_own(self.call, self.rule_id),))

    def replaced(self, parts: Sequence[Part], *imports: str) -> Converted:
        """``parts`` in the place of the statement."""
        unit = self.call.unit(self.rule_id)
        return Converted((self.context.replace(self.statement, parts, unit, imports=imports),))

    def asserted(self, *pieces: Piece, imports: Sequence[str] = (), bind: Test = never) -> Converted:
        """``assert <pieces>``, with the message; operands that ``bind`` picks out get local names first."""
        return self._stated(Shape(pieces), imports, bind)

    def asserted_call(
        self, head: bytes, operands: Sequence[Piece], close: bytes = b")", imports: Sequence[str] = ()
    ) -> Converted:
        """``assert head<operands>close``, with the message."""
        return self._stated(Shape(tuple(operands), head, close), imports, never)

    def stated(self, shape: Shape, spoken: Iterable[Argument] = ()) -> tuple[Part, ...]:
        """The assert statement as it is, in any order; the comments of ``spoken`` are told elsewhere."""
        message = bare(self.message) if self.message else None
        return self._laid_out(shape, message, spoken)

    def _laid_out(
        self, shape: Shape, message: Operand | None, spoken: Iterable[Argument]
    ) -> tuple[Part, ...]:
        said = [*spoken, *(o.argument for o in shape.operands), *([message.argument] if message else [])]
        loose = self.loose_comments(said)
        if shape.close:
            return self.layout.asserting_call(shape.head, shape.pieces, shape.close, message, loose)
        return self.layout.asserting(shape.pieces, message, loose)

    def _stated(self, shape: Shape, imports: Sequence[str], bind: Test) -> Converted:
        arguments = [o.argument for o in shape.operands]
        message_waits = self.message is None or may_be_late(self.message)
        ordered = message_waits and _in_order(arguments) and not _is_hurried(self.context.module, shape)
        bound = [a for a in arguments if bind(a.node) or not (ordered or is_trivial(a.node))]
        if self.message is not None and not message_waits:
            bound.append(self.message)
        if bound and not self.stands_alone:
            return self.kept()
        return self.replaced(self._hoisted(shape, bound), *imports)

    def _hoisted(self, shape: Shape, bound: Sequence[Argument]) -> tuple[Part, ...]:
        """``bound`` as local names in the original order, then the assert."""
        if not bound:
            return self.layout.joined([self._last(shape, (), {})])
        names: dict[ast.expr, bytes] = {}
        lines: list[tuple[Part, ...]] = []
        for argument in sorted({a.node: a for a in reversed(bound)}.values(), key=lambda a: a.span.start):
            names[argument.node] = self.fresh_name(self._wanted(argument), names.values())
            lines.append(self.layout.assigning(names[argument.node], bare(argument)))
        pieces = tuple(names.get(p.argument.node, p) if isinstance(p, Operand) else p for p in shape.pieces)
        return self.layout.joined([*lines, self._last(shape._replace(pieces=pieces), bound, names)])

    def _wanted(self, argument: Argument) -> str:
        """The name that an operand would get: by the parameter that it came from."""
        found = next(
            (p for p, a in self.bound.items() if a.span.start <= argument.span.start < a.span.end), ""
        )
        return _NAMES.get(found, "value")

    def _last(
        self, shape: Shape, bound: Sequence[Argument], names: Mapping[ast.expr, bytes]
    ) -> tuple[Part, ...]:
        message = self.message
        if message is None or message.node not in names:
            return self.stated(shape, bound)
        # An operand, not a piece of the condition: inside of parentheses it would make a tuple.
        named = Operand(replace(message, before=(), after=()), parts=(names[message.node],))
        return self._laid_out(shape, named, bound)


Convert = Callable[[Assertion], Result]


def convert_calls(
    context: Context, rule_id: str, signatures: Mapping[str, Signature], convert: Convert
) -> Rewrite:
    """``convert`` for every call of the assertion methods that ``signatures`` names."""
    calls, refusals = assertion_calls(context, rule_id, frozenset(signatures))
    edits: list[Edit] = []
    findings: list[Finding] = []
    handled: set[int] = set()
    for call in calls:
        assertion = _prepared(call, rule_id, signatures[call.name])
        result = _converted(assertion, convert) if isinstance(assertion, Assertion) else assertion
        if isinstance(result, Refusal):
            refusals.append(result)
            continue
        edits += result.edits
        findings += result.findings
        handled.add(id(call.attribute))
    return Rewrite(tuple(edits), tuple(refusals), tuple(findings), handled=frozenset(handled))


def _converted(assertion: Assertion, convert: Convert) -> Result:
    if any(sees_rewriting(assertion.context.module, argument.node) for argument in assertion.bound.values()):
        return assertion.kept()
    return convert(assertion)


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
    if whole == inner:
        return statement
    outside = (
        call.context.source.buffer[whole.start : inner.start]
        + call.context.source.buffer[inner.end : whole.end]
    )
    return None if b"#" in outside else statement


# What a "." may follow without parentheses; a number would swallow it.
_PRIMARIES = (
    ast.Name,
    ast.Attribute,
    ast.Call,
    ast.Subscript,
    ast.JoinedStr,
    ast.List,
    ast.Dict,
    ast.Set,
    ast.Tuple,
)


def primary(argument: Argument) -> Operand:
    """The argument in front of a dot."""
    node = argument.node
    is_text = isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
    return Operand(argument, wrap=not (argument.parenthesised or is_text or isinstance(node, _PRIMARIES)))


def wrapped_call(head: bytes, argument: Argument, close: bytes = b")") -> list[Piece]:
    """``head<argument>close``: a call of one argument; ``head`` ends with its opening parenthesis."""
    if isinstance(argument.node, ast.GeneratorExp) and not argument.comments:
        return [head[:-1], Operand(argument), close[1:]]
    return [head, bare(argument), close]


def spelled(context: Context, dotted: str) -> bytes | None:
    """How the file spells a module that new text needs; None if that name means something else."""
    name = imported_as(context, dotted)
    top = name.decode().partition(".")[0]
    if top not in bound_names(context.module):
        return name
    if top in context.module.rebound:
        return None
    targets = context.module.imports.get(top, frozenset())
    return name if targets <= {dotted, dotted.rpartition(".")[0]} else None


def unwrapped(context: Context, argument: Argument) -> Argument:
    """The argument without needless parentheses of its own."""
    span = context.module.span(argument.node)
    text = context.source.buffer[argument.span.start : argument.span.end]
    if (
        not argument.parenthesised
        or b"\n" in text
        or b"\r" in text
        or isinstance(argument.node, ast.GeneratorExp)
    ):
        return argument
    return replace(argument, span=span, parenthesised=False)


def is_rereadable(node: ast.expr) -> bool:
    """Whether an expression may be read twice: names, attributes of names, constants."""
    if isinstance(node, ast.Attribute):
        return node.lineno == node.end_lineno and is_rereadable(node.value)
    if isinstance(node, ast.UnaryOp):
        return isinstance(node.operand, ast.Constant)
    return isinstance(node, (ast.Name, ast.Constant)) and node.lineno == node.end_lineno


def again(context: Context, argument: Argument) -> Argument:
    """A rereadable argument for a second place of the same statement: without comments and parentheses."""
    if not is_rereadable(argument.node):
        return replace(argument, before=(), after=())
    span = context.module.span(argument.node)
    return replace(argument, span=span, parenthesised=False, before=(), after=())


def is_constant(node: ast.expr) -> bool:
    """Whether Python's compiler folds an expression to a constant that it warns of beside ``is``."""
    if isinstance(node, ast.Constant):
        return not (node.value is None or node.value is ... or isinstance(node.value, bool))
    return not (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)) and _folds(node)


def _folds(node: ast.expr) -> bool:
    if isinstance(node, ast.UnaryOp):
        return _folds(node.operand)
    if isinstance(node, ast.BinOp):
        return _folds(node.left) and _folds(node.right)
    if isinstance(node, ast.Tuple):
        return all(map(_folds, node.elts))
    if isinstance(node, ast.Subscript):
        return _folds(node.value)
    return isinstance(node, ast.Constant)


def _in_order(operands: Sequence[Argument]) -> bool:
    """Whether evaluating ``operands`` in this order is as good as in the order of the source."""
    return all(
        a.span.start <= b.span.start or _may_swap(a.node, b.node)
        for i, a in enumerate(operands)
        for b in operands[i + 1 :]
    )


def _is_hurried(module: Module, shape: Shape) -> bool:
    """Whether pytest would evaluate more of an operand than Python does, where that matters.

    Source: visit_Compare in _pytest/assertion/rewrite.py: ``a < b < c()`` always calls ``c``.
    """
    walked = (n for o in shape.operands for n in module.subtree(o.argument.node))
    compares = [n for n in walked if isinstance(n, ast.Compare)]
    if len(compares) == len(shape.pieces) == 1 and compares[0] is shape.operands[0].argument.node:
        return False  # the whole condition: it fails as soon as one comparison does
    return not all(is_pure(later) for compare in compares for later in compare.comparators[1:])


def _may_swap(first: ast.expr, second: ast.expr) -> bool:
    return _is_still(first) or _is_still(second) or (is_pure(first) and is_pure(second))


def _is_still(node: ast.expr) -> bool:
    """Whether it does not matter when an expression is evaluated: it is trivial, or compiles a pattern."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "compile":
        arguments = [*node.args, *(k.value for k in node.keywords)]
        return (
            isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and all(map(is_pure, arguments))
        )
    return is_trivial(node)
