"""Mocks that decorators hand to tests: pytest leaves out those that come by position, and no others."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode

_MULTIPLE = "unittest.mock.patch.multiple"


def named_mocks(context: Context, info: ClassInfo, test: FunctionNode) -> Iterator[str]:
    """The parameters that ``patch.multiple`` of the test, or of a class that has it, fills by their names.

    Source: ``num_mock_patch_args`` in _pytest/compat.py, which does not count patches with a name.
    """
    holders = [info, *context.classes.heirs(info)]
    decorators = [*test.decorator_list, *(d for c in holders for d in c.node.decorator_list)]
    calls = [d for d in decorators if isinstance(d, ast.Call) and _is_multiple(context, d)]
    keywords = [k for call in calls for k in call.keywords]
    unseen = any(k.arg is None for k in keywords)
    names = {k.arg for k in keywords if k.arg and _may_be_default(k.value)}
    yield from (name for name in _required(test) if calls and (unseen or name in names))


def _is_multiple(context: Context, call: ast.Call) -> bool:
    return context.module.resolve(call.func) == _MULTIPLE


def _may_be_default(node: ast.expr) -> bool:
    """Whether a value may be ``mock.DEFAULT``, which asks for a mock."""
    return isinstance(node, (ast.Name, ast.Attribute, ast.IfExp, ast.Subscript))


def _required(test: FunctionNode) -> list[str]:
    """The parameters behind the first one that have no default."""
    a = test.args
    positional = [*a.posonlyargs, *a.args]
    needed = positional[1 : len(positional) - len(a.defaults)]
    named = [k for k, default in zip(a.kwonlyargs, a.kw_defaults, strict=True) if default is None]
    return [p.arg for p in (*needed, *named)]
