"""A parametrized test that is there already takes up a copy of itself that somebody wrote out."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from reassert.model.edits import Edit, Unit
from reassert.syntax.arguments import read_elements
from reassert.syntax.context import Context
from reassert.syntax.copies import Group, Parameter, Remark, objections_to, odd_ones
from reassert.syntax.layout import Operand
from reassert.syntax.merging import Merging
from reassert.syntax.parametrize import Objection, Row, Table, call
from reassert.syntax.siblings import Scope, Sibling, table_names


@dataclass(frozen=True)
class Taken:
    """A parametrized test, and the copies of it with the value that each gives its arguments."""

    scope: Scope
    host: Sibling
    copies: tuple[Sibling, ...]
    values: tuple[Mapping[str, ast.expr], ...]


def hosts(siblings: Iterable[Sibling]) -> dict[object, Sibling]:
    """The parametrized tests, by what their copies have in common with them; one without rows is skipped."""
    found: dict[object, Sibling] = {}
    for sibling in siblings:
        if sibling.table is not None and table_names(sibling.table) and _rows(sibling):
            found.setdefault((sibling.key, sibling.skeleton.coarse), sibling)
    return found


def taken_up(scope: Scope, siblings: Sequence[Sibling]) -> Iterator[Taken]:
    """Every parametrized test of a scope that has copies beside it."""
    known = hosts(siblings)
    found: defaultdict[str, list[tuple[Sibling, Mapping[str, ast.expr]]]] = defaultdict(list)
    for sibling in siblings:
        host = known.get((sibling.key, sibling.skeleton.coarse)) if sibling.table is None else None
        values = _values(host, sibling) if host is not None else None
        if host is not None and values is not None and _may_move(scope, host, sibling, found[host.name]):
            found[host.name].append((sibling, values))
    for host in known.values():
        pairs = found[host.name]
        if pairs:
            yield Taken(scope, host, tuple(c for c, _ in pairs), tuple(v for _, v in pairs))


def _may_move(scope: Scope, host: Sibling, copy: Sibling, before: Sequence[object]) -> bool:
    """Whether a copy runs where the rows do, or where it runs does not matter."""
    if {host.name, copy.name} & scope.repeated or not {m.canonical for m in host.marks} <= {
        m.canonical for m in copy.marks
    }:
        return False
    return not scope.is_ordered or copy.index == host.index + 1 + len(before)


def _values(host: Sibling, copy: Sibling) -> dict[str, ast.expr] | None:
    """The value that a copy has for each argument of the host; None if it is none, in something else."""
    names = set(table_names(host.table)) if host.table is not None else set()
    found: dict[str, tuple[str, ast.expr]] = {}
    for given, place in zip(host.skeleton.places, copy.skeleton.places, strict=True):
        name = given.node.id if isinstance(given.node, ast.Name) else ""
        if name not in names:
            if given.canonical != place.canonical:
                return None
            continue
        known, _ = found.setdefault(name, (place.canonical, place.node))
        if place.canonical.startswith("own ") or known != place.canonical:
            return None
    return {name: node for name, (_, node) in found.items()} if found.keys() == names else None


def unfit(taken: Taken, named: Mapping[str, Objection]) -> Iterator[Remark]:
    """The copies that cannot be rows, each with the reason; ``named`` are those bound to their names."""
    texts = {n.value for row in _rows(taken.host) for n in ast.walk(row) if isinstance(n, ast.Constant)}
    odd = odd_ones(_as_group(taken))
    for copy in taken.copies:
        if copy.name in texts:
            yield Remark([copy], Objection("PARAM-DUP-ID", f"two cases would be called {copy.name}"))
        elif copy.name in named:
            yield Remark([copy], named[copy.name])
        elif copy.name in odd:
            yield Remark([copy, taken.host], odd[copy.name])


def without(taken: Taken, gone: Collection[Sibling]) -> Taken | None:
    """The same less some copies; where order matters, less all behind them. None if none is left."""
    kept: list[int] = []
    for index, copy in enumerate(taken.copies):
        if copy not in gone:
            kept.append(index)
        elif taken.scope.is_ordered:
            break
    if not kept:
        return None
    copies = tuple(taken.copies[i] for i in kept)
    return replace(taken, copies=copies, values=tuple(taken.values[i] for i in kept))


def objection_to(taken: Taken) -> Objection | None:
    """What speaks against the rows, whatever is in them."""
    context, rows = taken.scope.context, _rows(taken.host)
    if len(rows) + len(taken.copies) > context.config.limits.rows:
        return Objection("PARAM-TOO-MANY", f"more rows than the limit of {context.config.limits.rows}")
    return next(objections_to(_as_group(taken)), None)


def _rows(host: Sibling) -> list[ast.expr]:
    rows = host.table.args[1] if host.table is not None else None
    return rows.elts if isinstance(rows, ast.List) else []


def _as_group(taken: Taken) -> Group:
    """The copies, and the arguments of the host as what they differ in."""
    first = taken.copies[0]
    names = table_names(taken.host.table) if taken.host.table is not None else ()
    places = {
        name: tuple(
            place.node
            for given, place in zip(taken.host.skeleton.places, first.skeleton.places, strict=True)
            if isinstance(given.node, ast.Name) and given.node.id == name
        )
        for name in names
    }
    parameters = tuple(Parameter(places[n], tuple(v[n] for v in taken.values)) for n in names)
    return Group(taken.scope, taken.copies, parameters)


def taking_up(taken: Taken, unit: Unit) -> Iterator[Edit]:
    """The rows of the copies behind those of the host; the copies go."""
    context, host = taken.scope.context, taken.host
    group = _as_group(taken)
    merging = Merging(group, table_names(host.table) if host.table else (), host.name, unit, host)
    if host.table is None:
        return
    table = Table(merging.names, (*_kept_rows(context, host.table), *merging.table.rows))
    parts = call(context.layout(host.function), table)
    span = context.module.span(host.table)
    yield Edit(span.start, span.end, parts, unit, imports=frozenset({"pytest"}))
    yield from merging.removals(taken.copies)


def _kept_rows(context: Context, table: ast.Call) -> Iterator[Row]:
    rows = table.args[1]
    elements = read_elements(context.module, rows) if isinstance(rows, ast.List) else None
    for argument in elements.items if elements else ():
        yield Row((Operand(argument),), above=argument.before, behind=argument.after)
