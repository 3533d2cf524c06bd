"""Facts that cross files: what one file says about itself, and what a file is told about the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

BaseKind = Literal["testcase", "async", "framework", "plain", "unknown"]


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
    if that goes to other code.
    """

    clean: bool
    skips: bool = False
    marks: bool = False
    uses: tuple[tuple[str, frozenset[str] | None], ...] = ()


@dataclass(frozen=True)
class ScannedFacts:
    """What one file offers to and takes from others.

    ``imports`` are dotted names as written, relative ones with leading dots (``..base.Thing``, ``.mod.*``);
    ``exports`` maps a module-level name to the dotted name it was imported as. ``functions`` are those of the
    module itself, ``wanted`` the dotted names of imported ones of which its classes need to know more.
    ``additions`` are the methods that it puts on ``unittest.TestCase``, with what they use of the instance.
    """

    classes: tuple[ScannedClass, ...] = ()
    imports: frozenset[str] = frozenset()
    exports: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, FunctionFacts] = field(default_factory=dict)
    wanted: frozenset[str] = frozenset()
    additions: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Addition:
    """A method put on ``unittest.TestCase``: the import of TestCase that does it, what of it is used."""

    dotted: str
    uses: frozenset[str]


@dataclass(frozen=True)
class BaseFacts:
    """A base class that is defined in another file: its kind, and all names that it and its bases define."""

    kind: BaseKind
    defines: frozenset[str] = frozenset()
    path: str = ""
    qualname: str = ""


@dataclass(frozen=True)
class ClassRef:
    """A class of some file."""

    path: str
    qualname: str


@dataclass(frozen=True)
class FileFacts:
    """What the rest of the project says about one file; the default is a file that nobody knows.

    ``bases`` maps a dotted base name to what it is; ``used_by`` maps a class of this file to a file that
    uses it. ``aliases`` maps dotted names of this file, which other files pass on, to what they are in
    unittest. ``names`` maps dotted names of this file to classes of the other files of its ``family``: those
    files, this one included, whose test classes are connected and which are converted together.
    ``family_digest`` stands for the contents of all of them. ``functions`` maps dotted names of this file to
    functions of the project, ``additions`` the names of methods that an import puts on TestCase to these.
    """

    bases: Mapping[str, BaseFacts] = field(default_factory=dict)
    used_by: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, ClassRef] = field(default_factory=dict)
    family: tuple[str, ...] = ()
    family_digest: bytes = b""
    functions: Mapping[str, FunctionFacts] = field(default_factory=dict)
    additions: Mapping[str, Addition] = field(default_factory=dict)
