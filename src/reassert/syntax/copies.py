"""Groups of tests that are copies of one another, and what speaks against a table in their place."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from reassert.syntax.cells import cell
from reassert.syntax.context import Context
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.parametrize import Objection
from reassert.syntax.remarks import comments_in
from reassert.syntax.row_values import RowValues
from reassert.syntax.shared_state import is_changed
from reassert.syntax.siblings import PLAIN_FIXTURES, Scope, Sibling, fixtures
from reassert.syntax.skeletons import Hole, canonical_constant

_MUTABLE = (ast.List, ast.Dict, ast.Set)
_SINGLETONS = (None, True, False, ...)
# A display of which one value differs is taken apart if it is longer; what is not fits on a line.
_LONG_DISPLAY = 24
# Of the names and literals of a body of several statements at most every second one may differ.
_SHARE = 0.5
# So many tests that nearly are copies are worth a word.
_FEW = 3


@dataclass(frozen=True)
class Parameter:
    """An argument that the copies' one test gets: where it stands in the first copy, and a value for each.

    ``canonical`` is what tells the values from one another.
    """

    places: tuple[ast.expr, ...]
    values: tuple[ast.expr, ...]
    canonical: tuple[str, ...] = ()


@dataclass(frozen=True)
class Group:
    """Copies, in order, and what they differ in: at how many ``places`` of the test, by which parameters."""

    scope: Scope
    members: tuple[Sibling, ...]
    parameters: tuple[Parameter, ...]
    places: int = 0

    @property
    def first(self) -> Sibling:
        """The copy that stays."""
        return self.members[0]


class Remark(NamedTuple):
    """Why some copies stay what they are; said at the first of them."""

    members: Sequence[Sibling]
    objection: Objection


@dataclass(frozen=True)
class Alike:
    """The tests of a scope that are equal but for values, two or more at a time; and what nearly is."""

    groups: Sequence[Sequence[Sibling]]
    remarks: Sequence[Remark]


def alike(scope: Scope, siblings: Iterable[Sibling]) -> Alike:
    """Find the copies among tests without a table, by what is left of them without their values."""
    found: defaultdict[object, list[Sibling]] = defaultdict(list)
    for sibling in siblings:
        if sibling.table is None:
            found[sibling.key, sibling.skeleton.fine].append(sibling)
    remarks = [*_repeated(scope, found.values()), *_lonely(found.values())]
    kept = [[m for m in members if m.name not in scope.repeated] for members in found.values()]
    groups = [run for members in kept for run in runs(scope, members) if len(run) > 1]
    return Alike(groups, remarks)


def _repeated(scope: Scope, found: Iterable[Sequence[Sibling]]) -> Iterator[Remark]:
    """Copies whose name another test has, too: pytest runs the last of them only."""
    last = {test.name: test for test in scope.tests}
    for members in found:
        for member in members:
            if len(members) > 1 and member.name in scope.repeated and last[member.name] is member.function:
                reason = f"{member.name} is defined more than once"
                yield Remark([member], Objection("PARAM-DUP-ID", reason))


def _lonely(found: Iterable[Sequence[Sibling]]) -> Iterator[Remark]:
    """Tests that would be copies if they did not read something of the instance, or of their own."""
    alone: defaultdict[object, list[Sibling]] = defaultdict(list)
    for members in found:
        if len(members) == 1:
            alone[members[0].key, members[0].skeleton.coarse].append(members[0])
    for near in alone.values():
        if len(near) >= _FEW:
            first, second = near[0].skeleton.fine, near[1].skeleton.fine
            pairs = zip(first, second, strict=True)
            what = next((str(a).partition(" ")[2] for a, b in pairs if a != b), "")
            reason = f"they differ in what only a running test knows ({_spoken(what)})"
            yield Remark(near, Objection("PARAM-SELF", reason))


def _spoken(canonical: str) -> str:
    return canonical.removeprefix("name ").replace("'", "")


def runs(scope: Scope, members: Sequence[Sibling]) -> list[list[Sibling]]:
    """The tests that may become one: all, or where their order matters those that follow one another."""
    if not (scope.is_ordered or any(_may_share(scope.context, m.function) for m in members)):
        return [list(members)]
    found: list[list[Sibling]] = []
    for member in members:
        if found and found[-1][-1].index + 1 == member.index:
            found[-1].append(member)
        else:
            found.append([member])
    return found


def _may_share(context: Context, function: FunctionNode) -> bool:
    """Whether a test gets something that may live longer than it."""
    known = fixtures(context)
    for argument in function.args.args[_receivers(context, function) :]:
        keywords = known.get(argument.arg)
        if keywords is None and argument.arg not in PLAIN_FIXTURES and not _is_mock(function):
            return True
        if any(k.arg == "scope" for k in keywords or ()):
            return True
    return False


def _receivers(context: Context, function: FunctionNode) -> int:
    return int(isinstance(context.module.parents[function], ast.ClassDef))


def _is_mock(function: FunctionNode) -> bool:
    """Whether ``patch`` may give the test its arguments."""
    return any("patch" in ast.dump(d) for d in function.decorator_list)


def drafted(scope: Scope, members: Sequence[Sibling]) -> Group | Objection:
    """The copies with what they differ in."""
    module = scope.context.module
    columns = list(_columns(module, [m.skeleton.holes for m in members]))
    parameters = tuple(_united(columns))
    if not parameters:
        return Objection("PARAM-STRUCTURE", "they do not differ at all")
    return Group(scope, tuple(members), parameters, len(columns))


def group_of(scope: Scope, members: Sequence[Sibling]) -> Group | Objection:
    """The copies with what they differ in, or why they cannot be one test."""
    found = drafted(scope, members)
    if isinstance(found, Objection):
        return found
    return next(chain(_of_size(found), objections_to(found)), found)


# -- what differs ------------------------------------------------------------------------------------------


class _Column(NamedTuple):
    """A place in the first copy, and the hole of each copy there."""

    holes: tuple[Hole, ...]

    @property
    def varies(self) -> bool:
        return len({h.canonical for h in self.holes}) > 1

    @property
    def nodes(self) -> tuple[ast.expr, ...]:
        return tuple(h.node for h in self.holes)


def _columns(module: Module, rows: Sequence[Sequence[Hole]]) -> Iterator[_Column]:
    for holes in zip(*rows, strict=True):
        column = _Column(holes)
        if column.varies:
            yield from _parts(module, column)


def _parts(module: Module, column: _Column) -> list[_Column]:
    """A column, or those of its elements where these show better what differs."""
    inner = [c for c in map(_Column, _aligned(column.nodes)) if c.varies]
    if len(inner) != 1:
        return [column]
    if isinstance(column.nodes[0], ast.Call):
        told = not _is_wanted(module, column.nodes[0])
    else:
        told = max(len(module.text(n)) for n in column.nodes) > _LONG_DISPLAY
    return _parts(module, inner[0]) if told else [column]


def _is_wanted(module: Module, node: ast.expr) -> bool:
    """Whether a value is the right side of a comparison: there it is said as a whole what is expected."""
    parent = module.parents[node]
    return isinstance(parent, ast.Compare) and parent.comparators[-1] is node


def _aligned(nodes: Sequence[ast.expr]) -> Iterator[tuple[Hole, ...]]:
    """The elements of displays, or the arguments of calls, of one form, place by place."""
    if len({_form(node) for node in nodes}) > 1 or not isinstance(nodes[0], _COMPOSED):
        return
    for elements in zip(*map(_elements, nodes), strict=True):
        yield tuple(Hole(e, _canonical(e)) for e in elements)


_COMPOSED = (ast.List, ast.Tuple, ast.Dict, ast.Call)


def _canonical(node: ast.expr) -> str:
    return canonical_constant(node) if isinstance(node, ast.Constant) else ast.dump(node)


def _elements(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.Dict):
        return node.values
    if isinstance(node, ast.Call):
        return [*node.args, *(k.value for k in node.keywords)]
    return getattr(node, "elts", [])


def _form(node: ast.expr) -> tuple[object, ...]:
    """What displays of one form have in common: their length, their keys, what is called."""
    if isinstance(node, ast.Dict):
        keys = [ast.dump(k) for k in node.keys if k is not None]
    elif isinstance(node, ast.Call):
        keys = [ast.dump(node.func), *(str(k.arg) for k in node.keywords)]
    else:
        keys = []
    return type(node), len(_elements(node)), *keys


def _united(columns: Iterable[_Column]) -> Iterator[Parameter]:
    """Values that are the same ones in every copy are one parameter, unless they are objects of their own."""
    found: defaultdict[object, list[_Column]] = defaultdict(list)
    for number, column in enumerate(columns):
        own = any(map(is_mutable, column.nodes))
        found[number if own else tuple(h.canonical for h in column.holes)].append(column)
    for same in found.values():
        canonical = tuple(h.canonical for h in same[0].holes)
        yield Parameter(tuple(c.holes[0].node for c in same), same[0].nodes, canonical)


def is_mutable(node: ast.expr) -> bool:
    """Whether evaluating an expression makes something that can be changed."""
    return any(isinstance(n, _MUTABLE) for n in ast.walk(node))


# -- what speaks against it ---------------------------------------------------------------------------------


def objection_to_shape(group: Group) -> Objection | None:
    """What speaks against a table of copies, whatever their values are."""
    return next(chain(_of_size(group), _of_body(group)), None)


def objections_to(group: Group) -> Iterator[Objection]:
    """What speaks against values as cells of a table that is there."""
    yield from _of_body(group)
    yield from chain.from_iterable(_of_members(group))


def _of_size(group: Group) -> Iterator[Objection]:
    limits = group.scope.context.config.limits
    number, rows = len(group.parameters), len(group.members)
    if number > limits.parameters:
        reason = f"{number} parameters are more than the {limits.parameters} that are readable"
        yield Objection("PARAM-TOO-MANY", reason)
    if rows > limits.rows:
        yield Objection("PARAM-TOO-MANY", f"{rows} rows are more than the limit of {limits.rows}")
    read = group.first.skeleton
    if read.statements > 1 and group.places > _SHARE * read.leaves:
        yield Objection("PARAM-TOO-MANY", "more differs than is the same")


def _of_body(group: Group) -> Iterator[Objection]:
    if any(m.opaque for m in group.members):
        yield Objection("PARAM-STRUCTURE", "a decorator may not hand further arguments on to the test")
    module = group.scope.context.module
    for place in (p for parameter in group.parameters for p in parameter.places):
        if any(_decides(module, node) for node in (place, *_read_as(module, place))):
            yield Objection("PARAM-STRUCTURE", "the body would have a condition that a parameter decides")


def odd_ones(group: Group) -> dict[str, Objection]:
    """The members, by name, of which a value is no cell of a table, whatever the others have; and why."""
    pairs = zip(group.members, _of_members(group), strict=True)
    return {member.name: said[0] for member, found in pairs if (said := list(islice(found, 1)))}


def _of_members(group: Group) -> Iterator[Iterator[Objection]]:
    """For each member what speaks against its values, and against itself."""
    context = group.scope.context
    shared = group.scope.is_multiplied or _may_multiply(context, group.first.function)
    uses = [_use(context, parameter) for parameter in group.parameters]
    for index, member in enumerate(group.members):
        values = [parameter.values[index] for parameter in group.parameters]
        yield _of_member(group, member, list(zip(uses, values, strict=True)), shared=shared)


def _of_member(
    group: Group, member: Sibling, cells: Sequence[tuple[_Use, ast.expr]], *, shared: bool
) -> Iterator[Objection]:
    context = group.scope.context
    if runs_over_nothing(context.module, member.function):
        yield Objection("PARAM-STRUCTURE", "its loop runs over nothing")
    if not all(isinstance(value, ast.Constant) for _, value in cells):
        judge = RowValues(context, group.scope.owner, member.function, shared=shared)
        yield from filter(None, (judge.objection(value) for _, value in cells))
    for use, value in cells:
        if use.is_guarded and isinstance(value, ast.Attribute):
            yield Objection("PARAM-IMPURE", "the test expects that something fails, maybe a value itself")
        if use.identity and not _is_single(value):
            yield Objection("PARAM-IMPURE", f"{use.identity} looks at the identity of a value")
        yield from _of_text(context, member.function, value)
        if use.is_changed and is_mutable(value):
            text = " ".join(context.module.text(value).split())
            yield Objection("PARAM-MUTABLE", f"the test changes {text}")


class _Use(NamedTuple):
    """What a test does with a parameter; ``identity`` is the comparison that looks at it."""

    is_guarded: bool
    identity: str
    is_changed: bool


def _use(context: Context, parameter: Parameter) -> _Use:
    module, places = context.module, parameter.places
    guarded = any(_catches(module, p) for place in places for _, p in _within(module, place))
    parents = (module.parents[place] for place in places)
    compared = (p for p in parents if isinstance(p, ast.Compare))
    by_identity = (p for p in compared if any(isinstance(op, (ast.Is, ast.IsNot)) for op in p.ops))
    changed = any(map(is_mutable, parameter.values)) and any(_is_changed(context, p) for p in places)
    return _Use(guarded, next(map(module.text, by_identity), ""), changed)


def runs_over_nothing(module: Module, function: FunctionNode) -> bool:
    """Whether a loop of a test has an empty table, so that what it asserts never is."""
    loops = module.inside(function, module.of(ast.For))
    empty = (loop for loop in loops if _is_empty(module, loop.iter))
    return any(module.inside(loop, module.of(ast.Assert)) for loop in empty)


def _is_empty(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        found = module.top_level_assignments.get(node.id, ())
        stores = sum(not isinstance(n.ctx, ast.Load) for n in module.names.get(node.id, ()))
        return len(found) == stores == 1 and _is_empty(module, found[0].value)
    if isinstance(node, ast.Dict):
        return not node.keys
    if isinstance(node, (ast.List, ast.Tuple)):
        return not node.elts
    return isinstance(node, ast.Constant) and node.value in ("", b"")


def _decides(module: Module, node: ast.expr) -> bool:
    """Whether an expression is in a condition, or is one."""
    around = _within(module, node)
    return any(isinstance(p, (ast.If, ast.IfExp, ast.While)) and p.test is c for c, p in around)


def _read_as(module: Module, place: ast.expr) -> Iterator[ast.Name]:
    """Where a test reads, or binds again, the variables that it gives the value at a place."""
    parent, test = module.parents[place], module.enclosing_function(place)
    names = [t.id for t in getattr(parent, "targets", []) if isinstance(t, ast.Name)]
    uses = chain.from_iterable(module.names.get(name, ()) for name in names)
    return (use for use in uses if test is not None and module.holds(test, use))


def _catches(module: Module, node: ast.AST) -> bool:
    """Whether an exception in a block does not fail the test."""
    if isinstance(node, (ast.With, ast.AsyncWith)):
        names = [module.resolve(n) or "" for i in node.items for n in ast.walk(i.context_expr)]
        return any(name.endswith((".raises", ".assertRaises", ".suppress")) for name in names)
    return isinstance(node, ast.Try)


def _within(module: Module, place: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Each node around a place with its parent, up to the test."""
    node = place
    while not isinstance(node, FunctionNode):
        parent = module.parents[node]
        yield node, parent
        node = parent


def _is_single(node: ast.expr) -> bool:
    if isinstance(node, ast.Constant):
        return any(node.value is s for s in _SINGLETONS)
    return isinstance(node, (ast.Name, ast.Attribute))


def _may_multiply(context: Context, function: FunctionNode) -> bool:
    """Whether what a test gets may have parameters, so that it runs several times with a row."""
    names = [a.arg for a in function.args.args[_receivers(context, function) :]]
    known = fixtures(context).keys() | PLAIN_FIXTURES
    return not known.issuperset(names) and not _is_mock(function)


def _of_text(context: Context, function: FunctionNode, value: ast.expr) -> Iterator[Objection]:
    """A value that is no cell for a reader."""
    span = context.module.span(value)
    limit = context.config.limits.value_length
    if span.end - span.start > limit:
        yield Objection("PARAM-TOO-MANY", f"a value is longer than {limit} characters")
    elif isinstance(value, ast.Constant) and context.source.line_of(span.start) != context.source.line_of(
        span.end
    ):
        yield Objection("PARAM-TOO-MANY", "a text of several lines is no cell of a table")
    elif comments_in(context, span):
        yield Objection("PARAM-TOO-MANY", "a value has comments inside")
    elif span.end - span.start > _LONG_DISPLAY and not _fits(context, function, value):
        yield Objection("PARAM-TOO-MANY", "a value does not fit on a line")


def _fits(context: Context, function: FunctionNode, value: ast.expr) -> bool:
    """Whether a value fits on a line of its own in a table above a test."""
    layout = context.layout(function)
    indent = layout.deeper(layout.deeper(layout.deeper(layout.indent)))
    return layout.fits((layout.newline + indent, cell(context, value), b","))


def _is_changed(context: Context, place: ast.expr) -> bool:
    """Whether a test visibly changes the value at a place, under a name that it gives it, too."""
    module = context.module
    if is_changed(module, place):
        return True
    return any(
        is_changed(module, use) or isinstance(module.parents[use], ast.AugAssign)
        for use in _read_as(module, place)
    )
