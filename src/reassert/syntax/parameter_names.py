"""Names for what copies differ in, and for the one test that they become, from what the code says."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
from collections.abc import Callable, Iterator, Sequence

from reassert.syntax.bodies import last_name
from reassert.syntax.context import Context
from reassert.syntax.copies import Group, Parameter
from reassert.syntax.module import FunctionNode
from reassert.syntax.siblings import fixture_names

_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_NOUNS: Sequence[tuple[tuple[type, ...], str]] = (
    ((bool,), "flag"),
    ((int, float, complex), "number"),
    ((str,), "text"),
    ((bytes,), "data"),
)
_TEXTS = ((re.compile(r"/"), "path"), (re.compile(r"https?://"), "url"))
_DISPLAYS: Sequence[tuple[tuple[type[ast.AST], ...], str]] = (
    ((ast.List, ast.Tuple, ast.Set), "values"),
    ((ast.Dict,), "mapping"),
)
_RAISING = frozenset({"pytest.raises", "pytest.warns", "pytest.deprecated_call"})
_NAMED_ARGUMENTS = {
    "isinstance": "kind",
    "issubclass": "kind",
    "getattr": "name",
    "hasattr": "name",
    "setattr": "name",
}
_PART = re.compile(r"_|\d+|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d]+")
_SNAKE_PART = re.compile(r"_|\d+|[^\W\d_]+")
_SNAKE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_CONNECTING = frozenset(
    {"a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with"}
)
_SAYING_NOTHING = frozenset({"test", "tests", "case", "cases", "all", "basic", "unit", "base", "module"})
# What things are called that stand for any other.
_PLACEHOLDERS = frozenset({"foo", "bar", "baz", "qux", "quux", "spam", "eggs", "ham", "x", "y", "z"})
_CLASS_AFFIXES = re.compile(r"^Tests?|Tests?(?:Cases?)?$|Cases?$")


# -- arguments ----------------------------------------------------------------------------------------------


def parameter_names(group: Group) -> tuple[str, ...]:
    """A name for each parameter, all different, and different from every name that the test reads."""
    namer = _Namer(group)
    wanted = [list(namer.candidates(p)) for p in group.parameters]
    chosen: list[str] = []
    for index, names in enumerate(wanted):
        others = [other for i, other in enumerate(wanted) if i != index]
        chosen.append(namer.choose(group.parameters[index], names, others, chosen))
    return tuple(chosen)


class _Namer:
    """Names for the parameters of one group."""

    def __init__(self, group: Group) -> None:
        self.context: Context = group.scope.context
        self.module = self.context.module
        self.group = group
        self.function: FunctionNode = group.first.function
        nodes = self.module.subtree(self.function)
        self.taken = {n.id for n in nodes if isinstance(n, ast.Name)}
        self.taken |= {n.arg for n in nodes if isinstance(n, ast.arg)}
        self.fixtures = fixture_names(self.context)
        self.taken |= self.fixtures

    def candidates(self, parameter: Parameter) -> Iterator[str]:
        """The names that the places of a parameter suggest, the most telling first."""
        told = [name.strip("_") for place in parameter.places for name in self._told(place)]
        yield from told
        roles = {self._role(place) for place in parameter.places}
        if len(roles) == 1:
            yield from filter(None, roles)
        elif len(parameter.places) > 1:
            yield from (name for place in parameter.places for name in self._compared(place))
        yield self._noun(parameter)

    def choose(
        self,
        parameter: Parameter,
        names: Sequence[str],
        others: Sequence[Sequence[str]],
        chosen: Sequence[str],
    ) -> str:
        """The first name that can be had; one that several want is made more precise."""
        kept = assigned_to(self.group, parameter)
        for name in names:
            is_kept = name == kept and name not in self.fixtures
            if is_kept or self._is_free(name, chosen):
                if not is_kept and any(o[0] == name for o in others):
                    break
                return name
        base = names[0] if names[0] != kept else names[-1]
        return next(n for n in self._variations(parameter, base, others) if self._is_free(n, chosen))

    def _is_free(self, name: str, chosen: Sequence[str]) -> bool:
        usable = name.isidentifier() and not keyword.iskeyword(name) and name not in chosen
        return usable and name not in self.taken and name != "self"

    def _variations(self, parameter: Parameter, base: str, others: Sequence[Sequence[str]]) -> Iterator[str]:
        if base == "expected":
            subject = self._subject(parameter)
            if subject:
                yield f"expected_{subject}"
        elif base in ("key", "index"):
            subject = self._subject(parameter)
            if subject:
                yield f"{subject}_{base}"
        elif any(o[0] == base for o in others):
            rivals = [p for p in self.group.parameters if next(self.candidates(p)) == base]
            position = rivals.index(parameter)
            if base in {noun for _, noun in (*_NOUNS, *_DISPLAYS)} | {"value"}:
                yield _ORDINALS[min(position, 4)]
            yield f"{_ORDINALS[min(position, 4)]}_{base}"
        yield base
        yield from (f"{word}_{base}" for word in ("given", "wanted", "other"))
        yield from (f"{base}{number}" for number in range(2, 100))

    # -- what a place says -----------------------------------------------------------------------------------

    def _told(self, place: ast.expr) -> Iterator[str]:
        """A keyword, a variable, a parameter of a function that the file defines."""
        parent = self.module.parents[place]
        if isinstance(parent, ast.keyword) and parent.arg:
            yield parent.arg
        elif isinstance(parent, ast.Assign):
            yield from filter(None, [_of_target(parent.targets[0])])
        elif isinstance(parent, ast.Call) and place in parent.args:
            yield from self._of_argument(parent, parent.args.index(place))
        elif isinstance(parent, ast.Dict) and place in parent.values:
            key = parent.keys[parent.values.index(place)]
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier():
                yield from {key.value.lower()} - _PLACEHOLDERS

    def _of_argument(self, call: ast.Call, position: int) -> Iterator[str]:
        name = self.module.resolve(call.func) or ""
        if name in _RAISING and position == 0:
            yield "warning" if name == "pytest.warns" else "error"
        elif isinstance(call.func, ast.Name) and call.func.id in _NAMED_ARGUMENTS and position == 1:
            yield _NAMED_ARGUMENTS[call.func.id]
        function = self._called(call.func)
        if function is not None and position < len(function):
            yield function[position]

    def _called(self, func: ast.expr) -> list[str] | None:
        """The names of the parameters of a function or a method of the file, or of the project if known."""
        if isinstance(func, ast.Name):
            known = self.module.top_level_functions.get(func.id)
            if known or func.id not in self.module.imports:
                return [a.arg for a in known.args.args] if known else self._constructed(func.id)
        owner = self.group.scope.owner
        if isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name) and owner is not None:
            for info in owner.lineage if func.value.id == "self" else ():
                if func.attr in info.methods:
                    return [a.arg for a in info.methods[func.attr].args.args][1:]
            if func.value.id == "self":
                return list(self.context.inherited.get(func.attr, ()))
        facts = self.context.facts.functions.get(self.module.resolve(func) or "")
        return [name for name, _ in facts.uses] if facts else None

    def _constructed(self, name: str) -> list[str] | None:
        """What a class of the file asks for to make an instance."""
        for info in self.context.classes.all:
            if info.qualname == name and (made := info.methods.get("__init__")):
                return [a.arg for a in made.args.args][1:]
        return None

    def _compared(self, place: ast.expr) -> Iterator[str]:
        """The attribute, or the variable, that a value is compared with."""
        parent = self.module.parents[place]
        if isinstance(parent, ast.Compare) and len(parent.comparators) == 1:
            other = parent.left if parent.left is not place else parent.comparators[0]
            if isinstance(other, (ast.Attribute, ast.Name)):
                yield from filter(None, [_last_word(other)])

    def _role(self, place: ast.expr) -> str:
        """What a value is in an assertion."""
        parent = self.module.parents[place]
        if isinstance(parent, ast.Assert) and parent.msg is place:
            return "message"
        if isinstance(parent, ast.Compare):
            is_asserted = any(isinstance(a, ast.Assert) for a in self.module.ancestors(parent))
            return "expected" if is_asserted and self._is_wanted(parent, place) else ""
        if isinstance(parent, (ast.Tuple, ast.List)) or (
            isinstance(parent, ast.Call) and place in parent.args
        ):
            return self._role(parent) if self._is_right(parent) else ""
        if isinstance(parent, ast.Subscript) and parent.slice is place:
            return "index" if isinstance(getattr(place, "value", None), int) else "key"
        return ""

    def _is_right(self, node: ast.expr) -> bool:
        """Whether an expression is the right side of a comparison, or is inside of it."""
        inner: ast.AST = node
        while isinstance(inner, (ast.Call, ast.Tuple, ast.List)):
            parent = self.module.parents[inner]
            if isinstance(parent, ast.Compare):
                return inner is parent.comparators[-1] and not isinstance(parent.left, ast.Constant)
            inner = parent
        return False

    def _is_wanted(self, compare: ast.Compare, place: ast.expr) -> bool:
        """Whether a value is what the other side is compared with: of two values the right one."""
        sides = [compare.left, *compare.comparators]
        if place is sides[-1]:
            return True
        return len(sides) == 2 and not any(sides[-1] is p for q in self.group.parameters for p in q.places)  # noqa: PLR2004 - left and right

    def _subject(self, parameter: Parameter) -> str:
        """What is compared with an expected value, or what a key belongs to: the last name of it."""
        place = parameter.places[0]
        parent = self.module.parents[place]
        if isinstance(parent, ast.Subscript):
            return _last_word(parent.value)
        while isinstance(parent, ast.Call):
            parent = self.module.parents[parent]
        if not isinstance(parent, ast.Compare):
            return ""
        other = parent.left if not self.module.holds(parent.left, place) else parent.comparators[-1]
        return _last_word(other)

    def _noun(self, parameter: Parameter) -> str:
        """What values of a kind are called."""
        values = [v for v in parameter.values if not (isinstance(v, ast.Constant) and v.value is None)]
        literals = [_literal(v) for v in values]
        for pattern, noun in _TEXTS:
            if values and all(isinstance(v, str) and pattern.match(v) for v in literals):
                return noun
        for types, noun in _NOUNS:
            if values and all(type(v) in types for v in literals):
                return noun
        for kinds, noun in _DISPLAYS:
            if values and all(isinstance(v, kinds) for v in values):
                return noun
        names = [n for n in map(last_name, values) if n]
        if names and len(names) == len(values):
            if all(n.endswith(("Error", "Exception", "Warning")) for n in names):
                return "error"
            if all((n[:1].isupper() and not n.isupper()) or hasattr(builtins, n) for n in names):
                return "kind"
        return "value"


def _of_target(target: ast.expr) -> str:
    """What is set: a variable, an attribute, a key; of a mock what it stands for."""
    if isinstance(target, ast.Attribute) and target.attr in ("return_value", "side_effect"):
        return _last_word(target.value)
    return _last_word(target)


def _literal(node: ast.expr) -> object:
    if isinstance(node, ast.UnaryOp):
        return _literal(node.operand)
    if isinstance(node, ast.BinOp):
        return _literal(node.left)
    return node.value if isinstance(node, ast.Constant) else ...


def _last_word(node: ast.expr) -> str:
    """The name of what an expression gives: a variable, an attribute, a function, a key."""
    if isinstance(node, ast.Call):
        return _last_word(node.func)
    if isinstance(node, ast.Subscript):
        key = node.slice
        is_word = isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value.isidentifier()
        return str(key.value).lower() if is_word and isinstance(key, ast.Constant) else _last_word(node.value)
    return _snake(last_name(node)).lstrip("_")


# Words in the names of objects that stand for others.
_STAND_IN = re.compile(r"(?i)dummy|mock|fake|stub")


def assigned_to(group: Group, parameter: Parameter) -> str:
    """The variable that a test gives one of its values first of all, and nothing else ever; else empty.

    The parameter can have its name, and the assignment can go.
    """
    return next((name for place in parameter.places if (name := _variable(group, place))), "")


def _variable(group: Group, place: ast.expr) -> str:
    module, function = group.scope.context.module, group.first.function
    statement = module.parents[place]
    if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1 and statement in function.body):
        return ""
    target = statement.targets[0]
    if not isinstance(target, ast.Name):
        return ""
    inside = [n for n in module.names[target.id] if module.holds(function, n)]
    bindings = sum(not isinstance(n.ctx, ast.Load) for n in inside)
    hidden = any(
        isinstance(n, (ast.Global, ast.Nonlocal)) and target.id in n.names for n in module.subtree(function)
    )
    return target.id if bindings == 1 and not hidden else ""


# -- tests -------------------------------------------------------------------------------------------------


def merged_name(group: Group, is_taken: Callable[[str], bool]) -> str:
    """A name for the test that takes the place of ``group``: what their names have in common.

    It is one that pytest collects as it is configured; if nothing better is, that of the first copy.
    """
    names = [m.name for m in group.members]
    common = _common(names)
    ways = (_after_scope, _after_exception, _after_callee)
    fallbacks = [common, *(way(group, names[0]) for way in ways)]
    usable = [name for name in fallbacks if name] or list(filter(None, [_after_builtin(group, names[0])]))
    base = usable[0] if usable else names[0]
    tries = [*usable, *(f"{name}_cases" for name in usable), *(f"{base}_{n}" for n in range(2, 1000))]
    collects = group.scope.context.config.pytest.collects_function
    return next((name for name in tries if not is_taken(name) and collects(name)), names[0])


def _common(names: Sequence[str]) -> str:
    """What names begin and end with, in whole words; empty if that is no more than ``test``."""
    part = _SNAKE_PART if all("_" in name.strip("_") for name in names) else _PART
    rows = [part.findall(name) for name in names]
    head = _same(rows)
    tail = _same([row[len(head) :][::-1] for row in rows])[::-1]
    while head and (head[-1] == "_" or head[-1].lower() in _CONNECTING):
        head.pop()
    while tail and (tail[0] == "_" or tail[0].isdigit()):
        tail.pop(0)
    words = [part for part in (*head, *tail) if part != "_"]
    if len(words) < 2 or not names[0].startswith(words[0]):  # noqa: PLR2004 - a word beside "test"
        return ""
    if re.search(r"_{2,}[a-z]+\Z", "".join(head)) and all(n.startswith("".join(head) + "__") for n in names):
        head.append("__")  # the name of a method such as __call__
    snake = "_" in names[0] or names[0].islower()
    glue = "_" if tail and head and snake and head[-1] != "__" else ""
    return "".join(head) + glue + "".join(tail)


def _same(rows: Sequence[Sequence[str]]) -> list[str]:
    found = []
    for parts in zip(*rows, strict=False):
        if len(set(parts)) > 1:
            break
        found.append(parts[0])
    return found


def _after_scope(group: Group, like: str) -> str:
    """A test named after its class, or after its file."""
    owner = group.scope.owner
    stem = group.scope.context.source.path.stem
    name = _CLASS_AFFIXES.sub("", owner.node.name) if owner else re.sub(r"^tests?_|_tests?$", "", stem)
    return _joined(like, name) if name and name.lower() not in _SAYING_NOTHING else ""


def _after_callee(group: Group, like: str) -> str:
    """A test named after what it calls."""
    module = group.scope.context.module
    calls = [n for n in module.subtree(group.first.function) if isinstance(n, ast.Call)]
    names = [
        f"not_{last_name(c.func)}" if isinstance(module.parents[c], ast.UnaryOp) else last_name(c.func)
        for c in calls
        if not (module.resolve(c.func) or "").startswith("pytest.")
    ]
    public = [name for name in names if name and not name.startswith("_") and not hasattr(builtins, name)]
    # What is called says more than what is made for it, and a stand-in says nothing.
    telling = [name for name in public if not _STAND_IN.search(name)]
    telling.sort(key=lambda name: name[:1].isupper())
    return next((_joined(like, name) for name in telling), "")


def _after_builtin(group: Group, like: str) -> str:
    """A test named after the builtin that it calls, as it calls nothing else."""
    module = group.scope.context.module
    calls = (n for n in module.subtree(group.first.function) if isinstance(n, ast.Call))
    names = (call.func.id for call in calls if isinstance(call.func, ast.Name))
    return next((_joined(like, name) for name in names if hasattr(builtins, name)), "")


def _after_exception(group: Group, like: str) -> str:
    """A test named after the exception that it expects in the end."""
    module = group.scope.context.module
    last = group.first.function.body[-1]
    call = last.items[0].context_expr if isinstance(last, ast.With) else None
    if not isinstance(call, ast.Call) or module.resolve(call.func) != "pytest.raises" or not call.args:
        return ""
    changes = any(module.holds(call, place) for p in group.parameters for place in p.places)
    name = "" if changes else last_name(call.args[0])
    return _joined(like, f"raises_{name}") if name else ""


def _joined(like: str, name: str) -> str:
    name = name.strip("_")
    prefix = "test" if like.startswith("test") else _PART.findall(like)[0]
    if "_" in like or like.islower():
        return f"{prefix}_{_snake(name)}"
    return f"{prefix}{name[:1].upper()}{name[1:]}"


def _snake(name: str) -> str:
    return _SNAKE.sub("_", name).lower()
