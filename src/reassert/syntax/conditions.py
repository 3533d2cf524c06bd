"""Conditions on the Python version that are settled for every Python whose tests reassert reads (3.8 on)."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator

from reassert.syntax.testcase_api import ASSERTIONS, NOT_EVERYWHERE

_OLDEST = (3, 8)
_LATEST = (4,)
_COMPARE: dict[type[ast.cmpop], Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def settled(test: ast.expr) -> bool | None:
    """True or False where a test has that value on every supported Python, else None."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = settled(test.operand)
        return None if inner is None else not inner
    if isinstance(test, ast.Attribute) and test.attr in ("PY2", "PY3") and isinstance(test.value, ast.Name):
        return test.attr == "PY3" if test.value.id == "six" else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _compared(test)
    return True if _asks_for_known_method(test) else None


def _asks_for_known_method(test: ast.expr) -> bool:
    """``hasattr(unittest.TestCase, "assertIn")``: true of every name that no supported Python lacks."""
    if not (isinstance(test, ast.Call) and isinstance(test.func, ast.Name) and test.func.id == "hasattr"):
        return False
    match test.args:
        case [ast.Name(id="TestCase") | ast.Attribute(attr="TestCase"), ast.Constant(value=str(name))]:
            return name in ASSERTIONS - NOT_EVERYWHERE or name in (
                "subTest",
                "skipTest",
                "setUpClass",
                "addCleanup",
            )
    return False


def _compared(test: ast.Compare) -> bool | None:
    compare = _COMPARE.get(type(test.ops[0]))
    wanted = _version(test.comparators[0])
    width = _width(test.left)
    if compare is None or wanted is None or width is None:
        return None
    answers = {compare(v[:width], wanted) for v in _versions(wanted)}
    return answers.pop() if len(answers) == 1 else None


def _versions(wanted: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Versions that stand for all supported ones: the oldest, those around ``wanted``, one far ahead."""
    yield (*_OLDEST, 0)
    yield (3, 99, 0)
    if len(wanted) > 1 and wanted[:2] >= _OLDEST and wanted < _LATEST:
        yield (wanted[0], wanted[1] - 1, 99) if wanted[1] > _OLDEST[1] else (*_OLDEST, 0)
        yield (wanted[0], wanted[1], 0)


def _width(node: ast.expr) -> int | None:
    """How much of the version an expression on ``sys.version_info`` looks at."""
    if isinstance(node, ast.Attribute):
        if node.attr == "version_info" and isinstance(node.value, ast.Name) and node.value.id == "sys":
            return 3
        return 1 if node.attr == "major" and _width(node.value) == 3 else None  # noqa: PLR2004
    if isinstance(node, ast.Subscript) and _width(node.value):
        index = node.slice
        if isinstance(index, ast.Constant) and index.value == 0:
            return 1
        if isinstance(index, ast.Slice) and index.lower is None and isinstance(index.upper, ast.Constant):
            return index.upper.value if isinstance(index.upper.value, int) else None
    return None


def _version(node: ast.expr) -> tuple[int, ...] | None:
    values = node.elts if isinstance(node, ast.Tuple) else [node]
    numbers = [v.value for v in values if isinstance(v, ast.Constant) and isinstance(v.value, int)]
    return tuple(numbers) if len(numbers) == len(values) else None
