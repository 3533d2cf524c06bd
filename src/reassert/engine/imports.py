"""The last step: adds the imports that new text needs, removes those that no text needs any more.

New imports go where isort (profile black) puts them; nobody else's import moves.
"""

from __future__ import annotations

import ast
import difflib
import sys
from collections.abc import Iterable, Sequence

from reassert.engine.unused_imports import UnusedImports
from reassert.model.edits import Edit, Part, Span, Unit
from reassert.syntax.context import Context
from reassert.syntax.statements import is_docstring

_UNIT = Unit("imports", "<module>")
_FUTURE, _STDLIB, _THIRD, _FIRST, _LOCAL = range(5)


def import_edits(context: Context, edits: Sequence[Edit], kept: Sequence[Span]) -> list[Edit]:
    """The edits to the imports of a file whose other edits are ``edits``; ``kept`` is what these leave."""
    needed = {name for e in edits for name in e.imports}
    dead = UnusedImports(context, needed, kept)
    header = _Header(context, dead)
    missing = [name for name in sorted(needed) if not _is_imported(context, name, dead)]
    for name in missing:
        header.add(name)
    return header.edits()


def _is_imported(context: Context, name: str, dead: UnusedImports) -> bool:
    module, _, last = name.rpartition(".")
    for node in context.module.tree.body:
        if isinstance(node, ast.Import) and any(
            a.name in (name, module) and a not in dead.aliases for a in node.names
        ):
            return True
        if (
            isinstance(node, ast.ImportFrom)
            and node.module == module
            and not node.level
            and any(a.name == last for a in node.names)
        ):
            return True
    return False


class _Header:
    """The lines from the first to the last import statement at the top of a module, old and new."""

    def __init__(self, context: Context, dead: UnusedImports) -> None:
        self.context = context
        self.newline = context.source.newline.encode()
        self.statements = self._leading()
        self.outside: list[Edit] = []
        self.start, self.end = self._extent()
        self.old = self._lines()
        self.new: list[bytes | None] = list(self.old)
        self.sections: list[int | None] = [None] * len(self.old)
        self.made: list[bytes] = []
        for statement in self.statements:
            self._mark(statement)
        for statement in context.module.tree.body:
            self._remove_dead(statement, dead)
        self._drop_empty_groups()

    def _leading(self) -> list[ast.stmt]:
        """Import statements and conditional imports up to the first other statement."""
        found: list[ast.stmt] = []
        for index, statement in enumerate(self.context.module.tree.body):
            if isinstance(statement, (ast.Import, ast.ImportFrom)) or _only_imports(statement):
                found.append(statement)
            elif found or not (index == 0 and is_docstring(statement)):
                break
        return found

    def _extent(self) -> tuple[int, int]:
        """Byte range of whole lines. Without imports: the empty range before the first statement."""
        module, source = self.context.module, self.context.source
        if self.statements:
            first = source.line_of(module.span(self.statements[0]).start)
            last = source.line_of(module.span(self.statements[-1]).end)
            return source.line_starts[first - 1], self._line_end(last)
        body = module.tree.body
        if not body:
            return 0, 0
        if is_docstring(body[0]):
            end = self._line_end(source.line_of(module.span(body[0]).end))
            return end, end
        first = min([body[0].lineno, *(d.lineno for d in getattr(body[0], "decorator_list", []))])
        at = self._before_comments(first)
        return at, at

    def _before_comments(self, line: int) -> int:
        """The beginning of the comment block right above a line."""
        source = self.context.source
        while (
            line > 1
            and source.buffer[source.line_starts[line - 2] :].startswith(b"#")
            and not self._is_preamble(line - 1)
        ):
            line -= 1
        return source.line_starts[line - 1]

    def _is_preamble(self, line: int) -> bool:
        start = self.context.source.line_starts[line - 1]
        text = self.context.source.buffer[start : self._line_end(line)]
        return line <= 2 and (text.startswith(b"#!") or b"coding" in text)  # noqa: PLR2004 - PEP 263: line 1 or 2

    def _line_end(self, line: int) -> int:
        starts = self.context.source.line_starts
        return starts[line] if line < len(starts) else len(self.context.source.buffer)

    def _lines(self) -> list[bytes]:
        source = self.context.source
        first = source.line_of(self.start)
        lines = []
        position = self.start
        while position < self.end:
            stop = self._line_end(first)
            lines.append(source.buffer[position:stop])
            position, first = stop, first + 1
        return lines

    def _index(self, lineno: int) -> int:
        return lineno - self.context.source.line_of(self.start)

    def _mark(self, statement: ast.stmt) -> None:
        section = self._section(statement)
        for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
            self.sections[self._index(line)] = section

    def _section(self, statement: ast.stmt) -> int | None:
        if isinstance(statement, ast.Import):
            return self._section_of(statement.names[0].name)
        if isinstance(statement, ast.ImportFrom):
            return _LOCAL if statement.level else self._section_of(statement.module or "")
        return None

    def _section_of(self, module: str) -> int:
        top = module.partition(".")[0]
        if top == "__future__":
            return _FUTURE
        if top in sys.stdlib_module_names:
            return _STDLIB
        return _FIRST if top in self.context.config.first_party else _THIRD

    # -- removing --------------------------------------------------------------------------------------------

    def _remove_dead(self, statement: ast.stmt, dead: UnusedImports) -> None:
        nodes = (
            [n for n in ast.walk(statement) if isinstance(n, (ast.Import, ast.ImportFrom))]
            if self._may_hold(statement)
            else []
        )
        if not nodes or not any(a in dead.aliases for n in nodes for a in n.names):
            return
        whole = all(a in dead.aliases for n in nodes for a in n.names) and (
            isinstance(statement, (ast.Import, ast.ImportFrom)) or _only_imports(statement)
        )
        if whole and self.context.stands_alone(statement):
            self._delete(statement)
        elif isinstance(statement, (ast.Import, ast.ImportFrom)):
            self._shorten(statement, dead)

    def _may_hold(self, statement: ast.stmt) -> bool:
        return isinstance(statement, (ast.Import, ast.ImportFrom, ast.Try, ast.If))

    def _delete(self, statement: ast.stmt) -> None:
        if statement in self.statements:
            for line in range(statement.lineno, (statement.end_lineno or statement.lineno) + 1):
                self.new[self._index(line)] = None
        else:
            source = self.context.source
            start = source.line_starts[statement.lineno - 1]
            self.outside.append(
                Edit(
                    start, self._line_end(statement.end_lineno or statement.lineno), (), _UNIT, swallows=True
                )
            )

    def _shorten(self, statement: ast.Import | ast.ImportFrom, dead: UnusedImports) -> None:
        """``from unittest import TestCase, mock`` without the dead names; each goes with one comma."""
        module = self.context.module
        left = [a for a in statement.names if a not in dead.aliases]
        if not left:
            return
        spans = [module.span(a) for a in statement.names]
        pieces = []
        for index, alias in enumerate(statement.names):
            if alias in dead.aliases:
                if index + 1 < len(spans):
                    pieces.append(Span(spans[index].start, spans[index + 1].start))
                else:
                    last = max(i for i, a in enumerate(statement.names) if a not in dead.aliases)
                    pieces.append(Span(spans[last].end, spans[index].end))
        self._cut(statement, pieces)

    def _cut(self, statement: ast.stmt, pieces: list[Span]) -> None:
        if statement not in self.statements:
            self.outside += [Edit(p.start, p.end, (), _UNIT, swallows=True) for p in _merged(pieces)]
            return
        source = self.context.source
        first, last = statement.lineno, statement.end_lineno or statement.lineno
        start = source.line_starts[first - 1]
        text, position = b"", start
        for piece in _merged(pieces):
            text += source.buffer[position : piece.start]
            position = piece.end
        text += source.buffer[position : self._line_end(last)]
        self.new[self._index(first)] = text
        for line in range(first + 1, last + 1):
            self.new[self._index(line)] = b""

    def _drop_empty_groups(self) -> None:
        """Where a whole group of imports is gone, one of the blank runs around it goes, too."""
        gone = [i for i, line in enumerate(self.new) if line is None]
        for index in gone:
            before = self._blank_run(index, -1)
            after = self._blank_run(index, 1)
            last = self._neighbour(index, 1) is None
            if last or before or self._neighbour(index, -1) is None:
                for blank in before if last else after:
                    self.new[blank] = None

    def _blank_run(self, index: int, step: int) -> list[int]:
        run = []
        at = index + step
        while 0 <= at < len(self.new) and (self.new[at] is None or not (self.new[at] or b"").strip()):
            if self.new[at] is not None:
                run.append(at)
            at += step
        return run

    def _neighbour(self, index: int, step: int) -> int | None:
        at = index + step
        while 0 <= at < len(self.new):
            if self.new[at] is not None and (self.new[at] or b"").strip():
                return at
            at += step
        return None

    # -- adding ----------------------------------------------------------------------------------------------

    def add(self, name: str) -> None:
        """Put ``import name`` (or ``from module import name``) where isort would."""
        module, _, last = name.rpartition(".")
        section = self._section_of(name)
        if module and self._extend_from(module, last):
            return
        line = (f"from {module} import {last}" if module else f"import {name}").encode() + self.newline
        if module and self._extend_new(line[: -len(last) - len(self.newline)], last):
            return
        self.made.append(line)
        rows = [(i, self.sections[i]) for i in range(len(self.new)) if self.new[i]]
        same = [i for i, s in rows if s == section]
        if same:
            self._insert(self._sorted_place(same, line), line, section)
            return
        earlier = [i for i, s in rows if s is not None and s < section]
        later = [i for i, s in rows if s is not None and s > section]
        self._insert_group(earlier, later, line, section)

    def _extend_new(self, head: bytes, last: str) -> bool:
        """Add a name to a line that was made for another one of the same module."""
        for number, line in enumerate(self.made):
            if line.startswith(head) and line in self.new:
                names = sorted({*line[len(head) :].decode().strip().split(", "), last}, key=_isort_key)
                self.made[number] = head + ", ".join(names).encode() + self.newline
                self.new[self.new.index(line)] = self.made[number]
                return True
        return False

    def _extend_from(self, module: str, last: str) -> bool:
        """Add a name to an existing one-line ``from module import ...``."""
        for statement in self.statements:
            if not (
                isinstance(statement, ast.ImportFrom) and statement.module == module and not statement.level
            ):
                continue
            index = self._index(statement.lineno)
            line = self.new[index]
            if (
                statement.end_lineno != statement.lineno
                or line is None
                or b"(" in line
                or b"#" in line
                or b"\\" in line
            ):
                continue
            names = sorted({*(_spelled(a) for a in statement.names), last}, key=_isort_key)
            self.new[index] = f"from {module} import {', '.join(names)}".encode() + self.newline
            return True
        return False

    def _sorted_place(self, rows: list[int], line: bytes) -> int:
        """Where in a section a line belongs: plain imports first, each kind by module name."""
        key = _line_key(line)
        starts = [i for i in rows if (self.new[i] or b"").startswith((b"import ", b"from "))]
        later = [i for i in starts if _line_key(self.new[i] or b"") > key]
        if later:
            return later[0]
        return max(rows) + 1

    def _insert(self, index: int, line: bytes, section: int | None) -> None:
        self.new.insert(index, line)
        self.sections.insert(index, section)

    def _insert_group(self, earlier: list[int], later: list[int], line: bytes, section: int) -> None:
        blank = self.newline
        if earlier:
            at = max(earlier) + 1
            separated = not later or not (self.new[at] or b"").strip() if at < len(self.new) else True
            self._insert(at, line, section)
            if separated:
                self._insert(at, blank, None)
        elif later:
            at = min(later)
            self._insert(at, line, section)
            self._insert(at + 1, blank, None)
        else:
            self._lonely(line, section)

    def _lonely(self, line: bytes, section: int) -> None:
        """The first import of a module."""
        rest = [i for i, text in enumerate(self.new) if text and text.strip()]
        if self.statements and not rest:
            self._insert(0, line, section)
            return
        at = len(self.new)
        self._insert(at, line, section)
        body = self.context.module.tree.body
        if not self.statements and body and is_docstring(body[0]):
            self._insert(at, self.newline, None)
        elif not self.statements:
            self._insert(at + 1, self.newline, None)
            self._insert(at + 2, self.newline, None)

    # -- result ----------------------------------------------------------------------------------------------

    def edits(self) -> list[Edit]:
        """The smallest edits that turn the old lines into the new ones."""
        new = [line for line in self.new if line]
        offsets = [self.start]
        for line in self.old:
            offsets.append(offsets[-1] + len(line))
        matcher = difflib.SequenceMatcher(None, self.old, new, autojunk=False)
        found = [
            Edit(offsets[a], offsets[b], _joined(new[c:d]), _UNIT, swallows=True, apart=True)
            for tag, a, b, c, d in matcher.get_opcodes()
            if tag != "equal"
        ]
        return [*found, *self.outside, *self._gap_edit(new)]

    def _gap_edit(self, new: Sequence[bytes]) -> list[Edit]:
        """A module whose imports are all gone loses the blank lines behind them, too."""
        if new or not self.old:
            return []
        buffer = self.context.source.buffer
        stop = self.end
        while buffer[stop : stop + 1] in (b"\n", b"\r"):
            stop += 1
        before = buffer[: self.start].strip()
        if before or stop == self.end:
            return []
        return [Edit(self.end, stop, (), _UNIT, swallows=True)]


def _joined(lines: Iterable[bytes]) -> tuple[Part, ...]:
    text = b"".join(lines)
    return (text,) if text else ()


def _merged(spans: list[Span]) -> list[Span]:
    out: list[Span] = []
    for span in sorted(spans):
        if out and span.start <= out[-1].end:
            out[-1] = Span(out[-1].start, max(out[-1].end, span.end))
        else:
            out.append(span)
    return out


def _spelled(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def _isort_key(name: str) -> tuple[int, str]:
    """The order of imported names that isort has: CONSTANTS, Classes, functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name.lower()


def _line_key(line: bytes) -> tuple[bool, str]:
    words = line.decode().split()
    return words[0] == "from", words[1].lower() if len(words) > 1 else ""


def _only_imports(statement: ast.stmt) -> bool:
    """``try``/``if`` whose branches hold nothing but imports (or ``pass``)."""
    if not isinstance(statement, (ast.Try, ast.If)):
        return False
    if isinstance(statement, ast.Try) and statement.finalbody:
        return False
    inner = [*statement.body, *statement.orelse]
    for handler in getattr(statement, "handlers", []):
        inner += handler.body
    return all(
        isinstance(s, (ast.Import, ast.ImportFrom, ast.Pass)) or _only_imports(s) for s in inner
    ) and any(isinstance(s, (ast.Import, ast.ImportFrom)) or _only_imports(s) for s in inner)
