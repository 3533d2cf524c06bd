"""What a file says of its tests to an audit that looks for the same tests elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from reassert.model.outcomes import Note
from reassert.syntax.context import Context
from reassert.syntax.meanings import Meanings
from reassert.syntax.module import FunctionNode, Module
from reassert.syntax.siblings import PLAIN_FIXTURES, fixtures
from reassert.syntax.skeletons import Skeleton, bound_in, skeleton
from reassert.syntax.statements import is_docstring

# What a fact is about, in front of the name: see ``Note``.
NAME, FIXTURE, BASE, STATE = "name ", "fixture ", "base ", "set-up"
CONFTEST = "conftest"
# Functions that pytest calls around those of a module.
_XUNIT = frozenset({"setup_module", "teardown_module", "setup_function", "teardown_function", "pytestmark"})


def test_notes(context: Context, rule_id: str) -> Iterator[Note]:
    """A note for each test of the file; its key is that of every test that is equal but for local names.

    Docstrings and comments do not count.
    """
    reader = _Reader(context, rule_id, Meanings(context.module))
    if context.config.pytest.is_test_module(context.source.path):
        yield from reader.of_module()
    for info in context.module.classes:
        if _may_hold_tests(context, info):
            yield from reader.of_class(info)


def _may_hold_tests(context: Context, info: ast.ClassDef) -> bool:
    """Whether methods that look like tests are: elsewhere than in a test file only by a base or the name.

    A mixin runs nowhere itself, but its tests do wherever it is inherited.
    """
    names = [info.name, *(context.module.text(base) for base in info.bases)]
    if context.module.enclosing_function(info) is not None:
        return False
    return context.config.pytest.is_test_module(context.source.path) or any(
        "Test" in name or name.endswith("Mixin") for name in names
    )


@dataclass(frozen=True)
class _Reader:
    context: Context
    rule_id: str
    meanings: Meanings

    @property
    def module(self) -> Module:
        return self.context.module

    def of_module(self) -> Iterator[Note]:
        """The functions of the module that are tests."""
        body = self.module.tree.body
        around = [s for s in body if _names_of(s) & _XUNIT or _is_autouse(s)]
        state = (STATE, self.meanings.digest(around))
        for test in self._tests(body):
            yield from self._note(test, "", (state, *self._fixtures(test, test.args.args)))

    def of_class(self, info: ast.ClassDef) -> Iterator[Note]:
        """The methods of a class that are tests, with what else there is in the class."""
        tests = self._tests(info.body)
        if not tests:
            return
        first = 1 if is_docstring(info.body[0]) else 0
        rest = [s for s in info.body[first:] if not self._is_test(s)]
        state = self.meanings.digest([*info.bases, *info.keywords, *info.decorator_list, *rest])
        facts = [(STATE, state), *((BASE + self.module.text(b), self._dotted(b)) for b in info.bases)]
        qualname = self.module.qualname(info)
        own = {name for s in rest for name in _names_of(s)}
        for test in tests:
            given = [a for a in test.args.args[1:] if a.arg not in own]
            yield from self._note(test, qualname, (*facts, *self._fixtures(test, given)))

    def _tests(self, body: Sequence[ast.stmt]) -> list[FunctionNode]:
        """The tests among some statements: of several with one name the last one."""
        found = {s.name: s for s in body if isinstance(s, FunctionNode) and self._is_test(s)}
        return list(found.values())

    def _is_test(self, statement: ast.stmt) -> bool:
        collects = self.context.config.pytest.collects_function
        return isinstance(statement, FunctionNode) and collects(statement.name)

    def _dotted(self, base: ast.expr) -> str:
        """A base class as a dotted name; one of the same file by its name alone."""
        return self.module.resolve(base) or self.module.text(base)

    def _note(self, test: FunctionNode, owner: str, around: Sequence[tuple[str, str]]) -> Iterator[Note]:
        name = f"{owner}.{test.name}" if owner else test.name
        read = skeleton(self.module, test)
        if not read.leaves or self.context.is_ignored(self.rule_id, test, name):
            return
        first = min([test.lineno, *(d.lineno for d in test.decorator_list)])
        yield Note(
            self.rule_id,
            _key(test, read),
            self.context.location(test),
            name,
            (test.end_lineno or test.lineno) - first + 1,
            (*around, *self._names(test)),
        )

    def _names(self, test: FunctionNode) -> list[tuple[str, str]]:
        """What the names mean that the test takes from its module."""
        nodes = self.module.subtree(test)
        own = bound_in(self.module, test) | {a.arg for a in nodes if isinstance(a, ast.arg)}
        names = sorted({n.id for n in nodes if isinstance(n, ast.Name)} - own)
        return [(NAME + name, meaning) for name in names if (meaning := self.meanings.of(name))]

    def _fixtures(self, test: FunctionNode, arguments: Sequence[ast.arg]) -> list[tuple[str, str]]:
        """Where the arguments of a test come from, those aside that its decorators give."""
        decorators = [self.module.text(d) for d in test.decorator_list]
        if any("patch" in text for text in decorators):
            return []
        local = fixtures(self.context)
        names = [a.arg for a in arguments if not any(a.arg in text for text in decorators)]
        return [
            (FIXTURE + name, (self.meanings.of(name) if name in local else "") or CONFTEST)
            for name in names
            if name not in PLAIN_FIXTURES
        ]


def _key(test: FunctionNode, read: Skeleton) -> bytes:
    signature = [type(test).__name__, ast.dump(test.args), *map(ast.dump, test.decorator_list)]
    said = (signature, read.fine, [hole.canonical for hole in read.holes])
    return blake2b(repr(said).encode(errors="surrogatepass"), digest_size=16).digest()


def _names_of(statement: ast.stmt) -> set[str]:
    if isinstance(statement, (FunctionNode, ast.ClassDef)):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return {t.id for t in targets if isinstance(t, ast.Name)}


def _is_autouse(statement: ast.stmt) -> bool:
    return isinstance(statement, FunctionNode) and any(
        k.arg == "autouse" for d in statement.decorator_list if isinstance(d, ast.Call) for k in d.keywords
    )
