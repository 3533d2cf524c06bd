"""setUp, tearDown and cleanups become one autouse fixture a class, or xunit methods where only these fit."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar

from reassert.model.edits import Edit, Part, Span, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.classes import ClassInfo, Component, SuperUse, Use
from reassert.syntax.cleanups import STACK, arrange
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.module import FunctionNode
from reassert.syntax.parameters import add_parameter
from reassert.syntax.patchers import PatchBlocks
from reassert.syntax.set_up_methods import RUNNER, MethodForm, is_whole
from reassert.syntax.setup_chain import XUNIT, Link
from reassert.syntax.statements import (
    at_the_top,
    comment_block_above,
    definition_start,
    function_body,
    header_end,
    insertion,
    is_docstring,
    line_stop,
    name_span,
    reindented,
    remove_definition,
    remove_statement,
    siblings,
)


class SetupToFixture(Codemod[Context]):
    """See the page."""

    title = "setUp, tearDown and cleanups become fixtures"
    runs_after = ("testcase_settings_to_nothing",)
    mentions = (b"setUp", b"tearDown", b"addCleanup", b"enterContext")
    refusals: ClassVar[Mapping[str, str]] = {
        "B-MRO": "set-up of several bases, or cleanups that no form of fixture keeps in their order",
        "B-INTERNALS": "setUp or tearDown is not a plain method of one parameter, or does not come first",
        "B-DYNAMIC": "setUp or tearDown is defined conditionally or twice",
        "B-GENTEST": "setUp or tearDown is a generator: unittest never ran its body",
        "B-PATCHMULTI": "setUp or tearDown is decorated in a way that no fixture keeps",
        "B-NAME": "the class has methods that pytest calls by name, or uses the name of a fixture",
        "C-VACUOUS": "setUp or tearDown is a coroutine that unittest never awaited",
    }

    def rewrite(self, context: Context) -> Rewrite:
        """One component of inheritance after the other."""
        edits: list[Edit] = []
        blocked: dict[str, tuple[Refusal, ...]] = {}
        handled: set[int] = set()
        seen: set[int] = set()
        for info in context.classes.all:
            component = context.classes.component(info)
            if id(component) in seen or not component.is_unittest:
                continue
            seen.add(id(component))
            work = _Component(context, component, self.id)
            problems = work.arrangement.problems
            for problem in problems:
                if problem.owner.module is not context.module:
                    continue
                refusal = context.refusal(
                    self.id, problem.code, problem.node, problem.owner.qualname, problem.reason
                )
                blocked[problem.owner.qualname] = (*blocked.get(problem.owner.qualname, ()), refusal)
            if not problems:
                edits += work.edits()
            handled |= work.handled()
        return Rewrite(tuple(edits), blocked=blocked, handled=frozenset(handled))


class _Component:
    """The set-up of one inheritance component."""

    def __init__(self, context: Context, component: Component, rule_id: str) -> None:
        self.context = context
        self.rule_id = rule_id
        self.arrangement = arrange(context, component)
        self.chain = self.arrangement.chain
        self.cleanups = self.arrangement.cleanups
        self.methods = self.arrangement.methods
        self.mine = [c for c in component if c.module is context.module]

    def handled(self) -> set[int]:
        """What the class codemod need not look at again: it is converted, or its problem is reported here."""
        links = [*self._own(self.chain.links), *self._own(self.chain.empty)]
        found = {id(f) for link in links for f in link.functions}
        for info in self.mine:
            found |= {id(u.node) for u in self.chain.supers(info)}
            found |= {id(u.node) for u in info.uses.attributes if u.name in XUNIT}
            found |= {id(n) for n, _ in info.uses.escapes if self._is_super_argument(info, n)}
        return found | {id(c.use.node) for c in self.cleanups.uses}

    def _is_super_argument(self, info: ClassInfo, node: ast.Name) -> bool:
        call = info.module.parents[node]
        return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in XUNIT

    def unit(self, owner: ClassInfo) -> Unit:
        """A class's set-up is one unit."""
        return Unit(self.rule_id, owner.qualname)

    def edits(self) -> Iterator[Edit]:
        """All edits of the component; of two insertions at one place the stack's comes first."""
        host, rows = self._host_fixture()
        if host is not None and host.module is self.context.module:
            modules = ("pytest", "contextlib") if self.cleanups.means == "stack" else ("pytest",)
            yield at_the_top(self.context, host, rows, self.unit(host), *modules)
        for link in self._own(self.chain.empty):
            left = [
                s
                for s in link.owner.node.body
                if id(s) not in self.context.handled and s not in link.functions
            ]
            for number, function in enumerate(link.functions):
                if left or number:
                    yield remove_definition(self.context, function, self.unit(link.owner), link.owner)
                else:
                    span = self.context.module.span(function)
                    yield Edit(
                        span.start,
                        span.end,
                        (b"pass",),
                        self.unit(link.owner),
                        link.owner.qualname,
                        swallows=True,
                    )
        for link in self._own(self.chain.links):
            yield from (
                _MethodForm(self, link, self.methods) if self.methods else _FixtureForm(self, link)
            ).edits()
        yield from self.cleanups.edits(self.context, self.rule_id)
        yield from self._dead_calls()
        if self.methods:
            yield from self._renamed_calls(self.methods)
        if self.cleanups.means == "finalizer":
            yield from self._requests()

    def _form(self, link: Link) -> _MethodForm | _FixtureForm:
        return _MethodForm(self, link, self.methods) if self.methods else _FixtureForm(self, link)

    def _own(self, links: Mapping[ClassInfo, Link]) -> list[Link]:
        """The links of this file's classes."""
        return [link for info, link in links.items() if info.module is self.context.module]

    def _dead_calls(self) -> Iterator[Edit]:
        context = self.context
        dead = {context.module.enclosing_statement(u.node): c for c, u in self.chain.dead if c in self.mine}
        if self.methods:
            dead |= {s: c for s, c in self.methods.silenced.items() if c in self.mine}
        for statement, info in dead.items():
            if all(s in dead for s in siblings(context, statement)):
                yield context.replace(statement, [b"pass"], self.unit(info), requires=info)
            else:
                yield remove_statement(context, statement, self.unit(info), info)

    def _renamed_calls(self, form: MethodForm) -> Iterator[Edit]:
        gone = {f for link in self.chain.empty.values() for f in link.functions}
        for info in self.mine:
            uses: list[Use | SuperUse] = [*self.chain.supers(info), *self.chain.calls(info)]
            for use in uses:
                statement = self.context.module.enclosing_statement(use.node)
                if use.method not in gone and statement not in form.silenced:
                    end = self.context.module.span(use.node).end
                    new = form.names[use.name].encode()
                    yield Edit(end - len(use.name), end, (new,), self.unit(info), info.qualname)

    def _requests(self) -> Iterator[Edit]:
        """Tests that register finalizers take ``request``."""
        methods = {c.use.method: c.owner for c in self.cleanups.uses if c.place == "test"}
        for method, owner in methods.items():
            if owner.module is not self.context.module:
                continue
            yield add_parameter(self.context, method, "request", self.unit(owner), owner)

    def _host_fixture(self) -> tuple[ClassInfo | None, list[str]]:
        """The class that gets fixtures for all of the component, and the rows of them."""
        stack, form = self.cleanups.means == "stack", self.methods
        rows = self._stack_rows() if stack else []
        if form is None or form.host is None:
            return (self.cleanups.host() if stack else None), rows
        return form.host, [*rows, *self._caller_rows(form, [f"_{STACK}"] if stack else self._outer())]

    def _stack_rows(self) -> list[str]:
        opened = f"{imported_as(self.context, 'contextlib').decode()}.ExitStack() as self.{STACK}:"
        header = f"def _{STACK}({', '.join(['self', *self._outer()])}):"
        return [self._decorator(), header, f"\twith {opened}", "\t\tyield", ""]

    def _outer(self) -> tuple[str, ...]:
        """The fixtures that pytest set up before the set-up of the host."""
        return next(iter(self.arrangement.outer.values()), ())

    def _caller_rows(self, form: MethodForm, requested: Iterable[str]) -> list[str]:
        rows = [self._decorator(), f"def {RUNNER}({', '.join(['self', *requested])}):"]
        calls = {name: [f"\tself.{form.names[name]}()"] if is_whole(form, name) else [] for name in XUNIT}
        rows += [*calls["setUp"], "\tyield", *calls["tearDown"], ""]
        for name in form.ends:
            rows += [f"def {form.names[name]}(self):", "\tpass", ""]
        return rows

    def _decorator(self) -> str:
        return f"@{imported_as(self.context, 'pytest').decode()}.fixture(autouse=True)"


class _MethodForm:
    """setUp -> setup_method or set_up: the body stays as it is."""

    def __init__(self, work: _Component, link: Link, form: MethodForm) -> None:
        self.work = work
        self.link = link
        self.form = form

    def edits(self) -> Iterator[Edit]:
        owner, context = self.link.owner, self.work.context
        for function in self.link.functions:
            span = name_span(context, function)
            new = self.form.names[function.name].encode()
            yield Edit(span.start, span.end, (new,), self.work.unit(owner), owner.qualname)


class _FixtureForm:
    """One autouse fixture: setUp, yield, tearDown."""

    def __init__(self, work: _Component, link: Link) -> None:
        self.work = work
        self.link = link
        self.context = work.context
        self.unit = work.unit(link.owner)
        self.newline = self.context.source.newline.encode()

    def edits(self) -> Iterator[Edit]:
        link = self.link
        set_up = link.set_up if link.set_up and (self._left(link.set_up) or link.overrides) else None
        tear_down = link.tear_down if link.tear_down and self._left(link.tear_down) else None
        for function in link.functions:
            if function not in (set_up, tear_down):
                yield remove_definition(self.context, function, self.unit, link.owner)
        main = set_up or tear_down
        if main is None:
            return
        blocks = self._blocks(set_up)
        yield from self._header(main, yields=tear_down is not None or blocks is not None)
        if set_up:
            yield from self._removals(set_up)
        if set_up and blocks:
            closing = self._closing(tear_down, blocks.inner_indent)
            yield blocks.edit(self._last_line_end(set_up), closing, self.unit)
            if tear_down:
                yield remove_definition(self.context, tear_down, self.unit, link.owner)
                yield from self._removals(tear_down)
        elif set_up and tear_down:
            yield self._joined(set_up, tear_down)
            yield remove_definition(self.context, tear_down, self.unit, link.owner)
            yield from self._removals(tear_down)
        elif tear_down:
            yield self._yield_first(tear_down)
            yield from self._removals(tear_down)

    def _left(self, function: FunctionNode) -> list[ast.stmt]:
        """The statements that do something after the super() calls are gone."""
        return [
            s
            for i, s in enumerate(function.body)
            if s not in self.link.removed
            and id(s) not in self.context.handled
            and not (i == 0 and is_docstring(s))
            and not isinstance(s, ast.Pass)
        ]

    def _removals(self, function: FunctionNode) -> Iterator[Edit]:
        for statement in self.link.removed:
            if any(statement is n for n in ast.walk(function)):
                yield remove_statement(self.context, statement, self.unit, self.link.owner)

    def _header(self, function: FunctionNode, *, yields: bool) -> Iterator[Edit]:
        context, owner = self.context, self.link.owner
        start = definition_start(context, function)
        indent = context.layout(function).indent
        decorator = indent + b"@" + imported_as(context, "pytest") + b".fixture(autouse=True)" + self.newline
        yield insertion(start, [decorator], self.unit, owner, "pytest")
        span = name_span(context, function)
        yield Edit(span.start, span.end, (self.link.name.encode(),), self.unit, owner.qualname)
        for wanted in self._requested(function):
            yield add_parameter(context, function, wanted, self.unit, owner)
        if yields and isinstance(function.returns, ast.Constant) and function.returns.value is None:
            module = (
                "collections.abc.Iterator" if context.config.target_version >= (3, 9) else "typing.Iterator"
            )
            new = imported_as(context, module) + b"[None]"
            yield context.replace(function.returns, [new], self.unit, requires=owner, imports=[module])

    def _requested(self, function: FunctionNode) -> Iterator[str]:
        link, cleanups = self.link, self.work.cleanups
        if any(c.use.method is function for c in cleanups.uses) and cleanups.means == "finalizer":
            yield "request"
        if link.parent and not link.overrides:
            yield link.parent.name
        elif cleanups.means == "stack":
            yield f"_{STACK}"
        else:
            yield from self.work.arrangement.outer.get(link.owner, ())

    def _joined(self, set_up: FunctionNode, tear_down: FunctionNode) -> Edit:
        """``yield`` and the body of tearDown behind the body of setUp."""
        parts = self._closing(tear_down, function_body(self.context, set_up).indent)
        return insertion(self._last_line_end(set_up), parts, self.unit, self.link.owner)

    def _closing(self, tear_down: FunctionNode | None, indent: bytes) -> list[Part]:
        parts: list[Part] = [self.newline, indent + b"yield"]
        if tear_down is None:
            return parts
        parts.append(self.newline)
        for comment in self._comments_above(tear_down):
            parts += [indent, comment, self.newline]
        body = function_body(self.context, tear_down, self.link.removed)
        return [*parts, *reindented(body, indent)]

    def _blocks(self, set_up: FunctionNode | None) -> PatchBlocks | None:
        """The patchers of setUp, if they become ``with`` statements."""
        cleanups, owner = self.work.cleanups, self.link.owner
        found = cleanups.patchers(owner) if cleanups.means == "with" else []
        return PatchBlocks(self.context, owner, set_up, found) if set_up and found else None

    def _comments_above(self, function: FunctionNode) -> Iterator[Span]:
        context = self.context
        start = definition_start(context, function)
        position = comment_block_above(context, start, context.layout(function).indent)
        while position < start:
            stop = line_stop(context, position)
            text = context.source.buffer[position:stop]
            yield Span(position + len(text) - len(text.lstrip()), position + len(text.rstrip()))
            position = stop

    def _last_line_end(self, function: FunctionNode) -> int:
        """The end of the last line of the body that stays."""
        left = [s for s in function.body if s not in self.link.removed]
        stop = self.context.module.span(left[-1]).end if left else header_end(self.context, function)
        return self._line_content_end(stop)

    def _line_content_end(self, offset: int) -> int:
        buffer = self.context.source.buffer
        stop = line_stop(self.context, offset)
        while stop > offset and buffer[stop - 1 : stop] in (b"\n", b"\r"):
            stop -= 1
        return stop

    def _yield_first(self, tear_down: FunctionNode) -> Edit:
        context = self.context
        body = tear_down.body
        docstring = is_docstring(body[0]) and len(body) > 1
        after = context.module.span(body[0]).end if docstring else header_end(context, tear_down)
        indent = context.layout(body[0]).indent
        return insertion(
            self._line_content_end(after),
            [self.newline, indent + b"yield"],
            self.unit,
            self.link.owner,
        )
