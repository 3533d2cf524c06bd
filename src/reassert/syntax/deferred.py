"""``self.assertX(expected[, pattern], function, *args, **kw)``: the call that an assertion makes itself."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reassert.model.edits import Part, Span
from reassert.syntax.arguments import Argument
from reassert.syntax.assertions import AssertionCall
from reassert.syntax.calling import (
    Row,
    call_parts,
    deeper,
    keyword_row,
    lambda_body,
    rows,
    statement_of,
    with_block,
)
from reassert.syntax.classes import receiver_name
from reassert.syntax.exceptions import ALL, is_bound, may_catch
from reassert.syntax.layout import Operand
from reassert.syntax.module import FunctionNode
from reassert.syntax.testcase_api import LEGACY_ASSERTIONS
from reassert.syntax.types import is_builtin, is_folded

_ASSERTING = LEGACY_ASSERTIONS | {"skipTest"}
_ATTRIBUTE_ERRORS = ALL | {"AttributeError"}
_NAME_ERRORS = ALL | {"NameError", "UnboundLocalError"}
_TYPE_ERRORS = ALL | {"TypeError"}
# Built-ins that look at the frame that calls them, and how many arguments make them independent of it.
_FRAME_READERS = {"eval": 2, "exec": 2, "locals": 0, "globals": 0, "vars": 1, "dir": 1}
# Built-ins that without arguments give something empty.
_EMPTY = frozenset(
    {"object", "list", "tuple", "dict", "set", "frozenset", "str", "bytes", "bytearray"}
    | {"int", "float", "bool", "complex"}
)
# Parameters of pytest.raises and pytest.warns that a keyword for the function must not meet.
_RESERVED = frozenset({"func", "expected_exception", "expected_warning"})


@dataclass(frozen=True)
class DeferredCall:
    """An assertion that calls ``function``; ``fixed`` arguments (1, with a pattern 2) come before it.

    ``catches`` is what the block swallows: the expected exception, None when it swallows nothing.
    """

    call: AssertionCall
    fixed: int
    catches: ast.expr | None

    @property
    def function(self) -> ast.expr:
        """What is called."""
        return self.call.call.args[self.fixed]

    @property
    def values(self) -> list[ast.expr]:
        """The arguments of the call, starred ones included."""
        return [*self.call.call.args[self.fixed + 1 :], *(k.value for k in self.call.call.keywords)]

    @property
    def statement(self) -> ast.stmt | None:
        """The statement that consists of the assertion; a last ``return`` of it in a test is one, too."""
        parent = self.call.context.module.parents[self.call.call]
        method = self.call.method
        if isinstance(parent, ast.Return) and parent is method.body[-1] and method.name.startswith("test"):
            return parent
        return self.call.statement

    # -- may the call move into a with-block? ----------------------------------------------------------------

    @cached_property
    def movable(self) -> bool:
        """Whether the function and its arguments may be evaluated inside of the block."""
        statement = self.statement
        if statement is None or not self.call.context.stands_alone(statement) or self._is_assertion:
            return False
        if self._inlined is not None:
            return True
        if self._reads_frame or not isinstance(self.function, (ast.Name, ast.Attribute)):
            return False
        return self._is_steady(self.function) and self._are_arguments_steady()

    @property
    def _is_assertion(self) -> bool:
        """Whether what is called is an assertion again: as a statement it would be one to convert."""
        inside = self.call.context.module.subtree(self.function)
        nodes = {n for n in inside if isinstance(n, ast.Attribute) and n.attr in _ASSERTING}
        return bool(nodes) and any(use.node in nodes for use in self.call.owner.uses.attributes)

    @cached_property
    def _inlined(self) -> Span | None:
        """The body of a lambda that gets no arguments."""
        if self.values:
            return None
        return lambda_body(self.call.context.module, self.function)

    @property
    def _reads_frame(self) -> bool:
        function = self.function
        if not isinstance(function, ast.Name) or function.id not in _FRAME_READERS:
            return False
        return len(self.values) < max(1, _FRAME_READERS[function.id])

    def _are_arguments_steady(self) -> bool:
        """As ``_is_steady``, for all arguments; the function's own ``*args`` and ``**kwargs`` cannot fail."""
        scope = self._scope.args
        for node in self.call.call.args[self.fixed + 1 :]:
            if not _is_parameter(node, scope.vararg) and not self._is_steady(node):
                return False
        for keyword in self.call.call.keywords:
            if keyword.arg is None and _is_parameter(keyword.value, scope.kwarg):
                continue
            if not self._is_steady(keyword.value) or (keyword.arg is None and self._swallows(_TYPE_ERRORS)):
                return False
        return True

    @property
    def _scope(self) -> FunctionNode:
        return self.call.context.module.enclosing_function(self.call.call) or self.call.method

    def _is_steady(self, node: ast.expr) -> bool:
        """Whether evaluating ``node`` does nothing, and cannot raise what the block catches."""
        if isinstance(node, ast.Name):
            return not self._swallows(_NAME_ERRORS) or is_bound(self.call.context, node)
        if isinstance(node, ast.Attribute):
            exists = not self._swallows(_ATTRIBUTE_ERRORS) or self._is_own_method(node)
            return exists and self._is_steady(node.value)
        if isinstance(node, (ast.UnaryOp, ast.BinOp)):
            return is_folded(self.call.context, node)
        if isinstance(node, (ast.Tuple, ast.List)):
            return all(map(self._is_steady, node.elts))
        if isinstance(node, ast.Dict):
            constant = all(isinstance(key, ast.Constant) for key in node.keys)
            return constant and all(map(self._is_steady, node.values))
        return isinstance(node, (ast.Constant, ast.Lambda)) or self._makes_empty(node)

    def _makes_empty(self, node: ast.expr) -> bool:
        """Whether it is ``set()`` or the like, which cannot fail."""
        if (
            not isinstance(node, ast.Call)
            or node.args
            or node.keywords
            or not isinstance(node.func, ast.Name)
        ):
            return False
        return node.func.id in _EMPTY and is_builtin(self.call.context.module, node.func.id)

    def _swallows(self, errors: frozenset[str]) -> bool:
        return self.catches is not None and may_catch(self.call.context, self.catches, errors)

    def _is_own_method(self, node: ast.Attribute) -> bool:
        defined = {name for info in self.call.owner.lineage for name in info.methods}
        receiver = receiver_name(self.call.method)
        return isinstance(node.value, ast.Name) and node.value.id == receiver and node.attr in defined

    @property
    def callable_form(self) -> bool:
        """Whether ``pytest.raises(E, function, ...)`` certainly makes the same call.

        pytest refuses what is not callable, where the original called it and may have expected the TypeError.
        """
        names = {k.arg for k in self.call.call.keywords}
        if names & _RESERVED or (None in names and self._given_mapping):
            return False
        if isinstance(self.function, (ast.Attribute, ast.Lambda)) or not self._swallows(_TYPE_ERRORS):
            return True
        return isinstance(self.function, ast.Name) and is_bound(self.call.context, self.function)

    @property
    def _given_mapping(self) -> bool:
        keywords = [k.value for k in self.call.call.keywords if k.arg is None]
        return any(not isinstance(k, ast.Dict) for k in keywords)

    # -- the block -------------------------------------------------------------------------------------------

    def block(self, head: bytes) -> tuple[Part, ...] | None:
        """``with head(expected, match=pattern):`` and the call below it; None if it cannot be written."""
        body = self._body()
        statement = self.statement
        if body is None or statement is None:
            return None
        layout = self.call.context.layout(statement)
        arguments = self._fixed_arguments()
        spoken = [replace(a, before=(), after=()) for a in arguments]
        named = [Row(b"", spoken[0]), *(keyword_row(b"match", a) for a in spoken[1:])]
        header = call_parts(layout, [b"with " + head + b"("], named, [b"):"])
        return with_block(layout, header, body, self._comments(arguments))

    def _fixed_arguments(self) -> Sequence[Argument]:
        items = self.call.arguments.items
        if self.call.arguments.starred:
            module = self.call.context.module
            return [
                Argument(a, None, module.span(a), parenthesised=False)
                for a in self.call.call.args[: self.fixed]
            ]
        return items[: self.fixed]

    def _comments(self, fixed: Sequence[Argument]) -> list[Span]:
        arguments = self.call.arguments
        beside = [*fixed, *arguments.items[self.fixed : self.fixed + 1]]
        return [*(c for a in beside for c in a.comments), *arguments.tail]

    def _body(self) -> list[Part] | None:
        layout = deeper(self.call.context, self.statement or self.call.call)
        if self._inlined is not None:
            return statement_of(layout, self._inlined)
        if self.call.arguments.starred:
            return self._starred_body()
        items = self.call.arguments.items
        function = replace(items[self.fixed], before=(), after=())
        return call_parts(layout, [Operand(function), b"("], rows(items[self.fixed + 1 :]), [b")"])

    def _starred_body(self) -> list[Part] | None:
        """As written, if the arguments stand on one line without comments or parentheses of their own."""
        module, call = self.call.context.module, self.call.call
        spans = [module.span(a) for a in [*call.args[self.fixed + 1 :], *call.keywords]]
        whole = module.span(call)
        given = Span(min(s.start for s in spans), max(s.end for s in spans))
        if (
            b"\n" in module.source.buffer[whole.start : whole.end]
            or b"#" in module.source.buffer[whole.start : whole.end]
        ):
            return None
        text = module.source.buffer[given.start : given.end].decode()
        if not _same_arguments(text, call.args[self.fixed + 1 :], call.keywords):
            return None
        return [module.span(self.function), b"(", given, b")"]


def _is_parameter(node: ast.expr, parameter: ast.arg | None) -> bool:
    value = node.value if isinstance(node, ast.Starred) else node
    return parameter is not None and isinstance(value, ast.Name) and value.id == parameter.arg


def _same_arguments(text: str, args: list[ast.expr], keywords: list[ast.keyword]) -> bool:
    try:
        parsed = ast.parse(f"f({text})", mode="eval").body
    except SyntaxError:
        return False
    wanted = ast.Call(ast.Name("f", ast.Load()), args, keywords)
    return ast.dump(parsed) == ast.dump(wanted)
