"""The name of a converted class: one that pytest collects, and everywhere in the file."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from reassert.model.edits import Span
from reassert.syntax.classes import ClassInfo, dotted_name
from reassert.syntax.context import Context
from reassert.syntax.quoted import place_in, strings_of, without
from reassert.syntax.scopes import is_bound_once, uses_of_module_name
from reassert.syntax.setup_chain import Problem, core_name
from reassert.syntax.statements import name_span


def names_of(context: Context) -> Names:
    """The names of a file's classes, made once."""
    if "names" not in context.memory:
        context.memory["names"] = Names(context)
    found = context.memory["names"]
    assert isinstance(found, Names)  # noqa: S101 - nobody else uses this key
    return found


class Names:
    """New names for the TestCase classes of a file."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.new: dict[ClassInfo, str] = {}
        for info in context.classes.all:
            if info.is_testcase and not info.local:
                self.new[info] = self._choose(info)

    def _choose(self, info: ClassInfo) -> str:
        name = info.node.name
        if self.context.config.pytest.collects_class(name) or not self._collected(info):
            return name
        cores = _capitalised(core_name(name)), _capitalised(name.strip("_"))
        fitting = (form.format(core) for form in self._forms for core in cores)
        return next((wanted for wanted in fitting if self._is_free(info, wanted)), name)

    @cached_property
    def _forms(self) -> list[str]:
        """How a name that pytest collects can be made of one that it does not; ``Test`` before all others."""
        forms = ["Test{}", *map(_form, self.context.config.pytest.python_classes)]
        return [form for form in dict.fromkeys(forms) if "{}" in form]

    def _collected(self, info: ClassInfo) -> bool:
        return any(c.tests for c in info.lineage)

    def _is_free(self, info: ClassInfo, wanted: str) -> bool:
        if not (wanted.isidentifier() and self.context.config.pytest.collects_class(wanted)):
            return False
        if info.outer is not None:
            return wanted not in info.outer.defines
        return wanted not in self._taken and wanted not in self.new.values()

    @cached_property
    def _taken(self) -> set[str]:
        module = self.context.module
        return {
            *module.names,
            *module.imports,
            *module.rebound,
            *(c.qualname for c in self.context.classes.all),
        }

    def qualname(self, info: ClassInfo) -> str:
        """The new qualified name."""
        own = self.new.get(info, info.node.name)
        return f"{self.qualname(info.outer)}.{own}" if info.outer else own

    # -- what speaks against it ------------------------------------------------------------------------------

    def problems(self, info: ClassInfo) -> Iterator[Problem]:
        """Why the class cannot be given a name that pytest collects, or cannot lose the old one."""
        if info not in self.new:
            return
        new = self.new[info]
        if self._collected(info) and not self.context.config.pytest.collects_class(new):
            usual = self.context.config.pytest.python_classes == ("Test",)
            wanted = "begins with Test" if usual else "matches python_classes"
            yield Problem(info, "B-NAME", info.node, f"no free name that {wanted} for {info.node.name}")
        if self._is_deleted(info):
            yield Problem(
                info,
                "B-NAME",
                info.node,
                "the class is deleted in a way that may not happen",
            )
        if new != info.node.name:
            yield from self._rename_problems(info)

    def _is_deleted(self, info: ClassInfo) -> bool:
        """Whether the name goes other than by a statement of the module, which does the same afterwards."""
        module = self.context.module
        gone = [n for n in module.names.get(info.node.name, ()) if isinstance(n.ctx, ast.Del)]
        return any(module.enclosing_function(n) is not None for n in gone)

    def _rename_problems(self, info: ClassInfo) -> Iterator[Problem]:
        name, module = info.node.name, self.context.module
        uses = uses_of_module_name(self.context, name) if info.outer is None else module.names.get(name, ())
        cleared = [n for n in uses if isinstance(n.ctx, ast.Store) and self._is_cleared(n)]
        stores = [n for n in uses if isinstance(n.ctx, ast.Store) and n not in cleared]
        others = sum(c.node.name == name for c in self.context.classes.all) > 1
        once = is_bound_once(self.context, name, besides=len(cleared))
        if stores or (others if info.outer else not once):
            yield Problem(
                info,
                "B-NAME",
                stores[0] if stores else info.node,
                f"{name} means something else elsewhere in the file",
            )
        if self._confuses_private_names(info):
            yield Problem(info, "B-NAME", info.node, f"private names of {name} and of a relative would meet")
        if f"_{name.lstrip('_')}__" in self.context.source.text:
            yield Problem(info, "B-NAME", info.node, f"mangled names of {name} are used")
        string = next((s for s in self._strings_with(name) if self._cannot_follow(info, s)), None)
        if string is not None:
            yield Problem(info, "B-NAME", string, f"a string names {name}")
        user = self.context.facts.named_by.get(info.qualname)
        if user:
            yield Problem(info, "B-NAME", info.node, f"a string names {name}: {user}")
        if sys.version_info < (3, 12) and any(self._in_fstring(n) for n in module.names.get(name, ())):
            yield Problem(
                info,
                "B-NAME",
                info.node,
                f"{name} is used inside an f-string, whose positions this Python does not know",
            )

    def _is_cleared(self, node: ast.Name) -> bool:
        """Whether a statement of the module sets the name to None, so that nobody collects the class."""
        parent = self.context.module.parents[node]
        scopes = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        if any(isinstance(a, scopes) for a in self.context.module.ancestors(node)):
            return False
        value = parent.value if isinstance(parent, ast.Assign) else None
        return isinstance(value, ast.Constant) and value.value is None

    def _confuses_private_names(self, info: ClassInfo) -> bool:
        """Whether ``__x`` of two related classes, which their names mangle, would become or cease to be one.

        Source: the reference of Python, "Private name mangling": leading underscores of the class go.
        """
        private = self.private_names(info)
        relatives = [*info.lineage[1:], *info.home.heirs(info)] if private else []
        return any(
            (_prefix(info.node.name) == _prefix(c.node.name))
            != (_prefix(self.new[info]) == _prefix(self._of(c).new.get(c, c.node.name)))
            for c in relatives
            if private & self._of(c).private_names(c)
        )

    def _of(self, info: ClassInfo) -> Names:
        """The names of the file of a relative."""
        return self if info.module is self.context.module else names_of(self.context.home_of(info))

    @cached_property
    def _private(self) -> list[tuple[str, ast.AST]]:
        """The names of the file that Python mangles, with their places."""
        module = self.context.module
        tables: list[Mapping[str, Sequence[ast.AST]]] = [module.attributes_by_name, module.names]
        found: list[tuple[str, ast.AST]] = [
            (name, node) for table in tables for name in filter(_is_private, table) for node in table[name]
        ]
        functions = (f for c in self.context.classes.all for f in c.functions)
        return [*found, *((f.name, f) for f in functions if _is_private(f.name))]

    def private_names(self, info: ClassInfo) -> frozenset[str]:
        """Those of a class of the file; those of classes inside it are counted as well."""
        return frozenset(name for name, node in self._private if info.module.holds(info.node, node))

    def _strings_with(self, name: str) -> list[ast.Constant]:
        return strings_of(self.context).containing(name)

    def _cannot_follow(self, info: ClassInfo, string: ast.Constant) -> bool:
        spans = self._in_string(info, string)
        if spans is None:
            return True
        return self._refers(info.node.name, string, without(self.context.module, string, spans))

    def _in_string(self, info: ClassInfo, string: ast.Constant) -> list[Span] | None:
        """Where a string surely names the class; None if it does and cannot follow."""
        place = place_in(self.context.source.path, info.qualname)
        strings = strings_of(self.context)
        return strings.naming(string, info.node.name, place, is_bound=info.outer is None)

    def _refers(self, name: str, string: ast.Constant, value: str) -> bool:
        """Whether the rest of a string may be the name of a class: a path, or where names are looked up."""
        if name not in value:
            return False
        if value == name and "test" not in name.lower():
            return self._asks_for_names or self._is_lookup(string)
        path = rf"(^|[.:]){name}($|[.:])|(?<!\w){name}\\?(\.|::)[\\\w]"  # the latter also in a pattern
        return re.search(path, value) is not None

    def _is_lookup(self, string: ast.Constant) -> bool:
        parent = self.context.module.parents[string]
        if isinstance(parent, ast.Call):
            return (dotted_name(parent.func) or "").rpartition(".")[2] in _LOOKUPS
        return isinstance(parent, ast.Subscript)

    @cached_property
    def _asks_for_names(self) -> bool:
        return any(map(self.context.module.attributes_named, ("__name__", "__qualname__")))

    def _in_fstring(self, node: ast.AST) -> bool:
        return any(isinstance(a, ast.JoinedStr) for a in self.context.module.ancestors(node))

    # -- where it stands -------------------------------------------------------------------------------------

    def places(self, info: ClassInfo) -> Iterator[tuple[Span, bytes]]:
        """Every place of the old name in the file of the class, with what comes there."""
        new = self.new.get(info, info.node.name).encode()
        if new.decode() == info.node.name:
            return
        yield name_span(self.context, info.node), new
        module = self.context.module
        for node in uses_of_module_name(self.context, info.node.name) if info.outer is None else ():
            yield module.span(node), new
        for attribute in module.attributes_named(info.node.name) if info.outer is not None else ():
            yield attribute_name(self.context, attribute), new
        for string in self._strings_with(info.node.name):
            for span in self._in_string(info, string) or ():
                yield span, new


_LOOKUPS = frozenset(
    ["getattr", "setattr", "delattr", "hasattr", "object", "attrgetter", "setitem", "delitem", "get", "pop"],
)


def _is_private(name: str) -> bool:
    return name.startswith("__") and not name.endswith("__")


def _prefix(name: str) -> str:
    """What Python puts before the private names of a class."""
    return name.lstrip("_")


def attribute_name(context: Context, node: ast.Attribute) -> Span:
    """The bytes of ``name`` in ``value.name``."""
    end = context.module.span(node).end
    return Span(end - len(node.attr.encode()), end)


def _form(option: str) -> str:
    """A pattern for names out of an entry of ``python_classes``; without ``{}`` if none can be made."""
    if any(c in option for c in "?[{}"):
        return ""
    return option.replace("*", "{}", 1).replace("*", "") if "*" in option else f"{option}{{}}"


def _capitalised(name: str) -> str:
    if name.lower().startswith("test_"):
        name = name[5:]
    return name[:1].upper() + name[1:]
