"""Facts that cross files: what one file says about itself, and what a file is told about the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

BaseKind = Literal["testcase", "async", "framework", "plain", "unknown"]
# What a scope has of pytest-asyncio's mark: none, one without arguments, one with a loop scope.
MarkKind = Literal["", "bare", "scoped"]
RunKind = Literal["", "argument", "wraps"]
LoopHook = Literal["factories", "mark", "scope"]
Touch = Literal["context", "debug", "loop", "policy"]


@dataclass(frozen=True)
class ScannedClass:
    """A class statement: its name, bases as dotted names through imports, and what its body defines."""

    qualname: str
    bases: tuple[str, ...]
    defines: frozenset[str]


@dataclass(frozen=True)
class FunctionFacts:
    """A module-level function, or a name that stands for one.

    ``clean``: it knows nothing of unittest. ``skips``: of unittest only the skip decorators. ``marks``: it is
    a mark of pytest. ``uses``: what it uses of each positional parameter (at least what is of unittest), None
    if that goes to other code. ``makes``: it gives a function that takes the test instance alone, and
    hands it to nothing but these parameters (None: it does not). ``coroutine``: it is a coroutine function,
    ``gives_coroutine``: what it returns is one that it defines.
    ``touches``: what it does to the event loop, or the context, that it is called in.
    ``runs`` is what it runs to its end in an event loop, and does nothing else: the ``argument`` that it is
    given, or as a decorator the coroutine of the function that it ``wraps``.
    """

    clean: bool
    skips: bool = False
    marks: bool = False
    uses: tuple[tuple[str, frozenset[str] | None], ...] = ()
    makes: frozenset[str] | None = None
    runs: RunKind = ""
    coroutine: bool = False
    gives_coroutine: bool = False
    touches: frozenset[Touch] = frozenset()


@dataclass(frozen=True, order=True)
class Remark:
    """A place of a file, by line and column, with a code and a reason."""

    line: int
    column: int
    code: str
    reason: str


@dataclass(frozen=True)
class AsyncioClass:
    """What a class says to pytest-asyncio: its mark, or that of the class around it.

    ``functions`` are its async functions that have no mark of their own: name, line, column.
    """

    qualname: str
    mark: MarkKind
    functions: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class AsyncioFacts:
    """What a file says to pytest-asyncio, and to plugins that are like it.

    ``uses``: it has marks or fixtures of pytest-asyncio. ``mark`` is the mark of the module, ``functions``
    are its async functions without a mark of their own. ``wide``: a fixture has another scope than a
    function's and no loop scope. ``obstacles`` is what speaks against auto mode, whoever collects the file;
    ``asked``, too, if a sync test has the mark, which ``sync`` says of its own. ``hooks`` is what its code
    does to the tests below it: it gives them the mark, or one with a loop ``scope``, or makes their loops.
    """

    uses: bool = False
    mark: MarkKind = ""
    functions: tuple[tuple[str, int, int], ...] = ()
    classes: tuple[AsyncioClass, ...] = ()
    wide: bool = False
    obstacles: tuple[Remark, ...] = ()
    asked: tuple[Remark, ...] = ()
    sync: bool = False
    hooks: frozenset[LoopHook] = frozenset()


@dataclass(frozen=True)
class AsyncioVerdict:
    """What becomes of the marks of pytest-asyncio in a file.

    ``auto``: the project is in auto mode, or will be. If not, ``remarks`` are the reasons that lie in this
    file, and ``why`` is one that does not, as code and words (empty: another file tells it).
    ``scoped`` are the names of classes that have a mark with a loop scope, or inherit one; with ``in_scope``
    the file's package has one. ``renames``: pytest-asyncio calls that argument ``loop_scope``. ``is_set``:
    the loop scope of fixtures is configured, whatever their own scope. ``changes``: it is this run that takes
    the project to auto mode.
    """

    auto: bool
    remarks: tuple[Remark, ...] = ()
    why: tuple[str, str] = ("", "")
    scoped: frozenset[str] = frozenset()
    in_scope: bool = False
    renames: bool = True
    is_set: bool = True
    changes: bool = False


@dataclass(frozen=True)
class ScannedFacts:
    """What one file offers to and takes from others.

    ``imports`` are dotted names as written, relative ones with leading dots (``..base.Thing``, ``.mod.*``);
    ``exports`` maps a module-level name to the dotted name it was imported as. ``functions`` are those of the
    module itself, ``wanted`` the dotted names of imported ones of which its classes need to know more.
    ``additions`` are the methods that it puts on ``unittest.TestCase``, with what they use of the instance.
    ``quoted`` are the paths in its strings that may lead to a class, each with the line of the first.
    ``registered`` are the modules that it has rewritten by pytest, ``fixtures`` those of its fixtures whose
    names could be ones that this tool makes. ``asyncio`` is None where nothing concerns pytest-asyncio.
    ``loose`` are the attributes that may be classes, of objects that the file does not say what they are (a
    module that was loaded by its path, say), each with the line of the first.
    ``opened`` are the imported things whose attributes it asks for by names that are computed, with the line.
    ``tests`` are the names of its functions and methods that may be tests, ``tests_named`` those of tests
    that it uses, imports or has in a string; ``fixture_names`` are its fixtures, ``multiplies``: one that is
    used by itself has parameters, ``surrounds``: one that is used by itself runs around each test.
    ``broken``: it does not parse; this is what its text says of imports.
    """

    classes: tuple[ScannedClass, ...] = ()
    imports: frozenset[str] = frozenset()
    exports: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, FunctionFacts] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()
    additions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    quoted: Mapping[str, int] = field(default_factory=dict)
    registered: frozenset[str] = frozenset()
    fixtures: frozenset[str] = frozenset()
    loose: Mapping[str, int] = field(default_factory=dict)
    opened: Mapping[str, int] = field(default_factory=dict)
    tests: frozenset[str] = frozenset()
    tests_named: frozenset[str] = frozenset()
    fixture_names: frozenset[str] = frozenset()
    multiplies: bool = False
    surrounds: bool = False
    asyncio: AsyncioFacts | None = None
    broken: bool = False


@dataclass(frozen=True)
class Addition:
    """A method put on ``unittest.TestCase``: the import of TestCase that does it, what of it is used."""

    dotted: str
    uses: frozenset[str]


@dataclass(frozen=True)
class BaseFacts:
    """A base class that is defined in another file: its kind, and all names that it and its bases define.

    ``framework`` is the dotted name of a framework's class that it inherits from, if it does.
    ``held`` says in a few words why that file is not among those that may change.
    ``origin`` is what makes it a class that stays: the base, as written somewhere above it, that no file of
    the project defines.
    """

    kind: BaseKind
    defines: frozenset[str] = frozenset()
    path: str = ""
    qualname: str = ""
    framework: str = ""
    held: str = ""
    origin: str = ""


@dataclass(frozen=True)
class ClassRef:
    """A class of some file."""

    path: str
    qualname: str


@dataclass(frozen=True)
class QuotedRef:
    """A class that a path in a string names; ``place`` is the index of the class's name among its names."""

    path: str
    qualname: str
    place: int


@dataclass(frozen=True)
class FileFacts:
    """What the rest of the project says about one file; the default is a file that nobody knows.

    ``quoted`` maps paths in this file's strings to classes of the family, ``named_by`` a class of this file
    to the place of a string elsewhere that names it and cannot follow a rename.
    ``fixtures`` are names of fixtures that come from a conftest.py, ``hooks`` what the hooks of one do.

    ``registers`` are modules that this file, a conftest.py, must have rewritten by pytest, before it makes
    the imports ``early``; ``creates``: the file is not there yet. ``unrewritten`` is why assertions in this
    file could not be rewritten (empty: they are, or need not be). ``asyncio`` is what becomes of marks of
    pytest-asyncio (None: not decided yet, or there are none).
    ``bases`` maps a dotted base name to what it is; ``used_by`` maps a class of this file to the files
    outside of its family that use it, in words. ``aliases`` maps dotted names of this file, which other files
    pass on, to what they are in unittest. ``names`` maps dotted names of this file to classes of the other
    files of its ``family``: those files, this one included, whose test classes are connected and which are
    converted together. ``family_digest`` stands for the contents of all of them. ``functions`` maps dotted
    names of this file to functions of the project, ``additions`` the names of methods that an import puts on
    TestCase to these.
    ``kept_tests`` are names of tests, and of classes, that other files use: late codemods leave them alone.
    ``conftest_fixtures`` are the fixtures that every conftest.py above shows it, ``multiplied``: one of them
    has parameters, ``surrounded``: one of them runs around each test.
    ``scope`` is None for a file that was asked for; else only these classes may change, and their relatives.
    """

    bases: Mapping[str, BaseFacts] = field(default_factory=dict)
    used_by: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, ClassRef] = field(default_factory=dict)
    family: tuple[str, ...] = ()
    family_digest: bytes = b""
    functions: Mapping[str, FunctionFacts] = field(default_factory=dict)
    additions: Mapping[str, Addition] = field(default_factory=dict)
    quoted: Mapping[str, tuple[QuotedRef, ...]] = field(default_factory=dict)
    named_by: Mapping[str, str] = field(default_factory=dict)
    fixtures: frozenset[str] = frozenset()
    hooks: frozenset[LoopHook] = frozenset()
    registers: tuple[str, ...] = ()
    early: frozenset[str] = frozenset()
    creates: bool = False
    unrewritten: str = ""
    kept_tests: frozenset[str] = frozenset()
    conftest_fixtures: frozenset[str] = frozenset()
    multiplied: bool = False
    surrounded: bool = False
    asyncio: AsyncioVerdict | None = None
    scope: frozenset[str] | None = None
