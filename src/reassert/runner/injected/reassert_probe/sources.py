"""What the source says of assertions: what they ask, what catches their failures, what they stand around."""

from __future__ import annotations

import ast
import functools
import importlib.util
from typing import Any, Dict, Iterable, Iterator, NamedTuple, Tuple

# Whose arguments tell what it asks, and by which name it is counted.
_TELLING = {
    "assertEqual": "assertEqual",
    "assertEquals": "assertEqual",
    "failUnlessEqual": "assertEqual",
    "assertTrue": "assertTrue",
    "assert_": "assertTrue",
    "failUnless": "assertTrue",
    "assertFalse": "assertFalse",
    "failIf": "assertFalse",
    "assertAlmostEqual": "assertAlmostEqual",
    "assertAlmostEquals": "assertAlmostEqual",
    "failUnlessAlmostEqual": "assertAlmostEqual",
    "assertGreater": "assertGreater",
    "assertGreaterEqual": "assertGreaterEqual",
    "assertLess": "assertLess",
    "assertLessEqual": "assertLessEqual",
    "assertListEqual": "assertListEqual",
    "assertTupleEqual": "assertTupleEqual",
    "assertSetEqual": "assertSetEqual",
    "assertDictEqual": "assertDictEqual",
    "assertSequenceEqual": "assertSequenceEqual",
    "assertMultiLineEqual": "assertMultiLineEqual",
    "assertIn": "assertIn",
    "assertIs": "assertIs",
    "assertIsNone": "assertIsNone",
    "assertIsNotNone": "assertIsNotNone",
    "assertIsInstance": "assertIsInstance",
}
_RAISING = ("assertRaises", "assertRaisesRegex", "raises")
# With more arguments they call what they are given, and give no context manager.
_AROUND = {
    "assertRaises": 1,
    "assertRaisesRegex": 2,
    "raises": 1,
    "assertWarns": 1,
    "assertWarnsRegex": 2,
    "warns": 1,
    "deprecated_call": 0,
}
_OF_PYTEST = ("raises", "warns", "deprecated_call")
# What catches the failure of an assertion; what is done in its handler so that the test fails all the same.
_BROAD = ("AssertionError", "Exception", "BaseException")
_FAILING = ("fail", "exit", "skip", "skipTest", "xfail")
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_TRIES = tuple(filter(None, (getattr(ast, name, None) for name in ("Try", "TryStar"))))


class Told(NamedTuple):
    """What is known of an assertion from its source.

    ``text`` is the source of an ``assert``'s condition, of a call's arguments or of the mock that is asked,
    ``caught`` whether its
    failure would be caught there, so that the test would pass. ``around`` is the number of statements in
    the block of a ``with`` that expects something; 0 where that is not known.
    """

    text: str = ""
    caught: bool = False
    around: int = 0


_Found = Dict[Tuple[str, int], Told]


@functools.lru_cache(maxsize=None)
def told_of(path: str) -> _Found:
    """What the source of a file tells of its assertions, by form and line.

    Nothing for a file that cannot be read; no text and no number where a line has several of a form.
    """
    try:
        with open(path, "rb") as stream:
            source = importlib.util.decode_source(stream.read())
        reader = _Reader(source)
        reader.read(ast.parse(source).body, caught=False)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    return reader.found


class _Reader:
    """Goes through statements, and knows whether what fails there would be caught."""

    def __init__(self, source: str) -> None:
        self.found: _Found = {}
        self._lines = source.encode("utf-8", "surrogatepass").split(b"\n")

    def read(self, nodes: Iterable[Any], *, caught: bool) -> None:
        """Note every assertion below the nodes."""
        for node in nodes:
            self._note(node, caught)
            if isinstance(node, _SCOPES):
                self.read(ast.iter_child_nodes(node), caught=False)
            elif isinstance(node, _TRIES) and any(map(_swallows, node.handlers)):
                self.read(node.body, caught=True)
                self.read([*node.handlers, *node.orelse, *node.finalbody], caught=caught)
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                self._with(node, caught)
            else:
                self.read(ast.iter_child_nodes(node), caught=caught)

    def _with(self, node: Any, caught: bool) -> None:
        calls = [item.context_expr for item in node.items]
        self.read(node.items, caught=caught)
        # Around a `yield` is what a caller has in its own block.
        size = 0 if any(map(_yields, node.body)) else len(list(_steps(node.body)))
        for call in calls:
            name = _name(call.func) if isinstance(call, ast.Call) else ""
            if name in _AROUND:
                key = _form(name), call.lineno
                self.found[key] = self.found[key]._replace(around=size)
        self.read(node.body, caught=caught or any(map(_hides, calls)))

    def _note(self, node: Any, caught: bool) -> None:
        if isinstance(node, ast.Assert):  # of several on a line the first
            told = Told(self._segment((node.test.lineno, node.test.col_offset), _end(node.test)), caught)
            self.found.setdefault(("assert", node.lineno), told)
        elif isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            name = _name(node.func)
            if name.startswith(("assert", "fail")) or name in _AROUND:
                self._call(node, name, caught)

    def _call(self, node: Any, name: str, caught: bool) -> None:
        key = _form(name), node.lineno
        text = self._arguments(node) if _is_telling(node, name) else ""
        if _is_of_mock(node, name):
            text = self._segment((node.func.lineno, node.func.col_offset), _end(node.func.value))
        around = 1 if len(node.args) > _AROUND.get(name, len(node.args)) else 0
        new = Told(text, caught, around)
        self.found[key] = new if key not in self.found else Told("", caught and self.found[key].caught)

    def _segment(self, start: tuple[int, int], end: tuple[int, int]) -> str:
        found: list[bytes] = self._lines[start[0] - 1 : end[0]]
        found[-1] = found[-1][: end[1]]
        found[0] = found[0][start[1] :]
        return b"\n".join(found).decode("utf-8", "replace")

    def _arguments(self, node: Any) -> str:
        text = self._segment(_end(node.func), _end(node)).strip()
        return text[1:-1].strip() if text.startswith("(") else ""


def _end(node: Any) -> tuple[int, int]:
    return node.end_lineno, node.end_col_offset


def _is_telling(node: Any, name: str) -> bool:
    return name in _TELLING and isinstance(node.func, ast.Attribute) and bool(node.args)


def _is_of_mock(node: Any, name: str) -> bool:
    return name.startswith("assert_called") and isinstance(node.func, ast.Attribute)


def _form(name: str) -> str:
    return f"pytest.{name}" if name in _OF_PYTEST else _TELLING.get(name, name)


def _name(node: Any) -> str:
    return str(getattr(node, "attr", getattr(node, "id", "")))


def _yields(statement: ast.stmt) -> bool:
    return any(isinstance(node, (ast.Yield, ast.YieldFrom)) for node in ast.walk(statement))


def _steps(nodes: Iterable[Any]) -> Iterator[Any]:
    """The statements that hold no others."""
    for node in nodes:
        inner = [
            child for child in ast.iter_child_nodes(node) if isinstance(child, (ast.stmt, ast.ExceptHandler))
        ]
        if inner:
            yield from _steps(inner)
        elif isinstance(node, ast.stmt) and not isinstance(node, ast.Pass):
            yield node


def _is_broad(node: Any) -> bool:
    """Whether an expression names a class that a failed assertion is one of."""
    names = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(_name(each) in _BROAD for each in names)


def _swallows(handler: Any) -> bool:
    """Whether a handler takes a failed assertion and lets the test go on."""
    if handler.type is not None and not _is_broad(handler.type):
        return False
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    return not any(
        isinstance(node, (ast.Raise, ast.Assert))
        or (isinstance(node, ast.Call) and _name(node.func).startswith((*_FAILING, "assert")))
        for node in inside
    )


def _hides(call: Any) -> bool:
    """Whether a block in this context passes though an assertion in it fails."""
    return (
        isinstance(call, ast.Call)
        and _name(call.func) in ("suppress", *_RAISING)
        and any(map(_is_broad, call.args[:1] if _name(call.func) in _RAISING else call.args))
    )
