"""``@parameterized_class`` becomes ``@pytest.mark.parametrize``, a case for each class that it made.

Names and values: parameterized/parameterized.py of parameterized 0.9.0. pytest demands that every test knows
the parameters; a fixture that all of them use is enough (``Metafunc._validate_if_using_arg_names`` in
_pytest/python.py). It comes before the fixtures of setUp: pytest enters those of a class by their names.
"""

from __future__ import annotations

import ast
import keyword
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from reassert.model.edits import Edit, Unit
from reassert.model.outcomes import Refusal
from reassert.model.rules import Codemod, Rewrite
from reassert.syntax.arguments import Argument, bind, read_arguments, read_elements
from reassert.syntax.classes import ClassInfo
from reassert.syntax.context import Context
from reassert.syntax.generated_tests import convertible_classes, safe_name
from reassert.syntax.imports import imported_as
from reassert.syntax.known_values import Opaque, known
from reassert.syntax.layout import Operand
from reassert.syntax.parametrize import REFUSALS, Objection, Row, Table, call
from reassert.syntax.shared_state import are_numbered, shares_state
from reassert.syntax.siblings import fixture_names
from reassert.syntax.statements import before_methods
from reassert.syntax.testcase_api import API, CLASS_FIXTURE_METHODS
from reassert.syntax.types import is_builtin
from reassert.syntax.written_tables import written_table

_PARAMETERIZED_CLASS = "parameterized.parameterized_class"
_DOTTED = (_PARAMETERIZED_CLASS, "parameterized.parameterized.parameterized_class")
_PARAMETERS = ("attrs", "input_values", "class_name_func", "classname_func")
# Before "_setup", as pytest goes by names.
_FIXTURE = "_parameters"
_NO_NAME = "the rows are computed, so that the names are not known"


class ParameterizedClassToParametrize(Codemod[Context]):
    """See the page."""

    title = "parameterized_class becomes parametrize above the class, with the old classes' names as ids"
    mentions = (b"parameterized_class",)
    refusals: ClassVar[Mapping[str, str]] = {
        "B-DDT": "the library is asked for something that parametrize does not have",
        "B-ORDER": "tests share state, and would run in another order",
        "PARAM-IMPURE": "a value may be another thing as an attribute of an instance than of its class",
        "PARAM-STRUCTURE": REFUSALS["PARAM-STRUCTURE"],
    }

    def rewrite(self, context: Context) -> Rewrite:
        """Class by class: without its decorator a class has no attributes to test with."""
        edits: list[Edit] = []
        blocked: dict[str, tuple[Refusal, ...]] = {}
        handled: set[int] = set()
        replicas: dict[str, tuple[str, ...]] = {}
        for owner in convertible_classes(context):
            above = _above(context, owner)
            if above is None or context.is_ignored(self.id, owner.node, owner.qualname):
                continue
            handled.add(id(above))
            table = _table(context, owner, above)
            found = table if isinstance(table, Objection) else _objection(context, owner, table) or table
            if isinstance(found, Objection):
                refusal = context.refusal(self.id, found.code, above, owner.qualname, found.reason)
                blocked[owner.qualname] = (refusal,)
            else:
                edits += self._edits(context, owner, above, found)
                replicas[owner.qualname] = found.ids
            if isinstance(table, Table):
                handled |= {id(use) for use in _uses(owner, table.names)}
        return Rewrite(tuple(edits), blocked=blocked, handled=frozenset(handled), replicas=replicas)

    def _edits(self, context: Context, owner: ClassInfo, above: ast.Call, table: Table) -> Iterator[Edit]:
        unit = Unit(self.id, owner.qualname)
        parts = call(context.layout(above), table)
        yield context.replace(above, parts, unit, requires=owner, imports=["pytest"])
        rows = [
            f"@{imported_as(context, 'pytest').decode()}.fixture(autouse=True)",
            f"def {_FIXTURE}(self, {', '.join(table.names)}):",
            *(f"\tself.{name} = {name}" for name in table.names),
            "",
        ]
        yield before_methods(context, owner, rows, unit, "pytest")


def _above(context: Context, owner: ClassInfo) -> ast.Call | None:
    """The decorator of a class."""
    calls = [d for d in owner.node.decorator_list if isinstance(d, ast.Call)]
    return next((d for d in calls if context.module.resolve(d.func) in _DOTTED), None)


def _uses(owner: ClassInfo, names: Sequence[str]) -> Iterator[ast.Attribute]:
    """Where the class and its bases use an attribute that the rows set."""
    for info in owner.lineage:
        yield from (use.node for use in info.uses.attributes if use.name in names)


# -- the table ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """What one class was given, by name in the order of its dictionary; ``row`` is where it is written."""

    row: Argument
    values: Mapping[str, Argument]


def _table(context: Context, owner: ClassInfo, above: ast.Call) -> Table | Objection:
    bound = bind(read_arguments(context.module, above), _PARAMETERS)
    if bound is None or "attrs" not in bound:
        return Objection("B-DDT", "the arguments of parameterized_class cannot be told apart")
    given = {name: argument for name, argument in bound.items() if not _is_none(argument.node)}
    if given.keys() & {"class_name_func", "classname_func"}:
        return Objection("B-DDT", "a function decides what the classes are called")
    if "input_values" in given:
        cases = _of_tuples(context, given["attrs"].node, given["input_values"].node)
    else:
        cases = _of_dictionaries(context, given["attrs"].node)
    if isinstance(cases, Objection):
        return cases
    names = tuple(cases[0].values)
    rows = []
    for number, case in enumerate(cases):
        if case.values.keys() != set(names):
            return Objection("PARAM-STRUCTURE", "not every row sets the same attributes")
        suffix = _suffix(context, case.values)
        if suffix is None:
            return Objection("PARAM-STRUCTURE", "the name of a class depends on what a value is")
        cells = tuple(Operand(case.values[name]) for name in names)
        made = f"{owner.node.name}_{number}{suffix}"
        rows.append(Row(cells, made, above=case.row.before, behind=case.row.after))
    return Table(names, tuple(rows))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _rows(context: Context, node: ast.expr) -> tuple[Argument, ...]:
    """The rows that are written out in the decorator itself."""
    table = written_table(context, None, node)
    return table.rows if table is not None and table.source is None else ()


def _of_tuples(context: Context, attrs: ast.expr, values: ast.expr) -> list[_Case] | Objection:
    value = known(context, attrs)
    names = (value.value,) if value and isinstance(value.value, str) else value.value if value else None
    rows = _rows(context, values)
    if not isinstance(names, (list, tuple)) or not all(isinstance(n, str) for n in names) or not rows:
        return Objection("PARAM-STRUCTURE", _NO_NAME)
    cases = []
    for row in rows:
        elements = (
            read_elements(context.module, row.node) if isinstance(row.node, (ast.Tuple, ast.List)) else None
        )
        if elements is None or elements.starred or len(elements.items) != len(names):
            return Objection("PARAM-STRUCTURE", "a row has not as many values as there are attributes")
        cases.append(_Case(row, dict(zip(names, elements.items, strict=True))))
    return cases


def _of_dictionaries(context: Context, attrs: ast.expr) -> list[_Case] | Objection:
    cases = []
    for row in _rows(context, attrs):
        keys = row.node.keys if isinstance(row.node, ast.Dict) else [None]
        names = [k.value for k in keys if isinstance(k, ast.Constant) and isinstance(k.value, str)]
        if not isinstance(row.node, ast.Dict) or len(set(names)) < len(keys):
            return Objection("PARAM-STRUCTURE", "the attributes of a row are not written out")
        values = [
            Argument(value, None, context.module.span(value), parenthesised=False)
            for value in row.node.values
        ]
        cases.append(_Case(row, dict(zip(names, values, strict=True))))
    return cases or Objection("PARAM-STRUCTURE", _NO_NAME)


def _suffix(context: Context, values: Mapping[str, Argument]) -> str | None:
    """What the values add to the name of a class; None if that is not known: ``get_class_name_suffix``."""
    found = {name: known(context, argument.node) for name, argument in values.items()}
    if "name" in found:
        found = {"name": found["name"]}
    for value in found.values():
        if value is None or ("name" in found and not isinstance(value.value, str)):
            return None
        if isinstance(value.value, str):
            text = safe_name(value.value)
            return f"_{text}" if text else ""
    return ""


# -- what speaks against it ----------------------------------------------------------------------------------


def _objection(context: Context, owner: ClassInfo, table: Table) -> Objection | None:
    return (
        _of_surroundings(context, owner, table)
        or _of_order(owner)
        or _of_names(context, owner, table.names)
        or _of_values(context, table)
    )


def _of_surroundings(context: Context, owner: ClassInfo, table: Table) -> Objection | None:
    module, lineage = context.module, owner.lineage
    made = set(table.ids)
    words = {str(s.value) for s in module.strings}
    decorators = [d for f in owner.functions for d in f.decorator_list]
    texts = [module.text(d) for d in decorators]
    reasons = {
        "other decorators of the class see the classes that it makes": len(owner.node.decorator_list) > 1,
        "the classes that it makes are put into the module": owner.outer is not None or owner.local,
        "another class inherits from it": bool(context.classes.heirs(owner)),
        "the class inherits tests": any(c.tests for c in lineage[1:]),
        "the class has keywords": bool(owner.node.keywords),
        "the set-up of the class ran once for each row": any(
            CLASS_FIXTURE_METHODS & c.defines for c in lineage
        ),
        "the class has fixtures already": any("fixture" in text for text in texts),
        "a test is made of a table, too": any(
            word in text for text in texts for word in ("parameterized", "parametrize", "data(", "unpack")
        ),
        "a class that it makes is used by its name": any(
            name in module.names or name in module.imports or any(name in word for word in words)
            for name in made
        ),
    }
    return next((Objection("B-DDT", why) for why, holds in reasons.items() if holds), None)


def _of_order(owner: ClassInfo) -> Objection | None:
    """In pytest's order a test runs with all rows before the next one does."""
    if any(map(shares_state, owner.lineage)) or are_numbered([test.name for test in owner.tests]):
        return Objection("B-ORDER", "tests share state, and would run in another order")
    return None


def _of_names(context: Context, owner: ClassInfo, names: Sequence[str]) -> Objection | None:
    known_fixtures = fixture_names(context)
    arguments = {a.arg for f in owner.functions for a in f.args.args[1:]}
    methods = {name for info in owner.lineage for name in info.methods}
    for name in names:
        if not name.isidentifier() or keyword.iskeyword(name) or name.startswith("__"):
            return Objection("PARAM-STRUCTURE", f"{name} is no name for an argument")
        if name in known_fixtures:
            return Objection("PARAM-STRUCTURE", f"{name} is the name of a fixture")
        if name in methods or name in arguments or name in API:
            return Objection("PARAM-STRUCTURE", f"{name} is also something else in the class")
    if _FIXTURE in context.classes.component(owner).attributes | known_fixtures:
        return Objection("PARAM-STRUCTURE", f"the name {_FIXTURE} is taken")
    return _of_class_attributes(context, owner, names)


def _of_class_attributes(context: Context, owner: ClassInfo, names: Sequence[str]) -> Objection | None:
    """What was an attribute of the class must only be looked for at the instance."""
    module = context.module
    for info in owner.lineage:
        uses = [u for u in info.uses.attributes if u.name in names]
        through = [u.node for u in uses if u.through_class or isinstance(u.node.ctx, ast.Del)]
        supers = [u for u in info.uses.supers if u.name in names]
        if through or supers:
            return Objection("PARAM-STRUCTURE", "an attribute is used through the class")
    own = [info.node.name for info in owner.lineage]
    through = [
        node
        for name in names
        for node in module.attributes_named(name)
        if isinstance(node.value, ast.Call) or (isinstance(node.value, ast.Name) and node.value.id in own)
    ]
    asked = [
        *module.attributes_named("__class__"),
        *module.names.get("type", ()),
        *module.names.get("cls", ()),
    ]
    if any(module.holds(owner.node, node) for node in [*through, *asked]):
        return Objection("PARAM-STRUCTURE", "an attribute may be used through the class")
    return None


def _of_values(context: Context, table: Table) -> Objection | None:
    """A function that is an attribute of a class becomes a method; of an instance it stays a function."""
    for row in table.rows:
        for cell in row.cells:
            node = cell.argument.node if isinstance(cell, Operand) else None
            if node is not None and not _is_no_descriptor(context, node):
                text = " ".join(context.module.text(node).split())
                return Objection("PARAM-IMPURE", f"{text} may be a function, which a class makes a method")
    return None


def _is_no_descriptor(context: Context, node: ast.expr) -> bool:
    """Whether a value is the same as an attribute of a class and of an instance: data, classes, builtins."""
    displays = (ast.List, ast.Tuple, ast.Dict, ast.Set, ast.JoinedStr)
    value = known(context, node)
    if value is None or not isinstance(value.value, Opaque):
        return value is not None or isinstance(node, displays)
    if not value.value.name or not isinstance(node, ast.Name):
        return not value.value.name
    classes = [c for c in context.module.classes if not c.keywords]
    return is_builtin(context.module, node.id) or any(c.name == node.id for c in classes)
