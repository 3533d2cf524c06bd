"""The one test that takes the place of copies, as edits: its table, its arguments, and what goes."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from reassert.model.edits import Edit, Part, Span, Unit, skip_blank_lines
from reassert.syntax.cells import cell, on_one_line, whole
from reassert.syntax.context import Context
from reassert.syntax.copies import Group
from reassert.syntax.module import FunctionNode
from reassert.syntax.parameter_names import assigned_to
from reassert.syntax.parametrize import Row, Table, decorator
from reassert.syntax.remarks import comments_in, is_pragma
from reassert.syntax.siblings import Mark, Sibling
from reassert.syntax.skeletons import documented
from reassert.syntax.statements import (
    definition_start,
    header_end,
    is_first_child,
    line_start,
    line_stop,
    name_span,
)

_LETTER = re.compile(rb"[\w\x80-\xff]")


@dataclass(frozen=True)
class Merging:
    """A group, the names of its parameters, and that of the test.

    ``host`` is the test that has the table already (None: the first copy gets it).
    """

    group: Group
    names: tuple[str, ...]
    name: str
    unit: Unit
    host: Sibling | None = None

    @property
    def context(self) -> Context:
        """The file."""
        return self.group.scope.context

    @property
    def first(self) -> FunctionNode:
        """The test that stays."""
        return self.group.first.function

    # -- the table -------------------------------------------------------------------------------------------

    @cached_property
    def table(self) -> Table:
        """A row for each copy, with what was said and marked at it."""
        rows = []
        for index, member in enumerate(self.group.members):
            cells = tuple(cell(self.context, p.values[index]) for p in self.group.parameters)
            marks = tuple(_text(self.context, m.node) for m in self._own_marks(member))
            rows.append(Row(cells, member.name, marks, tuple(self._above(member))))
        return Table(self.names, tuple(rows))

    @cached_property
    def _shared_marks(self) -> set[str]:
        """The marks that all copies have; of one kind all of them or none."""
        if self.host is not None:
            return {m.canonical for m in self.host.marks}
        everywhere = set.intersection(*({m.canonical for m in c.marks} for c in self.group.members))
        split = {m.name for c in self.group.members for m in c.marks if m.canonical not in everywhere}
        return {
            m.canonical for m in self.group.first.marks if m.canonical in everywhere and m.name not in split
        }

    @property
    def _everyone(self) -> Sequence[Sibling]:
        """The copies, and the test that takes them up."""
        return (self.host, *self.group.members) if self.host else self.group.members

    def _own_marks(self, member: Sibling) -> list[Mark]:
        return [m for m in member.marks if m.canonical not in self._shared_marks]

    def _above(self, member: Sibling) -> Iterator[bytes]:
        """The comments of one copy, and its docstring as some, in source order."""
        buffer = self.context.source.buffer
        body = header_end(self.context, member.function)
        head = [buffer[c.start : c.end] for c in comments_in(self.context, Span(member.region.start, body))]
        yield from (text for text in head if not is_pragma(text))
        if not self._shares_docstring:
            yield from _as_comment(documented(member.function))
        left = Counter(self._shared_comments)
        for text in _body_comments(self.context, member):
            if not left[text]:
                yield text
            left[text] -= left[text] > 0

    @cached_property
    def _shared_comments(self) -> Counter[bytes]:
        """The comments that the bodies of all copies have."""
        counts = [Counter(_body_comments(self.context, m)) for m in self._everyone]
        shared = counts[0]
        for count in counts[1:]:
            shared = shared & count
        dropped = (
            Counter()
            if self.host
            else Counter(
                self.context.source.buffer[c.start : c.end]
                for s in self._dropped
                for c in comments_in(self.context, self._lines(s))
            )
        )
        return shared - dropped

    @cached_property
    def _shares_docstring(self) -> bool:
        """Whether the copies have one docstring between them."""
        docstrings = [documented(m.function) for m in self._everyone]
        return len({ast.dump(d) if d else "" for d in docstrings}) == 1

    # -- the edits -------------------------------------------------------------------------------------------

    @property
    def shortens(self) -> bool:
        """Whether the test loses a statement, so that others may have become copies of it."""
        return bool(self._dropped)

    @cached_property
    def _dropped(self) -> list[ast.stmt]:
        """The assignments that only give a parameter the name that it has."""
        module = self.context.module
        return [
            statement
            for parameter, name in zip(self.group.parameters, self.names, strict=True)
            if assigned_to(self.group, parameter) == name
            for place in parameter.places
            if isinstance(statement := module.parents[place], ast.Assign)
            and isinstance(statement.targets[0], ast.Name)
            and statement.targets[0].id == name
        ]

    def edits(self) -> Iterator[Edit]:
        """The table above the first copy, its new name and arguments; the other copies go."""
        yield self._head
        yield self._edit(name_span(self.context, self.first), self.name.encode())
        yield self._arguments()
        yield from self._places()
        yield from self._cleaned()
        yield from self._without_marks()
        yield from self.removals(self.group.members[1:])

    def removals(self, members: Iterable[Sibling]) -> Iterator[Edit]:
        """Takes copies out of the file."""
        for member in members:
            yield Edit(*self._gone(member), (), self.unit, swallows=True)

    def _edit(self, span: Span, *parts: Part) -> Edit:
        return Edit(span.start, span.end, tuple(p for p in parts if p), self.unit)

    @cached_property
    def _head(self) -> Edit:
        """The decorator in the place of the comments above the test, which are those of its row now."""
        layout = self.context.layout(self.first)
        start = self.group.first.region.start
        table = decorator(layout, self.table)
        stop = definition_start(self.context, self.first)
        return Edit(
            start,
            stop,
            (layout.indent, *table, layout.newline),
            self.unit,
            imports=frozenset({"pytest"}),
            swallows=True,
            apart=True,
        )

    def _arguments(self) -> Edit:
        arguments = self.first.args.args
        if arguments:
            end = self.context.module.span(arguments[-1]).end
            return Edit(end, end, (f", {', '.join(self.names)}".encode(),), self.unit)
        end = self.context.source.buffer.index(b"(", name_span(self.context, self.first).end) + 1
        return Edit(end, end, (", ".join(self.names).encode(),), self.unit)

    def _places(self) -> Iterator[Edit]:
        """The parameters in the places of the values."""
        buffer = self.context.source.buffer
        for parameter, name in zip(self.group.parameters, self.names, strict=True):
            for place in parameter.places:
                if self.context.module.parents[place] in self._dropped:
                    continue
                span = whole(self.context, place)
                before = b" " if _LETTER.match(buffer[span.start - 1 : span.start]) else b""
                after = b" " if _LETTER.match(buffer[span.end : span.end + 1]) else b""
                yield self._edit(span, before + name.encode() + after)

    def _cleaned(self) -> Iterator[Edit]:
        """Takes out of the first copy what is said at its row now, and assignments that say nothing."""
        docstring = documented(self.first)
        gone = list(self._dropped)
        if docstring is not None and not self._shares_docstring:
            gone.append(docstring)
        for statement in gone:
            yield Edit(*self._removed(statement, gone), (), self.unit, swallows=True)
        left = Counter(self._shared_comments)
        for comment in self._body_spans(self.group.first):
            text = self.context.source.buffer[comment.start : comment.end]
            if left[text]:
                left[text] -= 1
            elif not is_pragma(text) and not any(_holds(self._lines(s), comment) for s in gone):
                yield Edit(*self._comment_lines(comment), (), self.unit, swallows=True)

    def _removed(self, statement: ast.stmt, gone: Sequence[ast.stmt]) -> Span:
        """The lines of a statement; at the beginning of the body with the blank ones below it."""
        lines = self._lines(statement)
        if is_first_child(self.context, statement, gone):
            return Span(lines.start, skip_blank_lines(self.context.source.buffer, lines.end))
        return lines

    def _without_marks(self) -> Iterator[Edit]:
        """Takes the marks of the first copy that are those of its row now."""
        for mark in self._own_marks(self.group.first):
            yield Edit(*self._lines(mark.node), (), self.unit, swallows=True)

    def _body_spans(self, member: Sibling) -> list[Span]:
        body = header_end(self.context, member.function)
        return [c for c in comments_in(self.context, member.region) if c.start > body]

    def _lines(self, node: ast.AST) -> Span:
        span = self.context.module.span(node)
        return Span(line_start(self.context, span.start), line_stop(self.context, span.end))

    def _comment_lines(self, comment: Span) -> Span:
        """A comment with its line, if it has one for itself, else with the blanks before it."""
        buffer, start = self.context.source.buffer, line_start(self.context, comment.start)
        before = buffer[start : comment.start]
        if before.strip():
            return Span(start + len(before.rstrip()), comment.end)
        return Span(start, line_stop(self.context, comment.end))

    def _gone(self, member: Sibling) -> Span:
        """A copy with the blank lines above it; of what it begins, with those below it."""
        buffer, start = self.context.source.buffer, member.region.start
        if is_first_child(self.context, member.function):
            return Span(start, skip_blank_lines(buffer, member.region.end))
        while start > 0 and not buffer[line_start(self.context, start - 1) : start].strip():
            start = line_start(self.context, start - 1)
        return Span(start, member.region.end)


def _holds(outer: Span, inner: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _body_comments(context: Context, member: Sibling) -> list[bytes]:
    body = header_end(context, member.function)
    found = (c for c in comments_in(context, member.region) if c.start > body)
    texts = [context.source.buffer[c.start : c.end] for c in found]
    return [text for text in texts if not is_pragma(text)]


def _as_comment(docstring: ast.stmt | None) -> Iterator[bytes]:
    if isinstance(docstring, ast.Expr) and isinstance(docstring.value, ast.Constant):
        lines: Sequence[str] = str(docstring.value.value).strip().splitlines()
        yield from (f"# {line.strip()}".rstrip().encode() for line in lines)


def _text(context: Context, node: ast.expr) -> bytes:
    span = context.module.span(node)
    text = context.source.buffer[span.start : span.end]
    return on_one_line(text) if b"\n" in text else text
