"""Classes of other files as this file names them: imports, uses through a module, how to rename them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

from reassert.model.edits import Span
from reassert.syntax.class_names import attribute_name, names_of
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.module import imported_names
from reassert.syntax.quoted import strings_of, without


@dataclass
class Foreign:
    """A class of another file of the family, with everything in this file that means it.

    ``key`` names the class for the engine; ``aliases`` are import aliases, ``nodes`` names and attributes,
    ``quoted`` the paths in strings that lead to it, with the index of its name among theirs. ``others`` are
    names that the module gives it beside its own, with their places.
    """

    info: ClassInfo
    home: Context
    aliases: list[ast.alias] = field(default_factory=list)
    nodes: list[ast.Name | ast.Attribute] = field(default_factory=list)
    starred: bool = False
    quoted: dict[str, int] = field(default_factory=dict)
    others: dict[str, ast.AST] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """``path::qualname``."""
        return f"{self.home.source.path}::{self.info.qualname}"

    @property
    def is_bound_here(self) -> bool:
        """Whether an import makes it a class of this file under its own name."""
        name = self.info.node.name
        return self.starred or any((a.asname or a.name) == name for a in self.aliases)

    @property
    def is_used(self) -> bool:
        """Whether the code uses it, and not only strings."""
        return bool(self.aliases or self.nodes or self.starred or self.others)

    @property
    def first_place(self) -> ast.AST | None:
        """Where the code of this file first says its name."""
        return next(iter([*self.aliases, *self.nodes]), None)

    @property
    def new_name(self) -> str:
        """The name that the class has when it has climbed."""
        return names_of(self.home).new.get(self.info, self.info.node.name)

    @property
    def is_renamed(self) -> bool:
        """Whether it gets another name."""
        return self.new_name != self.info.node.name


def foreign_classes(context: Context) -> list[Foreign]:
    """The test classes of other files that this file uses."""
    if "foreign classes" not in context.memory:
        context.memory["foreign classes"] = _foreign_classes(context)
    return cast("list[Foreign]", context.memory["foreign classes"])


def _foreign_classes(context: Context) -> list[Foreign]:
    found: dict[ClassInfo, Foreign] = {}
    for dotted, ref in context.facts.names.items():
        foreign = _foreign(context, found, ref.path, ref.qualname)
        if foreign:
            _collect(context, dotted, foreign)
    for text, refs in context.facts.quoted.items():
        for quoted in refs:
            foreign = _foreign(context, found, quoted.path, quoted.qualname)
            if foreign:
                foreign.quoted[text] = quoted.place
    return list(found.values())


def _foreign(context: Context, found: dict[ClassInfo, Foreign], path: str, qualname: str) -> Foreign | None:
    home = context.family.get(path)
    hits = home.classes.by_name.get(qualname, []) if home else []
    return found.setdefault(hits[0], Foreign(hits[0], home)) if home and len(hits) == 1 else None


def _collect(context: Context, dotted: str, foreign: Foreign) -> None:
    module, name = context.module, foreign.info.node.name
    for node in module.import_nodes:
        for alias, (local, target) in zip(node.names, imported_names(node), strict=True):
            if isinstance(node, ast.ImportFrom) and target == dotted:
                foreign.aliases.append(alias)
                foreign.nodes += module.names.get(local, ())
                foreign.others |= {local: alias} if local != name else {}
    if "." not in dotted and dotted not in module.imports:  # a star import brings it
        foreign.starred |= dotted == name
        foreign.nodes += module.names.get(dotted, ())
        foreign.others |= {dotted: _first_star(context)} if dotted != name else {}
    wanted = dotted.rpartition(".")[2]
    foreign.nodes += [a for a in module.attributes_named(wanted) if module.resolve(a) == dotted]
    foreign.others |= {local: value for local, value in module.assigned.items() if value in foreign.nodes}


def _first_star(context: Context) -> ast.AST:
    module = context.module
    stars = (a for node in module.import_nodes for a in node.names if a.name == "*")
    return next(stars, module.tree.body[0])


def places(context: Context, foreign: Foreign) -> Iterator[tuple[Span, bytes]]:
    """Every place of a renamed class's old name in this file, with what comes there.

    Where a file between has the class under another name, that name stays.
    """
    old, new = foreign.info.node.name, foreign.new_name.encode()
    renamed_locally = {a.asname for a in foreign.aliases if a.asname}
    for alias in foreign.aliases:
        start = context.module.span(alias).start
        if alias.name == old:
            yield Span(start, start + len(alias.name.encode())), new
    for node in dict.fromkeys(foreign.nodes):
        if isinstance(node, ast.Attribute):
            if node.attr == old:
                yield attribute_name(context, node), new
        elif node.id == old and node.id not in renamed_locally:
            yield context.module.span(node), new
    for string in strings_of(context).containing(foreign.info.node.name):
        for span in _in_string(context, foreign, string) or ():
            yield span, new


def _in_string(context: Context, foreign: Foreign, string: ast.Constant) -> list[Span] | None:
    """Where a string surely names the class; None if it does and cannot follow."""
    return strings_of(context).naming(
        string,
        foreign.info.node.name,
        lambda _, text: foreign.quoted.get(text),
        is_bound=foreign.is_bound_here,
    )


def alias_problem(foreign: Foreign) -> tuple[ast.AST, str] | None:
    """A name here, beside its own, under which pytest only collects a TestCase; with the place."""
    if not (foreign.info.is_testcase and any(c.tests for c in foreign.info.lineage)):
        return None
    for local, place in foreign.others.items():
        if not foreign.home.config.pytest.collects_class(local):
            return place, f"pytest would not collect {foreign.info.node.name} as {local} any more"
    return None


def rename_problem(context: Context, foreign: Foreign) -> tuple[ast.AST, str] | None:
    """Why this file cannot follow the rename of a class, with the place; None if it can."""
    name, new, module = foreign.info.node.name, foreign.new_name, context.module
    local = [n for n in foreign.nodes if isinstance(n, ast.Name) and n.id == name]
    if any(not isinstance(n.ctx, ast.Load) for n in local) or name in module.parameters:
        return (local[0] if local else module.tree.body[0]), f"{name} means something else, too"
    if local and (new in module.names or new in module.imports or new in module.rebound):
        return local[0], f"{new} means something else here"
    if f"_{name.lstrip('_')}__" in context.source.text:
        return (
            foreign.nodes[0] if foreign.nodes else module.tree.body[0]
        ), f"mangled names of {name} are used"
    for string in strings_of(context).containing(name):
        spans = _in_string(context, foreign, string)
        if spans is None or (foreign.is_used and _is_part(name, without(module, string, spans))):
            return string, f"a string names {name}"
    inside = [n for n in foreign.nodes if any(isinstance(a, ast.JoinedStr) for a in module.ancestors(n))]
    return (inside[0], f"{name} is used inside an f-string") if inside else None


def _is_part(name: str, value: str) -> bool:
    return name in value and name in value.replace(":", ".").split(".")
