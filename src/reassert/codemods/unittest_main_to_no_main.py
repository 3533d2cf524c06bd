"""``if __name__ == "__main__": unittest.main()`` (spec B.6)."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import ClassVar

from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import STALE_MAIN, Finding
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.assertions import in_scope
from reassert.syntax.context import Context
from reassert.syntax.statements import line_start, line_stop

_COMMENT = re.compile(rb"#[^\r\n]*")
_PRAGMA = re.compile(rb"#\s*pragma:\s*no\s*cover\s*$")
_RUNNERS = (
    "unittest.main",
    "unittest.TextTestRunner",
    "unittest.TestLoader",
    "unittest.TestSuite",
    "unittest.makeSuite",
)


class UnittestMainToNoMain(Codemod[Context]):
    """https://docs.python.org/3/library/unittest.html#unittest.main finds nothing in plain classes."""

    title = "unittest.main() blocks go"
    mentions = (b"__main__",)
    refusals: ClassVar[Mapping[str, str]] = {"B-DYNAMIC": "the block does more than unittest.main()"}

    def rewrite(self, context: Context) -> Rewrite:
        """Remove the block once every TestCase of the file has become a plain class."""
        own = any(c.is_testcase and in_scope(context, c) for c in context.classes.all)
        if not own and not context.facts.names:
            return Rewrite()
        for node in context.module.tree.body:
            if (
                isinstance(node, ast.If)
                and _is_main_guard(node)
                and not context.is_ignored(self.id, node, "__main__")
            ):
                return self._removed(context, node) if own else Rewrite(findings=self._stale(context, node))
        return Rewrite()

    def _stale(self, context: Context, node: ast.If) -> tuple[Finding, ...]:
        """What is to be said if the block stays and a class becomes plain."""
        if not any(_runs_tests(context, n) for n in ast.walk(node)):
            return ()
        return (
            context.finding(self.id, STALE_MAIN, node, "the block no longer runs the classes that are plain"),
        )

    def _removed(self, context: Context, node: ast.If) -> Rewrite:
        if _is_all_main(context, node) and _has_only_pragmas(context, node):
            removal = _removal(context, node, Unit(self.id, "__main__"))
            return Rewrite((removal,), findings=self._stale(context, node))
        if not any(_runs_tests(context, n) for n in ast.walk(node)):
            return Rewrite()
        reason = "the block does more than unittest.main(), which no longer finds the tests"
        return Rewrite(refusals=(context.refusal(self.id, "B-DYNAMIC", node, "__main__", reason),))


def _is_main_guard(node: ast.If) -> bool:
    test = node.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.ops[0], ast.Eq):
        return False
    sides = {ast.dump(side) for side in [test.left, *test.comparators]}
    return sides == {ast.dump(ast.Name("__name__", ast.Load())), ast.dump(ast.Constant("__main__"))}


def _is_all_main(context: Context, node: ast.If) -> bool:
    if node.orelse or len(node.body) != 1:
        return False
    only = node.body[0]
    if not isinstance(only, ast.Expr) or not isinstance(only.value, ast.Call):
        return False
    return context.module.resolve(only.value.func) == "unittest.main"


def _runs_tests(context: Context, node: ast.AST) -> bool:
    if not isinstance(node, (ast.Name, ast.Attribute)):
        return False
    return context.module.resolve(node) in _RUNNERS


def _has_only_pragmas(context: Context, node: ast.If) -> bool:
    """Whether no comment would be lost but the coverage pragmas; a comment below may belong to the block."""
    buffer, span = context.source.buffer, context.module.span(node)
    stop = line_stop(context, span.end)
    if buffer[span.end : stop].split(b"#")[0].strip():
        return False
    while stop < len(buffer) and (
        not buffer[stop : line_stop(context, stop)].strip() or _is_inner(context, stop)
    ):
        stop = line_stop(context, stop)
    return all(_PRAGMA.match(comment) for comment in _COMMENT.findall(buffer, span.start, stop))


def _is_inner(context: Context, start: int) -> bool:
    line = context.source.buffer[start : line_stop(context, start)]
    return line[:1] in b" \t" and line.lstrip().startswith(b"#")


def _removal(context: Context, node: ast.If, unit: Unit) -> Edit:
    """The block with the blank lines before it; at the end of the file, also those behind it."""
    buffer, span = context.source.buffer, context.module.span(node)
    start, stop = span.start, line_stop(context, span.end)
    while start > 0 and not buffer[line_start(context, start - 1) : start].strip():
        start = line_start(context, start - 1)
    if not buffer[stop:].strip():
        stop = len(buffer)
        if not buffer.endswith((b"\n", b"\r")):
            start = len(buffer[:start].rstrip(b"\r\n"))
    return Edit(start, stop, (), unit, "*", swallows=True)
