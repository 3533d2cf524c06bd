"""A module that gets assert statements, and that pytest does not rewrite by itself, is registered."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, TypeGuard

from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.context import Context
from reassert.syntax.fixtures import REGISTER
from reassert.syntax.module import imported_names
from reassert.syntax.statements import is_docstring

_WIDTH = 88
_OPT_OUT = "PYTEST_DONT_REWRITE"
_IMPORTS = (ast.Import, ast.ImportFrom)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class UnrewrittenAssertToRegistered(Codemod[Context]):
    """See the page. Sources: ``_pytest/assertion/rewrite.py``; "Assertion Rewriting" in pytest's manual."""

    title = "Helper modules that get assert statements are registered for pytest's rewriting"
    mentions = (_OPT_OUT.encode(),)
    needs = frozenset({"registrations"})
    refusals: ClassVar[Mapping[str, str]] = {
        "A-NOREWRITE": "pytest would not rewrite the assertions, so that their failures say nothing",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Register what the facts name, or hold a file back whose assertions cannot be rewritten."""
        reason = context.facts.unrewritten or _opted_out(context)
        if reason:
            return self._held_back(context, reason)
        return Rewrite(edits=tuple(self._registration(context)))

    def _held_back(self, context: Context, reason: str) -> Rewrite:
        blocked: dict[str, tuple[Refusal, ...]] = {}
        for info in context.classes.all:
            if context.classes.component(info).has_testcase:
                refusal = context.refusal(self.id, "A-NOREWRITE", info.node, info.qualname, reason)
                blocked[info.qualname] = (refusal,)
        return Rewrite(blocked=blocked, alone=bool(blocked))

    def _registration(self, context: Context) -> Iterator[Edit]:
        names = [n for n in context.facts.registers if Unit(self.id, n) not in context.config.excluded]
        place = _Place(context)
        missing = [name for name in names if not place.covers(name)]
        if missing:
            yield place.edit(missing, Unit(self.id, ", ".join(missing)))


def _opted_out(context: Context) -> str:
    """Why pytest leaves the module alone although its name may be that of a test file."""
    docstring = ast.get_docstring(context.module.tree, clean=False) if context.module.tree.body else None
    return f"its docstring says {_OPT_OUT}" if docstring and _OPT_OUT in docstring else ""


@dataclass
class _Place:
    """Where in a conftest.py modules can be registered before anything imports them."""

    context: Context

    @cached_property
    def body(self) -> list[ast.stmt]:
        return self.context.module.tree.body

    @cached_property
    def deadline(self) -> int:
        """The index of the first statement that imports one of the modules, if only in the end."""
        early = self.context.facts.early
        found = (i for i, s in enumerate(self.body) if not early.isdisjoint(_targets(s)))
        return next(found, len(self.body))

    @cached_property
    def known(self) -> list[ast.Call]:
        """The registrations that are made in time, with literal names only."""
        values = [s.value for s in self.body[: self.deadline] if isinstance(s, ast.Expr)]
        calls = [v for v in values if isinstance(v, ast.Call) and not v.keywords and v.args]
        return [
            c
            for c in calls
            if self.context.module.resolve(c.func) == REGISTER
            and all(isinstance(a, ast.Constant) and isinstance(a.value, str) for a in c.args)
        ]

    def covers(self, name: str) -> bool:
        """Whether a module is registered already, by its own name or that of its package."""
        marked = [str(a.value) for c in self.known for a in c.args if isinstance(a, ast.Constant)]
        return any(name == m or name.startswith(f"{m}.") for m in marked)

    def edit(self, names: list[str], unit: Unit) -> Edit:
        """Add ``names`` to a registration that is there, or make one."""
        if self.known:
            at = self.context.module.span(self.known[-1].args[-1]).end
            return Edit(at, at, ("".join(f', "{name}"' for name in names).encode(),), unit)
        call, is_last = _call(names), self.header == len(self.body)
        if self._is_imported and (is_last or self.header < self.deadline):
            return self._behind(call, unit)
        if self._is_imported:
            return self._before(call, unit)
        if self._is_for_the_engine():
            return self._before(call, unit, frozenset({"pytest"}))
        both = f"import pytest\n\n{call}"
        return self._behind(both, unit) if is_last else self._before(both, unit)

    @cached_property
    def header(self) -> int:
        """The index behind the docstring and the imports at the top that lead to none of the modules."""
        index = 1 if self.body and is_docstring(self.body[0]) else 0
        while index < self.deadline and _imports(self.body[index]):
            index += 1
        return index

    @cached_property
    def _is_imported(self) -> bool:
        """Whether the header binds the name ``pytest``, before the line of what follows."""
        line = self.body[self.header].lineno if self.header < len(self.body) else sys.maxsize
        above = [s for s in self.body[: self.header] if _imports(s) and (s.end_lineno or 0) < line]
        return any(("pytest", "pytest") in imported_names(s) for s in above)

    def _is_for_the_engine(self) -> bool:
        """Whether the import of pytest can go to its sorted place, and that is before the next statement."""
        if not self.header < self.deadline or not _imports(self.body[self.header - 1]):
            return False
        if any("pytest" in _targets(s) for s in self.body if _imports(s)):
            return False
        source, line = self.context.source, self._first_line()
        return not source.buffer[source.line_starts[line - 2] : source.line_starts[line - 1]].strip()

    def _first_line(self) -> int:
        """The first line of what follows the header, with its decorators and the comments above it."""
        statement, source, floor = self.body[self.header], self.context.source, self._last_line()
        line: int = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        while line - 1 > floor and source.buffer[source.line_starts[line - 2] :].startswith(b"#"):
            line -= 1
        return line

    def _before(self, text: str, unit: Unit, imports: frozenset[str] = frozenset()) -> Edit:
        """Put lines before the statement behind the header."""
        line, starts = self._first_line(), self.context.source.line_starts
        at = starts[line - 1]
        above = self.context.source.buffer[starts[line - 2] : at].strip() if line > 1 else b""
        apart = "\n" if isinstance(self.body[self.header], _DEFINITIONS) else ""
        new = f"{chr(10) if above else ''}{text}\n\n{apart}"
        return Edit(at, at, (self._encoded(new),), unit, imports=imports)

    def _last_line(self) -> int:
        """The last line of the header; without one, the last of those that must come first in a file."""
        if self.header:
            return self.body[self.header - 1].end_lineno or 0
        lines = self.context.source.buffer.splitlines()[:2]
        fixed = [n for n, text in enumerate(lines, 1) if text.startswith(b"#!") or b"coding" in text]
        return max(fixed, default=0)

    def _behind(self, text: str, unit: Unit) -> Edit:
        """Put lines right behind the header, or at the end of a file that has no statement."""
        buffer, starts, last = self.context.source.buffer, self.context.source.line_starts, self._last_line()
        at = starts[last] if self.header and last < len(starts) else len(buffer)
        before = "" if not at else "\n" if buffer[:at].endswith((b"\n", b"\r")) else "\n\n"
        after = "" if buffer[at : at + 1] in (b"", b"\n", b"\r") else "\n"
        return Edit(at, at, (self._encoded(f"{before}{text}\n{after}"),), unit)

    def _encoded(self, text: str) -> bytes:
        return text.replace("\n", self.context.source.newline).encode()


def _imports(statement: ast.stmt) -> TypeGuard[ast.Import | ast.ImportFrom]:
    return isinstance(statement, _IMPORTS)


def _targets(statement: ast.stmt) -> set[str]:
    """The dotted names that a statement imports when it runs, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(statement):
        if isinstance(node, _IMPORTS):
            found.update(target for _, target in imported_names(node))
            found.update(alias.name for alias in node.names if isinstance(node, ast.Import))
    return found


def _call(names: list[str]) -> str:
    quoted = [f'"{name}"' for name in names]
    line = f"{REGISTER}({', '.join(quoted)})"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{REGISTER}(", *(f"    {name}," for name in quoted), ")"])
