"""What a rule is given: one file, what is known of it, and the means to speak about it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import cached_property

from reassert.model.config import RuleConfig
from reassert.model.edits import Edit, Part, Unit
from reassert.model.facts import FileFacts
from reassert.model.outcomes import Finding, Location, Refusal
from reassert.model.source import SourceFile
from reassert.syntax.classes import Classes, ClassInfo
from reassert.syntax.fixtures import made_up_fixtures
from reassert.syntax.layout import Layout
from reassert.syntax.module import FunctionNode, Module

_IGNORE = re.compile(rb"#[ \t]*reassert:[ \t]*(?P<file>file-)?ignore\[(?P<rules>[\w\-, ]+)\]")


class Context:
    """One file under one configuration. Everything in it is computed once and shared by all rules."""

    def __init__(
        self,
        source: SourceFile,
        facts: FileFacts,
        config: RuleConfig,
        parsed: Module | None = None,
    ) -> None:
        self.source = source
        self.facts = facts
        self.config = config
        # The file as a pass has parsed it that did not know how other files call unittest's names.
        self._parsed = parsed
        # The files that are converted together, by path; set by the engine, as the classes are linked by it.
        self.family: Mapping[str, Context] = {}
        # What methods of bases in other files take; set by the engine for codemods that see one file alone.
        self.inherited: Mapping[str, tuple[str, ...]] = {}
        # What rules compute once for the file, by a key of their own.
        self.memory: dict[str, object] = {}
        # The ids of the rules that run on this file; set by the engine.
        self.rules: frozenset[str] = frozenset()
        # Set by the engine before the rules that run after others: nodes whose use of the TestCase goes away.
        self.handled: frozenset[int] = frozenset()

    @cached_property
    def module(self) -> Module:
        """The parsed file."""
        if self._parsed is not None and not self.facts.aliases:
            return self._parsed
        return Module(self.source, self.facts.aliases)

    @cached_property
    def unlinked_classes(self) -> Classes:
        """Its classes, before ``syntax.classes.link`` has made those of all files known to one another."""
        return Classes(self.module, self.facts.bases, self.facts.fixtures | made_up_fixtures(self.module))

    @property
    def classes(self) -> Classes:
        """Its classes."""
        return self.unlinked_classes

    def home_of(self, info: ClassInfo) -> Context:
        """The file of a class of the family."""
        return next((c for c in self.family.values() if c.module is info.module), self)

    def release(self) -> None:
        """Let go of everything, so that the trees need not wait for the cyclic garbage collector."""
        known = vars(self)
        for info in self.classes.all if "unlinked_classes" in known else ():
            self.classes.component(info).memory.clear()
        for info in self.classes.all if "unlinked_classes" in known else ():
            vars(info).clear()
        for name in ("unlinked_classes", "module"):
            if name in known:
                vars(known[name]).clear()
        known.clear()

    def may_change(self, qualname: str) -> bool:
        """Whether a class of this file is one that the user meant, or is known to hang together with one."""
        return self.facts.scope is None or qualname in self.facts.scope

    def location(self, node: ast.AST) -> Location:
        """Where ``node`` begins in the user's file."""
        line: int = node.lineno  # type: ignore[attr-defined]
        start = self.source.line_starts[line - 1]
        before = self.source.buffer[start : start + node.col_offset]  # type: ignore[attr-defined]
        return Location(self.source.path, line, len(before.decode()) + 1)

    def refusal(self, rule_id: str, code: str, node: ast.AST, qualname: str, reason: str) -> Refusal:
        """A refusal at ``node``."""
        return Refusal(rule_id, code, self.location(node), Unit(rule_id, qualname), reason)

    def finding(self, rule_id: str, code: str, node: ast.AST, message: str, suggestion: str = "") -> Finding:
        """A finding at ``node``."""
        return Finding(rule_id, code, self.location(node), message, suggestion)

    @cached_property
    def _ignored(self) -> dict[int, set[str]]:
        """Line -> rules switched off there by a comment; line 0 stands for the whole file."""
        table: dict[int, set[str]] = {}
        for match in _IGNORE.finditer(self.source.buffer):
            line = 0 if match["file"] else self.source.line_of(match.start())
            rules = {name.strip().decode() for name in match["rules"].split(b",")}
            table.setdefault(line, set()).update(rules)
        return table

    def is_ignored(self, rule_id: str, node: ast.AST | None, qualname: str = "") -> bool:
        """Whether a comment or an excluded unit keeps a rule away from ``node`` (None: the whole file)."""
        if self.config.excluded and self._is_excluded(rule_id, qualname):
            return True
        if not self._ignored:
            return False
        lines = {0}
        if node is not None:
            statement = self.module.enclosing_statement(node)
            first: int = min(
                [statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))]
            )
            lines |= {first - 1, *range(first, self._header_end(statement) + 1)}
        return any(rule_id in self._ignored.get(line, ()) for line in lines)

    def _is_excluded(self, rule_id: str, qualname: str) -> bool:
        if Unit(rule_id, qualname) in self.config.excluded:
            return True
        parts = qualname.split(".")
        names = {"*", *(".".join(parts[:count]) for count in range(1, len(parts) + 1))}
        return any(Unit("*", name) in self.config.excluded for name in names)

    def holds_excluded(self, qualname: str) -> bool:
        """Whether the class ``qualname`` or something in it is an excluded unit; such a class stays."""
        inside = f"{qualname}."
        return any(f"{unit.qualname}.".startswith(inside) for unit in self.config.excluded)

    def _header_end(self, statement: ast.stmt) -> int:
        body = getattr(statement, "body", None)
        return max(statement.lineno, body[0].lineno - 1) if body else statement.end_lineno or statement.lineno

    def replace(
        self,
        node: ast.AST,
        parts: Iterable[Part],
        unit: Unit,
        *,
        requires: ClassInfo | None = None,
        imports: Iterable[str] = (),
    ) -> Edit:
        """An edit that puts ``parts`` in the place of ``node``."""
        span = self.module.span(node)
        required = requires.qualname if requires else None
        return Edit(span.start, span.end, tuple(parts), unit, required, frozenset(imports))

    def layout(self, statement: ast.AST) -> Layout:
        """The layout of what will stand in the place of ``statement``."""
        return Layout(self.module, statement)

    def stands_alone(self, statement: ast.stmt) -> bool:
        """Whether a statement has its line(s) for itself, so that a compound statement can take its place."""
        span = self.module.span(statement)
        buffer, starts = self.source.buffer, self.source.line_starts
        first = starts[self.source.line_of(span.start) - 1]
        if buffer[first : span.start].strip() or buffer[:first].rstrip(b"\r\n").endswith(b"\\"):
            return False
        line = self.source.line_of(span.end)
        stop = starts[line] if line < len(starts) else len(buffer)
        return not buffer[span.end : stop].split(b"#")[0].strip()

    def fresh_name(self, function: FunctionNode, wanted: str) -> str:
        """``wanted``, or a variation of it that ``function`` and the module do not use."""
        module = self.module
        taken = {n.id for n in module.inside(function, module.of(ast.Name))}
        taken |= {a.arg for a in module.inside(function, module.of(ast.arg))}
        taken |= module.rebound | module.imports.keys()
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}{number}", number + 1
        return name
