"""Strings that name classes: patch targets, node ids, ``__all__``, annotations in quotes.

A literal can follow a rename where it spells its value out (no escape, prefix, concatenation or f-string), so
that a part of the value is a part of the file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

from reassert.model.edits import Span
from reassert.syntax.context import Context
from reassert.syntax.module import Module
from reassert.syntax.references import Reference, module_parts, paths_in, reference

_LITERAL = re.compile(r"[uU]?(?P<quote>'''|\"\"\"|'|\")(?P<body>.*)(?P=quote)", re.DOTALL)
_LONGEST = 10_000

Place = Callable[[Reference, str], "int | None"]


# -- for other files ---------------------------------------------------------------------------------------


def quoted_paths(module: Module) -> dict[str, int]:
    """What the strings of a file may say of classes: each path, with the line where it first stands."""
    found: dict[str, int] = {}
    loose = module.source.path.name == "conftest.py"
    for string in module.strings:
        value = str(string.value)
        if not loose and not ("." in value or ":" in value or "est" in value):
            continue  # for nearly all strings this is all there is to do
        if len(value) < _LONGEST and not isinstance(module.parents[string], ast.Expr):
            for _, text in paths_in(value, loose=loose):
                if _is_telling(text):
                    found.setdefault(text, string.lineno)
    return found


def _is_telling(text: str) -> bool:
    if text.isidentifier():
        return "test" in text.lower() and may_be_renamed(text)
    return ".py::" in text or any(map(may_be_renamed, reference(text).names))


def may_be_renamed(name: str) -> bool:
    """Whether a class of this name may be a test class that gets another one."""
    return not name.startswith("Test") and (name.lower() != name or name.endswith(("test", "tests", "case")))


# -- following a rename ------------------------------------------------------------------------------------


def place_in(path: Path, qualname: str) -> Place:
    """Where a reference names the class ``qualname`` of the file at ``path``: an index into its names."""
    wanted = tuple(qualname.split("."))

    def place(ref: Reference, _: str) -> int | None:
        if ref.file is not None:
            here = path.with_suffix("").parts[-len(ref.file) :] == ref.file
            return len(wanted) - 1 if here and ref.names[: len(wanted)] == wanted else None
        parts = module_parts(path)
        for cut in range(len(ref.names) - len(wanted), 0, -1):
            if ref.names[:cut] == parts[-cut:] and ref.names[cut : cut + len(wanted)] == wanted:
                return cut + len(wanted) - 1
        return None

    return place


def followed(module: Module, string: ast.Constant, place: Place) -> list[Span] | None:
    """The bytes of a literal that name a class, by ``place``; None if they do and cannot be edited.

    A dotted path must be all of the string: in other text it may be anything, also a pattern.
    """
    value = str(string.value)
    found: list[Span] = []
    for start, text in paths_in(value):
        ref = reference(text)
        index = place(ref, text)
        if index is not None:
            first = _spelled_at(module, string)
            if first is None or (ref.file is None and text != value):
                return None
            found.append(_part(first, value, start + ref.spans[index][0], start + ref.spans[index][1]))
    return found


def without(module: Module, string: ast.Constant, spans: Sequence[Span]) -> str:
    """The value of a literal without what ``followed`` found in it."""
    data, first = str(string.value).encode(), _spelled_at(module, string) or 0
    for span in reversed(spans):
        data = data[: span.start - first] + data[span.end - first :]
    return data.decode()


def whole(module: Module, string: ast.Constant) -> Span | None:
    """The bytes of the value of a literal that spells it out."""
    first = _spelled_at(module, string)
    return None if first is None else _part(first, str(string.value), 0, len(str(string.value)))


def _spelled_at(module: Module, string: ast.Constant) -> int | None:
    if isinstance(module.parents[string], ast.JoinedStr):
        return None
    match = _LITERAL.fullmatch(module.text(string))
    if match is None or match["body"] != string.value:
        return None
    return module.span(string).start + match.start("body")


def _part(first: int, value: str, start: int, end: int) -> Span:
    return Span(first + len(value[:start].encode()), first + len(value[:end].encode()))


# -- strings that stand for names --------------------------------------------------------------------------

_ALL_METHODS = frozenset({"append", "extend", "insert", "remove", "index"})


class Strings:
    """The strings of a file by what they stand for; everything is worked out once."""

    def __init__(self, module: Module) -> None:
        self.module = module

    @cached_property
    def said(self) -> list[ast.Constant]:
        """The literals but docstrings, which only tell of things (unless they are run as doctests)."""
        parents = self.module.parents
        return [
            s for s in self.module.strings if not isinstance(parents[s], ast.Expr) or ">>>" in str(s.value)
        ]

    @cached_property
    def _everything(self) -> str:
        """All of them in one text: most names are in none."""
        return "\n".join([str(s.value) for s in self.said])

    def containing(self, name: str) -> list[ast.Constant]:
        """Those of ``said`` that contain ``name``."""
        return [s for s in self.said if name in str(s.value)] if name in self._everything else []

    @cached_property
    def exported(self) -> frozenset[ast.Constant]:
        """Those of ``__all__``: of assignments to it, and of what its methods are called with."""
        module = self.module
        found: set[ast.Constant] = set()
        for node in module.names.get("__all__", ()):
            statement = module.enclosing_statement(node)
            parent = module.parents[node]
            called = isinstance(parent, ast.Attribute) and parent.attr in _ALL_METHODS
            if isinstance(statement, (ast.Assign, ast.AnnAssign, ast.AugAssign)) or (
                called and isinstance(statement, ast.Expr)
            ):
                found |= {n for n in module.subtree(statement) if isinstance(n, ast.Constant)}
        return frozenset(found)

    @cached_property
    def types(self) -> frozenset[ast.Constant]:
        """Those in annotations, and where ``typing`` takes a string for a type."""
        module = self.module
        places: list[ast.expr | None] = [a.annotation for a in module.of(ast.arg)]
        places += [a.annotation for a in module.of(ast.AnnAssign)]
        places += [f.returns for f in module.of(ast.FunctionDef)]
        places += [f.returns for f in module.of(ast.AsyncFunctionDef)]
        for call in module.of(ast.Call):
            name = module.resolve(call.func)
            if name == "typing.cast":
                places += call.args[:1]
            elif name == "typing.TypeVar":
                places += [*call.args[1:], *(k.value for k in call.keywords if k.arg == "bound")]
        return frozenset(s for place in places if place is not None for s in _types(place))

    def naming(self, string: ast.Constant, name: str, place: Place, *, is_bound: bool) -> list[Span] | None:
        """The bytes of a literal that name a class; None if it names the class and cannot be edited.

        ``is_bound`` says that ``name`` means the class at the module's level, ``place`` where paths name it.
        """
        if name not in str(string.value):
            return []
        if is_bound and string in self.exported and string.value == name:
            span = whole(self.module, string)
            return None if span is None else [span]
        used = named_types(self.module, string, name) if is_bound and string in self.types else []
        return used if used != [] else followed(self.module, string, place)


def strings_of(context: Context) -> Strings:
    """The strings of a file, made once."""
    if "strings" not in context.memory:
        context.memory["strings"] = Strings(context.module)
    return cast("Strings", context.memory["strings"])


def _types(node: ast.expr) -> Iterator[ast.Constant]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            yield node
    elif isinstance(node, ast.Subscript):
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        if name not in ("Literal", "Annotated"):
            yield from _types(node.slice)
    else:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _types(child)


def named_types(module: Module, string: ast.Constant, name: str) -> list[Span] | None:
    """Where a type in quotes uses ``name`` as a name; None if it does and cannot be edited."""
    value = str(string.value)
    try:
        tree = ast.parse(value, mode="eval")
    except (SyntaxError, ValueError):
        return []
    used = [n for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id == name]
    first = _spelled_at(module, string)
    if used and (first is None or "\n" in value):
        return None
    size = len(name.encode())
    return [Span(cast("int", first) + n.col_offset, cast("int", first) + n.col_offset + size) for n in used]
