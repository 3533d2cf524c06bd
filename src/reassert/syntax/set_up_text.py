"""The text of what setUp, tearDown and cleanups of a component become: fixtures, or methods that stay."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reassert.model.edits import Edit, Part, Span, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Rewrite
from reassert.syntax.async_tests import async_fixture
from reassert.syntax.classes import ClassInfo, Component, SuperUse, Use
from reassert.syntax.cleanups import arrange
from reassert.syntax.context import Context
from reassert.syntax.imports import imported_as
from reassert.syntax.module import FunctionNode
from reassert.syntax.parameters import add_parameter
from reassert.syntax.patchers import PatchBlocks
from reassert.syntax.set_up_methods import RUNNER, MethodForm, is_whole
from reassert.syntax.setup_chain import PHASES, Link
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


def set_up_rewrite(context: Context, rule_id: str, *, is_async: bool) -> Rewrite:
    """What becomes of the set-up of the asynchronous components of a file, or of all others."""
    edits: list[Edit] = []
    blocked: dict[str, tuple[Refusal, ...]] = {}
    handled: set[int] = set()
    seen: set[int] = set()
    for info in context.classes.all:
        component = context.classes.component(info)
        if id(component) in seen or not component.is_unittest or component.is_async is not is_async:
            continue
        seen.add(id(component))
        work = _Component(context, component, rule_id)
        problems = work.arrangement.problems
        for problem in problems:
            if problem.owner.module is not context.module:
                continue
            owner = problem.owner.qualname
            refusal = context.refusal(rule_id, problem.code, problem.node, owner, problem.reason)
            blocked[owner] = (*blocked.get(owner, ()), refusal)
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
            found |= {id(u.node) for u in info.uses.attributes if u.name in self.chain.parts}
            found |= {id(n) for n, _ in info.uses.escapes if self._is_super_argument(info, n)}
        return found | {id(c.use.node) for c in self.cleanups.uses}

    def _is_super_argument(self, info: ClassInfo, node: ast.Name) -> bool:
        call = info.module.parents[node]
        func = call.func if isinstance(call, ast.Call) else None
        return isinstance(func, ast.Attribute) and func.attr in self.chain.parts

    def unit(self, owner: ClassInfo) -> Unit:
        """A class's set-up is one unit."""
        return Unit(self.rule_id, owner.qualname)

    def edits(self) -> Iterator[Edit]:
        """All edits of the component; of two insertions at one place the stack's comes first."""
        host, rows = self._host_fixture()
        if host is not None and host.module is self.context.module:
            modules = [self.fixture[1], *(["contextlib"] if self.cleanups.means == "stack" else [])]
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
        requested = [f"_{self.cleanups.stack}"] if stack else self._outer()
        return form.host, [*rows, *self._caller_rows(form, requested)]

    def _stack_rows(self) -> list[str]:
        kind = "AsyncExitStack" if self.chain.is_async else "ExitStack"
        opened = f"{imported_as(self.context, 'contextlib').decode()}.{kind}() as self.{self.cleanups.stack}:"
        header = f"def _{self.cleanups.stack}({', '.join(['self', *self._outer()])}):"
        mode = self.coroutine
        return [self.decorator, mode + header, f"\t{mode}with {opened}", "\t\tyield", ""]

    def _outer(self) -> tuple[str, ...]:
        """The fixtures that pytest set up before the set-up of the host."""
        return next(iter(self.arrangement.outer.values()), ())

    def _caller_rows(self, form: MethodForm, requested: Iterable[str]) -> list[str]:
        header = f"{self.coroutine}def {RUNNER}({', '.join(['self', *requested])}):"
        calls = {name: list(self._calls(form, name)) for name in PHASES}
        rows = [self.decorator, header, *calls["setUp"], *calls["asyncSetUp"], "\tyield"]
        rows += [*calls["asyncTearDown"], *calls["tearDown"], ""]
        for name in form.ends:
            mode = "async " if name.startswith("async") else ""
            rows += [f"{mode}def {form.names[name]}(self):", "\tpass", ""]
        return rows

    def _calls(self, form: MethodForm, name: str) -> Iterator[str]:
        if name in self.chain.parts and is_whole(form, name):
            yield f"\t{'await ' if name.startswith('async') else ''}self.{form.names[name]}()"

    @property
    def coroutine(self) -> str:
        """What stands before ``def`` and ``with`` of a fixture."""
        return "async " if self.chain.is_async else ""

    @property
    def fixture(self) -> tuple[bytes, str]:
        """The decorator of a fixture, and what has to be imported for it."""
        if self.chain.is_async:
            return async_fixture(self.context)
        return imported_as(self.context, "pytest") + b".fixture", "pytest"

    @property
    def decorator(self) -> str:
        """The line above a fixture."""
        return f"@{self.fixture[0].decode()}(autouse=True)"


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
        before = [f for f in link.set_ups if self._left(f)]
        after = [f for f in link.tear_downs if self._left(f)]
        if link.overrides and not before:
            before = link.set_ups[:1]  # the name must stay, so that the base's fixture is not run
            after = after or ([] if before else link.tear_downs[:1])
        kept = [*before, *after]
        for function in link.functions:
            if function not in kept:
                yield remove_definition(self.context, function, self.unit, link.owner)
        for function in kept:
            yield from self._removals(function)
        for function in kept[1:]:
            yield remove_definition(self.context, function, self.unit, link.owner)
        if kept:
            yield from self._fixture(kept[0], before[1:], after)

    def _fixture(
        self, main: FunctionNode, before: Sequence[FunctionNode], after: Sequence[FunctionNode]
    ) -> Iterator[Edit]:
        """``main`` as a fixture, with the bodies of the others behind its own."""
        blocks = self._blocks(main)
        yield from self._header(main, yields=bool(after) or blocks is not None)
        if main in after:
            yield self._yield_first(main)
            parts = self._bodies(after[1:], function_body(self.context, main).indent)
        else:
            indent = blocks.inner_indent if blocks else function_body(self.context, main).indent
            parts = self._bodies(before, indent)
            if after or blocks:
                parts += [self.newline, indent + b"yield", *self._bodies(after, indent)]
        if blocks:
            yield blocks.edit(self._last_line_end(main), parts, self.unit)
        elif parts:
            yield insertion(self._last_line_end(main), parts, self.unit, self.link.owner)

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
        decorator = indent + self.work.decorator.encode() + self.newline
        yield insertion(start, [decorator], self.unit, owner, self.work.fixture[1])
        span = name_span(context, function)
        if self.work.chain.is_async and isinstance(function, ast.FunctionDef):
            yield insertion(context.module.span(function).start, [b"async "], self.unit, owner)
        yield Edit(span.start, span.end, (self.link.name.encode(),), self.unit, owner.qualname)
        for wanted in self._requested(function):
            yield add_parameter(context, function, wanted, self.unit, owner)
        if yields and isinstance(function.returns, ast.Constant) and function.returns.value is None:
            kind = "AsyncIterator" if self.work.chain.is_async else "Iterator"
            home = "collections.abc" if context.config.target_version >= (3, 9) else "typing"
            module = f"{home}.{kind}"
            new = imported_as(context, module) + b"[None]"
            yield context.replace(function.returns, [new], self.unit, requires=owner, imports=[module])

    def _requested(self, function: FunctionNode) -> Iterator[str]:
        link, cleanups = self.link, self.work.cleanups
        if any(c.use.method is function for c in cleanups.uses) and cleanups.means == "finalizer":
            yield "request"
        if link.parent and not link.overrides:
            yield link.parent.name
        elif cleanups.means == "stack":
            yield f"_{cleanups.stack}"
        else:
            yield from self.work.arrangement.outer.get(link.owner, ())

    def _bodies(self, functions: Iterable[FunctionNode], indent: bytes) -> list[Part]:
        """The bodies of methods, each on lines of its own, with the comments above the methods."""
        parts: list[Part] = []
        for function in functions:
            parts.append(self.newline)
            for comment in self._comments_above(function):
                parts += [indent, comment, self.newline]
            parts += reindented(function_body(self.context, function, self.link.removed), indent)
        return parts

    def _blocks(self, main: FunctionNode) -> PatchBlocks | None:
        """The patchers of setUp, if they become ``with`` statements."""
        cleanups, owner = self.work.cleanups, self.link.owner
        found = cleanups.patchers(owner) if cleanups.means == "with" else []
        return PatchBlocks(self.context, owner, main, found) if found else None

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
