"""Random hierarchies of test classes as source: what ``test_hierarchies`` converts and runs."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random

TRAIL = '''
import contextlib
import functools
import os
import unittest
from pathlib import Path

_out = Path(__file__).with_suffix(".txt").open("a", buffering=1)


def log(*words):
    """What a test does."""
    nodeid = os.environ["PYTEST_CURRENT_TEST"].rpartition(" ")[0]
    _out.write("test\\t" + nodeid + "\\t" + " ".join(map(str, words)) + "\\n")


def log_class(ident, *words):
    """What a class does, whichever of its tests comes first."""
    path = os.environ["PYTEST_CURRENT_TEST"].partition("::")[0]
    _out.write("class\\t" + path + "::" + ident + "\\t" + " ".join(map(str, words)) + "\\n")


def log_module(ident, word):
    """What a module does for a class."""
    log_class("", ident, word)


def reset():
    log("reset")


@contextlib.contextmanager
def place(name):
    log("enter", name)
    yield name
    log("leave", name)


@contextlib.contextmanager
def place_of_class(ident, name):
    log_class(ident, "enter", name)
    yield name
    log_class(ident, "leave", name)


def logged(function):
    @functools.wraps(function)
    def wrapper(self):
        log("logged", self.ident)
        return function(self)

    return wrapper


def check(test, value):
    test.assertIn(value, (0, 1))


def shout(test, word):
    log("shout", test.ident, word)


needed = unittest.skipUnless(os.sep, "needs a separator")
'''.lstrip()

CONFTEST = """
import pytest
from trail import log


@pytest.fixture
def noise():
    log("noise")
    yield
    log("no noise")
""".lstrip()


# -- the model: what is rendered, and what a reducer may take away -------------------------------------


@dataclass(frozen=True)
class Member:
    """A method, or an assignment when ``header`` is empty; each statement may have several lines."""

    header: tuple[str, ...]
    body: tuple[str, ...]

    def lines(self) -> list[str]:
        if not self.header:
            return list(self.body)
        rows = [row for statement in self.body or ("pass",) for row in statement.split("\n")]
        return ["", *self.header, *("    " + row for row in rows)]


@dataclass(frozen=True)
class Klass:
    name: str
    file: int
    bases: tuple[str, ...]
    members: tuple[Member, ...]
    decorators: tuple[str, ...] = ()
    holder: str = ""

    @property
    def path(self) -> str:
        """How its file names it."""
        return f"{self.holder}.{self.name}" if self.holder else self.name

    def lines(self) -> list[str]:
        """The statement, inside of its holder if there is one."""
        rows = [*self.decorators, f"class {self.name}({', '.join(f'@{b}@' for b in self.bases)}):"]
        members = [row for m in self.members for row in m.lines()] or ["pass"]
        rows += ["    " + row if row else "" for row in members]
        return [f"class {self.holder}:", *("    " + row for row in rows)] if self.holder else rows


@dataclass(frozen=True)
class Hierarchy:
    seed: int
    files: tuple[str, ...]
    classes: tuple[Klass, ...]
    module_set_up: tuple[int, ...] = ()
    deleted: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()

    def render(self, tag: str) -> dict[str, str]:
        return {f"{self._module(i, tag)}.py": self._file(i, tag) for i in range(len(self.files))}

    def _module(self, index: int, tag: str) -> str:
        return f"{self.files[index]}_{tag}"

    def _file(self, index: int, tag: str) -> str:
        homes = {c.name: c for c in self.classes}
        mine = [c for c in self.classes if c.file == index]
        foreign = sorted({b for c in mine for b in c.bases if b in homes and homes[b].file != index})
        rows = ["import unittest", "", "import pytest"]
        dotted = {c.name: c.path for c in self.classes}
        for number, base in enumerate(foreign):
            module = self._module(homes[base].file, tag)
            if (self.seed + number) % 3:
                rows.append(f"from {module} import {homes[base].holder or base}")
            else:
                rows.append(f"import {module}")
                dotted[base] = f"{module}.{homes[base].path}"
        names = "check, log, log_class, log_module, logged, needed, place, place_of_class, reset, shout"
        rows.append(f"from trail import {', '.join([names, *self.helpers])}")
        rows += _module_set_up(mine[0].name) if index in self.module_set_up and mine else []
        for klass in mine:
            rows += ["", "", *klass.lines()]
        rows += [f"del {name}" for name in self.deleted if homes[name].file == index]
        return re.sub(r"@([\w.]+)@", lambda hit: dotted.get(hit[1], hit[1]), "\n".join(rows)) + "\n"


def _module_set_up(ident: str) -> Iterator[str]:
    for name, word in (("setUpModule", "up"), ("tearDownModule", "down")):
        yield from ("", f"def {name}():", f'    log_module("{ident[:3].lower()}", "{word}")')


# -- the generator -------------------------------------------------------------------------------------


class Generator:
    """One random hierarchy a seed."""

    root = "unittest.TestCase"
    set_ups: Mapping[str, float] = {"setUp": 0.6, "tearDown": 0.45, "setUpClass": 0.2, "tearDownClass": 0.15}
    rare: tuple[str, ...] = (
        *("self.setUp()", "self.tearDown()", "self.helper()"),
        'with self.subTest("s"):\n    log("sub")',
    )

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - not for secrets
        self.seed = seed
        self.classes: list[Klass] = []
        self.quiet = self.random.random() < 0.5  # half of the hierarchies neither fail nor skip
        self.cleans = self.random.random() < 0.5
        self.only_runs = self.random.random() < 0.06  # every test is a runTest
        self.cleans_classes = self.random.random() < 0.3
        self.fails_classes = not self.quiet and self.random.random() < 0.3
        self.shares = self.random.random() < 0.15  # tests leave something behind in a list of the class
        self.has_fixtures = self.random.random() < 0.1
        # A skip mark spares a test its fixtures and the set-up of its class, and with it how that fails.
        self.skips = not (self.quiet or self.fails_classes or self.has_fixtures)
        self.has_secrets = self.random.random() < 0.15

    def some(self, chance: float) -> bool:
        return self.random.random() < chance

    def hierarchy(self) -> Hierarchy:
        files = ["test_z", "base", "test_a"][: self.random.choice([1, 1, 1, 2, 2, 3])]
        for number in range(self.random.choice([1, 2, 2, 3, 3, 4, 5, 6])):
            self.classes.append(self._klass(number, len(files)))
        if not any(_has_tests(c) for c in self.classes):
            last = self.classes[-1]
            late = self._test(last, "runTest" if self.only_runs else "test_late")
            self.classes[-1] = replace(last, members=(*last.members, late))
        set_up = tuple(i for i in range(len(files)) if self.some(0.1))
        return Hierarchy(self.seed, tuple(files), tuple(self.classes), set_up, tuple(self._deleted()))

    def _deleted(self) -> Iterator[str]:
        """Bases that their file takes away again, where nothing else names them."""
        rows = [row for c in self.classes for m in c.members for row in m.lines()]
        for klass in self.classes:
            heirs = [c for c in self.classes if klass.name in c.bases]
            named = any(klass.name in row for row in rows)
            here = all(c.file == klass.file for c in heirs)
            if heirs and here and not named and not klass.holder and self.some(0.3):
                yield klass.name

    def _klass(self, number: int, files: int) -> Klass:
        mixin = number == 0 and self.some(0.2)
        style = self.random.choice(["{}Test", "{}Tests", "Test{}", "{}TestCase", "{}Base", "{}"])
        stem = ["Ant", "Bee", "Cat", "Dog", "Emu", "Fox"][number]
        bases = () if mixin else self._bases()
        # A file can only import from those that are planned before it: base, then test_a, then test_z.
        homes = [c.file for c in self.classes if c.name in bases]
        rank = {1: 0, 2: 1, 0: 2}
        possible = [f for f in range(files) if all(rank[f] >= rank[h] for h in homes)]
        name = stem + "Mixin" if mixin else style.format(stem)
        holder = f"{stem}Holder" if self.some(0.06) else ""
        klass = Klass(name, self.random.choice(possible), bases, (), (), holder)
        skipped = self.some(0.04) and not (mixin or self.fails_classes or self.has_fixtures)
        decorators = ('@unittest.skip("class")',) if skipped else ()
        if self.has_fixtures and self.some(0.4):
            decorators = (*decorators, '@pytest.mark.usefixtures("noise")')
        return replace(klass, members=tuple(self._members(klass, stem)), decorators=decorators)

    def _bases(self) -> tuple[str, ...]:
        cases = [c for c in self.classes if not c.name.endswith("Mixin")]
        mixins = [c.name for c in self.classes if c.name.endswith("Mixin")]
        chosen = [self.root]
        if cases and self.some(0.8):
            chosen = [self.random.choice(cases).name]
            if len(cases) > 2 and self.some(0.1):
                chosen = list(dict.fromkeys([*chosen, self.random.choice(cases).name]))
        if mixins and self.some(0.4):
            chosen = [*mixins, *chosen] if self.some(0.9) else [*chosen, *mixins]
        return tuple(chosen)

    def _members(self, klass: Klass, stem: str) -> list[Member]:
        ident = Member((), (f'ident = "{stem}"', f"mood = {self.random.randrange(3)}"))
        found: list[Member] = []
        if self.shares and self.some(0.6):
            found.append(Member((), ("seen = []",)))
        if self.has_secrets:
            found.append(Member((), (f'__secret = "{stem}"',)))
        if self.has_fixtures and self.some(0.3):
            name = self.random.choice(["early", "zealous"])
            body = (f'log("{name}", self.ident)', "yield", f'log("{name}", "down")')
            found.append(Member(("@pytest.fixture(autouse=True)", f"def {name}(self):"), body))
        for name, chance in self.set_ups.items():
            if self.some(chance):
                found.append(self._set_up(klass, name))
        if self.some(0.25):
            found.append(Member(("def helper(self):",), self._body(stem.lower() + ".helper", "helper")))
        names = ["test_c", "test_a", "test_b", "test_own_" + stem.lower()]
        wanted = int(self.some(0.3)) if klass.name.endswith("Mixin") else self.random.choice([0, 0, 1, 1, 2])
        if self.only_runs:
            names, wanted = ["runTest"], min(wanted, 1)
        found += [self._test(klass, name) for name in self.random.sample(names, wanted)]
        if self.some(0.05):
            found.append(Member((), ("test_a = None",)))
        self.random.shuffle(found)
        return [ident, *found]

    def _set_up(self, klass: Klass, name: str) -> Member:
        is_class = name.endswith("Class")
        receiver = "cls" if is_class else "self"
        what = f"{_stem(klass)}.{name}"
        if is_class:
            body = [f'log_class(cls.ident, "{what}")']
            if self.some(0.2):
                body.append("cls.shelf = [cls.mood]")
            if self.cleans_classes and self.some(0.6):
                body.insert(self.random.randrange(len(body) + 1), self._class_cleanup(what, receiver))
            if self.fails_classes and name == "setUpClass" and self.some(0.4):
                stop = self.random.choice(['raise ValueError("class")', 'raise unittest.SkipTest("class")'])
                body.append(f"if cls.mood == {self.random.randrange(3)}:\n    {stop}")
        else:
            body = list(self._body(what, name))
        if self.some(0.75):
            place = self.random.choice([0, 0, len(body), len(body), self.random.randrange(len(body) + 1)])
            if self.some(0.8):
                place = 0 if name.startswith("setUp") else len(body)
            body.insert(place, self._super(klass, name, receiver))
        decorator = ("@classmethod",) if is_class else ()
        doc = ('"""Says something."""',) if self.some(0.1) else ()
        return Member((*decorator, f"def {name}({receiver}):"), (*doc, *body))

    def _class_cleanup(self, what: str, receiver: str) -> str:
        if sys.version_info >= (3, 11) and self.some(0.3):
            return f'{receiver}.enterClassContext(place_of_class({receiver}.ident, "{what}"))'
        return f'{receiver}.addClassCleanup(log_class, {receiver}.ident, "{what}", "class cleanup")'

    def _super(self, klass: Klass, name: str, receiver: str) -> str:
        if self.some(0.1):
            base = self.random.choice(klass.bases or ("object",))
            if base != "object":
                explicit = base if base == "unittest.TestCase" else f"@{base}@"
                return f"{explicit}.{name}({'' if receiver == 'cls' else receiver})"
        if self.some(0.15):
            start = self.random.choice(
                [f"@{klass.name}@", *(f"@{b}@" for b in klass.bases[:1] if "." not in b)]
            )
            return f"super({start}, {receiver}).{name}()"
        return f"super().{name}()"

    def _test(self, klass: Klass, name: str) -> Member:
        decorators: tuple[str, ...] = ()
        body = list(self._body(f"{_stem(klass)}.{name}", "test"))
        if self.skips and self.some(0.15):
            decorators = (self.random.choice(_SKIPS),)
        elif not self.quiet and self.some(0.1):
            decorators = ("@unittest.expectedFailure",)
        if self.some(0.3):
            body.append(self.random.choice(_CHECKS))
        if self.some(0.06):
            decorators = (*decorators, self.random.choice(["@logged", "@logged", "@logged", "@needed"]))
        return Member((*decorators, f"def {name}(self):"), tuple(body))

    def _body(self, what: str, kind: str) -> tuple[str, ...]:
        body = [f'log("{what}", self.ident)']
        body += [self._statement(what, kind) for _ in range(self.random.choice([0, 0, 1, 2]))]
        if not self.quiet and self.some(0.2):
            stop = self.random.choice(_STOPS)
            body.append(f"if self.mood == {self.random.randrange(3)}:\n    {stop}")
            if self.some(0.5):
                body.append(f'log("{what}", "late")')
        return tuple(body)

    def _statement(self, what: str, kind: str) -> str:
        attribute = self.random.choice(["left", "right"])
        choices = [
            f'self.{attribute} = "{what}"',
            f'log("{what}", getattr(self, "{attribute}", None))',
            f'for item in (1, 2):\n    log("{what}", item)',
            f"value = {self.random.randrange(9)}\nlog(value)",
        ]
        if kind == "test" and self.some(0.1):
            choices = list(self.rare)
        if self.has_secrets and self.some(0.3):
            choices = [f'log("{what}", self.__secret)']
        if self.shares and kind == "test" and self.some(0.7):
            choices = [f'self.seen.append("{what}")\nlog("seen", *self.seen)']
        if self.cleans_classes and kind == "test" and self.some(0.1):
            choices = [self._class_cleanup(what, "self")]
        if self.cleans and self.some(0.5):
            choices = [
                f'self.addCleanup(log, "{what}", "cleanup")',
                f'self.left = "{what}"\nself.addCleanup(log, self.left)',
                "self.addCleanup(reset)",
                'self.addCleanup(lambda: log("lambda"))',
            ]
            if sys.version_info >= (3, 11) and self.some(0.2):
                choices = [f'self.enterContext(place("{what}"))']
        return self.random.choice(choices)


_SKIPS = ['@unittest.skip("never")', '@unittest.skipIf(False, "no")', '@unittest.skipUnless(False, "yes")']
_STOPS = [
    "return",
    "return",
    'self.skipTest("not in this mood")',
    'raise unittest.SkipTest("not in this mood")',
    'self.fail("in this mood")',
    'raise ValueError("in this mood")',
    "self.assertEqual(self.mood, 9)",
]
_CHECKS = [
    "self.assertEqual(self.mood, 1)",
    "self.assertIn(self.mood, (0, 1, 2))",
    'self.assertTrue(self.ident, "no name")',
    'with self.assertRaises(ValueError):\n    int("x")',
    'self.assertRaises(ValueError, int, "x")',
    "check(self, self.mood)",
    'shout(self, word="here")',
    "other = self\nother.assertEqual(other.mood, 1)",
    "list(map(self.assertTrue, [self.mood]))",
]


def _stem(klass: Klass) -> str:
    """A word for what a class does that is not its name: a string that names a class is a reference to it."""
    return klass.name.removeprefix("Test")[:3].lower()


def _has_tests(klass: Klass) -> bool:
    return any("def test" in row or "def runTest" in row for m in klass.members for row in m.header)
