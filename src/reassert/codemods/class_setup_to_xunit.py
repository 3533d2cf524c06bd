"""setUpClass and setUpModule become pytest's xunit-style functions, alike in every supported version."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import ClassVar, cast

from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import Finding, Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.class_cleanups import METHODS, XUNIT, ClassStack, arrange_classes
from reassert.syntax.class_stack import StackText
from reassert.syntax.classes import Classes, ClassInfo, Component, SuperUse, Use, is_classmethod
from reassert.syntax.context import Context
from reassert.syntax.hierarchy import (
    Reach,
    last_of_all,
    lone_statement,
    named_class,
    reach,
    reached,
    starting_class,
    super_statement,
)
from reassert.syntax.module import FunctionNode
from reassert.syntax.statements import (
    at_the_top,
    is_docstring,
    name_span,
    remove_definition,
    remove_statement,
)
from reassert.syntax.testcase_api import MODULE_FIXTURES

_NEVER_RUN = ("addModuleCleanup", "enterModuleContext")


class ClassSetupToXunit(Codemod[Context]):
    """See the page."""

    title = "setUpClass, tearDownClass, setUpModule and tearDownModule become setup_class and so on"
    mentions = (b"setUpClass", b"tearDownClass", b"setUpModule", b"tearDownModule", b"Class")
    refusals: ClassVar[Mapping[str, str]] = {
        "B-INTERNALS": "class-level set-up that is no plain classmethod",
        "B-MRO": "what a super() call of the class-level set-up reaches, or whose cleanups run, is not clear",
        "B-NAME": "the class already has setup_class, teardown_class or another name that is needed",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Classes first, then the module's own functions."""
        edits: list[Edit] = []
        blocked: dict[str, tuple[Refusal, ...]] = {}
        handled: set[int] = set()
        for info in context.classes.all:
            if not context.classes.component(info).is_unittest:
                continue
            problems = list(self._problems(context, info))
            handled |= {id(info.methods[n]) for n in XUNIT if n in info.methods}
            handled |= {id(u.node) for u in _uses(info)}
            handled |= {id(u.node) for u in info.uses.attributes if u.name in METHODS}
            if problems:
                blocked[info.qualname] = tuple(problems)
            else:
                edits += self._class_edits(context, info)
        module_edits, findings = self._module(context)
        return Rewrite(
            (*edits, *module_edits), findings=findings, blocked=blocked, handled=frozenset(handled)
        )

    def _problems(self, context: Context, info: ClassInfo) -> Iterator[Refusal]:
        def refuse(code: str, node: ast.AST, reason: str) -> Refusal:
            return context.refusal(self.id, code, node, info.qualname, reason)

        for name, new in XUNIT.items():
            method = info.methods.get(name)
            if name in info.defines and (
                method is None or method not in info.node.body or not is_classmethod(method)
            ):
                yield refuse("B-INTERNALS", method or info.node, f"{name} is not a plain classmethod")
            elif method is not None and len(method.decorator_list) > 1:
                yield refuse("B-INTERNALS", method, f"{name} has more decorators than classmethod")
            if new in info.defines:
                yield refuse("B-NAME", info.node, f"the class has {new} already")
        for problem in _stack(context.classes, context.classes.component(info)).problems:
            if problem.owner is info:
                yield refuse(problem.code, problem.node, problem.reason)
        for call in [*_supers(info), *info.uses.named]:
            found = _reach(context, info, call)
            if found is Reach.SOMETIMES or (found is Reach.NOTHING and _statement(info, call) is None):
                yield refuse(
                    "B-MRO", call.node, f"what this call of {call.name} reaches differs between classes"
                )

    def _class_edits(self, context: Context, info: ClassInfo) -> Iterator[Edit]:
        unit = Unit(self.id, info.qualname)
        idle = _idle(context.classes, context.classes.component(info))
        stack = _stack(context.classes, context.classes.component(info))
        emptied = {info.methods[name] for name in XUNIT if info in idle[name]}
        left = [None if (m := info.methods.get(name)) in emptied else m for name in XUNIT]
        dead = [s for u in _uses(info) if (s := _dead(context, info, u)) is not None]
        yield from StackText(context, stack, info, unit, left[0], left[1], dead).edits()
        for name, new in stack.names.items():
            method = info.methods.get(name)
            if method in emptied:
                yield remove_definition(context, method, unit, info)
            elif method is not None:
                span = name_span(context, method)
                yield Edit(span.start, span.end, (new.encode(),), unit, info.qualname)
        for use in _uses(info):
            if use.method not in emptied:
                yield from self._use_edit(context, info, use, unit)
        ends = {} if stack.host else _ends(context.classes, context.classes.component(info))
        rows = [
            row
            for name, new in XUNIT.items()
            if ends.get(name) is info
            for row in ("@classmethod", f"def {new}(cls):", "\tpass", "")
        ]
        if rows:
            yield at_the_top(context, info, rows, unit)

    def _use_edit(self, context: Context, info: ClassInfo, use: SuperUse | Use, unit: Unit) -> Iterator[Edit]:
        statement = _dead(context, info, use)
        if statement is not None:
            yield remove_statement(context, statement, unit, info)
            return
        names = _stack(context.classes, context.classes.component(info)).names
        end = context.module.span(use.node).end
        yield Edit(end - len(use.name), end, (names[use.name].encode(),), unit, info.qualname)

    def _module(self, context: Context) -> tuple[list[Edit], tuple[Finding, ...]]:
        edits = []
        for node in context.module.tree.body:
            if (
                isinstance(node, ast.FunctionDef)
                and node.name in MODULE_FIXTURES
                and self._is_free(context, node.name)
            ):
                span = name_span(context, node)
                unit = Unit(self.id, node.name)
                edits.append(Edit(span.start, span.end, (MODULE_FIXTURES[node.name].encode(),), unit, "*"))
                for use in context.module.names.get(node.name, ()):
                    place = context.module.span(use)
                    edits.append(
                        Edit(place.start, place.end, (MODULE_FIXTURES[node.name].encode(),), unit, "*")
                    )
        return edits, tuple(self._never_run(context))

    def _is_free(self, context: Context, name: str) -> bool:
        """Whether the name is the module's own affair, and the new one is not taken."""
        new, module = MODULE_FIXTURES[name], context.module
        if name in context.facts.used_by or any(s.value == name for s in module.strings):
            return False
        return not {new} & (module.rebound | module.imports.keys()) and any(
            c.is_testcase for c in context.classes.all
        )

    def _never_run(self, context: Context) -> Iterator[Finding]:
        module, origins = context.module, context.facts.aliases.values()
        if not any(n.encode() in context.source.buffer or f"unittest.{n}" in origins for n in _NEVER_RUN):
            return
        for call in module.of(ast.Call):
            name = (module.resolve(call.func) or "").rpartition(".")[2]
            if name in _NEVER_RUN and module.resolve(call.func) == f"unittest.{name}":
                yield context.finding(
                    self.id,
                    "WAS-NOT-RUN",
                    call.func,
                    f"pytest never runs what {name} registers",
                    "use a module-scoped fixture",
                )


def _supers(info: ClassInfo) -> list[SuperUse]:
    return [u for u in info.uses.supers if u.name in XUNIT]


def _uses(info: ClassInfo) -> list[SuperUse | Use]:
    return [*_supers(info), *info.uses.named, *(u for u in info.uses.attributes if u.name in XUNIT)]


def _stack(classes: Classes, component: Component) -> ClassStack:
    """Who keeps the stack of class-level cleanups; decided once for a component."""
    if "class stack" not in component.memory:
        idle = _idle(classes, component)

        def is_called(info: ClassInfo) -> bool:
            return any(
                not isinstance(u, SuperUse) or _dead_statement(classes, info, u, idle[u.name]) is None
                for u in _uses(info)
            )

        component.memory["class stack"] = arrange_classes(classes, component, idle, is_called)
    return cast("ClassStack", component.memory["class stack"])


def _dead(context: Context, info: ClassInfo, use: SuperUse | Use) -> ast.Expr | None:
    """The statement of a use that does nothing, and goes."""
    gone = _idle(context.classes, context.classes.component(info))[use.name]
    return _dead_statement(context.classes, info, use, gone) if isinstance(use, SuperUse) else None


def _reach(context: Context, info: ClassInfo, use: SuperUse) -> Reach:
    component = context.classes.component(info)
    return _reached(context.classes, info, use, _idle(context.classes, component)[use.name])


def _reached(classes: Classes, info: ClassInfo, use: SuperUse, gone: Collection[ClassInfo]) -> Reach:
    """What a call reaches; one of ``Base.setUpClass()`` looks from Base on, with Base as ``cls``."""
    if use not in info.uses.named:
        behind = reached(classes, info, use, gone)
        ended = behind is Reach.SOMETIMES and _ends_at_host(classes, info, use)
        return Reach.ALWAYS if ended else behind
    named = named_class(info, use.explicit) if use.explicit else None
    if not isinstance(named, ClassInfo):
        return Reach.NOTHING if named else Reach.SOMETIMES
    if not named.is_testcase:
        return Reach.SOMETIMES  # what follows it in the MRO of the caller does not follow it here
    found = any(use.name in c.defines and c not in gone for c in named.mro)
    return Reach.ALWAYS if found else Reach.NOTHING


def _ends_at_host(classes: Classes, info: ClassInfo, use: SuperUse) -> bool:
    """Whether a class stands behind the call in every MRO, so that an empty method there is its end."""
    host, start = last_of_all(classes.component(info)), starting_class(info, use)
    return host is not None and start is not None and start is not host


def _ends(classes: Classes, component: Component) -> dict[str, ClassInfo]:
    """The class-level methods that have to end somewhere, each with the class that gets an empty one."""
    host = last_of_all(component)
    found = {}
    for info in component if host is not None else ():
        for use in _supers(info):
            gone = _idle(classes, component)[use.name]
            if reached(classes, info, use, gone) is Reach.SOMETIMES and _ends_at_host(classes, info, use):
                found[use.name] = cast("ClassInfo", host)
    return found


def _idle(classes: Classes, component: Component) -> dict[str, set[ClassInfo]]:
    """The classes whose setUpClass, or tearDownClass, only calls what TestCase has."""
    if "idle" not in component.memory:
        found: dict[str, set[ClassInfo]] = {name: set() for name in XUNIT}
        component.memory["idle"] = found
        for info in sorted(component, key=lambda c: len(c.lineage)):
            for name, gone in found.items():
                method = info.methods.get(name)
                if method is not None and _is_idle(classes, info, method, gone):
                    gone.add(info)
    return cast("dict[str, set[ClassInfo]]", component.memory["idle"])


def _is_idle(classes: Classes, info: ClassInfo, method: FunctionNode, gone: Collection[ClassInfo]) -> bool:
    calls = [u for u in [*_supers(info), *info.uses.named] if u.method is method]
    dead = {s for u in calls if (s := _dead_statement(classes, info, u, gone))}
    left = [s for s in method.body if s not in dead and not isinstance(s, ast.Pass) and not is_docstring(s)]
    return not left and (bool(dead) or reach(classes, info, method.name, gone) is Reach.NOTHING)


def _dead_statement(
    classes: Classes, info: ClassInfo, use: SuperUse, gone: Collection[ClassInfo]
) -> ast.Expr | None:
    """The statement of a call that only reached TestCase's empty method."""
    return _statement(info, use) if _reached(classes, info, use, gone) is Reach.NOTHING else None


def _statement(info: ClassInfo, use: SuperUse) -> ast.Expr | None:
    if use not in info.uses.named:
        return super_statement(info, use)
    call = info.module.parents[use.node]
    alone = isinstance(call, ast.Call) and call.func is use.node and not call.args and not call.keywords
    return lone_statement(info, call) if alone else None
