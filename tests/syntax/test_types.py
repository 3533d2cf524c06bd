"""What is told of an expression must hold; what is not certain must not be told."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from reassert.model.config import RuleConfig
from reassert.model.facts import FileFacts
from reassert.model.source import SourceFile
from reassert.syntax.context import Context
from reassert.syntax.types import element_kind, static_type


def last(text: str) -> tuple[Context, ast.expr]:
    """The expression of the last statement in a file."""
    context = Context(SourceFile(Path("x.py"), text.encode(), "utf-8", "\n"), FileFacts(), RuleConfig())
    found = [n for n in ast.walk(context.module.tree) if isinstance(n, ast.Expr)]
    return context, max(found, key=lambda n: n.lineno).value


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1", "int"),
        ("-1.5", "float"),
        ("1 / 3", "float"),
        ("1 + 2 * 3", "int"),
        ("2 ** -1", None),
        ("not x", "bool"),
        ("None", "NoneType"),
        ("f'{x}'", "str"),
        ("'%s' % x", "str"),
        ("'a' + x", None),
        ("'a' * 3", "str"),
        ("'a,b'.split(',')", "list"),
        ("'a'.encode().decode()", "str"),
        ("x.split()", None),
        ("[x] + [y]", "list"),
        ("[x] + y", None),
        ("{x} | {y}", "set"),
        ("{x} | y", None),
        ("[n for n in x]", "list"),
        ("{n: 1 for n in x}", "dict"),
        ("(n for n in x)", "generator"),
        ("sorted(x)", "list"),
        ("dict(x).copy()", "dict"),
        ("x()", None),
        ("x.y", None),
        ("x[0]", None),
        ("x if y else 1", None),
        ("x or []", None),
    ],
)
def test_expressions(expression, expected):
    assert static_type(*last(expression)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f():\n    x = []\n    x", "list"),
        ("def f():\n    x: list = []\n    x", "list"),
        ("def f():\n    x = y = []\n    x", None),
        ("def f():\n    x, y = [], []\n    x", None),
        ("def f():\n    x = []\n    x = ()\n    x", None),
        ("def f():\n    x = []\n    x += y\n    x", None),
        ("def f():\n    x = []\n    for x in y: pass\n    x", None),
        ("def f():\n    x = []\n    with y as x: pass\n    x", None),
        ("def f():\n    x = []\n    import x\n    x", None),
        ("def f():\n    x = []\n    try: pass\n    except E as x: pass\n    x", None),
        ("def f():\n    x = []\n    if (x := y): pass\n    x", None),
        ("def f():\n    x = []\n    def g():\n        nonlocal x\n        x = 1\n    x", None),
        ("def f():\n    global x\n    x = []\n    x", None),
        ("def f(x):\n    x = []\n    x", None),
        ("def f():\n    x = y\n    y = x\n    x", None),
        ("x = []\ndef f():\n    x", "list"),
        ("x = []\ndef f(x):\n    x", None),
        ("x = []\ndef f(x):\n    def g():\n        x", None),
        ("x = []\ndef f():\n    global x\n    x = 1\ndef g():\n    x", None),
        ("if y:\n    x = []\ndef f():\n    x", None),
        ("class C:\n    x = []\n    def f(self):\n        x", None),
        ("import re\nx = re.compile('a')\ndef f():\n    x", "re.Pattern"),
        ("import re as r\nr.compile('a')", "re.Pattern"),
        ("import math\nmath.sqrt(x)", "float"),
        ("import math\nmath.pi", "float"),
        ("import math\nmath.isclose(x, y)", None),
        ("math.sqrt(x)", None),
    ],
)
def test_names(text, expected):
    assert static_type(*last(text)) == expected


@pytest.mark.parametrize(
    "head",
    [
        "def list(x): pass",
        "class list: pass",
        "list = tuple",
        "from builtins import list",
        "from future.builtins import *",
        "def f(list): pass",
        "for list in []: pass",
        "import x as list",
    ],
)
def test_a_builtin_that_the_file_redefines_tells_nothing(head):
    assert static_type(*last(f"{head}\nlist(x)")) is None


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("['b', 'a']", "str"),
        ("('b', 'a')", "str"),
        ("{1, 2.5, -3, True}", "number"),
        ("[b'a']", "bytes"),
        ("[1, 'a']", "hashable"),
        ("[None]", "hashable"),
        ("[('a', 1)]", "hashable"),
        ("[]", None),
        ("['a', x]", None),
        ("['a', *x]", None),
        ("[['a']]", None),
        ("['a', f'{x}']", None),
        ("'a b'.split()", "str"),
        ("range(3)", "number"),
        ("sorted(x)", None),
    ],
)
def test_elements(expression, expected):
    assert element_kind(*last(expression)) == expected
